//! What was measured, as it is written for other programs: fields may be added, none renamed.

mod connection;

use serde::Serialize;

use crate::syscall::Call;
use crate::workload::Workload;

pub use connection::{Connection, ConnectionRate};

/// One result of any kind; in JSON the object that it holds.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// What an event costs.
    Cost(Cost),
    /// What was sent, and what of it was counted.
    Conservation(Conservation),
    /// A program as the kernel loaded it.
    Program(Program),
    /// The sender beside a program at the hook.
    Sender(Sender),
    /// What the agent takes outside the hook.
    Agent(Agent),
    /// A tool on live traffic.
    Peer(Peer),
    /// What a system call takes.
    SystemCall(SystemCall),
    /// What a build takes.
    Build(Build),
    /// What a TCP connection takes.
    Connection(Connection),
    /// How many connections a load makes.
    ConnectionRate(ConnectionRate),
}

/// Nanoseconds per packet or row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// `hot` (program test runs), `live` (frames on a veth), `full` and `full_live` (the same, with fewer
    /// rows than flows), `levels` (program test runs, with and without prefixes or registers) or `export`.
    pub group: &'static str,
    /// The design.
    pub what: &'static str,
    /// 4 or 6.
    pub family: u8,
    /// Distinct flows.
    pub flows: u32,
    /// `uniform` or `zipf`.
    pub dist: &'static str,
    /// In all, harness and generator included, alike for every design: the median of the rounds.
    pub ns: f64,
    /// `packet` or `row`.
    pub unit: &'static str,
    /// `--by`, where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<&'static str>,
    /// FILTER, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<&'static str>,
    /// Rows that were exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// System calls that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syscalls: Option<u64>,
    /// Packets that came while rows were exported, and were lost by that, over all rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
}

impl Cost {
    /// Of a packet of a workload.
    pub fn packet(group: &'static str, what: &'static str, workload: &Workload, ns: f64) -> Self {
        Self {
            group,
            what,
            family: workload.family.number(),
            flows: workload.flows,
            dist: workload.spread.name(),
            ns: rounded(ns),
            unit: "packet",
            by: None,
            filter: None,
            rows: None,
            syscalls: None,
            lost: None,
        }
    }

    /// Of a row that is exported.
    pub fn row(what: &'static str, workload: &Workload) -> Self {
        Self {
            unit: "row",
            ..Self::packet("export", what, workload, 0.0)
        }
    }
}

/// Whether all that was sent was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conservation {
    /// `conservation`.
    pub group: &'static str,
    /// `xdp` or `tcx`.
    pub hook: &'static str,
    /// Length of the windows, nanoseconds.
    pub window_ns: u64,
    /// Packets that came to the interface.
    pub sent: u64,
    /// Packets that windrow counted.
    pub counted: u64,
    /// Packets that the interface dropped before the hook.
    pub dropped: u64,
    /// Bytes that came and were neither dropped nor counted; negative where more were counted.
    pub missing_bytes: i64,
    /// Windows that were written.
    pub windows: u64,
    /// Windows among them that ended late, by their own length or more: the agent did not run.
    pub late_windows: u64,
    /// Windows among them with a residue: what is in their lines is not what came.
    pub unbalanced_windows: u64,
}

impl Conservation {
    /// Nothing was lost or counted twice, in no window.
    pub fn holds(&self) -> bool {
        self.counted + self.dropped == self.sent
            && self.missing_bytes == 0
            && self.unbalanced_windows == 0
    }
}

/// A program as the kernel loaded it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Program {
    /// `program`.
    pub group: &'static str,
    /// Its name.
    pub what: String,
    /// Instructions that the verifier looked at; 0 where the kernel does not say.
    pub verified_instructions: u64,
    /// Bytes of machine code.
    pub jited_bytes: u64,
}

/// How fast a sender is with a program at the receiving hook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sender {
    /// `sender`.
    pub group: &'static str,
    /// `xdp` or `tcx`.
    pub hook: &'static str,
    /// `none`, `empty` or `windrow`. At XDP the receiving end of `none` does generic receive offload,
    /// since it would not poll otherwise.
    pub what: &'static str,
    /// Nanoseconds a packet, sender, stack and hook together, on one core.
    pub ns: f64,
}

/// What windrow takes outside the hook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agent {
    /// `agent`.
    pub group: &'static str,
    /// Packets a second.
    pub rate_pps: u64,
    /// Distinct flows.
    pub flows: u32,
    /// Processor time of the process a second: 0.02 is 2 % of a core.
    pub cores: f64,
    /// Its memory, bytes, without the tables that the kernel holds.
    pub resident_bytes: u64,
}

/// A tool on live traffic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Peer {
    /// `peer`.
    pub group: &'static str,
    /// The tool.
    pub what: String,
    /// `shared` (traffic and tool on one core) or `spare` (a core of its own).
    pub core: &'static str,
    /// Packets that came to the interface.
    pub sent: u64,
    /// Packets in what the tool reports.
    pub counted: u64,
    /// Packets of which the tool itself says that it lost them; nothing where it does not say.
    pub said_lost: Option<u64>,
    /// Processor time, seconds.
    pub cpu_seconds: f64,
    /// Largest resident memory, bytes.
    pub resident_bytes: u64,
}

/// What a system call takes, with something that watches it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SystemCall {
    /// `syscall`.
    pub group: &'static str,
    /// The design, and what stands behind its name for the call.
    pub what: String,
    /// Nanoseconds a call, in all: the median of the rounds.
    pub ns: f64,
    /// `event`.
    pub unit: &'static str,
    /// What watched.
    #[serde(skip)]
    pub design: &'static str,
    /// What was called.
    #[serde(skip)]
    pub call: Call,
}

impl SystemCall {
    /// Of a design beside a call.
    pub fn new(design: &'static str, call: Call, ns: f64) -> Self {
        Self {
            group: "syscall",
            what: format!("{design}{}", call.suffix()),
            ns: rounded(ns),
            unit: "event",
            design,
            call,
        }
    }
}

/// A build without windrow, and beside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Build {
    /// `syscall`.
    pub group: &'static str,
    /// `build`.
    pub what: &'static str,
    /// How often each was built.
    pub rounds: usize,
    /// Without it.
    pub without: BuildTimes,
    /// While it counted the system calls of the whole system.
    pub beside: BuildTimes,
}

impl Build {
    /// A time beside it as a multiple of that without.
    pub fn ratio(&self, time: fn(&BuildTimes) -> f64) -> f64 {
        time(&self.beside) / time(&self.without)
    }
}

/// What builds took, seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BuildTimes {
    /// By the clock, the least.
    pub wall_seconds: f64,
    /// Of the processor, by all processes, in user mode: of the build that took least of it in all.
    pub user_seconds: f64,
    /// The same build's, in the kernel.
    pub system_seconds: f64,
}

impl BuildTimes {
    /// By the clock, seconds.
    pub fn wall_seconds(&self) -> f64 {
        self.wall_seconds
    }

    /// Of the processor, seconds.
    pub fn cpu_seconds(&self) -> f64 {
        self.user_seconds + self.system_seconds
    }
}

/// To hundredths: more is noise.
pub fn rounded(ns: f64) -> f64 {
    (ns * 100.0).round() / 100.0
}

/// The middle of some numbers, or of the two in the middle; 0 of none.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.len() / 2;
    match (sorted.get(upper.wrapping_sub(1)), sorted.get(upper)) {
        (Some(lower), Some(upper)) if sorted.len().is_multiple_of(2) => (lower + upper) / 2.0,
        (_, Some(middle)) => *middle,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Family, Spread};

    #[test]
    fn medians() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn conservation_is_of_packets_bytes_and_every_window() {
        let holds = Conservation {
            group: "conservation",
            hook: "xdp",
            window_ns: 10_000_000,
            sent: 10,
            counted: 8,
            dropped: 2,
            missing_bytes: 0,
            windows: 5,
            late_windows: 1,
            unbalanced_windows: 0,
        };
        assert!(holds.holds());
        let twice = Conservation {
            counted: 9,
            ..holds.clone()
        };
        let bytes = Conservation {
            missing_bytes: -1,
            ..holds.clone()
        };
        let residue = Conservation {
            unbalanced_windows: 1,
            ..holds
        };
        assert!(![twice, bytes, residue].iter().any(Conservation::holds));
    }

    #[test]
    fn calls_are_told_apart_by_name() {
        let read = Outcome::SystemCall(SystemCall::new("none", Call::Read, 247.971));
        assert_eq!(
            serde_json::to_value(read).ok(),
            Some(serde_json::json!({
                "group": "syscall", "what": "none_read", "ns": 247.97, "unit": "event"
            }))
        );
    }

    #[test]
    fn names_in_json() {
        let workload = Workload {
            family: Family::V6,
            flows: 1000,
            spread: Spread::Zipf,
        };
        let cost = Outcome::Cost(Cost::packet("hot", "windrow", &workload, 37.128));
        assert_eq!(
            serde_json::to_value(cost).ok(),
            Some(serde_json::json!({
                "group": "hot", "what": "windrow", "family": 6, "flows": 1000, "dist": "zipf",
                "ns": 37.13, "unit": "packet"
            }))
        );
    }
}
