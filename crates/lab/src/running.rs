//! A run of the generator as its owner sees it: what it sent so far, stopping it, its end.

use std::{fs, thread::JoinHandle, time::Duration};

use libbpf_rs::{MapCore, MapFlags, MapHandle, MapMut};
use nix::unistd::Pid;

use crate::error::Error;

/// What was sent, by the sender's own count. Every frame was handed to the veth; it arrives if the
/// other end polls ([`crate::napi_on`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Frames.
    pub packets: u64,
    /// Bytes, with link header, without frame check sequence.
    pub bytes: u64,
    /// Frames of IPv4 flows.
    pub ipv4: u64,
    /// Frames of IPv6 flows.
    pub ipv6: u64,
    /// Frames of TCP flows.
    pub tcp: u64,
    /// Frames of UDP flows.
    pub udp: u64,
    /// Frames among them that are later fragments: no ports in them.
    pub later_fragments: u64,
    /// Frames not sent because the kernel refused; always 0 so far.
    pub refused: u64,
}

/// A run that is under way. Dropping it stops the run and waits for its end.
#[derive(Debug)]
#[must_use = "dropping it stops the run"]
pub struct Running {
    pub(crate) thread: Option<JoinHandle<Result<Sent, Error>>>,
    /// Of the thread.
    pub(crate) id: Pid,
    pub(crate) maps: Maps,
}

impl Running {
    /// What was sent until now; single numbers are exact, they may be a frame apart.
    ///
    /// # Errors
    /// [`Error::Program`] when the counters cannot be read.
    pub fn sent(&self) -> Result<Sent, Error> {
        self.maps.sent()
    }

    /// How long the sender was ready to run until now while something else had its CPU; zero where
    /// the kernel does not keep account of that (`CONFIG_SCHED_INFO`), or the run is over.
    pub fn waited(&self) -> Duration {
        let statistics = fs::read_to_string(format!("/proc/self/task/{}/schedstat", self.id));
        let nanos = statistics
            .ok()
            .and_then(|text| text.split_whitespace().nth(1)?.parse().ok());
        Duration::from_nanos(nanos.unwrap_or_default())
    }

    /// Asks the run to end; it does within some 50 ms at low rates and 300 ms at high ones. Frames
    /// end at once.
    ///
    /// # Errors
    /// [`Error::Program`] when the kernel refuses the write.
    pub fn stop(&self) -> Result<(), Error> {
        self.maps.control(1, 0)
    }

    /// Whether everything is sent, or the run failed.
    pub fn finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the end and says what was sent.
    ///
    /// # Errors
    /// What ended the run before its time.
    pub fn join(mut self) -> Result<Sent, Error> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            _ => Err(Error::Panicked),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // Nobody is left to tell about an error.
            let _ = self.stop();
            let _ = thread.join();
        }
    }
}

/// The program's data as user space sees it.
#[derive(Debug)]
pub(crate) struct Maps {
    sent: MapHandle,
    control: MapHandle,
}

impl Maps {
    pub(crate) fn new(sent: &MapMut<'_>, control: &MapMut<'_>) -> Result<Self, Error> {
        let handle = |map| MapHandle::try_from(map).map_err(Error::program("sharing the counters"));
        Ok(Self {
            sent: handle(sent)?,
            control: handle(control)?,
        })
    }

    pub(crate) fn sent(&self) -> Result<Sent, Error> {
        Ok(self.progress()?.0)
    }

    /// What was sent, and how many frames the program skipped because it was to end.
    pub(crate) fn progress(&self) -> Result<(Sent, u64), Error> {
        let what = "reading the generator's counters";
        let value = self
            .sent
            .lookup(&0u32.to_ne_bytes(), MapFlags::ANY)
            .map_err(Error::program(what))?
            .unwrap_or_default();
        let (numbers, _) = value.as_chunks::<8>();
        let at = |position: usize| numbers.get(position).map_or(0, |n| u64::from_ne_bytes(*n));
        let sent = Sent {
            packets: at(0),
            bytes: at(1),
            ipv4: at(2),
            ipv6: at(3),
            tcp: at(4),
            udp: at(5),
            later_fragments: at(6),
            refused: at(7),
        };
        Ok((sent, at(8)))
    }

    /// Writes `struct control`; `until_ns` is of the monotonic clock, 0 for no end.
    pub(crate) fn control(&self, stop: u32, until_ns: u64) -> Result<(), Error> {
        let mut value = [0; 16];
        value[..4].copy_from_slice(&stop.to_ne_bytes());
        value[8..].copy_from_slice(&until_ns.to_ne_bytes());
        self.control
            .update(&0u32.to_ne_bytes(), &value, MapFlags::ANY)
            .map_err(Error::program("steering the generator"))
    }

    /// Whether somebody asked for the end.
    pub(crate) fn stopped(&self) -> Result<bool, Error> {
        let value = self
            .control
            .lookup(&0u32.to_ne_bytes(), MapFlags::ANY)
            .map_err(Error::program("steering the generator"))?;
        Ok(value.is_some_and(|value| value.starts_with(&1u32.to_ne_bytes())))
    }
}
