//! A day of windows of a second, rolled up into minutes and hours in bounded memory: whether anything is
//! missing from any of them, and whether the memory stays what it is.

mod peak;
mod traffic;

use std::time::Duration;

use anyhow::Result;
use windrow_core::edges::{Span, WallNanos};
use windrow_core::selection::Selection;
use windrow_core::slice::MonoNanos;
use windrow_core::tally::Tally;
use windrow_core::window::Window;
use windrow_datapath::{Rollup, Secret};

pub use self::traffic::Rates;
use self::traffic::Traffic;
use crate::key::Key;
use crate::sums::Sums;
use crate::table::{ARP_BYTES, Table};

const SECOND_NANOS: u64 = 1_000_000_000;
/// Seconds in each window, by length.
const SECONDS: [u32; LENGTHS] = [1, 60, 3_600];
/// Seconds, minutes, hours.
pub const LENGTHS: usize = 3;
/// The hour of the day at which it begins: then there is much, and soon floods, too.
pub const FIRST_HOUR: u32 = 12;
/// After so many hours all has been there once: then memory grows no more …
const SETTLED_HOURS: usize = 2;
/// … but by so many hundredths.
const NOISE_PERCENT: u64 = 5;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long, from [`FIRST_HOUR`] on.
    pub hours: u32,
    /// How much comes.
    pub rates: Rates,
    /// Of the table of windows of a second.
    pub memory_bytes: u64,
    /// Of each tier.
    pub tier_memory_bytes: u64,
    /// What all traffic follows from.
    pub seed: u64,
}

impl Plan {
    /// A whole day.
    pub fn of_a_day(seed: u64) -> Plan {
        Plan {
            hours: 24,
            rates: Rates {
                least: 200,
                most: 2_000,
                flood: 20_000,
            },
            memory_bytes: 1 << 20,
            tier_memory_bytes: 8 << 20,
            seed,
        }
    }
}

/// What an hour's window says.
#[derive(Clone, Debug, Default)]
pub struct Hour {
    /// All that came.
    pub seen: Tally,
    /// Flows with a row.
    pub rows: u64,
    /// Rows that are proven to be the truth.
    pub exact_rows: u64,
    /// What is in no row.
    pub folded: Tally,
    /// Packets and bytes that are missing.
    pub residue: (i64, i64),
    /// What of it no window stands for.
    pub gap: Duration,
    /// The process's peak when it was over, in bytes.
    pub peak_bytes: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Day {
    /// What was simulated.
    pub plan: Plan,
    /// Each hour.
    pub hours: Vec<Hour>,
    /// What was sent.
    pub sent: Sums,
    /// How many windows there were of each length.
    pub windows: [u64; LENGTHS],
    /// How many of each length folded anything that none of their parts had.
    pub folding: [u64; LENGTHS],
    /// What all windows of each length come to.
    pub sums: [Sums; LENGTHS],
    /// Windows that are not what their parts sum up to, or have a residue or a gap.
    pub wrong: u64,
    /// Bytes of the tables of all lengths, and of what lies beside them.
    pub table_bytes: u64,
}

impl Day {
    /// How many windows there must be of each length.
    pub fn windows_due(&self) -> [u64; LENGTHS] {
        SECONDS.map(|seconds| u64::from(self.plan.hours * SECONDS[LENGTHS - 1] / seconds))
    }

    /// Whether the windows of every length come to what was sent, and each to its parts.
    pub fn sums_are_equal(&self) -> bool {
        self.wrong == 0 && self.sums.iter().all(|sums| *sums == self.sent)
    }

    /// The process's peak when all had been there once, and at the end, in bytes.
    pub fn peaks(&self) -> [u64; 2] {
        let settled = self.hours.iter().take(SETTLED_HOURS).next_back();
        [settled, self.hours.last()].map(|hour| hour.map_or(0, |hour| hour.peak_bytes))
    }

    /// Whether memory stayed what it was.
    pub fn memory_is_bounded(&self) -> bool {
        let [settled, end] = self.peaks();
        end * 100 <= settled * (100 + NOISE_PERCENT)
    }

    /// Whether all of it is so.
    pub fn holds(&self) -> bool {
        self.windows == self.windows_due() && self.sums_are_equal() && self.memory_is_bounded()
    }

    /// A window of a length is over.
    fn add(&mut self, length: usize, window: &Window, parts: &mut [Sums; LENGTHS]) {
        let sums = Sums::of(&window.ledger);
        self.windows[length] += 1;
        self.folding[length] += u64::from(!window.overflow().is_zero());
        self.sums[length].add(&sums);
        parts[length].add(&sums);
        let gap = window.rolled.map_or(Duration::ZERO, |rolled| rolled.gap);
        let mut is_whole = window.ledger.residue() == (0, 0) && gap.is_zero();
        if let Some(shorter) = length.checked_sub(1) {
            is_whole &= std::mem::take(&mut parts[shorter]) == sums;
        }
        self.wrong += u64::from(!is_whole);
        if length == LENGTHS - 1 {
            let exact = window.flows.iter().filter(|flow| flow.bounds.is_exact());
            self.hours.push(Hour {
                seen: window.ledger.seen,
                rows: window.flows.len() as u64,
                exact_rows: exact.count() as u64,
                folded: window.ledger.folded_sum(),
                residue: window.ledger.residue(),
                gap,
                peak_bytes: 0,
            });
        }
    }
}

/// Counts and rolls up all of a plan; nothing is timed. `done` is told of each hour that is over.
///
/// # Errors
/// When memory is too little for a table, or the system does not say how much is used.
pub fn run(plan: Plan, done: impl Fn(u32)) -> Result<Day> {
    let selection = Selection::default();
    let lengths = [1, 2].map(|length: usize| Duration::from_secs(SECONDS[length].into()));
    let secret = Secret::from_seed(plan.seed);
    let mut traffic = Traffic::new(plan.rates, plan.seed);
    let mut table = Table::of(plan.memory_bytes, plan.seed, &selection, &[])?;
    let mut rollup = Rollup::new(&lengths, plan.tier_memory_bytes, secret, &selection)?;
    let mut day = Day {
        plan,
        hours: Vec::new(),
        sent: Sums::default(),
        windows: [0; LENGTHS],
        folding: [0; LENGTHS],
        sums: Default::default(),
        wrong: 0,
        table_bytes: table.memory_bytes() + rollup.tiers().map(|(_, bytes, _)| bytes).sum::<u64>(),
    };
    // What the windows of each length come to that are in no longer one yet.
    let mut parts: [Sums; LENGTHS] = Default::default();
    for hour in FIRST_HOUR..FIRST_HOUR + plan.hours {
        let seconds = SECONDS[LENGTHS - 1];
        for second in hour * seconds..(hour + 1) * seconds {
            count(&mut table, &traffic.second(second), second, &mut day.sent);
            let edges =
                [second, second + 1].map(|edge| WallNanos((u64::from(edge) * SECOND_NANOS) as i64));
            let span = Span::on_edges(second.into(), edges[0], edges[1]);
            let window = Window::merge(span, vec![table.drain()]);
            let longer = rollup.add(&window, &());
            let longer = longer.iter().map(|(window, ())| window);
            for (length, window) in [&window].into_iter().chain(longer).enumerate() {
                day.add(length, window, &mut parts);
            }
        }
        if let Some(hour) = day.hours.last_mut() {
            hour.peak_bytes = peak::bytes()?;
        }
        done(hour % 24);
    }
    day.wrong += rollup.finish().len() as u64;
    Ok(day)
}

/// Counts the packets of a second, evenly over it, and one that has no flow.
fn count(table: &mut Table<'_>, packets: &[(Key, u32)], second: u32, sent: &mut Sums) {
    if packets.is_empty() {
        return;
    }
    let begin = u64::from(second) * SECOND_NANOS;
    table.count_arp(MonoNanos(begin));
    sent.count_arp(ARP_BYTES);
    let step = SECOND_NANOS / packets.len() as u64;
    for (place, (key, bytes)) in (0..).zip(packets) {
        table.count_of(key, *bytes, MonoNanos(begin + place * step));
        sent.count(*bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two hours with a flood each, of a tenth of the packets and less.
    fn plan() -> Plan {
        Plan {
            hours: 2,
            rates: Rates {
                least: 20,
                most: 200,
                flood: 500,
            },
            memory_bytes: 64 << 10,
            tier_memory_bytes: 256 << 10,
            seed: 1,
        }
    }

    #[test]
    fn nothing_is_missing_from_any_window() {
        let day = run(plan(), |_| ()).expect("tables");
        assert!(day.holds(), "{day:?}");
        assert_eq!(day.windows, [7_200, 120, 2]);
        assert!(day.hours.iter().all(|hour| hour.folded.packets > 0));
        assert!(day.hours[1].seen.packets > 300_000);
    }

    #[test]
    fn what_is_wrong_is_seen() {
        let hour = |peak_bytes| Hour {
            peak_bytes,
            ..Hour::default()
        };
        let day = || Day {
            plan: plan(),
            hours: [900, 1_000, 1_050].map(hour).to_vec(),
            sent: Sums::default(),
            windows: [7_200, 120, 2],
            folding: [0; LENGTHS],
            sums: Default::default(),
            wrong: 0,
            table_bytes: 1,
        };
        assert!(day().holds());
        let mut sent = day();
        sent.sent.count(60);
        let mut part = day();
        part.wrong = 1;
        let mut missing = day();
        missing.windows[1] = 119;
        let mut grown = day();
        grown.hours[2].peak_bytes = 1_051;
        assert!([sent, part, missing, grown].iter().all(|it| !it.holds()));
    }
}
