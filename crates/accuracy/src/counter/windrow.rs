//! windrow itself: the data path's C, compiled for this process, fed with frames, drained and merged
//! as a replay is.

use anyhow::Result;
use hashbrown::HashMap;
use windrow_core::edges::{Instant, Span, WallNanos};
use windrow_core::flow::FlowKey;
use windrow_core::selection::Selection;
use windrow_core::slice::MonoNanos;
use windrow_core::window::Window;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

use super::{Account, Counted, Counter, Interval, Row};
use crate::key::Key;
use crate::workload::{Packet, colliding};

/// From a packet to the next: ten million make a second.
const STEP_NANOS: u64 = 100;

const ETHERNET: usize = 14;
const IPV4: usize = 20;
const TRANSPORT: usize = 20;

/// One window of it.
pub(super) struct Windrow<'a> {
    native: Native,
    keys: &'a [Key],
    /// The headers of the packet before, which are changed to those of the next.
    frame: [u8; ETHERNET + IPV4 + TRANSPORT],
    now: MonoNanos,
}

impl<'a> Windrow<'a> {
    /// # Errors
    /// When the memory is too little for a table.
    pub(super) fn new(memory_bytes: u64, keys: &'a [Key]) -> Result<Windrow<'a>> {
        let secret = Secret::from_seed(colliding::SEED);
        Ok(Windrow {
            native: Native::new(memory_bytes, secret, &Selection::default())?,
            keys,
            frame: plain_frame(),
            now: MonoNanos(0),
        })
    }
}

/// An IPv4 packet without options, its key still to come.
fn plain_frame() -> [u8; ETHERNET + IPV4 + TRANSPORT] {
    let mut frame = [0; ETHERNET + IPV4 + TRANSPORT];
    frame[12..15].copy_from_slice(&[0x08, 0x00, 0x45]);
    frame[17] = (IPV4 + TRANSPORT) as u8;
    frame
}

impl Counter for Windrow<'_> {
    fn count(&mut self, packet: Packet) {
        let key = &self.keys[packet.flow as usize];
        self.frame[23] = key.proto;
        self.frame[26..30].copy_from_slice(&key.src.to_be_bytes());
        self.frame[30..34].copy_from_slice(&key.dst.to_be_bytes());
        self.frame[34..36].copy_from_slice(&key.sport.to_be_bytes());
        self.frame[36..38].copy_from_slice(&key.dport.to_be_bytes());
        let weight = Weight::packet(packet.bytes);
        self.native.count(&self.frame, weight, self.now);
        self.now.0 += STEP_NANOS;
    }

    fn capacity(&self) -> u64 {
        self.native.geometry().rows_per_cpu()
    }

    fn finish(mut self: Box<Self>) -> Counted {
        let span = span(self.now);
        let window = Window::merge(span, vec![self.native.drain()]);
        let (rows, strangers) = rows(&window, self.keys);
        Counted {
            rows,
            account: Some(Account {
                seen: window.ledger.seen,
                residue: window.ledger.residue(),
                absent_hi: window.absent_hi,
                lines: window.summaries(),
                strangers,
            }),
        }
    }
}

/// A window that holds all packets.
fn span(end: MonoNanos) -> Span {
    let at = |mono: MonoNanos| Instant {
        mono,
        wall: WallNanos(mono.0 as i64),
    };
    Span {
        seq: 0,
        start: at(MonoNanos(0)),
        end: at(end),
        late: false,
        clock_step: 0,
    }
}

/// The window's rows by number of flow, and how many are of no flow that there is.
fn rows(window: &Window, keys: &[Key]) -> (Vec<Row>, u64) {
    // Rows are few and flows many, so flows are looked up among the rows.
    let wanted: HashMap<Key, usize> = window
        .flows
        .iter()
        .enumerate()
        .filter_map(|(place, flow)| Some((key_of(&flow.key)?, place)))
        .collect();
    let rows: Vec<Row> = (0..)
        .zip(keys)
        .filter_map(|(flow, key)| {
            let bounds = window.flows[*wanted.get(key)?].bounds;
            Some(Row {
                flow,
                estimate: bounds.lo.packets,
                packets: Some(Interval {
                    lo: bounds.lo.packets,
                    hi: bounds.hi.packets,
                }),
                bytes: Some(Interval {
                    lo: bounds.lo.bytes,
                    hi: bounds.hi.bytes,
                }),
            })
        })
        .collect();
    let strangers = window.flows.len() - rows.len();
    (rows, strangers as u64)
}

/// The key of a row as flows have it; none is of IPv6.
fn key_of(key: &FlowKey) -> Option<Key> {
    let (std::net::IpAddr::V4(src), std::net::IpAddr::V4(dst)) = (key.src, key.dst) else {
        return None;
    };
    Some(Key {
        src: src.to_bits(),
        dst: dst.to_bits(),
        sport: key.sport,
        dport: key.dport,
        proto: key.proto,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Workload;

    /// What windrow says of one packet of each of so many flows, in a MiB.
    fn one_packet_each(name: &str, flows: u32) -> Counted {
        let keys = Workload::named(name).expect("a workload").keys(flows, 1);
        assert_eq!(keys.len(), flows as usize);
        let mut counter = Box::new(Windrow::new(1 << 20, &keys).expect("a table"));
        (0..flows).for_each(|flow| counter.count(Packet { flow, bytes: 60 }));
        counter.finish()
    }

    #[test]
    fn every_flow_gets_its_own_row_back() {
        let counted = one_packet_each("zipf-1.0-1k", 1_000);
        assert_eq!(counted.rows.len(), 1_000);
        assert!(
            counted
                .rows
                .iter()
                .all(|row| row.is_exact() && row.estimate == 1)
        );
        let account = counted.account.expect("an account");
        assert_eq!(account.seen.packets, 1_000);
        assert_eq!((account.residue, account.strangers), ((0, 0), 0));
    }

    #[test]
    fn colliding_flows_find_fewer_rows_than_others() {
        let ordinary = one_packet_each("zipf-1.0-10k", 6_000).rows.len();
        let colliding = one_packet_each("colliding", 6_000).rows.len();
        assert_eq!(ordinary, 6_000);
        // As many as half of the table has room for are spilled instead.
        assert!(colliding < 5_000, "{colliding}");
    }
}
