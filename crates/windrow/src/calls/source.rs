//! The programs for system calls, as a source.

use windrow_core::calls::Calls as Subject;
use windrow_core::calls::selection::Selection;
use windrow_datapath::Error;
use windrow_datapath::calls::{Calls, Settings};
use windrow_datapath::timed::Tracepoints;

use crate::calls::config::How;
use crate::config;
use crate::timed::counting::Counting;
use crate::timed::source::Load;

impl Load for Calls {
    fn load(counting: &Counting<Subject>, selection: Selection) -> Result<Self, Error> {
        let How { own, measure } = counting.how;
        let calls = Calls::load(&Settings {
            by: counting.by,
            selection,
            tracked: counting.of_command,
            own,
            measure,
            tracepoints: Tracepoints::of_kernel(),
            rows: counting.rows,
            buffers: config::buffers(counting.window),
        })?;
        // Who we are must be known before anything is attached.
        calls.processes()?;
        Ok(calls)
    }
}
