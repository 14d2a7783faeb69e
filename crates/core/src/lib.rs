//! What windrow knows once the counts have left the kernel: windows with their ledger, bounds,
//! ranking, the clock of window edges, and the sums of a run.
//!
//! Pure: nothing here reads a clock, a file or a map; time and table contents are handed in.
//! Data flows one way: [`slice::Slice`] (what one CPU's table held) → [`window::Window`] →
//! [`rollup::Cascade`] (longer windows) → [`run::Run`] → whatever prints it.
#![forbid(unsafe_code)]

pub mod adaptive;
pub mod bounds;
pub mod by;
pub mod calls;
pub mod capture_time;
pub mod connects;
pub mod distinct;
pub mod edges;
pub mod filter;
pub mod flow;
pub mod hierarchy;
pub mod histogram;
pub mod lengths;
pub mod lookup;
pub mod nearest;
pub mod net;
pub mod networks;
pub mod prefix;
pub mod process;
pub mod reason;
pub mod reduction;
pub mod rollup;
pub mod run;
pub mod selection;
pub mod sketch;
pub mod slice;
pub mod spill_budget;
pub mod tally;
pub mod timed;
pub mod top;
pub mod window;
