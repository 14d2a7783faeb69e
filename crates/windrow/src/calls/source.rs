//! The programs for system calls, as a source.

use std::io;

use windrow_core::calls::Calls as Subject;
use windrow_core::calls::selection::Selection;
use windrow_core::calls::slice::Slice;
use windrow_datapath::calls::{Calls, Settings};
use windrow_datapath::kernel::{Flipper, Meter};
use windrow_datapath::timed::{Attached, Tracepoints};
use windrow_datapath::{Epoch, Error};

use crate::calls::config::How;
use crate::config;
use crate::timed::counting::Counting;
use crate::timed::source::Source;

impl Source for Calls {
    type Subject = Subject;
    type Attached = Attached;

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

    fn attach(&self) -> Result<Attached, Error> {
        self.attach()
    }

    fn open(&self) {
        self.open();
    }

    fn close(&mut self) {
        Calls::close(self);
    }

    fn flipper(&self) -> Flipper {
        self.flipper()
    }

    fn drain(&mut self, epoch: Epoch) -> Vec<Slice> {
        self.drain(epoch)
    }

    fn in_flight(&self, attached: Attached) -> Result<Option<u64>, Error> {
        self.in_calls(attached)
    }

    fn lost_events(&mut self) -> u64 {
        Calls::lost_events(self)
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
