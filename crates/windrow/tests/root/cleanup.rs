//! `windrow cleanup`: removes the filters of a windrow that is gone, and nothing of anybody else's.
//! Filters stand for those of kernels before 6.6, where a killed windrow leaves them. Needs root.

use std::{
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    process::Output,
};

use crate::harness::{
    bpf::{foreign, leave_filter, program, tcx_ids},
    monitor::{Monitor, unprivileged, windrow},
    net::{pair, tc, until},
    root_or_skip, skip,
};
use windrow_lab::{End, VethOptions};
use windrow_netif::{Filter, filter_qdisc, filters};

fn cleanup(end: &End) -> Output {
    let run = || windrow(&["cleanup"]).output().expect("run");
    end.namespace.run(run).expect("enter")
}

/// The lines of a run that went well.
fn lines(output: &Output) -> Vec<String> {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(error.is_empty(), "{error}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

/// Everything at clsact, in both directions.
fn all_filters(end: &End) -> Vec<Filter> {
    let list = |inwards| filters(end.index, inwards).expect("rtnetlink");
    let all = end.namespace.run(|| [list(true), list(false)].concat());
    all.expect("enter")
}

#[test]
fn what_a_killed_windrow_left_goes_and_all_else_stays() {
    root_or_skip!("what_a_killed_windrow_left_goes_and_all_else_stays");
    let pair = pair(VethOptions::default());
    let end = &pair.b;
    // Another kind, another's program, and one that only has a name of ours.
    tc(end, "qdisc add dev w1 clsact");
    tc(
        end,
        "filter add dev w1 ingress pref 7 protocol ip u32 match u32 0 0 flowid 1:1",
    );
    leave_filter(end, &foreign(c"theirs"), true);
    leave_filter(end, &foreign(c"windrow_out"), false);
    let others = all_filters(end);

    let monitor = Monitor::start(&end.namespace, "w1 --hook tcx --memory 4M");
    let hooks = [libbpf_sys::BPF_TCX_INGRESS, libbpf_sys::BPF_TCX_EGRESS];
    let ids = || hooks.map(|hook| tcx_ids(end.index, hook)[0]);
    let ids = end.namespace.run(ids).expect("enter");
    for (id, inwards) in ids.into_iter().zip([true, false]) {
        leave_filter(end, &program(id).expect("it runs"), inwards);
    }
    // While they have an owner, as a windrow at clsact has them, they stay.
    let claim = |id: u32| {
        let name = SocketAddr::from_abstract_name(format!("windrow-program-{id}"));
        UnixDatagram::bind_addr(&name.expect("a name")).expect("bind")
    };
    let owner = end.namespace.run(|| ids.map(claim)).expect("enter");
    let before = all_filters(end);
    let said = lines(&cleanup(end));
    assert!(said[0].starts_with("left windrow_out (id "), "{said:?}");
    assert!(said[1].starts_with("nothing to remove: "), "{said:?}");
    assert!(
        said[1].contains("2 filters of running windrows"),
        "{said:?}"
    );
    assert_eq!(all_filters(end), before);

    monitor.murder();
    drop(owner);
    let said = lines(&cleanup(end));
    let removed = [
        format!(
            "removed windrow_in (id {}) at w1 ingress, preference 1, handle 0x2",
            ids[0]
        ),
        format!(
            "removed windrow_out (id {}) at w1 egress, preference 1, handle 0x2",
            ids[1]
        ),
    ];
    for line in &removed {
        assert!(said.contains(line), "{line} is not in {said:?}");
    }
    let by_hand = "tc filter del dev w1 egress protocol all pref 1 handle 0x1 bpf";
    assert!(
        said.iter()
            .any(|line| line.starts_with("left ") && line.contains(by_hand))
    );
    assert!(
        said.last()
            .is_some_and(|line| line.starts_with("2 filters removed"))
    );
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!(all_filters(end), others);
    until("their programs are freed", || {
        ids.iter().all(|id| program(*id).is_none())
    });

    // What it says to do by hand works, and then there is nothing more to say.
    tc(end, by_hand.strip_prefix("tc ").expect("tc"));
    let said = lines(&cleanup(end));
    assert!(
        said.len() == 1 && said[0].starts_with("nothing to remove"),
        "{said:?}"
    );
    let qdisc = end
        .namespace
        .run(|| filter_qdisc(end.index).expect("rtnetlink"));
    assert_eq!(qdisc.expect("enter").as_deref(), Some("clsact"));
}

#[test]
fn a_user_who_may_not_is_told_in_one_sentence() {
    root_or_skip!("a_user_who_may_not_is_told_in_one_sentence");
    let output = match unprivileged(&["cleanup"]) {
        Ok(output) => output,
        Err(error) => {
            let test = "a_user_who_may_not_is_told_in_one_sentence";
            return skip(test, &error.to_string());
        }
    };
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("CAP_BPF") && error.lines().count() == 1,
        "{error}"
    );
}
