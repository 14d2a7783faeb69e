//! What an epoch held, copied out of the tables, and what its bytes mean.
//!
//! Copying is all that an epoch's buffer has to wait for. Rows are decoded when somebody asks for
//! them, one by one.

use std::iter::Zip;
use std::slice::Iter;
use std::sync::Arc;

use windrow_core::distinct::Distinct;
use windrow_core::reason::Reason;
use windrow_core::sketch::{self, Sketch};
use windrow_core::slice::{self, MonoNanos};
use windrow_core::tally::Tally;
use zerocopy::{FromZeros, IntoBytes};

use crate::abi::{
    self, BOUND_MANTISSA_BITS, BOUND_NONE, ColdRow, FIRST_IN_TICKS, Line, OTHER_REASONS, Row,
    SliceEpoch, SpillRecord,
};
use crate::clock::Clock;
use crate::epoch::Epoch;
use crate::key;
use crate::ladder;
use crate::pressure::Pressure;
use crate::spills::Spills;
use crate::tables::Tables;

/// Of [`Row::bytes_flags`].
const BYTES_MASK: u64 = (1 << 48) - 1;

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
    /// Of epochs that are not copied yet.
    log: Spills,
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
    /// Rows that had to leave.
    spills: Vec<SpillRecord>,
    /// What lies beside its rows; none where nothing was folded.
    lines: Vec<Line>,
    /// Registers of distinct values; none where no key came.
    registers: Vec<Line>,
    /// How keys are hashed; known when all is there.
    pressure: Option<Pressure>,
}

impl Drained {
    /// What each possible CPU counted; rows are decoded as they are taken.
    pub fn slices(&self) -> Vec<slice::Slice<Rows<'_>>> {
        let ends = self.shares.iter().skip(1).map(|next| next.first_row);
        let ends = ends.chain([self.rows.len()]);
        let shares = self.shares.iter().zip(ends);
        let folded = self.shares.iter().any(|it| it.ledger.folded.packets > 0);
        shares
            .map(|(share, end)| {
                let rows = share.first_row..end;
                let decoding = share.decoding(folded);
                share.slice(&self.rows[rows.clone()], &self.cold_rows[rows], decoding)
            })
            .collect()
    }

    /// The ledgers of all possible CPUs.
    #[cfg(feature = "kernel")]
    pub(crate) fn ledgers(&self) -> impl Iterator<Item = &SliceEpoch> {
        self.shares.iter().map(|share| &share.ledger)
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
            spills: Vec::new(),
            lines: Vec::new(),
            registers: Vec::new(),
            pressure: None,
        });
    }

    /// Reads what an epoch has spilled so far, so that there is room for more.
    pub(crate) fn read_spills(&mut self, tables: &Tables, epoch: Epoch) {
        self.log.read(tables, epoch);
    }

    /// Shifts `last` of what an open epoch spilled, as that of its rows.
    pub(crate) fn lengthen_spills(&mut self, tables: &Tables, epoch: Epoch, bits: u32) {
        self.log.read(tables, epoch);
        self.log
            .lengthen_ticks(epoch, tables.geometry.buffers, bits);
    }

    /// Adds a row that had to leave, of the CPU that was begun last.
    #[cfg(feature = "kernel")]
    pub(crate) fn add_spill(&mut self, spill: SpillRecord) -> Option<()> {
        self.shares.last_mut()?.spills.push(spill);
        Some(())
    }

    /// Puts a line where it lies beside the rows of the CPU that was begun last.
    #[cfg(feature = "kernel")]
    pub(crate) fn put_line(&mut self, number: u32, line: Line) -> Option<()> {
        let share = self.shares.last_mut()?;
        let (ledger, number) = (&share.ledger, number as usize);
        let (lines, registers) = (ledger.lines() as usize, ledger.register_lines() as usize);
        let (place, of, all) = match number.checked_sub(lines) {
            None => (number, &mut share.lines, lines),
            Some(number) => (number, &mut share.registers, registers),
        };
        of.resize(all, Line::new_zeroed());
        *of.get_mut(place)? = line;
        Some(())
    }

    /// Puts the lines beside the rows of a CPU.
    pub(crate) fn put_lines(&mut self, cpu: u32, lines: Vec<Line>) {
        if let Some(share) = self.shares.get_mut(cpu as usize) {
            share.lines = lines;
        }
    }

    /// Puts the registers of a CPU.
    pub(crate) fn put_registers(&mut self, cpu: u32, registers: Vec<Line>) {
        if let Some(share) = self.shares.get_mut(cpu as usize) {
            share.registers = registers;
        }
    }

    /// All of an epoch is there but what its log held before: that is added.
    pub(crate) fn finish(&mut self, buffer: u32, pressure: &Pressure) {
        for (cpu, share) in (0..).zip(&mut self.shares) {
            share.spills.extend(self.log.take(cpu, buffer));
            share.pressure = Some(pressure.clone());
        }
    }

    /// How many CPUs were begun.
    #[cfg(feature = "kernel")]
    pub(crate) fn begun(&self) -> usize {
        self.shares.len()
    }
}

impl Share {
    /// How many distinct values there were; nobody knows on a CPU without a table.
    fn distinct(&self) -> Option<Distinct> {
        let nothing;
        let registers = if self.registers.is_empty() {
            nothing = vec![Line::new_zeroed(); self.ledger.register_lines() as usize];
            &nothing
        } else {
            &self.registers
        };
        let pressure = self.pressure.as_ref()?;
        Distinct::new(&pressure.by, registers.as_bytes(), pressure.hashed_by())
    }

    /// How its rows are read; hashes are needed where anything was folded, on whatever CPU.
    fn decoding(&self, folded: bool) -> Decoding<'_> {
        Decoding {
            ledger: &self.ledger,
            clock: self.clock,
            hashing: self.pressure.as_ref().filter(|_| folded),
        }
    }

    fn slice<'a>(
        &'a self,
        rows: &'a [Row],
        cold_rows: &'a [ColdRow],
        decoding: Decoding<'a>,
    ) -> slice::Slice<Rows<'a>> {
        let ledger = &self.ledger;
        let spills = self.spills.iter();
        let lines: Arc<[sketch::Line]> = self.lines.iter().map(|line| line.words).collect();
        slice::Slice {
            events: ledger.events,
            seen: tally(ledger.seen) + tally(ledger.seen_out),
            seen_out: tally(ledger.seen_out),
            filtered: tally(ledger.filtered),
            spills: spills.map(|it| decoding.row(&it.row, &it.cold)).collect(),
            rows: Rows {
                lines: rows.iter().zip(cold_rows),
                decoding,
            },
            folded: ladder::folded(ledger, &lines),
            sketch: Sketch::new(
                lines,
                ledger.bloom_lines,
                ledger.sketch_lines,
                tally(ledger.folded),
            ),
            distinct: self.distinct(),
            hashed_by: decoding.hashing.map_or(0, Pressure::hashed_by),
            other: other(ledger),
            deep_chains: ledger.deep_chains,
            capacity_rows: self.capacity_rows,
        }
    }
}

/// What the bytes of a CPU's rows mean.
#[derive(Clone, Copy, Debug)]
struct Decoding<'a> {
    ledger: &'a SliceEpoch,
    clock: Clock,
    /// Where hashes are needed.
    hashing: Option<&'a Pressure>,
}

impl Decoding<'_> {
    fn row(&self, row: &Row, cold: &ColdRow) -> slice::Row {
        let bytes = row.bytes_flags & BYTES_MASK;
        let folded = self.ledger.folded;
        slice::Row {
            key: key::decode(&row.key),
            count: Tally::new(
                u64::from(row.packets) + cold.kept_packets,
                bytes + cold.kept_bytes,
            ),
            base: Tally::new(
                bound(cold.base_packets, folded.packets),
                bound(cold.base_bytes, folded.bytes),
            ),
            hash: self.hashing.map_or(0, |pressure| pressure.hash(&row.key)),
            first: match cold.first_ns & FIRST_IN_TICKS {
                0 => MonoNanos(cold.first_ns),
                _ => self.clock.time(self.ledger, cold.first_ns as u32),
            },
            last: self.clock.time(self.ledger, row.last),
            tcp_flags: (row.bytes_flags >> 48) as u8,
        }
    }
}

/// A bound as `bound_pack` in `bpf/sketch.h` wrote it, and no more than all that was folded.
fn bound(packed: u32, folded: u64) -> u64 {
    if packed == BOUND_NONE {
        return folded;
    }
    let mantissa = u64::from(packed & ((1 << BOUND_MANTISSA_BITS) - 1));
    (mantissa << (packed >> BOUND_MANTISSA_BITS)).min(folded)
}

/// Rows of one CPU, in no order.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    lines: Zip<Iter<'a, Row>, Iter<'a, ColdRow>>,
    decoding: Decoding<'a>,
}

#[cfg(feature = "kernel")]
impl<'a> Rows<'a> {
    /// Each with its hot line, for those whose keys are not packets'.
    pub(crate) fn and_lines(self) -> impl Iterator<Item = (&'a Row, slice::Row)> {
        let decoding = self.decoding;
        (self.lines).map(move |(row, cold)| (row, decoding.row(row, cold)))
    }
}

impl Iterator for Rows<'_> {
    type Item = slice::Row;

    fn next(&mut self) -> Option<slice::Row> {
        let (row, cold) = self.lines.next()?;
        Some(self.decoding.row(row, cold))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.lines.size_hint()
    }
}

impl ExactSizeIterator for Rows<'_> {}

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
