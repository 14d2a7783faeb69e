//! Captures made for the benchmark: the same bytes every time, legacy pcap, Ethernet and IPv4, TCP
//! and UDP mixed. It knows nothing of what reads them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// What a capture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Flows: different pairs of addresses, ports and protocol, all in one direction.
    pub flows: u32,
    /// Packets. The first `flows` of them open a flow each, all others belong to a flow drawn
    /// evenly.
    pub packets: u64,
}

/// A multiple of every period by which tools rotate their files.
const START_SECONDS: u64 = 1_699_999_200;
/// Between two packets.
const STEP_MICROSECONDS: u64 = 3;
/// The shortest and the longest frame, but for the opening TCP ones, which carry no data.
const FRAME_BYTES: [u64; 2] = [80, 200];

const ETHERNET: usize = 14;
const IP: usize = 20;
const TCP: usize = 20;
/// An opening frame: a TCP header with the 20 bytes of options that Linux sends.
const SYN_FRAME: usize = ETHERNET + IP + TCP + SYN_OPTIONS.len();
const SYN_OPTIONS: [u8; 20] = [
    2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
];
const PROTOCOL_TCP: u8 = 6;
const PROTOCOL_UDP: u8 = 17;
/// Ports that no tool treats in a way of its own: no DNS, no tunnels.
const PORTS_TCP: [u16; 4] = [80, 443, 22, 8080];
const PORTS_UDP: [u16; 4] = [443, 27015, 6881, 9999];

/// Writes a capture and waits until it is on the disk, so that no measurement pays for that.
///
/// # Errors
/// When the file cannot be written, or there are more flows than packets.
pub fn write(file: &Path, shape: Shape) -> Result<()> {
    ensure!(
        shape.flows > 0 && u64::from(shape.flows) <= shape.packets,
        "a capture of {} packets cannot hold {} flows; ask for more packets",
        shape.packets,
        shape.flows
    );
    let broken = || {
        format!(
            "cannot write {}; is the disk full? TMPDIR names another folder",
            file.display()
        )
    };
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file).with_context(broken)?);
    write_to(&mut out, shape).with_context(broken)?;
    let out = out.into_inner().map_err(|error| error.into_error());
    out.and_then(|file| file.sync_all()).with_context(broken)
}

fn write_to(out: &mut impl Write, shape: Shape) -> std::io::Result<()> {
    out.write_all(&file_header())?;
    let mut flows: Vec<Flow> = (0..shape.flows).map(Flow::new).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut frame = [0; FRAME_BYTES[1] as usize];
    for number in 0..shape.packets {
        let draw = random.next();
        let flow = match usize::try_from(number) {
            Ok(first) if first < flows.len() => first,
            _ => (((draw >> 32) * u64::from(shape.flows)) >> 32) as usize,
        };
        let spread = FRAME_BYTES[1] - FRAME_BYTES[0] + 1;
        let length = FRAME_BYTES[0] + (draw & 0xffff) % spread;
        let length = flows[flow].next_frame(length as usize, &mut frame);
        out.write_all(&packet_header(number, length as u32))?;
        out.write_all(&frame[..length])?;
    }
    Ok(())
}

fn file_header() -> [u8; 24] {
    let mut header = [0; 24];
    header[..4].copy_from_slice(&0xa1b2_c3d4_u32.to_le_bytes());
    header[4..6].copy_from_slice(&2_u16.to_le_bytes());
    header[6..8].copy_from_slice(&4_u16.to_le_bytes());
    header[16..20].copy_from_slice(&65_535_u32.to_le_bytes());
    header[20..].copy_from_slice(&1_u32.to_le_bytes());
    header
}

fn packet_header(number: u64, length: u32) -> [u8; 16] {
    let micros = START_SECONDS * 1_000_000 + number * STEP_MICROSECONDS;
    let words = [
        (micros / 1_000_000) as u32,
        (micros % 1_000_000) as u32,
        length,
        length,
    ];
    let mut header = [0; 16];
    for (bytes, word) in header.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    header
}

/// A flow: what its headers repeat, and where it is.
struct Flow {
    /// Source and destination, as in the IP header.
    addresses: [u8; 8],
    ports: [u8; 4],
    protocol: u8,
    sequence: u32,
    opened: bool,
    identification: u16,
}

impl Flow {
    /// The flow of a number; numbers below 2^24 give different ones.
    fn new(number: u32) -> Self {
        let mixed = Random(u64::from(number) + 1).next();
        // An odd factor permutes the 24 bits: every flow has a source address of its own.
        let source = 0x0a00_0000 | (number.wrapping_mul(0x9e_3779) & 0xff_ffff);
        let destination = 0xc612_0000 | (mixed as u32 & 0x1_ffff);
        let source_port = 32_768 + (mixed >> 20) as u16 % 28_000;
        let (protocol, ports) = if number % 4 == 3 {
            (PROTOCOL_UDP, PORTS_UDP)
        } else {
            (PROTOCOL_TCP, PORTS_TCP)
        };
        let port = ports[(mixed >> 40) as usize % ports.len()];
        let mut flow = Self {
            addresses: [0; 8],
            ports: [0; 4],
            protocol,
            sequence: (mixed >> 32) as u32,
            opened: false,
            identification: mixed as u16,
        };
        flow.addresses[..4].copy_from_slice(&u32::to_be_bytes(source));
        flow.addresses[4..].copy_from_slice(&u32::to_be_bytes(destination));
        flow.ports[..2].copy_from_slice(&source_port.to_be_bytes());
        flow.ports[2..].copy_from_slice(&port.to_be_bytes());
        flow
    }

    /// Writes the flow's next frame, `length` bytes unless it opens a TCP connection; gives its
    /// length.
    fn next_frame(&mut self, length: usize, frame: &mut [u8]) -> usize {
        let opens = self.protocol == PROTOCOL_TCP && !self.opened;
        self.opened = true;
        let length = if opens { SYN_FRAME } else { length };
        let frame = &mut frame[..length];
        frame.fill(0);
        frame[..12].copy_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
        frame[12..ETHERNET].copy_from_slice(&[8, 0]);
        self.ip_header(&mut frame[ETHERNET..]);
        let payload = &mut frame[ETHERNET + IP..];
        let checksum_at = match self.protocol {
            PROTOCOL_TCP => self.tcp_header(opens, payload),
            _ => self.udp_header(payload),
        };
        let pseudo = self.sum_of_pseudo_header(payload.len());
        let sum = checksum(pseudo, payload);
        payload[checksum_at..checksum_at + 2].copy_from_slice(&sum.to_be_bytes());
        length
    }

    fn ip_header(&mut self, packet: &mut [u8]) {
        let length = packet.len() as u16;
        let header = &mut packet[..IP];
        header[0] = 0x45;
        header[2..4].copy_from_slice(&length.to_be_bytes());
        header[4..6].copy_from_slice(&self.identification.to_be_bytes());
        header[6] = 0x40;
        header[8] = 64;
        header[9] = self.protocol;
        header[12..].copy_from_slice(&self.addresses);
        let sum = checksum(0, header);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        self.identification = self.identification.wrapping_add(1);
    }

    /// Gives where the checksum belongs.
    fn tcp_header(&mut self, opens: bool, segment: &mut [u8]) -> usize {
        const SYN: u8 = 0x02;
        const PUSH_ACK: u8 = 0x18;
        segment[..4].copy_from_slice(&self.ports);
        segment[4..8].copy_from_slice(&self.sequence.to_be_bytes());
        if opens {
            segment[12] = ((TCP + SYN_OPTIONS.len()) as u8 / 4) << 4;
            segment[13] = SYN;
            segment[TCP..].copy_from_slice(&SYN_OPTIONS);
            self.sequence = self.sequence.wrapping_add(1);
        } else {
            segment[8..12].copy_from_slice(&1_u32.to_be_bytes());
            segment[12] = (TCP as u8 / 4) << 4;
            segment[13] = PUSH_ACK;
            self.sequence = self.sequence.wrapping_add((segment.len() - TCP) as u32);
        }
        segment[14..16].copy_from_slice(&64_240_u16.to_be_bytes());
        16
    }

    /// Gives where the checksum belongs.
    fn udp_header(&self, datagram: &mut [u8]) -> usize {
        datagram[..4].copy_from_slice(&self.ports);
        let length = datagram.len() as u16;
        datagram[4..6].copy_from_slice(&length.to_be_bytes());
        6
    }

    fn sum_of_pseudo_header(&self, length: usize) -> u32 {
        words(&self.addresses) + u32::from(self.protocol) + length as u32
    }
}

/// The Internet checksum of some bytes and of what was summed before.
fn checksum(before: u32, bytes: &[u8]) -> u16 {
    let mut sum = before + words(bytes);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// The sum of the bytes as 16-bit words; few enough that it cannot overflow.
fn words(bytes: &[u8]) -> u32 {
    let pairs = bytes.chunks_exact(2);
    let odd = pairs
        .remainder()
        .first()
        .map_or(0, |it| u32::from(*it) << 8);
    let sum: u32 = pairs
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    sum + odd
}

/// SplitMix64: small, even, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const SHAPE: Shape = Shape {
        flows: 50,
        packets: 2_000,
    };

    fn bytes(shape: Shape) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert!(write_to(&mut bytes, shape).is_ok());
        bytes
    }

    /// The frames of a capture, each with its time in microseconds.
    fn frames(capture: &[u8]) -> Vec<(u64, &[u8])> {
        let word = |at: usize| {
            let bytes: Vec<u8> = capture[at..at + 4].to_vec();
            bytes
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte))
        };
        let mut frames = Vec::new();
        let mut at = 24;
        while at < capture.len() {
            let length = word(at + 8) as usize;
            assert_eq!(word(at + 8), word(at + 12), "captured in full");
            let time = word(at) * 1_000_000 + word(at + 4);
            frames.push((time, &capture[at + 16..at + 16 + length]));
            at += 16 + length;
        }
        frames
    }

    #[test]
    fn the_same_bytes_every_time() {
        assert_eq!(bytes(SHAPE), bytes(SHAPE));
    }

    #[test]
    fn times_and_lengths_are_sane() {
        let capture = bytes(SHAPE);
        let frames = frames(&capture);
        assert_eq!(frames.len() as u64, SHAPE.packets);
        assert!(frames.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (_, frame) in &frames {
            let ip = &frame[ETHERNET..];
            assert_eq!(frame[12..14], [8, 0]);
            assert_eq!(ip[0], 0x45);
            assert_eq!(u16::from_be_bytes([ip[2], ip[3]]) as usize, ip.len());
            assert!((74..=200).contains(&frame.len()));
        }
    }

    #[test]
    fn all_checksums_are_right() {
        for (_, frame) in frames(&bytes(SHAPE)) {
            let (header, segment) = frame[ETHERNET..].split_at(IP);
            // Over bytes that hold their own checksum the sum comes out as 0.
            assert_eq!(checksum(0, header), 0);
            let pseudo = words(&header[12..]) + u32::from(header[9]) + segment.len() as u32;
            assert_eq!(checksum(pseudo, segment), 0);
        }
    }

    #[test]
    fn every_flow_is_there_and_none_more() {
        let capture = bytes(SHAPE);
        let mut flows: HashMap<&[u8], u64> = HashMap::new();
        let (mut tcp, mut opened) = (0, 0);
        for (_, frame) in frames(&capture) {
            *flows
                .entry(&frame[ETHERNET + 12..ETHERNET + 24])
                .or_default() += 1;
            if frame[ETHERNET + 9] == PROTOCOL_TCP {
                tcp += 1;
                opened += u32::from(frame[ETHERNET + IP + 13] & 2);
            }
            let ports = &frame[ETHERNET + IP..];
            assert_ne!(ports[..2], [0, 53]);
            assert_ne!(ports[2..4], [0, 53]);
        }
        assert_eq!(flows.len() as u32, SHAPE.flows);
        assert!(flows.values().all(|packets| *packets > 10), "{flows:?}");
        assert!(tcp > 1_000 && tcp < 2_000, "{tcp}");
        assert_eq!(opened / 2, 38, "one SYN for each TCP flow");
    }

    #[test]
    fn sequence_numbers_go_on() {
        let mut flow = Flow::new(0);
        let mut frame = [0; 200];
        let mut expected = None;
        for length in [80, 90, 200, 80] {
            let length = flow.next_frame(length, &mut frame);
            let segment = &frame[ETHERNET + IP..length];
            let sequence = segment[4..8]
                .iter()
                .fold(0_u32, |it, byte| it << 8 | u32::from(*byte));
            if let Some(expected) = expected {
                assert_eq!(sequence, expected);
            }
            let data = segment.len() - usize::from(segment[12] >> 4) * 4;
            let syn = u32::from(segment[13] & 2 != 0);
            expected = Some(sequence.wrapping_add(data as u32 + syn));
        }
    }

    #[test]
    fn more_flows_than_packets_are_refused() {
        let shape = Shape {
            flows: 3,
            packets: 2,
        };
        assert!(write(Path::new("/dev/null"), shape).is_err());
    }
}
