//! `windrow connects` as the tests run it, and the programs whose connections it counts.

use std::{fs, process::Command, sync::OnceLock};

use windrow_lab::Namespace;

use super::report::{Connects, Report};
use crate::harness::{
    counting,
    net::{ip, namespace},
    programs::{Held, Sources, compile, directory, sources},
};

const SOURCES: &Sources = &sources!(
    "common.h",
    "main.c",
    "own.c",
    "servers.c",
    "storms.c",
    "wire.c",
    "fails.c",
    "sockets.c",
    "fast_open.c",
    "older.c",
    "who.c",
    "ring.c",
    "multipath.c",
);

/// The path of the program that makes known numbers of connections; see programs/main.c.
pub fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let directory = directory("connects", SOURCES);
        let files = SOURCES.iter().map(|(name, _)| *name);
        let files: Vec<&str> = files.filter(|name| name.ends_with(".c")).collect();
        let arguments = format!("-O1 -static -pthread {}", files.join(" "));
        compile(&directory, "connects", &arguments).unwrap_or_else(|said| panic!("cc: {said}"))
    })
}

/// What a scenario ends with where the kernel does not have what it is of.
pub const NOT_HERE: i32 = 77;

/// A `windrow connects --json` of the whole host.
pub type Live = counting::Live<Connects>;

/// A network namespace for scenarios: what they bind, and what is set for them, is of it alone.
pub struct Room {
    pub namespace: Namespace,
}

impl Room {
    pub fn new() -> Room {
        Room {
            namespace: namespace(),
        }
    }

    /// With networks that cannot be reached, each in its own way.
    pub fn unroutable() -> Room {
        let room = Room::new();
        for (kind, network) in [
            ("unreachable", "10.1.0.0/24"),
            ("prohibit", "10.2.0.0/24"),
            ("blackhole", "10.3.0.0/24"),
        ] {
            assert!(ip(&room.namespace, &format!("route add {kind} {network}")));
        }
        room
    }

    /// Sets what /proc/sys has under that path; false where this kernel has it for all alike, or not
    /// at all.
    pub fn set(&self, path: &str, value: &str) -> bool {
        let path = format!("/proc/sys/{path}");
        let set = self.namespace.run(|| fs::write(path, value).is_ok());
        set.expect("enter")
    }

    /// `windrow connects OPTIONS -- SCENARIO`, the exit code of which is to be 0.
    pub fn run(&self, options: &[&str], scenario: &str) -> Report {
        let report = self.try_run(&[], options, scenario);
        assert_eq!(report.code, Some(0), "{scenario}: {}", report.stderr);
        report
    }

    /// The same, where `before` runs windrow, and the exit code may be any.
    pub fn try_run(&self, before: &[&str], options: &[&str], scenario: &str) -> Report {
        let words: Vec<&str> = [program()].into_iter().chain(scenario.split(' ')).collect();
        let ran = self
            .namespace
            .run(|| counting::run(before, options, &words));
        ran.expect("enter")
    }

    /// The same, and all that it counted is what the scenario says it did.
    pub fn run_as_told(&self, options: &[&str], scenario: &str) -> Report {
        let report = self.run(options, scenario);
        report.assert_told();
        report
    }

    /// A scenario that holds by itself.
    pub fn hold(&self, scenario: &str) -> Held {
        let mut command = Command::new(program());
        command.args(scenario.split(' '));
        self.namespace
            .run(|| Held::new(&mut command))
            .expect("enter")
    }

    /// A scenario that runs to its end; what it said.
    pub fn play(&self, scenario: &str) -> String {
        let mut command = Command::new(program());
        let ran = self
            .namespace
            .run(|| command.args(scenario.split(' ')).output());
        let ran = ran.expect("enter").expect("run");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{scenario}: {said}");
        String::from_utf8(ran.stdout).expect("text")
    }

    /// The kernel's own counters of TCP in it, since it exists.
    pub fn opens(&self) -> Opens {
        let text = self
            .namespace
            .run(|| fs::read_to_string("/proc/thread-self/net/snmp"));
        let text = text.expect("enter").expect("proc");
        let of = |name| tcp_counter(&text, name);
        Opens {
            active: of("ActiveOpens"),
            passive: of("PassiveOpens"),
            failed: of("AttemptFails"),
            retransmitted: of("RetransSegs"),
        }
    }
}

/// What `nstat` calls TcpActiveOpens, TcpPassiveOpens, TcpAttemptFails and TcpRetransSegs. Attempts are active opens where a
/// SYN was sent. Failures that the network told, or did not tell in time, are failed attempts; what was given
/// up is none. Passive opens are connections that the SYN's answer was acknowledged of: accepted ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opens {
    pub active: u64,
    pub passive: u64,
    pub failed: u64,
    /// Segments that were sent once more, SYNs too.
    pub retransmitted: u64,
}

fn tcp_counter(text: &str, name: &str) -> u64 {
    let mut lines = text.lines().filter(|line| line.starts_with("Tcp:"));
    let mut line = || lines.next().unwrap_or_default().split_whitespace();
    let (names, numbers) = (line(), line());
    let (_, number) = names
        .zip(numbers)
        .find(|(found, _)| *found == name)
        .expect(name);
    number.parse().expect("a number")
}
