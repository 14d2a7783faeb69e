//! How much the tables have to take in a window, closed or open.

use std::time::Duration;

use crate::slice::Slice;

/// What one CPU's table had to take so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// Rows in use.
    pub rows: u64,
    /// Rows that were spilled.
    pub spilled: u64,
    /// Packets that were folded.
    pub folded: u64,
    /// Packets that passed the filter.
    pub passed: u64,
    /// Rows that there is room for; 0 = no table.
    pub capacity: u64,
}

impl Fill {
    /// Of a drained slice.
    pub fn of<R: ExactSizeIterator>(slice: &Slice<R>) -> Fill {
        Fill {
            rows: slice.rows.len() as u64,
            spilled: slice.spills.len() as u64,
            folded: slice.folded_sum().packets,
            passed: slice.seen.packets.saturating_sub(slice.filtered.packets),
            capacity: slice.capacity_rows,
        }
    }
}

/// What all tables had to take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    occupancy: f64,
    demand: f64,
    folded: u64,
    passed: u64,
}

impl FromIterator<Fill> for Load {
    fn from_iter<I: IntoIterator<Item = Fill>>(fills: I) -> Load {
        let mut load = Load::default();
        for fill in fills {
            load.passed += fill.passed;
            // A CPU without a table folds all that it sees, however long windows are.
            if fill.capacity == 0 {
                continue;
            }
            let capacity = fill.capacity as f64;
            let demand = fill.rows + fill.spilled + fill.folded;
            load.occupancy = load.occupancy.max(fill.rows as f64 / capacity);
            load.demand = load.demand.max(demand as f64 / capacity);
            load.folded += fill.folded;
        }
        load
    }
}

impl Load {
    /// How full the fullest table is, 0 to 1.
    pub fn occupancy(&self) -> f64 {
        self.occupancy
    }

    /// The share of the packets that were folded for want of a row, 0 to 1.
    pub fn folded(&self) -> f64 {
        self.folded as f64 / self.passed.max(1) as f64
    }

    /// Whether anything was folded for want of a row.
    pub fn is_folding(&self) -> bool {
        self.folded > 0
    }

    /// How full the fullest table would be in a window of `length`, by what came in `elapsed`; above 1
    /// where it is too small. Linear in the length: of a longer window that is an upper estimate, since
    /// flows that come again need no second row; of a shorter one it may be too low. What is beyond
    /// the table is estimated from above: each packet that was folded, and each row that was spilled,
    /// is taken for a flow of its own.
    pub fn predicted(&self, elapsed: Duration, length: Duration) -> f64 {
        let elapsed = elapsed.max(Duration::from_nanos(1));
        self.demand * length.as_secs_f64() / elapsed.as_secs_f64()
    }
}
