//! An interface description: link type, capture limit, and how its time stamps are to be read.

use super::clock::Clock;
use super::{HEAD, TAIL, too_short};
use crate::Link;
use crate::format::Fault;
use crate::format::order::Order;

const END_OF_OPTIONS: u16 = 0;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// What packets need to know of their interface.
pub(super) struct Interface {
    /// Or the number of a link type that is not supported, which matters when a packet comes.
    pub(super) link: Result<Link, u16>,
    /// The most bytes that are captured of a packet.
    pub(super) most_captured: usize,
    pub(super) clock: Clock,
}

impl Interface {
    /// Reads an interface description block.
    pub(super) fn parse(block: &[u8], order: Order) -> Result<Self, Fault> {
        /// Link type and reserved (16 bits each), capture limit.
        const FIXED: usize = HEAD + 8;
        let options = block.len().checked_sub(TAIL);
        let options = options.and_then(|end| block.get(FIXED..end));
        let options = options.ok_or_else(|| too_short("an interface description", block.len()))?;
        let number = order.u16(block, HEAD);
        let limit = order.u32(block, HEAD + 4) as usize;
        Ok(Interface {
            link: Link::from_number(number).ok_or(number),
            most_captured: if limit == 0 { usize::MAX } else { limit },
            clock: clock(options, order)?,
        })
    }
}

/// The clock that the options describe: each counts once, the first time it is there.
fn clock(mut options: &[u8], order: Order) -> Result<Clock, Fault> {
    let (mut resolution, mut offset) = (None, None);
    while options.len() >= 4 {
        let code = order.u16(options, 0);
        let length = usize::from(order.u16(options, 2));
        if code == END_OF_OPTIONS {
            break;
        }
        let value = options.get(4..4 + length);
        let value = value.ok_or_else(|| wrong(code, length))?;
        match (code, value) {
            (IF_TSRESOL, &[byte]) => resolution = resolution.or(Some(byte)),
            (IF_TSOFFSET, seconds) if length == 8 => {
                offset = offset.or(Some(order.i64(seconds, 0)))
            }
            (IF_TSRESOL | IF_TSOFFSET, _) => return Err(wrong(code, length)),
            _ => {}
        }
        // The padding of the last may be missing.
        let padded = 4 + length.next_multiple_of(4);
        options = options.get(padded..).unwrap_or_default();
    }
    Ok(Clock::new(resolution, offset.unwrap_or(0)))
}

fn wrong(code: u16, length: usize) -> Fault {
    Fault::Damage(format!(
        "an interface description whose option {code} has {length} bytes"
    ))
}
