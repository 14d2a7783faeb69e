//! The programs for TCP connections, as a source.

use std::io;

use windrow_core::calls::selection::Selection;
use windrow_core::connects::Connects as Subject;
use windrow_core::connects::slice::Slice;
use windrow_datapath::connects::{Connects, Settings};
use windrow_datapath::kernel::{Flipper, Meter};
use windrow_datapath::timed::{Attached, Tracepoints};
use windrow_datapath::{Epoch, Error};

use crate::config;
use crate::connects::config::How;
use crate::timed::counting::Counting;
use crate::timed::source::Source;

impl Source for Connects {
    type Subject = Subject;
    type Attached = Attached;

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

    fn attach(&self) -> Result<Attached, Error> {
        self.attach()
    }

    fn open(&self) {
        self.open();
    }

    fn close(&mut self) {
        Connects::close(self);
    }

    fn flipper(&self) -> Flipper {
        self.flipper()
    }

    fn drain(&mut self, epoch: Epoch) -> Vec<Slice> {
        self.drain(epoch)
    }

    fn in_flight(&self, attached: Attached) -> Result<Option<u64>, Error> {
        self.in_flight(attached).map(Some)
    }

    fn lost_events(&mut self) -> u64 {
        Connects::lost_events(self)
    }

    fn rows_per_cpu(&self) -> u64 {
        self.rows_per_cpu()
    }

    fn memory_bytes(&self) -> u64 {
        self.memory_bytes()
    }

    fn program_bytes(&self) -> u64 {
        self.program_bytes()
    }

    fn meter(&self) -> io::Result<Meter> {
        self.meter()
    }
}
