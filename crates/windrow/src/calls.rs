//! System calls: who asks the kernel for what, how often, how long.
//!
//! As for packets: programs → epochs → windows → a sink ([`live`]), or a command and its report.

mod cgroups;
pub mod command;
pub mod config;
pub mod live;
pub mod output;
mod windows;
