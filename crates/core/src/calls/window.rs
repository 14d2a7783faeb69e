//! Windows of system calls.

use crate::calls::Calls;
use crate::timed;

/// A closed window of calls.
pub type Window = timed::window::Window<Calls>;

/// Where every call of a window went.
pub type Ledger = timed::window::Ledger<Calls>;

/// One row of a window.
pub type Call = timed::window::Row<Calls>;

impl Call {
    /// Calls without a duration.
    pub fn untimed(&self) -> u64 {
        self.lo.calls - self.durations.timed.min(self.lo.calls)
    }
}
