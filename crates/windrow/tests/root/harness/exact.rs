//! Traffic past one windrow whose report must be exact: what was sent is what came, what came is what
//! was counted.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use windrow_lab::{Mix, Napi, Plan, Sent, VethOptions, VethPair, napi_on};

use super::lines::Key;
use super::monitor::Monitor;
use super::net::{counters, generate, pair, until};
use super::report::{Count, Report};

pub const HOOKS: [&str; 2] = ["tcx", "xdp"];
/// Runs until one in which the links drop nothing.
const TRIES: u32 = 10;

/// At XDP windrow's own program makes the receiving veth poll.
pub fn poll(pair: &VethPair, hook: &str) -> Option<Napi> {
    (hook == "tcx").then(|| napi_on(&pair.b.namespace, "w1").expect("napi"))
}

/// A windrow at the receiving end.
pub fn watch(pair: &VethPair, hook: &str, more: &str) -> Monitor {
    let arguments = format!("w1 --hook {hook} --direction in {more}");
    Monitor::start(&pair.b.namespace, &arguments)
}

/// What each flow's rows must hold after a run of so many frames. Later fragments have no ports.
pub fn shares(mix: &Mix, frames: u64) -> HashMap<Key, Count> {
    let mut shares = HashMap::<Key, Count>::new();
    for frame in 0..frames {
        let flow = mix.flow(mix.flow_of_frame(frame));
        let later = mix.fragments && frame % 8 == 7;
        let ports = if later {
            (0, 0)
        } else {
            (flow.from_port, flow.to_port)
        };
        let key = (flow.from, flow.to, ports.0, ports.1, flow.protocol);
        shares
            .entry(key)
            .or_default()
            .add(1, mix.frame_bytes.into());
    }
    shares
}

/// Totals equal the sender's count and the interface's counters, and nothing was missed.
pub fn assert_totals(report: &Report, pair: &VethPair, sent: &[Sent]) {
    let mut all = Count::default();
    for sent in sent {
        all.add(sent.packets, sent.bytes);
    }
    assert_eq!(report.seen(), all, "sent and counted");
    let arrived = counters(&pair.b);
    assert_eq!(
        Count::new(arrived.rx_packets, arrived.rx_bytes),
        all,
        "the interface"
    );
    assert_eq!(
        report.iface_packets(),
        Some(all.packets),
        "the interface, per window"
    );
    assert_eq!(report.lost(), 0);
    assert_eq!(report.events(), all.packets, "one event a frame");
}

/// The truth of each flow is inside its interval. A window without a row of the flow may hold as
/// much of it as `absent_packets_hi` says.
pub fn assert_bounds(report: &Report, truth: &HashMap<Key, Count>) {
    let mut absent = Count::default();
    let absent_in: HashMap<u64, Count> = report
        .windows
        .iter()
        .map(|window| {
            absent.add(window.absent_packets_hi, window.absent_bytes_hi);
            (
                window.seq,
                Count::new(window.absent_packets_hi, window.absent_bytes_hi),
            )
        })
        .collect();
    let mut high: HashMap<Key, Count> = truth.keys().map(|key| (*key, absent)).collect();
    for flow in &report.flows {
        let high = high.get_mut(&flow.key()).expect("a flow that was sent");
        let absent = absent_in[&flow.seq];
        high.packets = high.packets - absent.packets + flow.packets_hi;
        high.bytes = high.bytes - absent.bytes + flow.bytes_hi;
    }
    let low = report.rows();
    for (key, truth) in truth {
        let (low, high) = (low.get(key).copied().unwrap_or_default(), high[key]);
        assert!(
            low.packets <= truth.packets && truth.packets <= high.packets,
            "{key:?}"
        );
        assert!(
            low.bytes <= truth.bytes && truth.bytes <= high.bytes,
            "{key:?}"
        );
    }
}

/// Runs until one of which the test can be sure: the receiving ring of a veth may be full on a busy machine,
/// and `run` then gives nothing.
pub fn undropped<T>(mut run: impl FnMut() -> Option<T>) -> T {
    for _ in 0..TRIES {
        if let Some(done) = run() {
            return done;
        }
        println!("the link dropped frames, or windrow was held up: once more");
    }
    panic!("the link dropped frames, or windrow was held up, in each of {TRIES} runs");
}

/// Stops a windrow once all that was sent has come to it; its report is exact. Nothing where the link
/// dropped a part: what came was counted all the same.
pub fn stop(monitor: Monitor, pair: &VethPair, sent: &[Sent]) -> Option<Report> {
    let packets = sent.iter().map(|sent| sent.packets).sum();
    until("arrival", || {
        let now = counters(&pair.b);
        now.rx_packets + now.rx_dropped >= packets
    });
    // A veth counts a batch before or after it hands it over.
    thread::sleep(Duration::from_millis(50));
    let arrived = counters(&pair.b).rx_packets;
    let report = monitor.stop();
    assert_eq!(report.seen().packets, arrived, "came and counted");
    (arrived == packets).then(|| {
        assert_totals(&report, pair, sent);
        report
    })
}

/// Sends a plan past one windrow; the report is exact.
pub fn exact(hook: &str, arguments: &str, plan: &Plan) -> Report {
    undropped(|| {
        let pair = pair(VethOptions::default());
        let _napi = poll(&pair, hook);
        let monitor = watch(&pair, hook, arguments);
        let sent = generate(&pair, plan);
        assert_eq!(sent.packets, plan.frames);
        stop(monitor, &pair, &[sent])
    })
}
