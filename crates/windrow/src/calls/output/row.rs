//! A row as programs read it: the fields of JSON lines and of CSV, names and order being the contract.

use std::borrow::Cow;

use serde::Serialize;
use windrow_core::by::Named;
use windrow_core::calls::by::{By, Key};
use windrow_core::calls::name::{self, Abi};
use windrow_core::calls::window::{Call, Window};
use windrow_core::slice::MonoNanos;

use crate::output::json::{nanos, rfc3339};
use crate::timed::cgroups::Cgroups;

/// What a row's call is called.
pub fn name_of(call: &Call) -> Cow<'static, str> {
    let abi = match call.key.compat {
        true => Abi::Compat,
        false => Abi::Native,
    };
    name::name(abi, call.key.number)
}

/// Columns of a row that is grouped by those keys.
pub fn columns(by: &By) -> Vec<&'static str> {
    let mut columns = vec!["seq", "window_ns"];
    for key in by.keys() {
        match key {
            Key::Pid => columns.extend(["pid", "ns_pid"]),
            Key::Syscall => columns.extend(["syscall", "name", "compat"]),
            Key::Cgroup => columns.extend(["cgroup", "cgroup_id"]),
            // It comes with the pid as well.
            Key::Comm => {}
            key => columns.push(key.name()),
        }
        if key == Key::Pid || (key == Key::Comm && !by.has(Key::Pid)) {
            columns.push("comm");
        }
    }
    columns.extend([
        "count",
        "count_hi",
        "total_ns",
        "total_ns_hi",
        "min_ns",
        "max_ns",
        "p50_ns",
        "p99_ns",
        "errors",
        "untimed",
        "begun_before",
        "first",
        "last",
        "exact",
    ]);
    columns
}

/// A row. What was not asked for is not there.
#[derive(Serialize)]
pub struct RowFields {
    seq: u64,
    window_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    /// In the process's own namespace, where it has another number there.
    #[serde(skip_serializing_if = "Option::is_none")]
    ns_pid: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    syscall: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compat: Option<bool>,
    /// Its path, where that can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroup: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroup_id: Option<u64>,
    count: u64,
    count_hi: u64,
    total_ns: u64,
    total_ns_hi: u64,
    min_ns: Option<u64>,
    max_ns: Option<u64>,
    p50_ns: Option<u64>,
    p99_ns: Option<u64>,
    errors: Option<u64>,
    untimed: u64,
    begun_before: bool,
    first: String,
    last: String,
    exact: bool,
}

impl RowFields {
    /// A row of a window.
    pub fn of(window: &Window, call: &Call, by: &By, cgroups: &mut Cgroups) -> RowFields {
        let key = &call.key;
        let asked = |key| by.has(key);
        let timed = call.durations.timed > 0;
        let counted_only = window.ledger.counters.counted_at_beginnings > 0;
        let at = |time: MonoNanos| rfc3339(window.span.wall(time));
        RowFields {
            seq: window.span.seq,
            window_ns: nanos(window.span.window),
            uid: asked(Key::Uid).then_some(key.uid),
            gid: asked(Key::Gid).then_some(key.gid),
            pid: asked(Key::Pid).then_some(key.process.pid),
            ns_pid: asked(Key::Pid)
                .then_some((call.inner_pid != key.process.pid).then_some(call.inner_pid)),
            comm: (asked(Key::Pid) || asked(Key::Comm)).then(|| comm_of(call, by)),
            syscall: asked(Key::Syscall).then_some(key.number),
            name: asked(Key::Syscall).then(|| name_of(call)),
            compat: asked(Key::Syscall).then_some(key.compat),
            cgroup: asked(Key::Cgroup).then(|| cgroups.path(key.cgroup)),
            cgroup_id: asked(Key::Cgroup).then_some(key.cgroup),
            count: call.lo.calls,
            count_hi: call.hi.calls,
            total_ns: call.lo.ns,
            total_ns_hi: call.hi.ns,
            min_ns: timed.then_some(call.durations.min_ns),
            max_ns: timed.then_some(call.durations.max_ns),
            p50_ns: call.durations.quantile(0.5),
            p99_ns: call.durations.quantile(0.99),
            errors: (!counted_only).then_some(call.outcome.errors),
            untimed: call.untimed() * u64::from(!counted_only),
            begun_before: key.begun_before,
            first: at(call.first),
            last: at(call.last),
            exact: call.is_exact(),
        }
    }
}

/// The name that a row carries: of its key, or that its process had last.
pub fn comm_of(call: &Call, by: &By) -> String {
    match by.has(Key::Comm) {
        true => call.key.comm.text(),
        false => call.comm.text(),
    }
}
