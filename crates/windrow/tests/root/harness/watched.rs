//! Interfaces that are watched, and what comes by them.

use std::collections::BTreeMap;

use windrow_lab::{End, Namespace, RawSocket, VethOptions, VethPair, frame};

use super::{
    bpf::attached,
    net::{namespace, until},
    report::Report,
};

/// So long a frame is, and so many bytes it counts as.
const FRAME_BYTES: u32 = 100;

/// Lets frames arrive at the other end of `from`.
pub fn send(from: &End, frames: usize) {
    let sent = from.namespace.run(|| {
        let socket = RawSocket::open(&from.name)?;
        let mut frame = frame(&windrow_lab::Mix::default().flow(0), FRAME_BYTES);
        frame[6..12].copy_from_slice(&from.mac);
        (0..frames).try_for_each(|_| socket.send(&frame))
    });
    sent.expect("enter").expect("send");
}

/// Packets of the rows of each interface and direction.
pub fn by_iface(report: &Report) -> BTreeMap<(String, String), u64> {
    let mut sums = BTreeMap::new();
    for flow in &report.flows {
        let name = |text: &Option<String>| text.clone().unwrap_or_default();
        *sums
            .entry((name(&flow.iface), name(&flow.dir)))
            .or_default() += flow.packets;
    }
    sums
}

pub fn row(name: &str, dir: &str, packets: u64) -> ((String, String), u64) {
    ((name.to_owned(), dir.to_owned()), packets)
}

/// A pair of which one end is in a namespace that is watched.
pub fn to(watched: &Namespace, name: &str) -> VethPair {
    between(&namespace(), watched, name)
}

pub fn between(far: &Namespace, watched: &Namespace, name: &str) -> VethPair {
    VethPair::new(far, "far", watched, name, VethOptions::default()).expect("veth")
}

pub fn watched(end: &End) {
    until("it is attached to", || attached(end) == 2);
}
