//! Capture files: the frames of a pcap or pcapng file, and where it is damaged.

use std::path::Path;

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

/// What a file holds.
#[derive(Default)]
pub struct Capture {
    /// Captured bytes of each record, up to the damage.
    pub frames: Vec<Vec<u8>>,
    /// Every link type that the file names is Ethernet.
    pub ethernet: bool,
    /// Why reading ended before the file did.
    pub damage: Option<String>,
}

/// Link types lie in the low 16 bits; those above may tell the length of a checksum.
fn is_ethernet(link: Linktype) -> bool {
    link.0 & 0xffff == Linktype::ETHERNET.0
}

impl Capture {
    /// Reads a whole file; damage is not an error, but told.
    pub fn read(file: &Path) -> std::io::Result<Capture> {
        let bytes = std::fs::read(file)?;
        let mut capture = Capture {
            ethernet: true,
            ..Capture::default()
        };
        // The largest block is no larger than the file, so a buffer of that size never fills.
        let mut reader = match create_reader(bytes.len().max(65536), bytes.as_slice()) {
            Ok(reader) => reader,
            Err(error) => {
                capture.damage = Some(error.to_string());
                return Ok(capture);
            }
        };
        loop {
            match reader.next() {
                Ok((length, block)) => {
                    capture.add(&block);
                    reader.consume(length);
                }
                Err(PcapError::Eof) => return Ok(capture),
                Err(PcapError::Incomplete(_)) => {
                    let unread = reader.data().len();
                    let refused = reader.refill().is_err();
                    if refused || reader.data().len() == unread {
                        let cut = "cut inside a record".to_owned();
                        capture.damage = (refused || unread > 0).then_some(cut);
                        return Ok(capture);
                    }
                }
                Err(error) => {
                    capture.damage = Some(format!("{error:?}").chars().take(80).collect());
                    return Ok(capture);
                }
            }
        }
    }

    fn add(&mut self, block: &PcapBlockOwned<'_>) {
        let frame = match block {
            PcapBlockOwned::LegacyHeader(header) => {
                self.ethernet &= is_ethernet(header.network);
                return;
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.ethernet &= is_ethernet(interface.linktype);
                return;
            }
            PcapBlockOwned::Legacy(record) => record.data,
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => packet.packet_data(),
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => packet.packet_data(),
            PcapBlockOwned::NG(_) => return,
        };
        self.frames.push(frame.to_vec());
    }
}
