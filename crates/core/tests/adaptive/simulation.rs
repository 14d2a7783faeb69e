//! A run of windows over a model of a table: packets of flows, a clock of 5 ms, and whatever is late.

use std::collections::HashSet;
use std::time::Duration;

use windrow_core::adaptive::{Adaptive, Change, Fill, Load};
use windrow_core::edges::{Edges, Instant, Span, WallNanos};
use windrow_core::lengths::LISTED;
use windrow_core::slice::MonoNanos;

/// Rows of the table.
pub const CAPACITY: u64 = 4096;
pub const SECOND: i64 = 1_000_000_000;
/// 12:00:00 of some day.
pub const NOON: i64 = 1_699_963_200 * SECOND;
const TICK: i64 = 5_000_000;
/// How often the open window is looked at.
const LOOK: i64 = 50_000_000;
/// From when on the monotonic clock counts.
const BOOT: i64 = 1000 * SECOND;

/// What comes.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// Packets a second.
    pub packets: u64,
    /// Flows that they belong to, at random; `None`: each packet is of a new flow.
    pub flows: Option<u64>,
}

/// What goes wrong in a tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mishap {
    /// No flip and no decision for so long, nanoseconds.
    pub stall: i64,
    /// The next decision takes so much longer.
    pub slow: i64,
    /// The wall clock is set by so much.
    pub step: i64,
}

/// A closed window.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    pub span: Span,
    pub fill: Fill,
    pub change: Option<Change>,
}

/// The model of a table in one window.
#[derive(Debug, Default)]
struct Table {
    rows: HashSet<u64>,
    folded: u64,
    packets: u64,
}

impl Table {
    fn count(&mut self, flow: u64) {
        self.packets += 1;
        if !self.rows.contains(&flow) {
            if self.rows.len() as u64 == CAPACITY {
                self.folded += 1;
            } else {
                self.rows.insert(flow);
            }
        }
    }

    fn fill(&self) -> Fill {
        Fill {
            rows: self.rows.len() as u64,
            spilled: 0,
            folded: self.folded,
            passed: self.packets,
            capacity: CAPACITY,
        }
    }
}

/// splitmix64: the same numbers every time.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Runs for so many seconds, from .37 s past noon on. Both functions are asked with the seconds since.
pub fn run(
    law: Adaptive,
    seconds: u64,
    traffic: impl Fn(f64) -> Traffic,
    mut mishap: impl FnMut(f64) -> Mishap,
) -> Vec<Closed> {
    let mut law = law;
    let (mut wall, mut mono) = (NOON + SECOND * 37 / 100, BOOT);
    let at = |mono: i64, wall: i64| Instant {
        mono: MonoNanos(mono as u64),
        wall: WallNanos(wall),
    };
    let mut edges = Edges::open(law.lengths(), at(mono, wall));
    let (mut opened, mut open) = (mono, Table::default());
    // A window to be decided on, from when on that may be.
    let mut undecided = None::<(i64, Span, Table)>;
    let (mut stalled, mut slow) = (mono, 0);
    let (mut random, mut due, mut sent) = (Random(1), 0, 0);
    let mut done = Vec::new();
    let mut decide = |law: &mut Adaptive, span: Span, table: &Table| {
        let load: Load = [table.fill()].into_iter().collect();
        let change = law.closed(&span, &load);
        let fill = table.fill();
        done.push(Closed { span, fill, change });
        change.is_some()
    };
    let end = BOOT + seconds as i64 * SECOND;
    while mono < end {
        let now = (mono - BOOT) as f64 / 1e9;
        let Traffic { packets, flows } = traffic(now);
        due += packets as i64 * TICK;
        while due >= SECOND {
            due -= SECOND;
            sent += 1;
            open.count(flows.map_or(sent, |flows| random.next() % flows));
        }
        mono += TICK;
        wall += TICK;
        let mishap = mishap(now);
        wall += mishap.step;
        stalled = stalled.max(mono + mishap.stall);
        slow = slow.max(mishap.slow);
        if mono < stalled {
            continue;
        }
        if mono as u64 >= edges.next_edge().0 && undecided.is_none() {
            let table = std::mem::take(&mut open);
            undecided = Some((mono + TICK + slow, edges.close(at(mono, wall)), table));
            (opened, slow) = (mono, 0);
        }
        let mut changed = false;
        if let Some((_, span, table)) = undecided.take_if(|(from, ..)| mono >= *from) {
            changed = decide(&mut law, span, &table);
        } else if undecided.is_none() && mono % LOOK == 0 {
            let load = [open.fill()].into_iter().collect();
            changed = law.look(&load, Duration::from_nanos((mono - opened) as u64));
        }
        if changed {
            edges.aim(law.lengths(), MonoNanos(mono as u64));
        }
    }
    if let Some((_, span, table)) = undecided {
        decide(&mut law, span, &table);
    }
    decide(&mut law, edges.close(at(mono, wall)), &open);
    let (min, max) = law.bounds();
    check(&done, min, max, sent);
    done
}

/// What holds for every run: nothing is lost, there is no gap, and windows are aligned.
fn check(done: &[Closed], min: Duration, max: Duration, sent: u64) {
    assert_eq!(done.iter().map(|it| it.fill.passed).sum::<u64>(), sent);
    for pair in done.windows(2) {
        let (before, after) = (&pair[0].span, &pair[1].span);
        assert_eq!(before.end.mono, after.start.mono);
        if before.clock_step == 0 {
            assert_eq!(before.end.wall, after.start.wall);
            assert_eq!(before.slot.end, after.slot.start);
        }
    }
    let mut odd = true;
    for (place, Closed { span, .. }) in done.iter().enumerate() {
        let length = span.window.expect("a length");
        assert!(LISTED.contains(&length) && (min..=max).contains(&length));
        odd |= span.late || span.clock_step != 0 || place + 1 == done.len();
        assert!(odd || span.is_whole(), "{span:#?}");
        // Where the clock was set the next window begins between edges.
        odd = span.clock_step != 0;
    }
}
