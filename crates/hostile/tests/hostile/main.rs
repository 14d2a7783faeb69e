//! The functions that fuzzing calls, on what it starts from and on what it has kept.
#![allow(clippy::unwrap_used)] // tests

mod corpus;
mod seeds;
