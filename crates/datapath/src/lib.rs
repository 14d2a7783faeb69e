//! Source and table: the kernel programs that count packets, and what loads, attaches, maps and
//! drains them.
//!
//! The C in `bpf/` is the data path; [`abi`] is its Rust twin; [`geometry`] decides how large the
//! tables are; [`kernel`] is the only room that talks to the kernel, and the only one with `unsafe`.
#![deny(unsafe_code)]

pub mod abi;
pub mod geometry;
pub mod kernel;

pub use geometry::Geometry;
pub use kernel::{Datapath, Epoch, Error, Hook};
