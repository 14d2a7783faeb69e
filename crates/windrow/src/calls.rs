//! System calls: who asks the kernel for what, how often, how long.

pub mod command;
