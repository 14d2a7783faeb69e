//! pcapng (draft-ietf-opsawg-pcapng): blocks, in sections, each with its byte order and interfaces.
//!
//! Packets lie in three kinds of blocks. Other kinds are skipped: names, statistics, secrets,
//! comments, and what is not known yet.

mod clock;
mod interface;
mod names;
mod options;

use std::io::Read;

use windrow_core::flow::Dir;

use super::order::Order;
use super::{Fault, Found};
use crate::capture;
use crate::input::Buffer;
use interface::Interface;
use names::Names;
use options::Options;

/// Type of a section header, which reads the same in either byte order.
pub(crate) const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
const INTERFACE_DESCRIPTION: u32 = 1;
/// Obsolete, and in old files.
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// The option of a packet, enhanced or obsolete, whose lowest two bits tell its direction.
const PACKET_FLAGS: u16 = 2;

/// Says by its order in which order a section is written.
const BYTE_ORDER: u32 = 0x1a2b_3c4d;

/// Type and length before a block's body.
const HEAD: usize = 8;
/// The length again, behind it.
const TAIL: usize = 4;
/// What has to be read to know a block's length: of a section header the byte order as well.
const LEAST: usize = HEAD + TAIL;
/// Interfaces that a section may describe: far more than there are, and little memory.
const MOST_INTERFACES: usize = 1 << 16;
/// A longer block is damage: no program writes any (Wireshark has the same bound).
const MOST: usize = 16 << 20;

/// Reads the packets of a pcapng file.
///
/// By hand, at 12 ns a packet (`examples/records.rs`, without the kernel's copy): pcap-parser 0.17
/// needs 48 for the block alone and 79 with its buffer, does not know the obsolete packet block,
/// gives no captured length for the simple one, reads the time offset of big-endian sections
/// wrongly, and does not say what is wrong.
pub(crate) struct Pcapng {
    order: Order,
    /// Of the open section; packets name them by their index.
    interfaces: Vec<Interface>,
    /// Of all sections so far.
    names: Names,
}

/// A block, by type and length.
struct Block {
    kind: u32,
    length: usize,
}

impl Pcapng {
    /// Reads the first section's header.
    pub(crate) fn open<R: Read>(buffer: &mut Buffer<R>) -> Result<Self, Fault> {
        let mut pcapng = Pcapng {
            order: Order::Little,
            interfaces: Vec::new(),
            names: Names::default(),
        };
        if let Some(block) = pcapng.block(buffer)? {
            buffer.take(block.length);
        }
        Ok(pcapng)
    }

    /// Finds the next packet; `None` at the end of the capture.
    #[inline]
    pub(crate) fn next<R: Read>(&mut self, buffer: &mut Buffer<R>) -> Result<Option<Found>, Fault> {
        while let Some(Block { kind, length }) = self.block(buffer)? {
            // The whole block is in the buffer by now.
            let block = buffer.peek(length)?;
            match kind {
                ENHANCED_PACKET => {
                    let interface = self.order.u32(block, HEAD);
                    return self.packet(block, interface).map(Some);
                }
                PACKET => {
                    // The other half of the word counts drops.
                    let interface = self.order.u16(block, HEAD).into();
                    return self.packet(block, interface).map(Some);
                }
                SIMPLE_PACKET => return self.simple_packet(block).map(Some),
                INTERFACE_DESCRIPTION => {
                    let interface = Interface::parse(block, self.order, &mut self.names)?;
                    if self.interfaces.len() >= MOST_INTERFACES {
                        let what = format!("more than {MOST_INTERFACES} interfaces in a section");
                        return Err(Fault::Damage(what));
                    }
                    self.interfaces.push(interface);
                }
                _ => {}
            }
            buffer.take(length);
        }
        Ok(None)
    }

    /// Brings the next block into the buffer; a section header takes effect here.
    #[inline]
    fn block<R: Read>(&mut self, buffer: &mut Buffer<R>) -> Result<Option<Block>, Fault> {
        let head = buffer.peek(LEAST)?;
        if head.len() < LEAST {
            return match head.len() {
                0 => Ok(None),
                have => Err(Fault::cut("a block's header", have, LEAST)),
            };
        }
        let section = head.starts_with(&SECTION);
        if section {
            self.order = section_order(head)?;
            self.interfaces.clear();
        }
        let kind = self.order.u32(head, 0);
        let claimed = self.order.u32(head, 4);
        let length = claimed as usize;
        if !(LEAST..=MOST).contains(&length) || !length.is_multiple_of(4) {
            return Err(impossible(kind, claimed));
        }
        let block = buffer.peek(length)?;
        if block.len() < length {
            return Err(Fault::cut("a block", block.len(), length));
        }
        let again = self.order.u32(block, length - TAIL);
        if again != claimed {
            return Err(unequal(claimed, again));
        }
        if section {
            check_section(block, self.order)?;
        }
        Ok(Some(Block { kind, length }))
    }

    /// An enhanced packet, or an obsolete one, which differ in the interface's field only.
    // `always`: returned through memory, it costs 15 ns more.
    #[inline(always)]
    fn packet(&self, block: &[u8], interface: u32) -> Result<Found, Fault> {
        /// The two heads: interface, time (high, low), captured and original bytes.
        const HEADER: usize = HEAD + 20;
        let length = block.len();
        let room = length.checked_sub(HEADER + TAIL);
        let room = room.ok_or_else(|| too_short("a packet", length))?;
        let interface = self.interface(interface)?;
        let high = u64::from(self.order.u32(block, HEAD + 4));
        let low = u64::from(self.order.u32(block, HEAD + 8));
        let captured = self.order.u32(block, HEAD + 12) as usize;
        if captured > room {
            return Err(overflows(captured, room));
        }
        let end = HEADER + captured.next_multiple_of(4);
        Ok(Found {
            time: interface.clock.wall(high << 32 | low),
            link: interface.link.map_err(Fault::LinkType)?,
            original_bytes: self.order.u32(block, HEAD + 16),
            interface: interface.name,
            dir: match block.get(end..length - TAIL) {
                None | Some([]) => None,
                Some(options) => dir(Options::new(options, self.order), self.order),
            },
            header: HEADER,
            captured,
            length,
        })
    }

    /// A packet of the section's first interface, without time and without captured length.
    fn simple_packet(&self, block: &[u8]) -> Result<Found, Fault> {
        const HEADER: usize = HEAD + 4;
        let length = block.len();
        let room = length.checked_sub(HEADER + TAIL);
        let room = room.ok_or_else(|| too_short("a packet", length))?;
        let interface = self.interface(0)?;
        let original_bytes = self.order.u32(block, HEAD);
        let limit = interface.most_captured;
        let captured = (original_bytes as usize).min(limit).min(room);
        Ok(Found {
            time: None,
            link: interface.link.map_err(Fault::LinkType)?,
            original_bytes,
            interface: interface.name,
            dir: None,
            header: HEADER,
            captured,
            length,
        })
    }

    /// The interface whose name has that number.
    #[inline]
    pub(crate) fn named(&self, number: u32) -> Option<capture::Interface<'_>> {
        let name = self.names.name(number)?;
        Some(capture::Interface { number, name })
    }

    #[inline]
    fn interface(&self, index: u32) -> Result<&Interface, Fault> {
        let described = self.interfaces.get(index as usize);
        described.ok_or_else(|| undescribed(index, self.interfaces.len()))
    }
}

/// The direction of a packet by its options. What is wrong with these tells nothing, and damages
/// nothing that is counted.
fn dir(options: Options<'_>, order: Order) -> Option<Dir> {
    let mut options = options.map_while(Result::ok);
    let (_, value) = options.find(|(code, _)| *code == PACKET_FLAGS)?;
    if value.len() != 4 {
        return None;
    }
    match order.u32(value, 0) & 3 {
        1 => Some(Dir::In),
        2 => Some(Dir::Out),
        _ => None,
    }
}

fn section_order(head: &[u8]) -> Result<Order, Fault> {
    let orders = [Order::Little, Order::Big];
    let order = orders
        .into_iter()
        .find(|order| order.u32(head, HEAD) == BYTE_ORDER);
    order.ok_or_else(|| {
        let found = Order::Big.u32(head, HEAD);
        Fault::Damage(format!("a section header without byte order ({found:08x})"))
    })
}

/// Version 1.0 is the only one there is; 1.2 was written by some and is the same.
fn check_section(block: &[u8], order: Order) -> Result<(), Fault> {
    /// The two lengths, byte order, version, section length.
    const SHORTEST: usize = HEAD + 16 + TAIL;
    if block.len() < SHORTEST {
        return Err(too_short("a section header", block.len()));
    }
    let (major, minor) = (order.u16(block, HEAD + 4), order.u16(block, HEAD + 6));
    if major != 1 {
        let what = format!("a section of version {major}.{minor}, not 1.0");
        return Err(Fault::Damage(what));
    }
    Ok(())
}

#[cold]
fn impossible(kind: u32, length: u32) -> Fault {
    Fault::Damage(format!(
        "a block of type {kind:#x} and length {length}: lengths are multiples of 4, {LEAST} to {MOST}"
    ))
}

#[cold]
fn unequal(first: u32, again: u32) -> Fault {
    Fault::Damage(format!(
        "a block whose length is {first} before it and {again} behind it"
    ))
}

#[cold]
fn too_short(what: &str, length: usize) -> Fault {
    Fault::Damage(format!("{what} in a block of {length} bytes, too few"))
}

#[cold]
fn overflows(captured: usize, room: usize) -> Fault {
    Fault::Damage(format!(
        "captured length {captured}, in a block with room for {room}"
    ))
}

#[cold]
fn undescribed(index: u32, described: usize) -> Fault {
    Fault::Damage(format!(
        "a packet of interface {index}, where the section describes {described}"
    ))
}
