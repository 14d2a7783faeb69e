//! TCP connections: who connects to whom, how often it fails and why, how long it takes.
//!
//! How they are counted and shown is what everything that is timed has in common ([`crate::timed`]).

pub mod config;
pub mod output;
pub mod source;
