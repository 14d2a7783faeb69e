//! Legacy pcap (draft-ietf-opsawg-pcap): one header of 24 bytes, then records.
//!
//! The header's time zone and accuracy are unused, as by all other readers.

use std::io::Read;

use windrow_core::edges::WallNanos;

use super::order::Order;
use super::{Fault, Found};
use crate::Link;
use crate::input::Buffer;

const FILE_HEADER: usize = 24;
/// Bits of the field with the link type that are for later, and 0 until then.
const RESERVED: u32 = 0x03ff_0000;
/// seconds, fraction, captured bytes, original bytes: 32 bits each
const RECORD_HEADER: usize = 16;
/// The same, then interface index, protocol, packet type and padding, none of which is needed.
const MODIFIED_RECORD_HEADER: usize = 24;
/// No capture has more of a packet (libpcap's MAXIMUM_SNAPLEN); larger lengths are damage.
const MOST_CAPTURED: u32 = 262_144;

/// What the magic number tells of all records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    order: Order,
    /// Nanoseconds in a unit of the records' fractions.
    fraction_ns: u32,
    record_header: usize,
}

const fn variant(order: Order, fraction_ns: u32, record_header: usize) -> Variant {
    Variant {
        order,
        fraction_ns,
        record_header,
    }
}

/// Magic numbers as they lie in the file.
#[rustfmt::skip]
pub(crate) const VARIANTS: [([u8; 4], Variant); 6] = [
    ([0xd4, 0xc3, 0xb2, 0xa1], variant(Order::Little, 1000, RECORD_HEADER)),
    ([0xa1, 0xb2, 0xc3, 0xd4], variant(Order::Big, 1000, RECORD_HEADER)),
    ([0x4d, 0x3c, 0xb2, 0xa1], variant(Order::Little, 1, RECORD_HEADER)),
    ([0xa1, 0xb2, 0x3c, 0x4d], variant(Order::Big, 1, RECORD_HEADER)),
    // Alexey Kuznetsov's libpcap of the 1990s
    ([0x34, 0xcd, 0xb2, 0xa1], variant(Order::Little, 1000, MODIFIED_RECORD_HEADER)),
    ([0xa1, 0xb2, 0xcd, 0x34], variant(Order::Big, 1000, MODIFIED_RECORD_HEADER)),
];

/// Reads the records of a legacy file.
///
/// By hand, at 7 ns a record (`examples/records.rs`, without the kernel's copy): pcap-parser 0.17
/// needs 15 for the record alone and 40 with its buffer, knows the modified format in one byte
/// order only, and does not say what is wrong.
pub(crate) struct Pcap {
    variant: Variant,
    link: Link,
}

impl Pcap {
    /// Reads the file's header.
    pub(crate) fn open<R: Read>(buffer: &mut Buffer<R>, variant: Variant) -> Result<Self, Fault> {
        let header = buffer.peek(FILE_HEADER)?;
        if header.len() < FILE_HEADER {
            return Err(Fault::cut("the header", header.len(), FILE_HEADER));
        }
        let order = variant.order;
        let (major, minor) = (order.u16(header, 4), order.u16(header, 6));
        // Before 2.3 the two lengths of a record were the other way round.
        if major != 2 || minor < 3 {
            let what = format!("version {major}.{minor}, not one of 2.3 and later");
            return Err(Fault::Damage(what));
        }
        // The upper half may tell the length of a frame check sequence; its lower ten bits are 0.
        let network = order.u32(header, 20);
        if network & RESERVED != 0 {
            return Err(Fault::Damage(format!(
                "link type {network:#010x} has reserved bits set"
            )));
        }
        let number = network as u16;
        let link = Link::from_number(number).ok_or(Fault::LinkType(number))?;
        buffer.take(FILE_HEADER);
        Ok(Pcap { variant, link })
    }

    /// Finds the next record; `None` at the end of the capture.
    #[inline]
    pub(crate) fn next<R: Read>(&self, buffer: &mut Buffer<R>) -> Result<Option<Found>, Fault> {
        let Variant {
            order,
            fraction_ns,
            record_header,
        } = self.variant;
        let header = buffer.peek(record_header)?;
        if header.len() < record_header {
            return match header.len() {
                0 => Ok(None),
                have => Err(Fault::cut("a record's header", have, record_header)),
            };
        }
        let seconds = order.u32(header, 0);
        let fraction = order.u32(header, 4);
        let captured = order.u32(header, 8);
        let original_bytes = order.u32(header, 12);
        if captured > MOST_CAPTURED {
            return Err(absurd(captured));
        }
        let length = record_header + captured as usize;
        let have = buffer.peek(length)?.len();
        if have < length {
            return Err(Fault::cut("a record", have, length));
        }
        // At most 2^32 * (10^9 + 1000), which is below 2^63. Fractions of a second and more occur.
        let time =
            u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * u64::from(fraction_ns);
        Ok(Some(Found {
            time: Some(WallNanos(time as i64)),
            link: self.link,
            original_bytes,
            interface: None,
            dir: None,
            header: record_header,
            captured: captured as usize,
            length,
        }))
    }
}

#[cold]
fn absurd(captured: u32) -> Fault {
    Fault::Damage(format!(
        "captured length {captured}, where {MOST_CAPTURED} is the most"
    ))
}
