//! System calls: what they are called.

pub mod name;
