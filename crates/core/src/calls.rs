//! System calls: what they are grouped by, and the windows that they are counted in.
//!
//! The same shape as for packets: slices of one epoch, a CPU each, become a [`Window`](window::Window)
//! whose ledger says where every call went.

pub mod by;
pub mod durations;
pub mod key;
pub mod name;
mod processes;
pub mod rollup;
pub mod run;
pub mod selection;
pub mod slice;
pub mod spent;
pub mod top;
pub mod window;
