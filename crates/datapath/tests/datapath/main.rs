//! The data path as a whole: frames go in, windows come out. One program, because linking one takes
//! longer than most of its tests. What holds for the native engine alone is tested without the
//! feature `kernel`, too.
#![allow(clippy::unwrap_used)] // tests

#[cfg(feature = "kernel")]
mod corpus;
#[cfg(feature = "kernel")]
mod engines;
mod filter;
#[cfg(feature = "kernel")]
mod frames;
mod lookup;
mod pressure;
#[cfg(feature = "kernel")]
mod programs;
mod properties;
mod spread;
mod support;
#[cfg(feature = "kernel")]
mod table;
