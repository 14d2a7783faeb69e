//! The loaded programs, by test runs, on the frames that the native engine counts.

use std::collections::BTreeMap;

use windrow_core::filter::Filter;
use windrow_core::flow::FlowKey;
use windrow_core::slice::Slice;
use windrow_core::tally::Tally;
use windrow_datapath::kernel::{FrameHook, Grace, Hooks, LEAST_FRAME, Replay, Settings};
use windrow_datapath::{Datapath, Epoch, Error, Export, Secret};

use super::random::filter;
use super::{
    Event, MEMORIES, assert_same, at, by_native, events, expected, grouped, ledger, through,
};
use crate::support::mutate::Random;

/// `None`, and a line that says so, where loading programs is not permitted.
pub fn loaded<T>(test: &str, result: Result<T, Error>, filter: &Filter) -> Option<T> {
    match result {
        Ok(loaded) => Some(loaded),
        Err(error @ (Error::NotPermitted | Error::NoBtf)) => {
            println!("skipped: {test}: {error}");
            None
        }
        Err(error) => panic!("{filter}: {error}"),
    }
}

/// Filters that are as large as may be: what is hardest for the verifier.
fn largest() -> Vec<Filter> {
    let join = |questions: &[String], operator: &str| questions.join(operator);
    let ports: Vec<String> = (0..16).map(|n| format!("port {}", n * 5)).collect();
    let hosts: Vec<String> = (0..16)
        .map(|n| format!("net 10.0.0.{}/31", n * 2))
        .collect();
    let sixes: Vec<String> = (1..17)
        .map(|n| format!("src host 2001:db8::{n:x}"))
        .collect();
    let nested = format!("{}{}", join(&ports, " or ("), ")".repeat(15));
    [
        join(&ports, " or "),
        join(&hosts, " or "),
        join(&sixes, " or "),
        format!("not ({})", join(&hosts, " or ")),
        format!("not ({nested})"),
        "tcp or udp and not (ip and net 10.0.0.0/8 or ip6 and port (1 or 80)) or vlan".to_owned(),
    ]
    .iter()
    .map(|text| Filter::parse(text).unwrap())
    .collect()
}

#[test]
fn both_engines_let_the_same_frames_pass() {
    let test = "both_engines_let_the_same_frames_pass";
    let mut random = Random::new(6);
    let mut filters = largest();
    filters.extend((0..24).map(|_| filter(&mut random)));
    for (round, filter) in filters.iter().enumerate() {
        let events = events(&mut random, 3000, LEAST_FRAME);
        let (memory, secret) = (MEMORIES[round % 2], Secret::from_seed(random.next()));
        let selection = grouped(filter, round / 2);
        let replay = Replay::load(memory, secret, &selection);
        let Some(mut replay) = loaded(test, replay, filter) else {
            return;
        };
        for (place, event) in events.iter().enumerate() {
            replay.count(&event.frame, event.bytes, at(place)).unwrap();
        }
        let native = by_native(&events, &selection, memory, secret);
        assert_same(filter, &replay.drain().collect(), &native);
        let want = expected(&events, &selection, memory, secret);
        assert_same(filter, &native, &want);
        assert_eq!(replay.lost_events(), 0);
    }
}

/// Flows and flags, whose order depends on a secret that the programs drew.
fn flows(slices: &[Slice]) -> BTreeMap<FlowKey, (Tally, u8)> {
    let mut flows = BTreeMap::new();
    for row in slices.iter().flat_map(|slice| &slice.rows) {
        let flow: &mut (Tally, u8) = flows.entry(row.key).or_default();
        flow.0 += row.count;
        flow.1 |= row.tcp_flags;
    }
    flows
}

#[test]
fn programs_at_traffic_control_let_the_same_frames_pass() {
    let test = "programs_at_traffic_control_let_the_same_frames_pass";
    let grace = Grace::new().unwrap();
    let mut random = Random::new(7);
    let mut filters = largest();
    filters.extend((0..8).map(|_| filter(&mut random)));
    for filter in &filters {
        let mut events = events(&mut random, 2000, LEAST_FRAME);
        // Test runs at tc take no others.
        events.retain(|event| (54..=3000).contains(&event.frame.len()));
        for event in &mut events {
            event.bytes = event.frame.len() as u32;
        }
        let Some(mut datapath) = loaded(test, load(filter), filter) else {
            return;
        };
        for Event { frame, .. } in &events {
            datapath.run_frame(FrameHook::Tc, frame, 1).unwrap();
        }
        datapath.flipper().flip(Epoch(1));
        grace.wait().unwrap();
        let slices = datapath.drain(Epoch(0)).unwrap().slices();
        let slices: Vec<Slice> = slices.into_iter().map(Slice::collect).collect();
        let native = by_native(&events, &through(filter), MEMORIES[1], Secret::from_seed(1));
        assert_eq!(
            flows(&slices),
            flows(std::slice::from_ref(&native)),
            "{filter}"
        );
        let sum = |part: fn(&Slice) -> Tally| slices.iter().map(part).sum::<Tally>();
        let native = ledger(&native);
        assert_eq!(sum(|slice| slice.seen), native.seen, "{filter}");
        assert_eq!(sum(|slice| slice.filtered), native.filtered, "{filter}");
        assert_eq!(sum(Slice::folded_sum), native.folded_sum(), "{filter}");
    }
}

pub fn load(filter: &Filter) -> Result<Datapath, Error> {
    Datapath::load(Settings {
        hooks: Hooks::Tc,
        memory_bytes: 8 << 20,
        buffers: 2,
        selection: through(filter),
        interfaces: 0,
        export: Export::Map,
    })
}
