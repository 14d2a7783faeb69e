//! One data path, compiled twice: the loaded program and the native build count the same frames to
//! the same rows, bounds, times and reasons, whatever is wrong with the frames.

use std::num::NonZeroU32;
use std::time::Instant;

use windrow_core::by::By;
use windrow_core::flow::{Dir, Life};
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};
use windrow_datapath::kernel::{Error, LEAST_FRAME, Replay};
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Origin, Secret};

use crate::support::mutate::{Random, mutate, seeds};

const FRAMES: u64 = 10_000_000;
/// Memory of the tables: nearly always full, often full, never full.
const MEMORIES: [u64; 3] = [40 << 10, 2 << 20, 64 << 20];
/// What packets are grouped by, with each; the last has so many rows because it has all keys.
const BY: [&str; 3] = [
    "src,dst,sport,dport,proto",
    "src/24,dport,vlan,tos",
    "src,dst/12/40,sport,dport,proto,iface,dir,vlan,tos",
];
/// Frames of an epoch.
const EPOCH: u64 = 100_000;

/// Both engines with the same tables and secret.
struct Pair {
    kernel: Replay,
    native: Native,
}

impl Pair {
    /// `None`, and a line that says so, where loading programs is not permitted.
    fn new(test: &str, memory_bytes: u64, secret: Secret, selection: &Selection) -> Option<Pair> {
        let kernel = match Replay::load(memory_bytes, secret, selection) {
            Ok(kernel) => kernel,
            Err(error @ (Error::NotPermitted | Error::NoBtf)) => {
                println!("skipped: {test}: {error}");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let native = Native::new(memory_bytes, secret, selection).unwrap();
        assert_eq!(kernel.geometry(), native.geometry());
        Some(Pair { kernel, native })
    }

    fn count(&mut self, origin: Origin, frame: &[u8], bytes: u32, at: MonoNanos) {
        self.native
            .count_from(origin, frame, Weight::packet(bytes), at);
        self.kernel
            .count_from(origin, frame, bytes, at)
            .unwrap_or_else(|error| panic!("{} bytes: {error}", frame.len()));
    }

    /// What both counted since the last time.
    fn drain(&mut self) -> Slice {
        let (kernel, native) = (self.kernel.drain().collect(), self.native.drain().collect());
        if kernel != native {
            let rows = kernel.rows.iter().zip(&native.rows);
            let first = rows.clone().find(|(kernel, native)| kernel != native);
            panic!(
                "kernel: {} rows, {:?}\nnative: {} rows, {:?}\nfirst row that differs: {first:#?}",
                kernel.rows.len(),
                Slice {
                    rows: Vec::new(),
                    ..kernel.clone()
                },
                native.rows.len(),
                Slice {
                    rows: Vec::new(),
                    ..native.clone()
                },
            );
        }
        native
    }
}

fn by(keys: &str) -> Selection {
    Selection {
        by: By::parse(keys).unwrap(),
        ..Selection::default()
    }
}

/// Mostly one interface, in.
fn origin(random: &mut Random) -> Origin {
    Origin {
        iface: NonZeroU32::new(random.below(8).min(2) as u32).map(Life),
        dir: [None, Some(Dir::In), Some(Dir::Out), Some(Dir::In)][random.below(4)],
    }
}

#[test]
fn ten_million_mutated_frames_are_counted_alike() {
    let test = "ten_million_mutated_frames_are_counted_alike";
    let began = Instant::now();
    let seeds = seeds();
    let (mut events, mut keyed, mut folded, mut other) = (0, 0, 0, 0);
    for (number, memory) in MEMORIES.into_iter().enumerate() {
        let mut random = Random::new(number as u64 + 1);
        let secret = Secret::from_seed(random.next());
        let Some(mut pair) = Pair::new(test, memory, secret, &by(BY[number])) else {
            return;
        };
        let mut frame = Vec::new();
        let mut at = 1_700_000_000_000_000_000;
        for count in 1..=FRAMES.div_ceil(MEMORIES.len() as u64) {
            mutate(&mut random, &seeds, &mut frame, LEAST_FRAME);
            let bytes = frame.len() as u32 + random.below(3) as u32;
            // Forward, back, and now and then by hours.
            at += random.below(5_000) as u64;
            at -= random.below(2_000) as u64;
            if random.below(20_000) == 0 {
                at += random.next() % 10_000_000_000_000;
            }
            pair.count(origin(&mut random), &frame, bytes, MonoNanos(at));
            if count.is_multiple_of(EPOCH) {
                let slice = pair.drain();
                events += slice.events;
                keyed += slice.rows.iter().map(|row| row.count.packets).sum::<u64>();
                folded += slice.folded_sum().packets;
                other += slice
                    .other
                    .iter()
                    .map(|(_, seen)| seen.packets)
                    .sum::<u64>();
            }
        }
        events += pair.drain().events;
        assert_eq!(pair.kernel.lost_events(), 0);
    }
    println!(
        "{events} frames in {:.1} s: {keyed} in rows, {folded} folded, {other} without a key",
        began.elapsed().as_secs_f64()
    );
    assert!(events >= FRAMES);
    // Whatever the frames are, each way through the code is taken often.
    for way in [keyed, folded, other] {
        assert!(way > FRAMES / 50, "{keyed} {folded} {other}");
    }
}

#[test]
fn a_flow_beyond_4_gib_is_counted_alike() {
    let test = "a_flow_beyond_4_gib_is_counted_alike";
    let Some(mut pair) = Pair::new(test, 1 << 20, Secret::from_seed(1), &Selection::default())
    else {
        return;
    };
    let frame = &seeds()[0];
    for at in 0..1000 {
        pair.count(Origin::default(), frame, u32::MAX, MonoNanos(at));
    }
    let slice = pair.drain();
    assert_eq!(slice.rows[0].count.bytes, 1000 * u64::from(u32::MAX));
}
