//! Source and table: the C that counts packets, and what runs, maps and drains it.
//!
//! The C in `bpf/` is the data path; [`abi`] is its Rust twin; [`geometry`] decides how large the
//! tables are; `tables` drains them, [`Drained`] is what comes out. It runs in two places: in the
//! kernel (`kernel`, a feature that is on by default), which counts live packets and may replay
//! frames, and in this process ([`native`]), as often as wanted. `unsafe` is in `kernel`, `timed`, `native`
//! and `memory` only.
#![deny(unsafe_code)]

pub mod abi;
#[cfg(feature = "kernel")]
pub mod calls;
mod clock;
#[cfg(feature = "kernel")]
pub mod connects;
mod drained;
mod epoch;
mod export;
#[cfg(feature = "kernel")]
mod filling;
mod filter;
pub mod geometry;
mod grouping;
#[cfg(feature = "kernel")]
pub mod kernel;
mod key;
mod ladder;
mod memory;
pub mod native;
mod origin;
mod pressure;
mod rollup;
mod secret;
mod spills;
mod tables;
#[cfg(feature = "kernel")]
pub mod timed;
mod timeline;

pub use drained::{Drained, Rows};
pub use epoch::Epoch;
pub use export::Export;
pub use geometry::Geometry;
#[cfg(feature = "kernel")]
pub use kernel::{Datapath, Error, Hook};
pub use native::Native;
pub use origin::Origin;
pub use rollup::Rollup;
pub use secret::Secret;
