//! What is counted with the time that it takes: system calls and connections. What is theirs alone is in
//! [`crate::calls`] and [`crate::connects`].
//!
//! As for packets: programs → epochs → windows → a sink ([`live`]), or a command and its report ([`run`]).

pub mod cgroups;
pub mod command;
pub mod counting;
pub mod live;
pub mod output;
pub mod owners;
pub mod run;
pub mod source;
pub mod users;
mod windows;
