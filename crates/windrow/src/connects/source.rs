//! The programs for TCP connections, as a source.

use windrow_core::calls::selection::Selection;
use windrow_core::connects::Connects as Subject;
use windrow_datapath::Error;
use windrow_datapath::connects::{Connects, Settings};
use windrow_datapath::timed::Tracepoints;

use crate::config;
use crate::connects::config::How;
use crate::timed::counting::Counting;
use crate::timed::source::Load;

impl Load for Connects {
    fn load(counting: &Counting<Subject>, selection: Selection) -> Result<Self, Error> {
        let How { health, histograms } = counting.how;
        Connects::load(&Settings {
            by: counting.by,
            selection,
            tracked: counting.of_command,
            histograms,
            health,
            tracepoints: Tracepoints::of_kernel(),
            rows: counting.rows,
            buffers: config::buffers(counting.window),
        })
    }
}
