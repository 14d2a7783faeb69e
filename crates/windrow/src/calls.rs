//! System calls: who asks the kernel for what, how often, how long.
//!
//! How they are counted and shown is what everything that is timed has in common ([`crate::timed`]).

pub mod config;
pub mod output;
pub mod source;
