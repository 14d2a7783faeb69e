//! What windrow's rows are worth when flows outnumber them: seeded traffic whose truth is known,
//! counted by windrow and by other algorithms in the same memory, and what came of it.
//!
//! [`workload`] makes packets, [`trace`] keeps them with their truth, a [`counter`] counts them, a
//! [`metric`] compares its rows with the truth, a [`proof`] all that windrow proves, [`measure`] does so
//! for all of them, and [`report`] says it. Nothing here is timed, and nothing needs the kernel. A [`day`]
//! of windows is rolled up into minutes and hours.
#![forbid(unsafe_code)]

pub mod counter;
pub mod day;
pub mod hash;
pub mod key;
pub mod measure;
pub mod metric;
pub mod proof;
pub mod random;
pub mod report;
pub mod sums;
pub mod table;
pub mod trace;
pub mod workload;
