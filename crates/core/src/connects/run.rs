//! What a run has counted of connects.

use crate::connects::Connects;
use crate::timed;

/// Sums over windows of connects.
pub type Run = timed::run::Run<Connects>;
