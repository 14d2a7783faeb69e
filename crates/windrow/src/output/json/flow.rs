//! The line of a flow; CSV has the same fields.

use std::sync::Arc;

use serde::Serialize;
use windrow_core::bounds::Bounds;
use windrow_core::by::Key;
use windrow_core::flow::Dir;
use windrow_core::net::Side;
use windrow_core::window::{Flow, Window};

use super::lines::{nanos, rfc3339};
use crate::output::key::{Address, Keys};

/// One flow of a window.
#[derive(Serialize)]
pub(in crate::output) struct FlowLine {
    r#type: &'static str,
    #[serde(flatten)]
    fields: FlowFields,
}

/// What is said of a flow.
#[derive(Serialize)]
pub(in crate::output) struct FlowFields {
    seq: u64,
    window_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst: Option<Address>,
    /// The inner one is whether there is a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    src_net: Option<Option<Arc<str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_net: Option<Option<Arc<str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sport: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dport: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proto: Option<u8>,
    /// The inner one is whether it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    iface: Option<Option<Arc<str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dir: Option<Option<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vlan: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tos: Option<u8>,
    packets: u64,
    packets_hi: u64,
    bytes: u64,
    bytes_hi: u64,
    first: String,
    last: String,
    tcp_flags: u8,
    exact: bool,
}

impl FlowFields {
    /// A flow of a window.
    pub(in crate::output) fn of(window: &Window, flow: &Flow, keys: &Keys) -> Self {
        let Bounds { lo, hi } = flow.bounds;
        let (by, key) = (&keys.by, &flow.key);
        let network = |side| {
            let name = || keys.network(side, key);
            by.has(Key::network(side)).then(name)
        };
        FlowFields {
            seq: window.span.seq,
            window_ns: nanos(window.span.window),
            src: by.has(Key::Src).then(|| keys.address(Key::Src, key)),
            dst: by.has(Key::Dst).then(|| keys.address(Key::Dst, key)),
            src_net: network(Side::Src),
            dst_net: network(Side::Dst),
            sport: by.has(Key::Sport).then_some(key.sport),
            dport: by.has(Key::Dport).then_some(key.dport),
            proto: by.has(Key::Proto).then_some(key.proto),
            iface: by.has(Key::Iface).then(|| keys.iface(key)),
            dir: by.has(Key::Dir).then(|| key.dir.map(Dir::name)),
            vlan: by.has(Key::Vlan).then_some(key.vlan),
            tos: by.has(Key::Tos).then_some(key.tos),
            packets: lo.packets,
            packets_hi: hi.packets,
            bytes: lo.bytes,
            bytes_hi: hi.bytes,
            first: rfc3339(window.span.wall(flow.first)),
            last: rfc3339(window.span.wall(flow.last)),
            tcp_flags: flow.tcp_flags,
            exact: flow.bounds.is_exact(),
        }
    }

    /// The JSON line.
    pub(super) fn line(self) -> FlowLine {
        FlowLine {
            r#type: "flow",
            fields: self,
        }
    }
}
