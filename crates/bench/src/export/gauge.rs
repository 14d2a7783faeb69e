//! What is measured of a drain: time, or system calls.

use anyhow::{Context, Result};
use libbpf_rs::{Link, MapCore, MapFlags, MapHandle, ObjectBuilder, ProgramInput};

use crate::cpu;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/calls.bpf.o"));

/// One of two things to measure.
#[derive(Debug)]
pub enum Gauge {
    /// Nanoseconds of this thread on its CPU: what else runs there does not count.
    Time,
    /// System calls of a thread, as a program counts them where they enter the kernel.
    Calls(Calls),
}

impl Gauge {
    /// Does `work`; what it gives, and how much of what is measured it took.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn measure<T>(&self, work: impl FnOnce() -> T) -> Result<(T, u64)> {
        match self {
            Self::Time => {
                let start = cpu::time()?;
                let done = work();
                Ok((done, (cpu::time()? - start).as_nanos() as u64))
            }
            Self::Calls(calls) => {
                let before = calls.read()?;
                let done = work();
                // The second look is a call too.
                Ok((done, calls.read()? - before - 1))
            }
        }
    }
}

/// The counter of `bpf/calls.bpf.c`. All calls of the system take longer until this goes.
#[derive(Debug)]
pub struct Calls {
    count: MapHandle,
    _link: Link,
}

impl Calls {
    /// Counts from now on what this thread calls.
    ///
    /// # Errors
    /// When the kernel refuses the programs.
    pub fn of_this_thread() -> Result<Self> {
        let object = ObjectBuilder::default().open_memory(OBJECT)?.load()?;
        let map = object.maps().find(|map| map.name() == "calls");
        let count = MapHandle::try_from(&map.context("there is no counter")?)?;
        let mut link = None;
        for program in object.progs_mut() {
            if program.name() == "watch" {
                program.test_run(ProgramInput::default())?;
            } else {
                link = Some(program.attach().context("system calls cannot be counted")?);
            }
        }
        Ok(Self {
            count,
            _link: link.context("there is no program that counts")?,
        })
    }

    fn read(&self) -> Result<u64> {
        let value = self.count.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
        let bytes = value.context("there is no counter")?;
        Ok(u64::from_ne_bytes(bytes.as_slice().try_into()?))
    }
}
