//! Truth files: what each capture holds, and how a window of ours differs from it.
//!
//! A row is `class encap src dst sport dport proto packets cap_bytes wire_bytes tcpflags_or`. The
//! parser's depths stand in `bpf/parse.h`; whatever lies deeper is compared by what is promised of
//! it: tags and labels under `other`, IPv6 chains by their addresses alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use windrow_core::flow::FlowKey;
use windrow_core::reason::Reason;
use windrow_core::tally::Tally;
use windrow_core::window::Window;

const VLANS: usize = 4;
const LABELS: usize = 8;
const EXTENSIONS: usize = 8;

/// Where packets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// A flow.
    Flow(FlowKey),
    /// Flows of two addresses, whose ports and protocol are left open.
    Pair(IpAddr, IpAddr),
    /// No flow.
    Other(Kind),
}

/// Reasons, as far as truth files tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Short,
    BadIp,
    /// Including frames cut inside tags or labels, which may be too deep at the same time.
    NotIp,
}

/// What a file must come to.
#[derive(Default)]
pub struct Truth {
    /// Records in the capture.
    pub records: u64,
    expected: BTreeMap<Place, Tally>,
    open: HashSet<(IpAddr, IpAddr)>,
    /// TCP flags, where a whole transport header was in every packet.
    flags: HashMap<FlowKey, Option<u8>>,
}

struct Row {
    class: String,
    key: Option<FlowKey>,
    kind: Option<Kind>,
    free: bool,
    seen: Tally,
    flags: u8,
}

impl Row {
    fn parse(line: &str) -> Row {
        let fields: Vec<&str> = line.split('\t').collect();
        let [
            class,
            encap,
            src,
            dst,
            sport,
            dport,
            proto,
            packets,
            bytes,
            _,
            flags,
        ] = fields[..]
        else {
            panic!("not a truth row: {line}")
        };
        let layers: Vec<&str> = encap.split('/').collect();
        let depth = |layer: &str| {
            let of = |part: &&str| part.strip_prefix(layer).map(|n| n.parse().unwrap_or(1));
            layers.iter().find_map(of).unwrap_or(0usize)
        };
        let deep = layers.iter().filter(|layer| **layer == "vlan").count() > VLANS
            || depth("mpls") > LABELS;
        let kind = match class {
            _ if deep => Some(Kind::NotIp),
            "nonip" | "l2trunc" => Some(Kind::NotIp),
            "badip" => Some(Kind::BadIp),
            "short" => Some(Kind::Short),
            _ => None,
        };
        let key = || FlowKey {
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            sport: sport.parse().unwrap(),
            dport: dport.parse().unwrap(),
            proto: proto.parse().unwrap(),
            ..FlowKey::NOTHING
        };
        Row {
            class: class.to_owned(),
            key: kind.is_none().then(key),
            kind,
            free: class == "l4short" || depth("ext") > EXTENSIONS,
            seen: Tally::new(packets.parse().unwrap(), bytes.parse().unwrap()),
            flags: flags.parse().unwrap(),
        }
    }
}

impl Truth {
    /// Reads the text of a truth file.
    pub fn parse(text: &str) -> Truth {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let rows: Vec<Row> = lines.map(Row::parse).collect();
        let mut truth = Truth::default();
        for key in rows.iter().filter(|row| row.free).filter_map(|row| row.key) {
            truth.open.insert((key.src, key.dst));
        }
        for row in &rows {
            truth.records += row.seen.packets;
            let place = match (row.key, row.kind) {
                (Some(key), _) => truth.place(key),
                (None, kind) => Place::Other(kind.unwrap()),
            };
            *truth.expected.entry(place).or_default() += row.seen;
            if let Some(key) = row.key {
                let flags = truth.flags.entry(key).or_insert(Some(0));
                *flags = flags.filter(|_| row.class == "l4").map(|or| or | row.flags);
            }
        }
        truth
    }

    fn place(&self, key: FlowKey) -> Place {
        if self.open.contains(&(key.src, key.dst)) {
            Place::Pair(key.src, key.dst)
        } else {
            Place::Flow(key)
        }
    }

    /// Every place at which `window` and the truth differ; `short` frames never met a program.
    pub fn differences(&self, window: &Window, short: Tally, compare_bytes: bool) -> Vec<String> {
        let mut got: BTreeMap<Place, Tally> = BTreeMap::new();
        if !short.is_zero() {
            got.insert(Place::Other(Kind::Short), short);
        }
        for flow in &window.flows {
            *got.entry(self.place(flow.key)).or_default() += flow.bounds.lo;
        }
        for (reason, seen) in &window.ledger.other {
            let kind = match reason {
                Reason::Short => Kind::Short,
                Reason::BadIp => Kind::BadIp,
                _ => Kind::NotIp,
            };
            *got.entry(Place::Other(kind)).or_default() += *seen;
        }
        let mut lines = Vec::new();
        let places: BTreeSet<&Place> = self.expected.keys().chain(got.keys()).collect();
        for place in places {
            let want = self.expected.get(place).copied().unwrap_or_default();
            let have = got.get(place).copied().unwrap_or_default();
            if want.packets != have.packets || (compare_bytes && want.bytes != have.bytes) {
                lines.push(format!("{place:?}: want {want:?}, got {have:?}"));
            }
        }
        for flow in &window.flows {
            let want = self.flags.get(&flow.key).copied().flatten();
            let open = self.open.contains(&(flow.key.src, flow.key.dst));
            if !open && want.is_some_and(|flags| flags != flow.tcp_flags) {
                let (key, got) = (flow.key, flow.tcp_flags);
                lines.push(format!("{key:?}: want TCP flags {want:?}, got {got}"));
            }
        }
        lines.sort();
        lines
    }
}
