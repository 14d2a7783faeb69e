//! How large the programs are, against `programs.tsv`: what the verifier has to look at grows by leaps
//! when a branch is one too many, and old kernels give up first.

use std::collections::BTreeMap;

use libbpf_rs::query::{ProgInfoIter, ProgInfoQueryOptions};
use nix::sys::utsname::uname;
use windrow_core::calls::by::By;
use windrow_core::calls::selection::{Cgroup, Selection};
use windrow_core::connects::by::By as ConnectsBy;
use windrow_core::process::Comm;
use windrow_datapath::calls::{self, Calls, Measure};
use windrow_datapath::connects::{self, Connects};
use windrow_datapath::geometry::DEFAULT_MEMORY_BYTES;
use windrow_datapath::timed::{Loaded, Tracepoints};

use crate::support::rig::Rig;

/// Instructions that the verifier looked at, and bytes of machine code.
type Size = (u64, u64);

/// Beyond this share of what was written down a program has grown.
const GROWN: f64 = 1.1;

/// What is written down for a kernel and a compiler.
fn snapshot(kernel: &str, clang: &str) -> BTreeMap<String, Size> {
    include_str!("programs.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [at, by, program, verified, bytes] = fields[..] else {
                panic!("not a line of the snapshot: {line}");
            };
            let size = (verified.parse().unwrap(), bytes.parse().unwrap());
            (at == kernel && by == clang).then(|| (program.to_owned(), size))
        })
        .collect()
}

/// Those of some programs: other tests load programs of the same names meanwhile.
fn sizes(ids: &[u32]) -> BTreeMap<String, Size> {
    let lengths = ProgInfoQueryOptions::default().include_jited_func_lens(true);
    ProgInfoIter::with_query_opts(lengths)
        .filter(|it| ids.contains(&it.id))
        .map(|it| {
            let bytes = it.jited_func_lens.iter().map(|it| u64::from(*it)).sum();
            let name = it.name.to_string_lossy().into_owned();
            (name, (u64::from(it.verified_insns), bytes))
        })
        .collect()
}

/// The programs for system calls, with all that they have code for.
fn of_calls(tracepoints: Tracepoints) -> Calls {
    let settings = calls::Settings {
        by: By::parse("uid,gid,pid,comm,syscall,cgroup").unwrap(),
        selection: Selection {
            pids: vec![1],
            uids: vec![1],
            comms: vec![Comm::default()],
            cgroups: vec![Cgroup { id: 1, level: 0 }],
            native: vec![1],
            ..Selection::default()
        },
        tracked: true,
        own: false,
        measure: Measure::Histograms,
        tracepoints,
        rows: 1024,
        buffers: 2,
    };
    Calls::load(&settings).unwrap()
}

/// The programs for TCP connections, likewise.
fn of_connects(tracepoints: Tracepoints) -> Connects {
    let settings = connects::Settings {
        by: ConnectsBy::parse("pid,comm,uid,cgroup,src/24,dst/24,dport").unwrap(),
        selection: Selection {
            pids: vec![1],
            uids: vec![1],
            comms: vec![Comm::default()],
            cgroups: vec![Cgroup { id: 1, level: 0 }],
            ..Selection::default()
        },
        tracked: true,
        histograms: true,
        health: true,
        tracepoints,
        rows: 1024,
        buffers: 2,
    };
    Connects::load(&settings).unwrap()
}

#[test]
fn no_program_grows_unseen() {
    let test = "no_program_grows_unseen";
    let Some(rig) = Rig::load(test, DEFAULT_MEMORY_BYTES, 2) else {
        return;
    };
    let release = uname().unwrap().release().to_string_lossy().into_owned();
    let kernel: Vec<&str> = release.splitn(3, '.').take(2).collect();
    let (kernel, clang) = (kernel.join("."), env!("WINDROW_CLANG"));
    let expected = snapshot(&kernel, clang);
    if expected.is_empty() {
        println!("skipped: {test}: nothing is written down for Linux {kernel} and {clang}");
        return;
    }
    let mut ids: Vec<u32> = rig.datapath.program_ids().collect();
    let calls = [Tracepoints::Typed, Tracepoints::Classic].map(|tracepoints| {
        let calls = of_calls(tracepoints);
        ids.extend(calls.program_ids());
        calls
    });
    let connects = [Tracepoints::Typed, Tracepoints::Classic].map(|tracepoints| {
        let connects = of_connects(tracepoints);
        ids.extend(connects.program_ids());
        connects
    });
    let found = sizes(&ids);
    drop((calls, connects));
    for (program, (verified, bytes)) in expected {
        let Some((verified_now, bytes_now)) = found.get(&program) else {
            panic!("{program} is not loaded: {found:?}");
        };
        println!("{program}: {verified_now} instructions verified, {bytes_now} bytes");
        let grown = |now: u64, then: u64| now as f64 > then as f64 * GROWN;
        assert!(
            !grown(*verified_now, verified) && !grown(*bytes_now, bytes),
            "{program}: {verified_now} instructions verified where {verified} were, {bytes_now} bytes where \
             {bytes} were; if that is meant to be, write it down in programs.tsv"
        );
    }
}
