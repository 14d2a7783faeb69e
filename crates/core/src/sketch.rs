//! What is known of keys that were folded: at most so much of each.
//!
//! The data path writes it, `bpf/sketch.h`; here it is read and added. A count-min sketch of two
//! rows behind a Bloom filter: both only ever say too much.

use std::sync::Arc;

use crate::tally::Tally;

/// A cache line, as the data path lays it out.
pub type Line = [u64; 8];

/// Rows of the sketch.
const DEPTH: usize = 2;
/// Cells in a line; each holds packets in its low half, bytes above.
const LINE_CELLS: usize = 8;
/// Bits of a key in its line of the filter.
const BLOOM_BITS: u32 = 2;
/// A cell that has come so far says nothing any more.
const MOST: u64 = u32::MAX as u64;

/// What a table folded, by the hash of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    lines: Arc<[Line]>,
    bloom_lines: u32,
    sketch_lines: u32,
    folded: Tally,
}

impl Sketch {
    /// Of lines that begin with those of the filter, then of each row of the sketch; `folded` is all
    /// that is in them. `None` where there are fewer lines than that.
    pub fn new(
        lines: Arc<[Line]>,
        bloom_lines: u32,
        sketch_lines: u32,
        folded: Tally,
    ) -> Option<Sketch> {
        let least = bloom_lines as usize + DEPTH * sketch_lines as usize;
        (lines.len() >= least && bloom_lines > 0 && sketch_lines > 0).then_some(Sketch {
            lines,
            bloom_lines,
            sketch_lines,
            folded,
        })
    }

    /// At most so much was folded of the key with that hash; zero: certainly nothing.
    pub fn bound(&self, hash: u64) -> Tally {
        let place = self.place(hash);
        let line = &self.lines[place.bloom_line];
        let seen = (0..BLOOM_BITS).all(|bit| {
            let number = (place.bits >> (bit * 9)) as usize & 511;
            line[number / 64] >> (number % 64) & 1 == 1
        });
        if !seen || self.folded.is_zero() {
            return Tally::ZERO;
        }
        let [first, second] = [0, 1].map(|row| self.cell(row, place.cells[row]));
        self.limited(Tally::new(
            first.packets.min(second.packets),
            first.bytes.min(second.bytes),
        ))
    }

    /// At most so much was folded of any key.
    pub fn most(&self) -> Tally {
        let most = |row| {
            let cells = (0..self.sketch_lines as usize * LINE_CELLS).map(|at| self.cell(row, at));
            cells.fold(Tally::ZERO, |most, cell| {
                Tally::new(most.packets.max(cell.packets), most.bytes.max(cell.bytes))
            })
        };
        let [first, second] = [most(0), most(1)];
        self.limited(Tally::new(
            first.packets.min(second.packets),
            first.bytes.min(second.bytes),
        ))
    }

    /// A cell that is full says nothing; all that was folded does.
    fn limited(&self, cell: Tally) -> Tally {
        let limit = |cell, all| {
            if cell >= MOST {
                all
            } else {
                u64::min(cell, all)
            }
        };
        Tally::new(
            limit(cell.packets, self.folded.packets),
            limit(cell.bytes, self.folded.bytes),
        )
    }

    fn cell(&self, row: usize, cell: usize) -> Tally {
        let first = self.bloom_lines as usize + row * self.sketch_lines as usize;
        let word = self.lines[first + cell / LINE_CELLS][cell % LINE_CELLS];
        Tally::new(word & MOST, word >> 32)
    }

    /// As `sketch_place` in `bpf/sketch.h`.
    fn place(&self, hash: u64) -> Place {
        let scale = |half: u64, room: u32| (((half & MOST) * u64::from(room)) >> 32) as usize;
        let cells = self.sketch_lines * LINE_CELLS as u32;
        let mut hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
        hash ^= hash >> 32;
        let cells = [scale(hash, cells), scale(hash >> 32, cells)];
        hash = hash.wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        Place {
            bloom_line: scale(hash >> 32, self.bloom_lines),
            cells,
            bits: hash ^ (hash >> 32),
        }
    }
}

/// Where a key is.
struct Place {
    bloom_line: usize,
    cells: [usize; DEPTH],
    bits: u64,
}
