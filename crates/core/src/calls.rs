//! System calls: what they are grouped by, which are counted, and the windows that they are counted in, which
//! are those of [`timed`](crate::timed).

pub mod by;
pub mod key;
pub mod name;
pub mod rollup;
pub mod run;
pub mod selection;
pub mod slice;
pub mod top;
pub mod window;

use crate::timed::Subject;

/// System calls, as something that is counted when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls;

impl Subject for Calls {
    type Key = key::CallKey;
    type By = by::By;
    type Outcome = slice::Outcome;
    type Counters = slice::Counters;
}
