//! TCP connections, from when they are asked for to whether there is one: what they are grouped by, what came
//! of them, and the windows that they are counted in, which are those of [`timed`](crate::timed).
//!
//! A connection is several events of its row: the attempt, its end, and where it is looked at, its close.
//! Accepted ones are rows of their own ([`Dir`](key::Dir)), and events when they are established.

pub mod by;
pub mod key;
pub mod outcomes;
pub mod rollup;
pub mod run;
pub mod slice;
pub mod top;
pub mod window;

use crate::timed::Subject;

/// TCP connections, as something that is counted when it is begun, ends, and is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connects;

impl Subject for Connects {
    type Key = key::ConnectKey;
    type By = by::By;
    type Outcome = outcomes::Outcomes;
    type Counters = slice::Counters;
}
