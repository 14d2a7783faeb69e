//! Everything that one run printed, and the promises that hold for every run.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::lines::{
    Flow, Iface, Key, Length, Line, Other, Prefix, Start, Summary, Warning, Window,
};

/// `2026-01-02T03:04:05.123456789Z`: as long as that, so that text order is time order.
const TIME_LENGTH: usize = 30;

/// Packets and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub packets: u64,
    pub bytes: u64,
}

impl Count {
    pub fn new(packets: u64, bytes: u64) -> Self {
        Count { packets, bytes }
    }

    pub fn add(&mut self, packets: u64, bytes: u64) {
        self.packets += packets;
        self.bytes += bytes;
    }
}

#[derive(Debug)]
pub struct Report {
    pub start: Start,
    /// What was printed of longer windows, the shortest first.
    pub tiers: Vec<Report>,
    pub windows: Vec<Window>,
    pub flows: Vec<Flow>,
    pub prefixes: Vec<Prefix>,
    pub others: Vec<Other>,
    pub ifaces: Vec<Iface>,
    pub lengths: Vec<Length>,
    pub warnings: Vec<Warning>,
    /// None when the process was killed.
    pub summary: Option<Summary>,
    /// None when a signal ended the process.
    pub code: Option<i32>,
    pub stderr: String,
}

impl Report {
    /// Sorts the lines by type; `text` begins with the start line.
    pub fn parse(text: &str, code: Option<i32>, stderr: String) -> Report {
        let mut lines = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")));
        let Some(Line::Start(start)) = lines.next() else {
            panic!("no start line: {stderr}");
        };
        let mut report = Report::empty(start);
        (report.code, report.stderr) = (code, stderr);
        for tier in &report.start.rollup {
            report.tiers.push(Report::empty(Start {
                window_ns: tier.window_ns,
                rollup: Vec::new(),
                adaptive: None,
                ..report.start.clone()
            }));
        }
        for line in lines {
            assert!(
                report.summary.is_none(),
                "a line behind the summary: {line:?}"
            );
            let of = |tier: &&mut Report| Some(tier.start.window_ns) == line.window_ns();
            match report.tiers.iter_mut().find(of) {
                Some(tier) => tier.take(line),
                None => report.take(line),
            }
        }
        report
    }

    fn empty(start: Start) -> Report {
        Report {
            start,
            tiers: Vec::new(),
            windows: Vec::new(),
            flows: Vec::new(),
            prefixes: Vec::new(),
            others: Vec::new(),
            ifaces: Vec::new(),
            lengths: Vec::new(),
            warnings: Vec::new(),
            summary: None,
            code: None,
            stderr: String::new(),
        }
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Start(start) => panic!("a second start line: {start:?}"),
            Line::Window(window) => self.windows.push(window),
            Line::Flow(flow) => self.flows.push(flow),
            Line::Prefix(prefix) => self.prefixes.push(prefix),
            Line::Other(other) => self.others.push(other),
            Line::Iface(iface) => self.ifaces.push(iface),
            Line::Length(length) => self.lengths.push(length),
            Line::Warning(warning) => self.warnings.push(warning),
            Line::Summary(summary) => self.summary = Some(summary),
        }
    }

    /// The independent totals of all windows.
    pub fn seen(&self) -> Count {
        let mut sum = Count::default();
        for window in &self.windows {
            sum.add(window.packets, window.bytes);
        }
        sum
    }

    /// Flow lines added up over all windows (lower bounds).
    pub fn rows(&self) -> HashMap<Key, Count> {
        let mut rows = HashMap::<Key, Count>::new();
        for flow in &self.flows {
            rows.entry(flow.key())
                .or_default()
                .add(flow.packets, flow.bytes);
        }
        rows
    }

    /// Flow lines of some flows, added up.
    pub fn of(&self, wanted: impl Fn(&Flow) -> bool) -> Count {
        let mut sum = Count::default();
        for flow in self.flows.iter().filter(|flow| wanted(flow)) {
            sum.add(flow.packets, flow.bytes);
        }
        sum
    }

    /// Other lines added up by reason.
    pub fn reasons(&self) -> HashMap<&str, Count> {
        let mut reasons = HashMap::<&str, Count>::new();
        for other in &self.others {
            let reason = reasons.entry(&other.reason).or_default();
            reason.add(other.packets, other.bytes);
        }
        reasons
    }

    pub fn events(&self) -> u64 {
        self.windows.iter().map(|window| window.events).sum()
    }

    pub fn lost(&self) -> u64 {
        self.windows.iter().map(|window| window.lost).sum()
    }

    /// What the interface's own counters moved by; None where one window does not know.
    pub fn iface_packets(&self) -> Option<u64> {
        self.windows.iter().map(|window| window.iface_packets).sum()
    }

    /// Whether windrow was held up in one of these windows: what is said of them may come later.
    pub fn late_in(&self, windows: &Range<u64>) -> bool {
        let mut these = self.windows.iter().filter(|it| windows.contains(&it.seq));
        these.any(|window| window.late)
    }

    /// The window by which it must have been said that packets are hidden from that one on: the third of those
    /// that have enough of them to conclude anything.
    pub fn told_by(&self, from: u64) -> u64 {
        const LEAST: u64 = 10;
        let later = self.windows.iter().filter(|it| it.seq >= from);
        let mut enough = later.filter(|it| it.iface_packets >= Some(LEAST));
        let third = enough.nth(2);
        third
            .unwrap_or_else(|| panic!("fewer than three: {:?}", self.windows))
            .seq
    }

    pub fn warned(&self, code: &str) -> usize {
        self.warnings.iter().filter(|one| one.code == code).count()
    }

    /// What holds for every run. `all_rows`: without `--top`.
    pub fn check(&self, all_rows: bool) {
        let mut by_window: HashMap<u64, Vec<&Flow>> = HashMap::new();
        for flow in &self.flows {
            by_window.entry(flow.seq).or_default().push(flow);
        }
        for (seq, window) in (0..).zip(&self.windows) {
            assert_eq!(window.seq, seq, "consecutive numbers");
            if self.start.adaptive.is_none() {
                assert_eq!(window.window_ns, self.start.window_ns);
            }
            for time in [&window.start, &window.end] {
                assert_eq!(time.len(), TIME_LENGTH, "{time}");
            }
            assert!(window.start <= window.end, "a negative window: {window:?}");
            let flows = by_window.remove(&seq).unwrap_or_default();
            self.check_ledger(window, &flows, all_rows);
            // Two lives of one name are two rows.
            check_flows(window, &flows, self.start.by.contains(&"iface".to_owned()));
        }
        assert!(
            by_window.is_empty(),
            "flows of windows that were not printed"
        );
        for pair in self.windows.windows(2) {
            assert_eq!(pair[0].end, pair[1].start, "a gap or an overlap");
        }
        let mut warned = HashSet::new();
        for Warning {
            seq, code, text, ..
        } in &self.warnings
        {
            // Several interfaces may have something happen to them.
            assert!(
                warned.insert((seq, code)) || code.starts_with("iface_"),
                "{code} twice in window {seq}: {text}"
            );
        }
        if let Some(summary) = &self.summary {
            self.check_summary(summary);
        }
        // Longer windows keep the same promises, and what they say adds up to the same.
        for tier in &self.tiers {
            tier.check(all_rows);
            assert_eq!(tier.seen(), self.seen(), "{:?}", tier.start);
            assert_eq!(tier.events(), self.events());
            assert_eq!(tier.lost(), self.lost());
            assert_eq!(tier.reasons(), self.reasons());
            assert_eq!(tier.iface_packets(), self.iface_packets());
        }
    }

    /// rows + folded + other + filtered + residue = seen, from the lines themselves.
    fn check_ledger(&self, window: &Window, flows: &[&Flow], all_rows: bool) {
        let (residue_packets, residue_bytes) = (window.residue_packets, window.residue_bytes);
        assert_eq!(
            (residue_packets, residue_bytes),
            (0, 0),
            "residue: {window:?}"
        );
        let mut other = Count::default();
        for line in self.others.iter().filter(|line| line.seq == window.seq) {
            assert!(line.packets > 0, "{line:?}");
            other.add(line.packets, line.bytes);
        }
        assert_eq!(other, Count::new(window.other_packets, window.other_bytes));
        let mut sum = other;
        sum.add(window.folded_packets.sum(), window.folded_bytes.sum());
        sum.add(window.filtered_packets, window.filtered_bytes);
        for flow in flows {
            sum.add(flow.packets, flow.bytes);
        }
        let seen = Count::new(window.packets, window.bytes);
        if all_rows {
            assert_eq!(sum, seen, "the lines of window {window:?}");
            assert_eq!(
                window.rows,
                flows.len() as u64,
                "`rows` is what was printed"
            );
        } else {
            assert!(sum.packets <= seen.packets && sum.bytes <= seen.bytes);
        }
        assert!(
            window.events <= window.packets,
            "an event is a packet at least"
        );
        assert!((0.0..=1.0).contains(&window.occupancy), "{window:?}");
    }

    fn check_summary(&self, summary: &Summary) {
        let seen = self.seen();
        assert_eq!(Count::new(summary.packets, summary.bytes), seen);
        assert_eq!((summary.residue_packets, summary.residue_bytes), (0, 0));
        assert_eq!(summary.windows, self.windows.len() as u64);
        let late = self.windows.iter().filter(|window| window.late).count();
        assert_eq!(summary.late_windows, late as u64);
        assert_eq!(summary.events, self.events());
        assert_eq!(summary.lost, self.lost());
        let rows: u64 = self.windows.iter().map(|window| window.rows).sum();
        assert_eq!(summary.rows, rows);
    }
}

fn check_flows(window: &Window, flows: &[&Flow], repeat: bool) {
    let mut keys = HashSet::new();
    for flow in flows {
        assert!(
            repeat || keys.insert((flow.key(), &flow.src_net, &flow.dst_net)),
            "two rows of one flow: {flow:?}"
        );
        assert!(flow.packets >= 1, "{flow:?}");
        assert!(flow.packets <= flow.packets_hi, "{flow:?}");
        assert!(flow.bytes <= flow.bytes_hi, "{flow:?}");
        let exact = flow.packets == flow.packets_hi && flow.bytes == flow.bytes_hi;
        assert_eq!(flow.exact, exact, "{flow:?}");
        for time in [&flow.first, &flow.last] {
            assert_eq!(time.len(), TIME_LENGTH, "{time}");
        }
        let order = [&window.start, &flow.first, &flow.last, &window.end];
        assert!(order.is_sorted(), "{flow:?} in {window:?}");
    }
}
