//! What is thrown at windrow's parsers: the fuzz targets' bodies as plain functions that panic on a
//! finding, and the seeds that fuzzing starts from.
//!
//! `fuzz/` calls them under libFuzzer and sanitizers; `tests/hostile/corpus.rs` replays what fuzzing has
//! kept, on any toolchain. Every input that they are given is somebody's bytes: nothing may be
//! assumed of it, and every run of it must be the same.
#![forbid(unsafe_code)]

mod alone;
mod capture;
mod frames;
mod reference;
mod script;
pub mod seeds;

pub use capture::capture;
pub use frames::frames;
pub use reference::{Compared, compare, reference};
