//! Packets of all flows, on a CPU of their own.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{self, TryRecvError};
use std::thread;

use anyhow::Result;

use crate::cores::{joined, on_cpu, pin};
use crate::driver::Driver;

/// Packets between two looks at whether there are to be more: about a millisecond.
const PIECE: u32 = 10_000;

/// Sends to one design, from one CPU.
pub struct Traffic<'a> {
    driver: &'a Driver<'a>,
    program: OwnedFd,
    flows: u32,
    cpu: usize,
}

impl<'a> Traffic<'a> {
    /// The driver has a workload of so many flows, which come in turn.
    pub fn new(driver: &'a Driver<'a>, program: OwnedFd, flows: u32, cpu: usize) -> Self {
        Self {
            driver,
            program,
            flows,
            cpu,
        }
    }

    /// Sends each flow at least once; how many packets that were.
    ///
    /// # Errors
    /// As [`Driver::run`].
    pub fn fill(&self) -> Result<u64> {
        // Each turn is the same, but the last one of the order may be cut: two hold all flows.
        let frames = 2 * self.flows;
        on_cpu(self.cpu, || self.driver.run(self.program.as_fd(), frames))?;
        Ok(u64::from(frames))
    }

    /// Sends as long as `work` takes, which begins when packets have begun to come. What `work`
    /// gives, and how many packets came.
    ///
    /// # Errors
    /// Those of `work`, and as [`Driver::run`].
    pub fn during<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<(T, u64)> {
        thread::scope(|scope| {
            let (begun, begins) = mpsc::channel();
            let (goes_on, stopped) = mpsc::channel::<()>();
            let sending = scope.spawn(move || {
                pin(self.cpu)?;
                let mut packets = 0;
                while let Err(TryRecvError::Empty) = stopped.try_recv() {
                    self.driver.run(self.program.as_fd(), PIECE)?;
                    packets += u64::from(PIECE);
                    // Only the first is waited for.
                    let _ = begun.send(());
                }
                Ok(packets)
            });
            // Where it could not begin, its own error says why.
            let done = begins.recv().ok().map(|()| work());
            drop(goes_on);
            let packets = joined(sending)?;
            let done = done.unwrap_or_else(|| anyhow::bail!("no packet came"));
            Ok((done?, packets))
        })
    }
}
