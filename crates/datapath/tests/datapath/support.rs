//! What several of the tests go by. No test is in here.

pub mod capture;
#[cfg(feature = "kernel")]
pub mod cpu;
pub mod mutate;
#[cfg(feature = "kernel")]
pub mod rig;
pub mod window;
