//! Reading an epoch through the ring buffer: `bpf/export.h` from the other side.

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use zerocopy::{FromBytes, FromZeros};

use crate::abi::{
    LedgerRecord, LineRecord, RECORD_LEDGER, RECORD_LINE, RECORD_ROW, RECORD_SPILL, RowRecord,
    SpillRecord, Walk,
};
use crate::clock::Clock;
use crate::drained::Drained;
use crate::epoch::Epoch;
use crate::geometry::{Geometry, page_bytes};
use crate::kernel::ring::Ring;
use crate::kernel::skeleton::{NetSkel, OpenNetSkel};
use crate::tables::Tables;

/// Sizes the ring before load, or leaves ring and program out where there is to be none.
pub fn prepare(open: &mut OpenNetSkel<'_>, geometry: &Geometry) -> libbpf_rs::Result<()> {
    let wanted = geometry.ring_bytes > 0;
    open.progs.windrow_export.set_autoload(wanted);
    open.maps.ring.set_autocreate(wanted)?;
    if wanted {
        open.maps.ring.set_max_entries(geometry.ring_bytes)?;
    }
    Ok(())
}

/// The program that walks an epoch, and the reading side of its ring.
#[derive(Debug)]
pub struct Exporter {
    program: OwnedFd,
    ring: Ring,
}

impl Exporter {
    /// Of the loaded programs; `None` where the export was left out.
    pub fn of(skel: &NetSkel<'_>, geometry: &Geometry) -> io::Result<Option<Exporter>> {
        if geometry.ring_bytes == 0 {
            return Ok(None);
        }
        let (bytes, page) = (geometry.ring_bytes as usize, page_bytes() as usize);
        Ok(Some(Exporter {
            program: skel.progs.windrow_export.as_fd().try_clone_to_owned()?,
            ring: Ring::of_map(&skel.maps.ring, bytes, page)?,
        }))
    }

    /// Reads what `epoch` counted on every CPU, in as many runs as the ring makes of it.
    ///
    /// # Errors
    /// When the kernel refuses a run, or a run does not get any further.
    pub fn read(
        &mut self,
        epoch: Epoch,
        tables: &Tables,
        clock: Clock,
        drained: &mut Drained,
    ) -> io::Result<()> {
        let mut reading = Reading::of(epoch, &tables.geometry, clock, drained);
        loop {
            let (cpu, place) = (reading.walk.cpu, reading.walk.place);
            let more = self.submit(&mut reading.walk)?;
            self.collect(&mut reading)?;
            if !more {
                let buffer = reading.walk.buffer;
                drained.finish(buffer, &tables.pressure);
                return Ok(());
            }
            if (reading.walk.cpu, reading.walk.place) == (cpu, place) {
                return Err(io::Error::other("the program does not get any further"));
            }
        }
    }

    /// Runs the program once: from where the walk is, as far as the ring has room. The walk then says
    /// how far that was; true as long as there is more.
    pub fn submit(&self, walk: &mut Walk) -> io::Result<bool> {
        let mut options = libbpf_sys::bpf_test_run_opts {
            sz: size_of::<libbpf_sys::bpf_test_run_opts>() as _,
            ctx_in: (&raw mut *walk).cast::<c_void>(),
            ctx_size_in: size_of::<Walk>() as u32,
            ..Default::default()
        };
        // SAFETY: the options name memory that outlives the call, with its length. The kernel writes
        // the context back to where it took it from, and that is ours to be written.
        let rc = unsafe {
            libbpf_sys::bpf_prog_test_run_opts(self.program.as_raw_fd(), &raw mut options)
        };
        if rc < 0 {
            return Err(io::Error::from_raw_os_error(-rc));
        }
        Ok(options.retval != 0)
    }

    /// Takes what waits in the ring, which has all its room again then.
    pub fn collect(&mut self, reading: &mut Reading<'_>) -> io::Result<()> {
        self.ring.consume(|record| reading.take(record))
    }
}

/// An epoch that is being read.
#[derive(Debug)]
pub struct Reading<'a> {
    /// How far the program is.
    pub walk: Walk,
    /// What has come out of the ring.
    drained: &'a mut Drained,
    geometry: &'a Geometry,
    clock: Clock,
}

impl<'a> Reading<'a> {
    /// Nothing of the epoch was read yet.
    pub fn of(
        epoch: Epoch,
        geometry: &'a Geometry,
        clock: Clock,
        drained: &'a mut Drained,
    ) -> Self {
        drained.clear();
        let mut walk = Walk::new_zeroed();
        walk.buffer = epoch.buffer(geometry.buffers);
        Reading {
            walk,
            drained,
            geometry,
            clock,
        }
    }

    /// Takes one record.
    fn take(&mut self, record: &[u8]) -> io::Result<()> {
        self.took(record)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a record out of place"))
    }

    fn took(&mut self, record: &[u8]) -> Option<()> {
        let (kind, _) = u32::read_from_prefix(record).ok()?;
        match kind {
            RECORD_LEDGER => {
                let record = LedgerRecord::ref_from_bytes(record).ok()?;
                (record.cpu as usize == self.drained.begun()).then_some(())?;
                let capacity_rows = self.geometry.rows_of(record.cpu);
                self.drained
                    .begin_slice(record.ledger, capacity_rows, self.clock);
            }
            RECORD_ROW => {
                let record = RowRecord::ref_from_bytes(record).ok()?;
                (record.cpu as usize + 1 == self.drained.begun()).then_some(())?;
                self.drained.rows.push(record.row);
                self.drained.cold_rows.push(record.cold);
            }
            RECORD_SPILL => {
                let RowRecord { cpu, row, cold, .. } = *RowRecord::ref_from_bytes(record).ok()?;
                (cpu as usize + 1 == self.drained.begun()).then_some(())?;
                self.drained.add_spill(SpillRecord { row, cold })?;
            }
            RECORD_LINE => {
                let record = LineRecord::ref_from_bytes(record).ok()?;
                (record.cpu as usize + 1 == self.drained.begun()).then_some(())?;
                self.drained.put_line(record.number, record.line)?;
            }
            _ => return None,
        }
        Some(())
    }
}
