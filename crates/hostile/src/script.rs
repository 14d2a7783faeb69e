//! A sequence of frames as one string of bytes, in a shape that a fuzzer changes with effect.
//!
//! Each step begins with four bytes: two that say what the frame is, one for its weight, one for
//! how far time moves. The frame is either spelt out, or the one before it with two bytes changed:
//! so a few bytes make another flow, and a small input fills a small table.

use windrow_core::slice::MonoNanos;
use windrow_core::tally::Tally;
use windrow_datapath::native::Weight;

/// In the first word of a step: the frame is the one before it, changed.
const AGAIN: u16 = 0x8000;
/// The rest of that word that is read: a length, or the place of the change.
const EXTENT: u16 = 0x07ff;
/// Weights from here on are of super-frames, up to the heaviest there are.
const HEAVY: u8 = 0xe0;
/// Time does not move.
const STILL: u8 = 0x80;
/// Time moves back.
const BACK: u8 = 0x40;

const START_NS: u64 = 1_700_000_000_000_000_000;
const LATEST_NS: u64 = i64::MAX as u64;

/// One event of a sequence.
#[derive(Debug)]
pub(crate) struct Event {
    /// As long as its allocation, so that the address sanitizer sees every read beyond it.
    pub(crate) frame: Box<[u8]>,
    /// What it counts as.
    pub(crate) weight: Weight,
    /// The same, to be summed up here.
    pub(crate) tally: Tally,
    /// When it came.
    pub(crate) at: MonoNanos,
}

/// Reads a sequence; any bytes are one.
pub(crate) fn decode(data: &[u8]) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut at = MonoNanos(START_NS);
    let mut rest = data;
    while let [high, low, weight, time, body @ ..] = rest {
        let word = u16::from_be_bytes([*high, *low]);
        let extent = usize::from(word & EXTENT);
        let frame: Box<[u8]>;
        match (word & AGAIN != 0, events.last()) {
            (true, Some(before)) => {
                let (change, behind) = body.split_at(body.len().min(2));
                let mut changed = before.frame.clone();
                for (to, from) in changed.iter_mut().skip(extent).zip(change) {
                    *to = *from;
                }
                (frame, rest) = (changed, behind);
            }
            _ => {
                let (spelt, behind) = body.split_at(body.len().min(extent));
                (frame, rest) = (spelt.into(), behind);
            }
        }
        at = moved(at, *time);
        let (weight, tally) = weighed(*weight, frame.len());
        events.push(Event {
            frame,
            weight,
            tally,
            at,
        });
    }
    events
}

/// Appends a step with a frame of its own; what is beyond the longest is cut.
pub(crate) fn spell(script: &mut Vec<u8>, frame: &[u8], weight: u8, time: u8) {
    let length = frame.len().min(usize::from(EXTENT));
    script.extend((length as u16).to_be_bytes());
    script.extend([weight, time]);
    script.extend(&frame[..length]);
}

/// Appends a step with the frame before it, of which two bytes are others.
pub(crate) fn again(script: &mut Vec<u8>, place: u16, change: [u8; 2], weight: u8, time: u8) {
    script.extend((AGAIN | (place & EXTENT)).to_be_bytes());
    script.extend([weight, time]);
    script.extend(change);
}

fn moved(at: MonoNanos, code: u8) -> MonoNanos {
    let step = 1u64 << (code & 0x3f);
    MonoNanos(match code {
        _ if code & STILL != 0 => at.0,
        _ if code & BACK != 0 => at.0.saturating_sub(step),
        _ => at.0.saturating_add(step).min(LATEST_NS),
    })
}

fn weighed(code: u8, length: usize) -> (Weight, Tally) {
    let (packets, bytes) = if code < HEAVY {
        (1, length as u64 + u64::from(code))
    } else {
        let packets = (1u64 << (code - HEAVY)).min((1 << 31) - 1);
        (packets, (packets << 16).min((1 << 47) - 1))
    };
    match Weight::new(packets, bytes) {
        Some(weight) => (weight, Tally::new(packets, bytes)),
        None => panic!("{packets} packets of {bytes} bytes are refused"),
    }
}
