//! A row for people: from where to where, how often, what came of it, and how long it took.

use std::time::Duration;

use windrow_core::connects::by::{By, Key};
use windrow_core::connects::key::Dir;
use windrow_core::connects::outcomes::{Failure, Health, Outcomes};
use windrow_core::connects::window::Connect;

use crate::connects::config::How;
use crate::connects::output::row::{comm_of, dst_of, src_of};
use crate::output::units;
use crate::timed::output::Style;

/// Stands for all there are, where they are not told apart.
const ANY: &str = "*";
/// In front of all lines of a row but the first.
const INDENT: &str = "  ";

/// A row in pieces that are not broken.
#[derive(Debug)]
pub struct Line {
    /// `TCP connects:`, `192.168.1.10 →`, `10.0.0.5:80`, `(count: 1,000,000)`.
    head: Vec<String>,
    /// Who, what came of it, how long it took.
    details: Vec<String>,
}

impl Line {
    /// A row, behind when it was, if that is to be said.
    pub fn of(
        connect: &Connect,
        when: Option<&str>,
        by: &By,
        how: &How,
        style: &mut Style,
    ) -> Line {
        let mut head: Vec<String> = when.map(str::to_owned).into_iter().collect();
        head.extend(ends(connect, by));
        head.push(format!("(count: {})", count(connect)));
        let mut details = whose(connect, by, style);
        details.extend(outcome(connect));
        details.extend(handshakes(connect));
        let closed = &connect.outcome.health;
        if how.health && closed.closed > 0 {
            details.push(format!("closed {}", units::count(closed.closed)));
        }
        if how.health {
            details.extend(health(closed));
        }
        Line { head, details }
    }

    /// In one line, or in as many as `width` takes: what does not fit goes to the next line, and where the
    /// head has one of its own, so do the details.
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let head = self.head.join(" ");
        let whole = match self.details.is_empty() {
            true => head,
            false => format!("{head}  {}", self.details.join("  ")),
        };
        let Some(width) = width.filter(|width| whole.chars().count() > *width) else {
            return vec![whole];
        };
        let mut lines = vec![String::new()];
        let mut put = |gap: &str, piece: &str, anew: bool| {
            let line = lines.last_mut();
            match line.filter(|it| !anew && (it.is_empty() || fits(it, gap, piece, width))) {
                Some(line) if line.is_empty() => line.push_str(piece),
                Some(line) => *line = format!("{line}{gap}{piece}"),
                None => lines.push(format!("{INDENT}{piece}")),
            }
            lines.len()
        };
        let mut taken = 1;
        for piece in &self.head {
            taken = put(" ", piece, false);
        }
        for (place, piece) in self.details.iter().enumerate() {
            put("  ", piece, place == 0 && taken == 1);
        }
        lines
    }
}

fn fits(line: &str, gap: &str, piece: &str, width: usize) -> bool {
    let letters = |text: &str| text.chars().count();
    letters(line) + letters(gap) + letters(piece) <= width
}

/// `TCP connects:`, `192.168.1.10 →`, `10.0.0.5:80`; without an end among the keys there is only what it is.
fn ends(connect: &Connect, by: &By) -> Vec<String> {
    let key = &connect.key;
    let what = match key.dir {
        Dir::Out => "TCP connects",
        Dir::In => "TCP accepts",
    };
    if ![Key::Src, Key::Dst, Key::Dport]
        .iter()
        .any(|it| by.has(*it))
    {
        return vec![what.to_owned()];
    }
    let src = src_of(connect, by).map_or(ANY.to_owned(), |src| src.to_string());
    let dst = match (dst_of(connect, by), by.has(Key::Dport)) {
        (Some(dst), true) => dst.with_port(key.dport),
        (Some(dst), false) => dst.to_string(),
        (None, true) => format!("{ANY}:{}", key.dport),
        (None, false) => ANY.to_owned(),
    };
    vec![format!("{what}:"), format!("{src} →"), dst]
}

/// How many were tried, or accepted: `1,234`, or `1,234 +5` where it may be 5 more.
fn count(connect: &Connect) -> String {
    let outcome = &connect.outcome;
    let count = match connect.key.dir {
        Dir::Out => outcome.attempts,
        Dir::In => outcome.established,
    };
    // Whatever was folded, each of it may have been one.
    match connect.hi.calls.saturating_sub(connect.lo.calls) {
        0 => units::count(count),
        more => format!("{} +{}", units::count(count), units::count(more)),
    }
}

/// The process, its user, its control group.
fn whose(connect: &Connect, by: &By, style: &mut Style) -> Vec<String> {
    let key = &connect.key;
    let mut pieces = Vec::new();
    if by.has(Key::Pid) || by.has(Key::Comm) {
        pieces.push(process(connect, by));
    }
    if by.has(Key::Uid) {
        pieces.push(format!("user {}", style.users.name(key.uid)));
    }
    if by.has(Key::Cgroup) {
        let path = style.cgroups.path(key.cgroup);
        let name = path.unwrap_or_else(|| format!("{} (gone)", key.cgroup));
        pieces.push(format!("cgroup {name}"));
    }
    pieces
}

/// `curl/1234`, or `curl/20691 (1)`: in the process's own namespace it has another number.
fn process(connect: &Connect, by: &By) -> String {
    let (comm, pid) = (comm_of(connect, by), connect.key.process.pid);
    if comm.is_empty() && pid == 0 {
        return match connect.key.dir {
            Dir::Out => "process not known".to_owned(),
            Dir::In => "listener not known".to_owned(),
        };
    }
    match connect.inner_pid {
        _ if !by.has(Key::Pid) => comm,
        inner if inner == pid => format!("{comm}/{pid}"),
        inner => format!("{comm}/{pid} ({inner})"),
    }
}

/// What came of attempts; accepted connections are counted in the head.
fn outcome(connect: &Connect) -> Vec<String> {
    let outcome = &connect.outcome;
    let mut pieces = Vec::new();
    if connect.key.dir == Dir::Out {
        pieces.push(format!("established {}", units::count(outcome.established)));
    }
    if outcome.failed() > 0 {
        pieces.push(format!(
            "failed {} ({})",
            units::count(outcome.failed()),
            reasons(outcome)
        ));
    }
    pieces
}

/// `refused 8, timed out 2`.
pub fn reasons(outcome: &Outcomes) -> String {
    let some = Failure::ALL.map(|failure| (failure, outcome.failed_by(failure)));
    let some = some.iter().filter(|(_, failed)| *failed > 0);
    let reasons: Vec<String> = some
        .map(|(failure, failed)| {
            let name = failure.name().replace('_', " ");
            format!("{name} {}", units::count(*failed))
        })
        .collect();
    reasons.join(", ")
}

/// How long they took; the mean where it is not known how they are spread.
fn handshakes(connect: &Connect) -> Vec<String> {
    let durations = &connect.durations;
    let quantile = |(name, q)| {
        let ns = durations.quantile(q)?;
        Some(format!("{name} {}", nanos(ns)))
    };
    match connect.lo.ns.checked_div(durations.timed) {
        Some(mean) if durations.is_unknown() => vec![format!("mean {}", nanos(mean))],
        _ => [("p50", 0.5), ("p99", 0.99)]
            .into_iter()
            .filter_map(quantile)
            .collect(),
    }
}

/// How connections had been when they were closed, but for how many these were.
pub fn health(health: &Health) -> Vec<String> {
    let mut pieces = Vec::new();
    if let Some((rtt, lifetime)) = health.mean_rtt_ns().zip(health.mean_lifetime_ns()) {
        pieces.extend([
            format!("round trip {}", nanos(rtt)),
            format!("lifetime {}", nanos(lifetime)),
            format!("sent {}", units::bytes(health.bytes_sent)),
            format!("received {}", units::bytes(health.bytes_received)),
        ]);
    }
    if health.retransmits > 0 {
        pieces.push(format!("retransmits {}", units::count(health.retransmits)));
    }
    pieces
}

fn nanos(ns: u64) -> String {
    units::duration(Duration::from_nanos(ns))
}
