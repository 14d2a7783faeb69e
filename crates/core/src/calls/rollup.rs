//! Windows of system calls, added into longer ones.

use crate::calls::Calls;
use crate::timed;

/// All tiers of longer windows of calls.
pub type Rollup<A> = timed::rollup::Rollup<Calls, A>;
