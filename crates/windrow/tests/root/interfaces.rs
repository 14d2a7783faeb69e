//! Several interfaces, patterns, and who else is there: every packet counts where it passes, and what
//! is not seen is said. Needs root.

use std::{collections::BTreeMap, process::Command, time::Duration};

use crate::harness::{
    bpf::{Foreign, OK, attached},
    monitor::{Monitor, windrow},
    net::{A4, B4, addressed, namespace, pair, received, tc, udp, until},
    root_or_skip, skip,
    tun::Tun,
    watched::{by_iface, row, send, to},
};
use libbpf_rs::query::{LinkInfo, LinkInfoIter, LinkTypeInfo};
use nix::sys::signal::Signal;
use windrow_lab::{End, VethOptions, napi_on};

#[test]
fn several_interfaces_are_told_apart_and_their_totals_are_sights() {
    root_or_skip!("several_interfaces_are_told_apart_and_their_totals_are_sights");
    let here = namespace();
    let (one, other, left) = (to(&here, "w1"), to(&here, "x1"), to(&here, "y1"));
    let monitor = Monitor::start(&here, "-i w1 -i x1 --by iface,dir --window 1h");
    send(&one.a, 10);
    send(&other.a, 20);
    send(&left.a, 40);
    send(&one.b, 5);
    received(&one.b, 10);
    received(&other.b, 20);
    let report = monitor.stop();
    let rows = [
        row("w1", "in", 10),
        row("w1", "out", 5),
        row("x1", "in", 20),
    ];
    assert_eq!(by_iface(&report), BTreeMap::from(rows));
    assert_eq!(report.start.ifaces, ["w1", "x1"]);
    assert_eq!(report.start.counts, "sights");
    assert_eq!(report.iface_packets(), Some(35));
    let text =
        here.run(|| windrow(&["monitor", "-i", "w1", "-i", "x1", "--duration", "10ms"]).output());
    let text = text.expect("enter").expect("run").stderr;
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("of w1 and x1 at tcx"), "{text}");
    assert!(text.contains("counts once on every interface"), "{text}");
}

#[test]
fn devices_of_other_kinds_are_left_out_with_one_warning() {
    const NAME: &str = "devices_of_other_kinds_are_left_out_with_one_warning";
    const ARPHRD_CAN: i32 = 280;
    root_or_skip!("devices_of_other_kinds_are_left_out_with_one_warning");
    let here = namespace();
    let strange = ["can0", "can1"].map(|name| Tun::of_link_type(&here, name, ARPHRD_CAN));
    let (Ok(_), Ok(_)) = (&strange[0], &strange[1]) else {
        skip(NAME, "no tun");
        return;
    };
    let tun = Tun::create(&here, "tun0").expect("tun");
    let pair = to(&here, "w1");
    let monitor = Monitor::start(&here, "-i any --by iface,proto --window 100ms");
    let mut packet = vec![
        0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    packet.extend([0; 8]);
    tun.send(&packet).expect("send");
    send(&pair.a, 10);
    until("both are counted", || monitor.seen() >= 11);
    let report = monitor.stop();
    assert_eq!(report.warned("iface_left_out"), 1);
    let warning = report
        .warnings
        .iter()
        .find(|one| one.code == "iface_left_out");
    let text = &warning.expect("warned").text;
    assert!(
        text.contains("can0") && text.contains("ARPHRD 280"),
        "{text}"
    );
    let sums = by_iface(&report);
    assert_eq!(sums.get(&("tun0".to_owned(), String::new())), Some(&1));
    // By name it is refused.
    let refused = here.run(|| windrow(&["monitor", "-i", "w1", "-i", "can0"]).output());
    let refused = refused.expect("enter").expect("run");
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(
        text.contains("can0") && text.contains("cannot read"),
        "{text}"
    );
    assert_eq!(attached(&pair.b), 0);
}

/// Links at tcx, of both directions. Others may be at the same index in other namespaces.
fn links_at(end: &End) -> Vec<u32> {
    let ours = |link: &LinkInfo| match &link.info {
        LinkTypeInfo::Tcx(tcx) => tcx.ifindex == end.index,
        _ => false,
    };
    LinkInfoIter::default()
        .filter(ours)
        .map(|link| link.id)
        .collect()
}

#[test]
fn programs_that_somebody_takes_off_are_attached_again() {
    const NAME: &str = "programs_that_somebody_takes_off_are_attached_again";
    root_or_skip!("programs_that_somebody_takes_off_are_attached_again");
    let pair = pair(VethOptions::default());
    let monitor = Monitor::start(&pair.b.namespace, "w1 --window 200ms");
    send(&pair.a, 10);
    until("they are counted", || monitor.seen() == 10);
    // bpftool link detach: what an administrator has.
    let ours = links_at(&pair.b);
    let detach = |id: u32| {
        let mut bpftool = Command::new("bpftool");
        bpftool.args(["link", "detach", "id", &id.to_string()]);
        pair.b.namespace.run(|| bpftool.output()).expect("enter")
    };
    for id in &ours {
        match detach(*id) {
            Ok(output) if output.status.success() => {}
            Ok(output) => println!("{output:?}"),
            Err(error) => {
                skip(NAME, &format!("bpftool: {error}"));
                return;
            }
        }
    }
    until("they are there again", || attached(&pair.b) == 2);
    send(&pair.a, 10);
    until("the rest is counted", || monitor.seen() == 20);
    // The qdisc of others is not where they are.
    for command in ["qdisc add dev w1 clsact", "qdisc del dev w1 clsact"] {
        tc(&pair.b, command);
    }
    send(&pair.a, 10);
    until("those too", || monitor.seen() == 30);
    // Of one direction only: the other is not counted twice.
    let first = links_at(&pair.b).into_iter().next().expect("a link");
    assert!(detach(first).expect("bpftool").status.success());
    until("it is there again", || {
        attached(&pair.b) == 2 && !links_at(&pair.b).contains(&first)
    });
    send(&pair.a, 10);
    until("and those", || monitor.seen() == 40);
    let report = monitor.stop();
    assert!(report.warned("iface_removed") >= 2, "{:?}", report.warnings);
    assert_eq!(report.seen().packets, 40);
}

#[test]
fn a_place_that_somebody_else_took_ends_the_run() {
    const NAME: &str = "a_place_that_somebody_else_took_ends_the_run";
    root_or_skip!("a_place_that_somebody_else_took_ends_the_run");
    let pair = pair(VethOptions::default());
    let monitor = Monitor::start(&pair.b.namespace, "w1 --hook xdp --window 100ms");
    send(&pair.a, 10);
    until("they are counted", || monitor.seen() == 10);
    let ours = |link: &LinkInfo| match &link.info {
        LinkTypeInfo::Xdp(xdp) => xdp.ifindex == pair.b.index,
        _ => false,
    };
    let link = LinkInfoIter::default().find(ours).expect("a link").id;
    // Meanwhile it cannot take its place back.
    monitor.signal(Signal::SIGSTOP);
    let mut bpftool = Command::new("bpftool");
    bpftool.args(["link", "detach", "id", &link.to_string()]);
    let detached = pair.b.namespace.run(|| bpftool.status()).expect("enter");
    if !detached.is_ok_and(|status| status.success()) {
        skip(NAME, "no bpftool");
        return;
    }
    let _foreign = napi_on(&pair.b.namespace, "w1").expect("another's program");
    monitor.signal(Signal::SIGCONT);
    let report = monitor.finish();
    assert_eq!(report.code, Some(3), "{}", report.stderr);
    assert!(
        report.stderr.contains("w1 cannot be watched any more"),
        "{}",
        report.stderr
    );
    let removed = report
        .warnings
        .iter()
        .find(|one| one.code == "iface_removed");
    let text = &removed.expect("it is said").text;
    assert!(text.contains("already has an XDP program"), "{text}");
    assert_eq!(report.seen().packets, 10);
    assert_eq!(attached(&pair.b), 1, "the other's program is still there");
}

#[test]
fn what_is_hidden_in_one_direction_is_said_whatever_goes_the_other_way() {
    root_or_skip!("what_is_hidden_in_one_direction_is_said_whatever_goes_the_other_way");
    for arguments in ["w1", "-i w*"] {
        let pair = addressed(VethOptions::default());
        let monitor = Monitor::start(&pair.b.namespace, &format!("{arguments} --window 200ms"));
        let _foreign = Foreign::attach(&pair.b, OK, true);
        let (here, there) = (
            udp(&pair.b.namespace, B4, 4001),
            udp(&pair.a.namespace, A4, 4002),
        );
        for _ in 0..100 {
            for _ in 0..20 {
                there.send_to(&[1; 100], (B4, 4001)).expect("send");
                here.send_to(&[1; 100], (A4, 4002)).expect("send");
            }
            std::thread::sleep(Duration::from_millis(20));
            if monitor.seen() > 1500 {
                break;
            }
        }
        until("traffic is seen going out", || monitor.seen() > 1500);
        let report = monitor.stop();
        let hidden = report.warnings.iter().find(|one| one.code == "hidden");
        let text = &hidden.expect("it is said").text;
        for part in ["w1", "coming in", "\"foreign\" (id "] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}

#[test]
fn a_filter_leaves_the_rest_in_the_ledger() {
    root_or_skip!("a_filter_leaves_the_rest_in_the_ledger");
    let pair = addressed(VethOptions::default());
    let arguments = "w1 --direction in --window 1h udp dst port 4001 or port 4003";
    let monitor = Monitor::start(&pair.b.namespace, arguments);
    let there = udp(&pair.a.namespace, A4, 4000);
    for port in [4001, 4002, 4003, 4004, 4004] {
        for _ in 0..10 {
            there.send_to(&[1; 100], (B4, port)).expect("send");
        }
    }
    received(&pair.b, 50);
    let report = monitor.stop();
    assert_eq!(report.seen().packets, 50);
    assert_eq!(report.of(|_| true).packets, 20);
    let filtered: u64 = report.windows.iter().map(|one| one.filtered_packets).sum();
    assert_eq!(filtered, 30);
    assert!(
        report
            .flows
            .iter()
            .all(|flow| [4001, 4003].contains(&flow.dport))
    );
}

#[test]
fn an_idle_host_loses_nothing_whatever_is_asked_of_it() {
    root_or_skip!("an_idle_host_loses_nothing_whatever_is_asked_of_it");
    const ASKED: [&str; 12] = [
        "--window 1ms",
        "--window 2ms --export ring --by src",
        "--window 5ms --memory 1M --hierarchy 24,16,8",
        "--window 10ms --top 1 --sort bytes",
        "--window 20ms --rollup 100ms,1s",
        "--window 50ms --reduce 100x --spill-budget 0%",
        "--window 100ms --by src/24,dst/16/48,dport,proto,iface,dir,vlan,tos",
        "--adaptive --rollup 1m",
        "--window 200ms not port 1 and (tcp or udp or icmp6)",
        "--window 250ms --direction out",
        "--window 1h --memory 256M",
        "--window 10ms --hook xdp",
    ];
    let pair = pair(VethOptions::default());
    let start = |asked: &&str| {
        // Twelve of the usual size are much for a small machine.
        let memory = match asked.contains("--memory") {
            true => "",
            false => "--memory 4M",
        };
        Monitor::start(&pair.b.namespace, &format!("-i w1 {memory} {asked}"))
    };
    let monitors: Vec<Monitor> = ASKED.iter().map(start).collect();
    for _ in 0..10 {
        send(&pair.a, 10);
        std::thread::sleep(Duration::from_millis(100));
    }
    received(&pair.b, 100);
    for (monitor, asked) in monitors.into_iter().zip(ASKED) {
        let report = monitor.stop();
        assert_eq!(report.lost(), 0, "{asked}");
        let summary = report.summary.expect("summary");
        assert_eq!((summary.lost, summary.residue_packets), (0, 0), "{asked}");
        let came = if asked.contains("out") { 0 } else { 100 };
        assert!(summary.packets >= came, "{asked}: {}", summary.packets);
    }
}

#[test]
fn an_idle_host_loses_nothing_and_a_stopped_process_is_late() {
    root_or_skip!("an_idle_host_loses_nothing_and_a_stopped_process_is_late");
    let here = namespace();
    let pair = to(&here, "w1");
    let arguments =
        "-i any --by src/24,dst/16/48,iface,dir,vlan,tos --window 100ms --memory 4M not port 1";
    let monitor = Monitor::start(&here, arguments);
    monitor.signal(Signal::SIGSTOP);
    send(&pair.a, 100);
    std::thread::sleep(Duration::from_millis(450));
    monitor.signal(Signal::SIGCONT);
    until("all is counted", || monitor.seen() >= 100);
    let report = monitor.stop();
    assert_eq!(report.lost(), 0);
    assert_eq!(report.seen().packets, 100);
    assert!(report.windows.iter().any(|window| window.late));
}
