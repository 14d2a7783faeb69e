//! windrow's own ways: a scan of mapped memory, or the ring.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result};
use windrow_core::selection::Selection;
use windrow_datapath::kernel::{Datapath, Flipper, FrameHook, Grace};
use windrow_datapath::{Epoch, Export};

use crate::designs::load_windrow;
use crate::export::gauge::Gauge;
use crate::export::{Drained, Way};
use crate::workload::Workload;

/// windrow as `windrow monitor` runs it.
pub struct Windrow {
    datapath: Datapath,
    program: OwnedFd,
    flipper: Flipper,
    grace: Grace,
    open: Epoch,
}

impl Windrow {
    /// Counts in epoch 0.
    pub fn load(workload: &Workload, export: Export) -> Result<Box<dyn Way>> {
        let datapath = load_windrow(workload, &Selection::default(), export)?;
        let program = datapath
            .program(FrameHook::Xdp)
            .context("there is no such program")?;
        Ok(Box::new(Self {
            program: program.try_clone_to_owned()?,
            flipper: datapath.flipper(),
            datapath,
            grace: Grace::new()?,
            open: Epoch(0),
        }))
    }
}

impl Way for Windrow {
    fn program(&self) -> BorrowedFd<'_> {
        self.program.as_fd()
    }

    fn close(&mut self) -> Result<()> {
        self.open = self.open.next();
        self.flipper.flip(self.open);
        Ok(self.grace.wait()?)
    }

    fn drain(&mut self, gauge: &Gauge) -> Result<Drained> {
        let left = Epoch(self.open.0 - 1);
        let (drained, measured) = gauge.measure(|| self.datapath.drain(left))?;
        let mut sums = Drained {
            rows: 0,
            packets: 0,
            measured,
        };
        for slice in drained?.slices() {
            sums.packets += slice.folded_sum().packets;
            for row in slice.rows.chain(slice.spills) {
                sums.rows += 1;
                sums.packets += row.count.packets;
            }
        }
        Ok(sums)
    }
}
