//! windrow's table: the data path's C, compiled for this process, fed with packets as frames, and
//! drained as a replay is.

use anyhow::Result;
use windrow_core::edges::{Span, WallNanos};
use windrow_core::flow::FlowKey;
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};
use windrow_core::spill_budget::SpillBudget;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

use crate::key::Key;
use crate::workload::Packet;

/// From a packet to the next: ten million make a second.
const STEP_NANOS: u64 = 100;

const ETHERNET: usize = 14;
const IPV4: usize = 20;
const TRANSPORT: usize = 20;

/// A packet of ARP, as short as Ethernet lets it be.
const ARP: [u8; ARP_BYTES as usize] = {
    let mut frame = [0; ARP_BYTES as usize];
    [frame[12], frame[13]] = ARP_ETHERTYPE.to_be_bytes();
    frame
};
/// What [`Table::count_arp`] counts, in bytes.
pub const ARP_BYTES: u32 = 60;
/// Under which it is counted.
pub const ARP_ETHERTYPE: u16 = 0x0806;

/// One slice of it.
pub struct Table<'a> {
    native: Native,
    keys: &'a [Key],
    /// The headers of the packet before, which are changed to those of the next.
    frame: [u8; ETHERNET + IPV4 + TRANSPORT],
}

impl<'a> Table<'a> {
    /// With a secret from that seed; `keys` are those of all flows.
    ///
    /// # Errors
    /// When the memory is too little for a table.
    pub fn new(
        memory_bytes: u64,
        seed: u64,
        spill_budget: SpillBudget,
        keys: &'a [Key],
    ) -> Result<Table<'a>> {
        let selection = Selection {
            spill_budget,
            ..Selection::default()
        };
        Table::of(memory_bytes, seed, &selection, keys)
    }

    /// The same of what is selected.
    ///
    /// # Errors
    /// When the memory is too little for a table.
    pub fn of(
        memory_bytes: u64,
        seed: u64,
        selection: &Selection,
        keys: &'a [Key],
    ) -> Result<Table<'a>> {
        let mut frame = [0; ETHERNET + IPV4 + TRANSPORT];
        // An IPv4 packet without options, its key still to come.
        frame[12..15].copy_from_slice(&[0x08, 0x00, 0x45]);
        frame[17] = (IPV4 + TRANSPORT) as u8;
        Ok(Table {
            native: Native::new(memory_bytes, Secret::from_seed(seed), selection)?,
            keys,
            frame,
        })
    }

    /// Counts a packet that is the one of that place in its window.
    pub fn count(&mut self, packet: Packet, place: u64) {
        self.count_at(packet, MonoNanos(place * STEP_NANOS));
    }

    /// Counts a packet of that time, which may be before the last one's.
    pub fn count_at(&mut self, packet: Packet, at: MonoNanos) {
        let key = &self.keys[packet.flow as usize];
        self.count_of(key, packet.bytes, at);
    }

    /// Counts a packet of any flow.
    pub fn count_of(&mut self, key: &Key, bytes: u32, at: MonoNanos) {
        self.frame[23] = key.proto;
        self.frame[26..30].copy_from_slice(&key.src.to_be_bytes());
        self.frame[30..34].copy_from_slice(&key.dst.to_be_bytes());
        self.frame[34..36].copy_from_slice(&key.sport.to_be_bytes());
        self.frame[36..38].copy_from_slice(&key.dport.to_be_bytes());
        self.native.count(&self.frame, Weight::packet(bytes), at);
    }

    /// Counts a packet that has no flow.
    pub fn count_arp(&mut self, at: MonoNanos) {
        self.native.count(&ARP, Weight::packet(ARP_BYTES), at);
    }

    /// Rows that there is room for.
    pub fn capacity(&self) -> u64 {
        self.native.geometry().rows_per_cpu()
    }

    /// Bytes of it and of what lies beside it.
    pub fn memory_bytes(&self) -> u64 {
        self.native.geometry().memory_bytes()
    }

    /// What was counted; the next window begins.
    pub fn drain(&mut self) -> Slice {
        self.native.drain().collect()
    }
}

/// A window of so many packets.
pub fn span(packets: u64) -> Span {
    let end = WallNanos((packets * STEP_NANOS) as i64);
    Span::on_edges(0, WallNanos(0), end)
}

/// The key of a row as flows have it; none is of IPv6.
pub fn key_of(key: &FlowKey) -> Option<Key> {
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
    use crate::hash::Hash;
    use crate::workload::Workload;

    #[test]
    fn rows_are_hashed_as_is_written_down_again() {
        let keys = Workload::named("zipf-1.0-10k")
            .expect("a workload")
            .keys(5_000, 1);
        for seed in [1, 77] {
            let mut table =
                Table::new(40 << 10, seed, SpillBudget::default(), &keys).expect("a table");
            for flow in 0..5_000 {
                table.count(Packet { flow, bytes: 60 }, u64::from(flow));
            }
            let slice = table.drain();
            let hash = Hash::from_seed(seed);
            assert!(!slice.folded_sum().is_zero() && !slice.rows.is_empty());
            for row in &slice.rows {
                let key = key_of(&row.key).expect("IPv4");
                assert_eq!(row.hash, hash.of(&key), "{key:?}");
            }
        }
    }
}
