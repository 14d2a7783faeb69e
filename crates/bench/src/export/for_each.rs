//! A program that walks the hash map and submits its rows to a ring: `bpf/for_each.bpf.c` from the
//! other side.

use std::cell::RefCell;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use anyhow::{Context, Result};
use libbpf_rs::{MapCore, Object, ObjectBuilder, ProgramInput, RingBuffer, RingBufferBuilder};

use crate::designs::Loaded;
use crate::export::gauge::Gauge;
use crate::export::{Drained, Way, hash};
use crate::workload::Workload;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/for_each.bpf.o"));

/// `struct record` there.
type Record = [u8; RECORD_BYTES];
const RECORD_BYTES: usize = 56;
const PACKETS_AT: usize = 40;

/// The hash map, the program and its ring.
pub struct ForEach {
    design: Loaded,
    walker: Object,
    ring: RingBuffer<'static>,
    records: Rc<RefCell<Vec<Record>>>,
}

impl ForEach {
    /// Nothing is counted yet.
    pub fn load(workload: &Workload) -> Result<Box<dyn Way>> {
        let design = hash::load(workload)?;
        let mut open = ObjectBuilder::default().open_memory(OBJECT)?;
        for mut map in open.maps_mut() {
            if map.name() == "shared" {
                map.reuse_fd(design.flows().context("there is no map")?)?;
            }
        }
        let walker = open.load()?;
        let records = Rc::new(RefCell::new(Vec::new()));
        let ring = walker.maps().find(|map| map.name() == "ring");
        let ring = ring.context("there is no ring")?;
        let mut builder = RingBufferBuilder::new();
        let taken = Rc::clone(&records);
        builder.add(&ring, move |data| match data.try_into() {
            Ok(record) => {
                taken.borrow_mut().push(record);
                0
            }
            Err(_) => -1,
        })?;
        Ok(Box::new(Self {
            ring: builder.build()?,
            design,
            walker,
            records,
        }))
    }

    fn take_all(&self) -> Result<()> {
        self.records.borrow_mut().clear();
        let mut programs = self.walker.progs_mut();
        let program = programs.next().context("there is no such program")?;
        while {
            let more = program.test_run(ProgramInput::default())?.return_value;
            self.ring.consume()?;
            more != 0
        } {}
        Ok(())
    }
}

impl Way for ForEach {
    fn program(&self) -> BorrowedFd<'_> {
        self.design.program()
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }

    fn drain(&mut self, gauge: &Gauge) -> Result<Drained> {
        let (done, measured) = gauge.measure(|| self.take_all())?;
        done?;
        let records = self.records.borrow();
        let packets = |record: &Record| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&record[PACKETS_AT..PACKETS_AT + 8]);
            u64::from_ne_bytes(bytes)
        };
        Ok(Drained {
            rows: records.len() as u64,
            packets: records.iter().map(packets).sum(),
            measured,
        })
    }
}
