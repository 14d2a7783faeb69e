//! The ways out of a hash map that agents use: key by key, or in batches.

use std::io;
use std::os::fd::BorrowedFd;

use anyhow::{Context, Result};
use windrow_core::selection::Selection;

use crate::designs::{HASH, Loaded};
use crate::export::gauge::Gauge;
use crate::export::{Drained, Way};
use crate::sys::{self, Count, Key};
use crate::workload::Workload;

/// Rows of a batch, as many as pay: sixteen times as many are hardly faster.
const BATCH: usize = 4096;

/// Rows in memory of this process, which every drain uses again.
#[derive(Debug, Default)]
struct Rows {
    keys: Vec<Key>,
    counts: Vec<Count>,
}

impl Rows {
    fn clear(&mut self) {
        self.keys.clear();
        self.counts.clear();
    }

    fn sums(&self, measured: u64) -> Drained {
        Drained {
            rows: self.keys.len() as u64,
            packets: self.counts.iter().map(|count| count.packets).sum(),
            measured,
        }
    }
}

/// The hash map of [`HASH`], loaded.
pub fn load(workload: &Workload) -> Result<Loaded> {
    HASH.load(workload, &Selection::default())
}

/// The hash map, and how its rows are taken.
pub struct Hash {
    design: Loaded,
    rows: Rows,
    take: fn(BorrowedFd<'_>, &mut Rows) -> io::Result<()>,
}

impl Hash {
    /// Three calls a row: which key is next, what it counted, delete it.
    pub fn per_key(workload: &Workload) -> Result<Box<dyn Way>> {
        Ok(Box::new(Self {
            design: load(workload)?,
            rows: Rows::default(),
            take: take_each,
        }))
    }

    /// One call for many rows.
    pub fn in_batches(workload: &Workload) -> Result<Box<dyn Way>> {
        Ok(Box::new(Self {
            design: load(workload)?,
            rows: Rows::default(),
            take: take_batches,
        }))
    }
}

impl Way for Hash {
    fn program(&self) -> BorrowedFd<'_> {
        self.design.program()
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }

    fn drain(&mut self, gauge: &Gauge) -> Result<Drained> {
        let map = self.design.flows().context("there is no map")?;
        let (done, measured) = gauge.measure(|| (self.take)(map, &mut self.rows))?;
        done?;
        Ok(self.rows.sums(measured))
    }
}

fn take_each(map: BorrowedFd<'_>, rows: &mut Rows) -> io::Result<()> {
    rows.clear();
    let mut next = sys::next_key(map, None)?;
    while let Some(key) = next {
        // Before the key is deleted: behind one that is not there, the kernel begins from the start.
        next = sys::next_key(map, Some(&key))?;
        if let Some(count) = sys::lookup(map, &key)? {
            rows.keys.push(key);
            rows.counts.push(count);
        }
        sys::delete(map, &key)?;
    }
    Ok(())
}

fn take_batches(map: BorrowedFd<'_>, rows: &mut Rows) -> io::Result<()> {
    rows.clear();
    let mut place = None;
    while sys::take_batch(map, &mut place, BATCH, &mut rows.keys, &mut rows.counts)? {}
    Ok(())
}
