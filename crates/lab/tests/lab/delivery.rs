//! What the generator says it sent is what arrives, frame by frame.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use windrow_lab::{End, Generator, Mix, Plan, Sent, VethOptions, napi_on};
use windrow_netif::Counters;

use crate::{counters, namespace, pair, root_or_skip};

/// Any machine's receiver keeps up with so many packets a second.
const EASY_PPS: u64 = 200_000;

/// Packets that came, and those that came faster than the receiver is: its ring drops them, and
/// counts what it drops, so that nothing vanishes.
fn accounted(got: &Counters) -> u64 {
    got.rx_packets + got.rx_dropped
}

/// Waits until the receiver has seen everything, then a little longer for what should not come.
fn settled(end: &End, packets: u64) -> Counters {
    let patience = Instant::now() + Duration::from_secs(30);
    while accounted(&counters(end)) < packets && Instant::now() < patience {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(20));
    counters(end)
}

fn deliver(name: &str, plan: &Plan) -> (Sent, Counters, Duration) {
    let pair = pair(VethOptions::default());
    let _napi = napi_on(&pair.b.namespace, "w1").expect("napi");
    let generator = Generator::load().expect("load");
    let start = Instant::now();
    let run = generator.run(&pair.a.namespace, pair.a.index, plan);
    let sent = run.expect("run").join().expect("join");
    let took = start.elapsed();
    let got = settled(&pair.b, sent.packets);
    println!(
        "{name}: sent {} in {took:?} ({:.0} ns a frame), arrived {}, dropped {}",
        sent.packets,
        took.as_nanos() as f64 / sent.packets as f64,
        got.rx_packets,
        got.rx_dropped
    );
    assert_eq!(accounted(&got), sent.packets);
    if plan.rate_pps.is_some_and(|rate| rate <= EASY_PPS) {
        assert_eq!(got.rx_dropped, 0);
    }
    if got.rx_dropped == 0 {
        assert_eq!(got.rx_bytes, sent.bytes);
    }
    assert_eq!(got.tx_packets, 0, "the receiver must stay silent");
    assert_eq!(sent.refused, 0);
    assert_eq!(sent.ipv4 + sent.ipv6, sent.packets);
    assert_eq!(sent.tcp + sent.udp, sent.packets);
    pair.delete().expect("delete");
    (sent, got, took)
}

#[test]
fn paced_frames_all_arrive() {
    root_or_skip!("paced_frames_all_arrive");
    let plan = Plan {
        rate_pps: Some(100_000),
        ..Plan::default()
    };
    let (sent, _, took) = deliver("100 kpps", &plan);
    assert_eq!(sent.packets, 100_000);
    assert!(took > Duration::from_millis(990), "{took:?}");
}

#[test]
fn a_million_a_second_arrives() {
    root_or_skip!("a_million_a_second_arrives");
    let plan = Plan {
        rate_pps: Some(1_000_000),
        frames: 2_000_000,
        cpu: Some(0),
        stray: true,
        ..Plan::default()
    };
    deliver("1 Mpps", &plan);
}

#[test]
fn full_speed_arrives() {
    root_or_skip!("full_speed_arrives");
    for (cpu, stray) in [(None, false), (Some(0), false), (Some(0), true)] {
        let plan = Plan {
            frames: 1_000_000,
            cpu,
            stray,
            ..Plan::default()
        };
        deliver("full speed", &plan);
    }
}

/// The CPUs that each generator of this process may run on, as the kernel writes them.
fn cpus_of_generators() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").expect("tasks");
    let statuses =
        tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok());
    let generators = statuses.filter(|status| status.starts_with("Name:\tlab-generator\n"));
    let cpus = generators.filter_map(|status| {
        let mut lines = status.lines();
        lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:\t").map(str::to_owned))
    });
    cpus.collect()
}

#[test]
fn a_run_stays_on_the_cpu_that_it_begins_on() {
    const NAME: &str = "a_run_stays_on_the_cpu_that_it_begins_on";
    root_or_skip!("a_run_stays_on_the_cpu_that_it_begins_on");
    if thread::available_parallelism().is_ok_and(|cpus| cpus.get() == 1) {
        println!("\nskipped: {NAME}: there is one CPU only");
        return;
    }
    let pair = pair(VethOptions::default());
    let generator = Generator::load().expect("load");
    let plan = Plan {
        rate_pps: Some(1_000),
        ..Plan::default()
    };
    let running = generator.run(&pair.a.namespace, pair.a.index, &plan);
    let running = running.expect("run");
    // Other tests' runs may just begin.
    let patience = Instant::now() + Duration::from_secs(10);
    while let cpus = cpus_of_generators()
        && (cpus.is_empty() || cpus.iter().any(|cpus| cpus.parse::<usize>().is_err()))
    {
        assert!(Instant::now() < patience, "allowed on {cpus:?}");
        thread::sleep(Duration::from_millis(5));
    }
    running.stop().expect("stop");
    running.join().expect("join");
}

#[test]
fn slow_frames_come_in_ticks() {
    root_or_skip!("slow_frames_come_in_ticks");
    let plan = Plan {
        rate_pps: Some(1_000),
        frames: 1_000,
        ..Plan::default()
    };
    let (_, _, took) = deliver("1 kpps", &plan);
    assert!(took > Duration::from_millis(900), "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn every_kind_of_mix_arrives() {
    root_or_skip!("every_kind_of_mix_arrives");
    let mix = Mix::default();
    let mixes = [
        Mix {
            ipv6_share: 0.0,
            tcp_share: 0.0,
            frame_bytes: 64,
            ..mix
        },
        Mix {
            ipv6_share: 1.0,
            tcp_share: 1.0,
            vlan: true,
            frame_bytes: 1514,
            ..mix
        },
        Mix {
            fragments: true,
            flows: 1,
            ..mix
        },
        Mix {
            fragments: true,
            vlan: true,
            flows: 100_000,
            ..mix
        },
    ];
    for mix in mixes {
        // What arrives of each kind is asked here; at full speed a receiver that the machine holds up
        // for a moment drops frames, and speed has tests of its own.
        let mut plan = Plan {
            rate_pps: Some(200_000),
            frames: 80_000,
            mix,
            ..Plan::default()
        };
        plan.mix.frame_bytes = plan.mix.frame_bytes.max(mix.shortest());
        let (sent, ..) = deliver("mix", &plan);
        let flows = (0..sent.packets).map(|frame| mix.flow(mix.flow_of_frame(frame)));
        let (mut ipv6, mut tcp) = (0, 0);
        for flow in flows {
            ipv6 += u64::from(flow.from.is_ipv6());
            tcp += u64::from(flow.protocol == 6);
        }
        assert_eq!((sent.ipv6, sent.tcp), (ipv6, tcp), "{mix:?}");
        let later = if mix.fragments { 10_000 } else { 0 };
        assert_eq!(sent.later_fragments, later);
    }
}

#[test]
fn a_run_can_be_stopped_and_timed() {
    root_or_skip!("a_run_can_be_stopped_and_timed");
    let pair = pair(VethOptions::default());
    let _napi = napi_on(&pair.b.namespace, "w1").expect("napi");
    let generator = Generator::load().expect("load");
    for rate_pps in [Some(100), Some(1_000_000), None] {
        let plan = Plan {
            rate_pps,
            frames: u64::MAX,
            ..Plan::default()
        };
        let before = accounted(&counters(&pair.b));
        let run = generator.run(&pair.a.namespace, pair.a.index, &plan);
        let run = run.expect("run");
        while run.sent().expect("sent").packets == 0 {
            assert!(!run.finished(), "it ended");
            thread::yield_now();
        }
        run.stop().expect("stop");
        let stopped = run.sent().expect("sent").packets;
        let start = Instant::now();
        let sent = run.join().expect("join");
        println!("stop at {rate_pps:?}: {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(20));
        // It is looked at before every frame.
        assert!(sent.packets <= stopped + 1, "{sent:?} {stopped}");
        let got = settled(&pair.b, before + sent.packets);
        assert_eq!(accounted(&got) - before, sent.packets);

        let plan = Plan {
            duration: Some(Duration::from_millis(300)),
            ..plan
        };
        let start = Instant::now();
        let run = generator.run(&pair.a.namespace, pair.a.index, &plan);
        let sent = run.expect("run").join().expect("join");
        println!("300 ms at {rate_pps:?}: {sent:?} {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(20));
        settled(&pair.b, accounted(&got) + sent.packets);
    }
}

#[test]
fn two_runs_at_once_keep_their_own_counts() {
    root_or_skip!("two_runs_at_once_keep_their_own_counts");
    let generator = Generator::load().expect("load");
    let pairs = [pair(VethOptions::default()), pair(VethOptions::default())];
    let naps = [0, 1].map(|n: usize| napi_on(&pairs[n].b.namespace, "w1").expect("napi"));
    let runs = [0, 1].map(|n: usize| {
        let plan = Plan {
            frames: 200_000 + n as u64,
            cpu: Some(n % thread::available_parallelism().map_or(1, usize::from)),
            ..Plan::default()
        };
        generator
            .run(&pairs[n].a.namespace, pairs[n].a.index, &plan)
            .expect("run")
    });
    for (n, run) in runs.into_iter().enumerate() {
        let sent = run.join().expect("join");
        assert_eq!(sent.packets, 200_000 + n as u64);
        let got = settled(&pairs[n].b, sent.packets);
        assert_eq!(accounted(&got), sent.packets);
    }
    drop(naps);
}

#[test]
fn only_lab_interfaces_are_sent_into() {
    root_or_skip!("only_lab_interfaces_are_sent_into");
    let generator = Generator::load().expect("load");
    let error = generator.run(&namespace(), 1, &Plan::default());
    assert!(matches!(
        error,
        Err(windrow_lab::Error::NotLab { index: 1 })
    ));
}
