//! Traffic of two parts, and flows in turn.

use super::zipf::Zipf;
use super::{BACKGROUND_FLOWS, Packet, Stream};
use crate::random::Random;

/// Flows that begin late.
pub const ELEPHANTS: u32 = 50;
/// A SYN in an Ethernet frame.
const SYN_BYTES: u32 = 74;

/// Every other packet, on average, is the only one of its flow; the rest is the background.
pub(super) fn flood(background: Zipf, mut random: Random) -> Stream {
    let mut next = BACKGROUND_FLOWS;
    Box::new(std::iter::repeat_with(move || {
        if random.below(2) == 0 {
            return Packet {
                flow: background.draw(&mut random),
                bytes: random.length(),
            };
        }
        next += 1;
        Packet {
            flow: next - 1,
            bytes: SYN_BYTES,
        }
    }))
}

/// From four fifths of the window on half of the packets are of a few new flows.
pub(super) fn late_elephants(background: Zipf, window: u32, mut random: Random) -> Stream {
    let begin = window / 5 * 4;
    let mut packets = 0;
    Box::new(std::iter::repeat_with(move || {
        let late = packets >= begin && random.below(2) == 0;
        packets += 1;
        let flow = match late {
            true => BACKGROUND_FLOWS + random.below(ELEPHANTS),
            false => background.draw(&mut random),
        };
        Packet {
            flow,
            bytes: random.length(),
        }
    }))
}

/// Every flow once, then all again.
pub(super) fn turns(flows: u32, mut random: Random) -> Stream {
    Box::new((0..flows).cycle().map(move |flow| Packet {
        flow,
        bytes: random.length(),
    }))
}
