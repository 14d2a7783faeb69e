//! An interface description: link type, capture limit, name, and how its time stamps are to be read.

use super::clock::Clock;
use super::names::Names;
use super::options::{Options, TooLong};
use super::{HEAD, TAIL, too_short};
use crate::Link;
use crate::format::Fault;
use crate::format::order::Order;

const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// What packets need to know of their interface.
pub(super) struct Interface {
    /// Or the number of a link type that is not supported, which matters when a packet comes.
    pub(super) link: Result<Link, u16>,
    /// The most bytes that are captured of a packet.
    pub(super) most_captured: usize,
    pub(super) clock: Clock,
    /// The number of its name, where it has one.
    pub(super) name: Option<u32>,
}

impl Interface {
    /// Reads an interface description block; its name is one of `names` then.
    pub(super) fn parse(block: &[u8], order: Order, names: &mut Names) -> Result<Self, Fault> {
        /// Link type and reserved (16 bits each), capture limit.
        const FIXED: usize = HEAD + 8;
        let options = block.len().checked_sub(TAIL);
        let options = options.and_then(|end| block.get(FIXED..end));
        let options = options.ok_or_else(|| too_short("an interface description", block.len()))?;
        let number = order.u16(block, HEAD);
        let limit = order.u32(block, HEAD + 4) as usize;
        let (clock, name) = described(Options::new(options, order), order)?;
        Ok(Interface {
            link: Link::from_number(number).ok_or(number),
            most_captured: if limit == 0 { usize::MAX } else { limit },
            clock,
            name: name.and_then(|name| names.number(name)),
        })
    }
}

/// Clock and name by the options: each counts once, the first time it is there.
fn described<'a>(options: Options<'a>, order: Order) -> Result<(Clock, Option<&'a [u8]>), Fault> {
    let (mut resolution, mut offset, mut name) = (None, None, None);
    for option in options {
        let (code, value) = option.map_err(|TooLong { code, length }| wrong(code, length))?;
        match (code, value) {
            (IF_NAME, value) => name = name.or(Some(value)),
            (IF_TSRESOL, &[byte]) => resolution = resolution.or(Some(byte)),
            (IF_TSOFFSET, seconds) if seconds.len() == 8 => {
                offset = offset.or(Some(order.i64(seconds, 0)))
            }
            (IF_TSRESOL | IF_TSOFFSET, _) => return Err(wrong(code, value.len())),
            _ => {}
        }
    }
    Ok((Clock::new(resolution, offset.unwrap_or(0)), name))
}

fn wrong(code: u16, length: usize) -> Fault {
    Fault::Damage(format!(
        "an interface description whose option {code} has {length} bytes"
    ))
}
