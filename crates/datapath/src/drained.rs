//! What an epoch held, copied out of the tables, and what its bytes mean.
//!
//! Copying is all that an epoch's buffer has to wait for. Rows are decoded when somebody asks for
//! them, one by one.

use std::iter::Zip;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::slice::Iter;

use windrow_core::flow::{self, Dir, Life};
use windrow_core::reason::Reason;
use windrow_core::slice::{self, MonoNanos};
use windrow_core::tally::Tally;

use crate::abi::{
    self, CARRY_BYTES, CARRY_PACKETS, ColdRow, FlowKey, OTHER_REASONS, Row, SliceEpoch,
};
use crate::clock::Clock;

/// Room for so many rows is kept however few there are.
const ROWS_KEPT: usize = 8192;
/// Room for more than so many times the rows is too much.
const SPARE: usize = 8;

/// In this order in `abi.h`.
const REASONS: [Reason; OTHER_REASONS] = [
    Reason::Short,
    Reason::L2Cut,
    Reason::BadIp,
    Reason::Llc,
    Reason::DeepVlan,
    Reason::DeepMpls,
    Reason::MplsPayload,
    Reason::PppoePayload,
    Reason::EthertypeOther,
];

/// A copy of one epoch. The next epoch is copied into the same memory, so that it is paid for once.
#[derive(Debug, Default)]
pub struct Drained {
    shares: Vec<Share>,
    /// Hot lines, of one share after the other.
    pub(crate) rows: Vec<Row>,
    /// Their cold lines.
    pub(crate) cold_rows: Vec<ColdRow>,
}

/// What one CPU counted.
#[derive(Debug)]
struct Share {
    ledger: SliceEpoch,
    /// Its rows go on to where the next share's begin.
    first_row: usize,
    capacity_rows: u64,
    clock: Clock,
}

impl Drained {
    /// What each possible CPU counted; rows are decoded as they are taken.
    pub fn slices(&self) -> Vec<slice::Slice<Rows<'_>>> {
        let ends = self.shares.iter().skip(1).map(|next| next.first_row);
        let ends = ends.chain([self.rows.len()]);
        let shares = self.shares.iter().zip(ends);
        shares
            .map(|(share, end)| {
                let rows = share.first_row..end;
                share.slice(&self.rows[rows.clone()], &self.cold_rows[rows])
            })
            .collect()
    }

    /// Forgets the epoch before. Of room that was far too large for it a part is given back: a
    /// single large epoch is not paid for by all that follow.
    pub(crate) fn clear(&mut self) {
        let (rows, room) = (self.rows.len(), self.rows.capacity());
        self.shares.clear();
        self.rows.clear();
        self.cold_rows.clear();
        if room / SPARE > rows.max(ROWS_KEPT) {
            let room = room - room / SPARE;
            self.rows.shrink_to(room);
            self.cold_rows.shrink_to(room);
        }
    }

    /// Goes on to the next CPU, which has room for so many rows and lists those of the ledger.
    pub(crate) fn begin_slice(&mut self, ledger: SliceEpoch, capacity_rows: u64, clock: Clock) {
        let rows = u64::from(ledger.rows).min(capacity_rows) as usize;
        self.rows.reserve(rows);
        self.cold_rows.reserve(rows);
        self.shares.push(Share {
            ledger,
            first_row: self.rows.len(),
            capacity_rows,
            clock,
        });
    }

    /// How many CPUs were begun.
    #[cfg(feature = "kernel")]
    pub(crate) fn begun(&self) -> usize {
        self.shares.len()
    }
}

impl Share {
    fn slice<'a>(&'a self, rows: &'a [Row], cold_rows: &'a [ColdRow]) -> slice::Slice<Rows<'a>> {
        let ledger = &self.ledger;
        slice::Slice {
            events: ledger.events,
            seen: tally(ledger.seen) + tally(ledger.seen_out),
            seen_out: tally(ledger.seen_out),
            filtered: tally(ledger.filtered),
            rows: Rows {
                lines: rows.iter().zip(cold_rows),
                ledger,
                clock: self.clock,
            },
            folded_ipv4: tally(ledger.folded_ipv4),
            folded_ipv6: tally(ledger.folded_ipv6),
            other: other(ledger),
            deep_chains: ledger.deep_chains,
            capacity_rows: self.capacity_rows,
        }
    }
}

/// Rows of one CPU, in no order.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    lines: Zip<Iter<'a, Row>, Iter<'a, ColdRow>>,
    ledger: &'a SliceEpoch,
    clock: Clock,
}

impl Iterator for Rows<'_> {
    type Item = slice::Row;

    fn next(&mut self) -> Option<slice::Row> {
        let (row, cold) = self.lines.next()?;
        let bytes = row.bytes_flags & (CARRY_BYTES - 1);
        Some(slice::Row {
            key: key(&row.key),
            count: Tally::new(
                u64::from(row.packets) + u64::from(cold.carried_packets) * CARRY_PACKETS,
                bytes + u64::from(cold.carried_bytes) * CARRY_BYTES,
            ),
            base: Tally::new(cold.base_packets, cold.base_bytes),
            first: MonoNanos(cold.first_ns),
            last: self.clock.time(self.ledger, row.last),
            tcp_flags: (row.bytes_flags >> 48) as u8,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.lines.size_hint()
    }
}

impl ExactSizeIterator for Rows<'_> {}

fn key(key: &FlowKey) -> flow::FlowKey {
    let address = |bytes: [u8; 16]| {
        // Without an address among the keys there is no family either, and all of it is 0.
        if key.family != 6 {
            IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]))
        } else {
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
    };
    flow::FlowKey {
        src: address(key.src),
        dst: address(key.dst),
        sport: u16::from_be_bytes(key.sport),
        dport: u16::from_be_bytes(key.dport),
        proto: key.proto,
        iface: NonZeroU32::new(key.iface).map(Life),
        dir: match key.dir {
            abi::DIRECTION_IN => Some(Dir::In),
            abi::DIRECTION_OUT => Some(Dir::Out),
            _ => None,
        },
        vlan: key.vlan,
        tos: key.tos,
    }
}

fn tally(tally: abi::Tally) -> Tally {
    Tally::new(tally.packets, tally.bytes)
}

fn other(ledger: &SliceEpoch) -> Vec<(Reason, Tally)> {
    let fixed = REASONS
        .iter()
        .zip(ledger.other)
        .map(|(reason, seen)| (*reason, tally(seen)));
    let by_ethertype = ledger
        .ethertypes
        .iter()
        .map(|slot| (Reason::Ethertype(slot.ethertype as u16), tally(slot.seen)));
    fixed
        .chain(by_ethertype)
        .filter(|(_, seen)| !seen.is_zero())
        .collect()
}

#[cfg(test)]
mod tests;
