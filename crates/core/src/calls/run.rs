//! What a run has counted of system calls.

use crate::calls::Calls;
use crate::timed;

/// Sums over windows of calls.
pub type Run = timed::run::Run<Calls>;
