//! A made-up run, for tests: two kinds of packets, and one or two of everything else.

use crate::connect::{self, FLOOR, TCPLIFE};
use crate::results::{
    Agent, Build, BuildTimes, Connection, ConnectionRate, Conservation, Cost, Outcome, Peer,
    Program, Sender, SystemCall,
};
use crate::syscall::{BPFTRACE, Call, LATENCY_FLOOR, NONE, WINDROW};
use crate::workload::{Family, Spread, Workload};

/// Costs of designs at 1,000 and 100,000 flows.
const V4: [(&str, [f64; 2]); 5] = [
    ("floor", [30.0, 32.0]),
    ("windrow", [36.0, 62.0]),
    ("hash", [70.0, 132.0]),
    ("textbook", [110.0, 212.0]),
    ("agent", [150.0, 232.0]),
];
const V6: [(&str, [f64; 2]); 3] = [
    ("floor", [31.0, 33.0]),
    ("windrow", [39.0, 133.0]),
    ("hash", [81.0, 153.0]),
];
/// With too few rows for either.
const FULL: [(&str, [f64; 2]); 4] = [
    ("floor", [30.0, 32.0]),
    ("drop", [50.0, 52.0]),
    ("windrow", [60.0, 92.0]),
    ("lru_hash", [150.0, 152.0]),
];

/// All of it.
pub fn outcomes() -> Vec<Outcome> {
    let mut outcomes = packets("hot", Family::V4, &V4);
    outcomes.extend(packets("hot", Family::V6, &V6));
    outcomes.extend(packets("full", Family::V4, &FULL));
    outcomes.push(Outcome::Cost(Cost {
        by: Some("src/24,dport"),
        ..cost("hot", "windrow", 1_000, 38.7)
    }));
    outcomes.push(Outcome::Cost(Cost {
        filter: Some("tcp port 80"),
        ..cost("hot", "windrow", 1_000, 33.0)
    }));
    for (what, ns) in [("known", 36.0), ("known_prefixes", 39.0)] {
        outcomes.push(Outcome::Cost(cost("levels", what, 1_000, ns)));
    }
    for (what, ns) in [("full", 155.5), ("full_no_registers", 152.0)] {
        outcomes.push(Outcome::Cost(cost("levels", what, 100_000, ns)));
    }
    outcomes.push(drain("windrow", 100_000, 8.0, 0));
    outcomes.push(drain("lookup_and_delete_batch", 100_000, 324.0, 25));
    outcomes.push(drain("windrow", 1_000_000, 16.0, 0));
    outcomes.push(conservation("xdp", 3_000_000, 1_000, 2_999_000));
    outcomes.push(conservation("tcx", 3_000_000, 0, 2_999_999));
    for (what, ns) in [("none", 150.0), ("empty", 160.0), ("windrow", 200.0)] {
        outcomes.push(Outcome::Sender(Sender {
            group: "sender",
            hook: "xdp",
            what,
            ns,
        }));
    }
    outcomes.push(Outcome::Agent(Agent {
        group: "agent",
        rate_pps: 1_000_000,
        flows: 1_000,
        cores: 0.0123,
        resident_bytes: 9 << 20,
    }));
    outcomes.push(Outcome::Program(Program {
        group: "program",
        what: "windrow_xdp".to_owned(),
        verified_instructions: 0,
        jited_bytes: 7_184,
    }));
    outcomes.extend(calls());
    outcomes.push(Outcome::Build(Build {
        group: "syscall",
        what: "build",
        rounds: 9,
        without: times(2.0, 0.5),
        beside: times(2.01, 0.57),
    }));
    outcomes.extend(connections());
    outcomes.push(Outcome::Peer(Peer {
        group: "peer",
        what: "softflowd".to_owned(),
        core: "shared",
        sent: 5_000_000,
        counted: 4_100_000,
        said_lost: Some(899_000),
        cpu_seconds: 9.1,
        resident_bytes: 50 << 20,
    }));
    outcomes
}

/// Designs at both calls; `bpftrace` at one.
fn calls() -> Vec<Outcome> {
    let getppid = [
        (NONE, 150.0),
        (LATENCY_FLOOR, 400.0),
        (WINDROW, 450.0),
        (BPFTRACE, 1150.0),
    ];
    let read = [(NONE, 240.0), (LATENCY_FLOOR, 500.0), (WINDROW, 604.0)];
    let of = |call| move |(design, ns)| Outcome::SystemCall(SystemCall::new(design, call, ns));
    let getppid = getppid.map(of(Call::Getppid)).into_iter();
    getppid.chain(read.map(of(Call::Read))).collect()
}

/// Designs at connections, and what is lost to programs.
fn connections() -> Vec<Outcome> {
    let bare = [(NONE, 0.0), (FLOOR, 2_000.0)];
    let counting = [
        (connect::WINDROW, 4_000.0, 82_500),
        (TCPLIFE, 20_000.0, 82_501),
    ];
    let rates = [(NONE, 0.0), (connect::WINDROW, 0.05), (TCPLIFE, 0.3)];
    let costs = bare.map(|(what, added)| Connection::new(what, 30_000.0, added));
    let counted = counting.map(|(what, added, counted)| Connection {
        made: Some(82_500),
        counted: Some(counted),
        ..Connection::new(what, 30_000.0, added)
    });
    let costs = costs.into_iter().chain(counted).map(Outcome::Connection);
    let rates = rates.map(|(program, lost)| ConnectionRate::new(program, 40_000.0, lost));
    costs.chain(rates.map(Outcome::ConnectionRate)).collect()
}

fn times(wall_seconds: f64, system_seconds: f64) -> BuildTimes {
    BuildTimes {
        wall_seconds,
        user_seconds: 3.0,
        system_seconds,
    }
}

/// Uniform packets of some designs at 1,000 and 100,000 flows.
fn packets(
    group: &'static str,
    family: Family,
    designs: &[(&'static str, [f64; 2])],
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (place, flows) in [1_000, 100_000].into_iter().enumerate() {
        let workload = Workload {
            family,
            flows,
            spread: Spread::Uniform,
        };
        for (what, ns) in designs {
            let cost = Cost::packet(group, what, &workload, ns[place]);
            outcomes.push(Outcome::Cost(cost));
        }
    }
    outcomes
}

/// The cost of a design at IPv4 packets of uniform flows.
pub fn cost(group: &'static str, what: &'static str, flows: u32, ns: f64) -> Cost {
    let workload = Workload {
        family: Family::V4,
        flows,
        spread: Spread::Uniform,
    };
    Cost::packet(group, what, &workload, ns)
}

/// A drained table.
pub fn drain(what: &'static str, rows: u32, ns: f64, syscalls: u64) -> Outcome {
    Outcome::Cost(Cost {
        unit: "row",
        rows: Some(u64::from(rows)),
        syscalls: Some(syscalls),
        lost: Some(0),
        ..cost("export", what, rows, ns)
    })
}

/// A run with windows of 10 ms.
pub fn conservation(hook: &'static str, sent: u64, dropped: u64, counted: u64) -> Outcome {
    Outcome::Conservation(Conservation {
        group: "conservation",
        hook,
        window_ns: 10_000_000,
        sent,
        counted,
        dropped,
        missing_bytes: 0,
        windows: 300,
        late_windows: 0,
        unbalanced_windows: 0,
    })
}
