//! Frame after frame, each of another flow, in one call into the kernel: handed to a design, or sent
//! into a veth at whose other end it is attached.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use anyhow::{Context, Result};
use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use libbpf_rs::{MapCore, MapFlags, OpenObject, ProgramInput};

use crate::cpu;
use crate::designs::Loaded;
use crate::skeleton::{DriverSkel, DriverSkelBuilder};
use crate::workload::{Family, Random, Workload};

/// Most entries of an order; a power of two.
const ORDER_LIMIT: usize = 1 << 22;
const ORDER_LEAST: usize = 1 << 20;
/// Entries that are handed to the kernel at once.
const ORDER_PIECE: usize = 1 << 16;
/// As many as there are buffers: a window is laid out by what the last in the same buffer held.
const WINDOWS_BEFORE: u32 = 2;
/// Headers and a little payload.
const FRAME_BYTES: usize = 80;

/// Makes the frames of a workload, and runs a design on each.
pub struct Driver<'a> {
    skeleton: DriverSkel<'a>,
    frame: Vec<u8>,
    order: usize,
}

impl<'a> Driver<'a> {
    /// Loads the programs that take designs through `workload`; frames are sent into the veth of index
    /// `interface`, in the namespace of the calling thread.
    ///
    /// # Errors
    /// When the kernel refuses a program or its map.
    pub fn new(
        storage: &'a mut MaybeUninit<OpenObject>,
        workload: &Workload,
        interface: u32,
    ) -> Result<Self> {
        let order = (workload.flows as usize * 4).next_power_of_two();
        let order = order.clamp(ORDER_LEAST, ORDER_LIMIT);
        let mut open = DriverSkelBuilder::default().open(storage)?;
        let data = open.maps.rodata_data.as_deref_mut();
        let data = data.context("the driver has no read-only data")?;
        data.order_mask = (order - 1) as u32;
        data.interface = interface;
        data.ipv6 = u32::from(workload.family == Family::V6);
        open.maps.order.set_max_entries(order as u32)?;
        let skeleton = open.load().context("loading the driver")?;
        let driver = Self {
            skeleton,
            frame: frame(workload.family),
            order,
        };
        driver.write_order(workload)?;
        Ok(driver)
    }

    fn write_order(&self, workload: &Workload) -> Result<()> {
        let values: Vec<u64> = workload.order(self.order).into_iter().map(flow).collect();
        for (piece, values) in values.chunks(ORDER_PIECE).enumerate() {
            let first = piece * ORDER_PIECE;
            let keys = (first..first + values.len()).flat_map(|key| (key as u32).to_ne_bytes());
            let bytes = values.iter().flat_map(|value| value.to_ne_bytes());
            self.skeleton.maps.order.update_batch(
                &keys.collect::<Vec<u8>>(),
                &bytes.collect::<Vec<u8>>(),
                values.len() as u32,
                MapFlags::ANY,
                MapFlags::ANY,
            )?;
        }
        Ok(())
    }

    /// Brings `design` to where it is after seconds of the workload: two windows have ended, and all flows
    /// are known in the open one.
    ///
    /// # Errors
    /// As [`Driver::run`], and when a window cannot be ended.
    pub fn warm(&self, design: &mut Loaded) -> Result<()> {
        for _ in 0..WINDOWS_BEFORE {
            self.run(design.program(), self.order as u32)?;
            design.end_window()?;
        }
        self.run(design.program(), self.order as u32).map(drop)
    }

    /// Runs a design on so many frames; nanoseconds each.
    ///
    /// # Errors
    /// When the kernel does not run it, or it does not end as it should.
    pub fn run(&self, design: BorrowedFd<'_>, frames: u32) -> Result<f64> {
        let number = design.as_raw_fd();
        self.skeleton
            .maps
            .design
            .update(&0u32.to_ne_bytes(), &number.to_ne_bytes(), MapFlags::ANY)
            .context("the driver cannot call the design")?;
        let input = ProgramInput {
            data_in: Some(&self.frame),
            repeat: frames,
            ..Default::default()
        };
        let start = cpu::time()?;
        let output = self.skeleton.progs.drive.test_run(input)?;
        let took = cpu::time()? - start;
        anyhow::ensure!(output.return_value == XDP_PASS, "the design was not called");
        Ok(took.as_nanos() as f64 / f64::from(frames))
    }

    /// Sends so many frames, as fast as it goes.
    ///
    /// # Errors
    /// When the kernel does not run the program.
    pub fn send(&self, frames: u32) -> Result<()> {
        let input = ProgramInput {
            data_in: Some(&self.frame),
            repeat: frames,
            flags: BPF_F_TEST_XDP_LIVE_FRAMES,
            ..Default::default()
        };
        self.skeleton.progs.transmit.test_run(input)?;
        Ok(())
    }
}

const XDP_PASS: u32 = 2;
const BPF_F_TEST_XDP_LIVE_FRAMES: u32 = 1 << 1;

/// What the driver writes for a flow: no two alike.
pub fn flow(number: u32) -> u64 {
    let ports = Random(u64::from(number)).next() >> 32;
    ports << 32 | u64::from((0x0a00_0000 + number).to_be())
}

/// A UDP frame; the driver writes address and ports.
fn frame(family: Family) -> Vec<u8> {
    let mut frame = vec![0; FRAME_BYTES];
    let payload = (FRAME_BYTES - 14 - 40) as u8;
    match family {
        Family::V4 => {
            frame[12..14].copy_from_slice(&[0x08, 0x00]);
            frame[14] = 0x45;
            frame[17] = (FRAME_BYTES - 14) as u8;
            frame[22..24].copy_from_slice(&[64, 17]);
            frame[30..34].copy_from_slice(&[198, 18, 0, 1]);
        }
        Family::V6 => {
            frame[12..14].copy_from_slice(&[0x86, 0xdd]);
            frame[14] = 0x60;
            frame[19] = payload;
            frame[20..22].copy_from_slice(&[17, 64]);
            frame[22..30].copy_from_slice(&[0x20, 0x01, 0, 2, 0, 0, 0, 1]);
            frame[38..46].copy_from_slice(&[0x20, 0x01, 0, 2, 0, 0, 0, 2]);
        }
    }
    frame
}
