//! Windows of connects, added into longer ones.

use crate::connects::Connects;
use crate::timed;

/// All tiers of longer windows of connects.
pub type Rollup<A> = timed::rollup::Rollup<Connects, A>;
