//! Where the packets of each exchange are seen, as what, and how many there must be.

use serde_json::Value;

/// Protocols of echoes: of IPv4, of IPv6.
const ICMP: [u64; 2] = [1, 58];
/// Bytes of an echo behind the IP header: its own header, and what `ping` sends.
const ECHO: u64 = 8 + 56;
/// Bytes of a TCP header, and what a SYN has beyond that: the longest segment, the window's scale.
const TCP: u64 = 20;
const SYN_EXTRA: u64 = 8;
const IPV4: u64 = 20;
const IPV6: u64 = 40;
const ETHERNET: u64 = 14;
const TAGGED: u64 = ETHERNET + 4;

/// Packets and bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    pub packets: u64,
    pub bytes: u64,
}

/// A way that packets go.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    Out,
    In,
}

impl Way {
    /// Its name in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }

    /// Where the script puts what a device counted of it.
    pub fn counter(self) -> usize {
        match self {
            Self::In => 0,
            Self::Out => 1,
        }
    }

    /// The last number of the addresses that it comes from.
    fn end(self) -> u8 {
        match self {
            Self::Out => 1,
            Self::In => 2,
        }
    }
}

/// Packets that went both ways between two addresses: echoes, and one TCP connection.
pub struct Exchange {
    /// Its name in the script.
    pub name: &'static str,
    /// How its addresses begin; a 1 follows here, a 2 there.
    net: &'static str,
    ip_header: u64,
    /// The devices count packets of their own beside those that they carry.
    pub talks: bool,
    /// Where each of its packets is seen once.
    sights: &'static [Sight],
}

/// A place where packets are seen.
pub struct Sight {
    /// A packet passes one of them.
    pub interfaces: &'static [&'static str],
    /// The rows' tag; 0 where there is none.
    pub vlan: u64,
    /// Bytes in front of the IP header of what was exchanged.
    in_front: u64,
    flow: Flow,
}

/// What the packets are there.
enum Flow {
    /// What was exchanged.
    Own,
    /// What carries it: how its addresses begin, its protocol and port.
    Carrier(&'static str, u64, u64),
}

impl Exchange {
    /// Its sights, each both ways.
    pub fn ways(&self) -> impl Iterator<Item = (&'static Sight, Way)> {
        let ways = |sight| [(sight, Way::Out), (sight, Way::In)];
        self.sights.iter().flat_map(ways)
    }

    /// The address that sends this way.
    pub fn source(&self, way: Way) -> String {
        format!("{}{}", self.net, way.end())
    }

    /// What a sight of this way must come to, by what the script says was done. Without bytes where
    /// segments were sent again, since nobody says which.
    pub fn expected(&self, done: &Value, way: Way, sight: &Sight) -> (u64, Option<u64>) {
        let number = |name: &str| done[name].as_u64().unwrap_or(0);
        let (echoes, segments) = (number("pings"), number(way.name()));
        let packets = echoes + segments;
        let bytes = echoes * (self.ip_header + ECHO)
            + segments * (self.ip_header + TCP)
            + number("bytes")
            + SYN_EXTRA
            + packets * sight.in_front;
        (packets, (number("again") == 0).then_some(bytes))
    }
}

impl Sight {
    /// Whether a row is of this sight.
    pub fn has(&self, exchange: &Exchange, way: Way, row: &Value) -> bool {
        let (source, is_it) = match self.flow {
            Flow::Own => (exchange.source(way), true),
            Flow::Carrier(net, protocol, port) => (
                format!("{net}{}", way.end()),
                row["proto"] == protocol && row["dport"] == port,
            ),
        };
        let interface = row["iface"].as_str().unwrap_or_default();
        is_it
            && row["src"] == source
            && row["dir"] == way.name()
            && row["vlan"] == self.vlan
            && self.interfaces.contains(&interface)
    }

    /// Its packets have the addresses that were exchanged between.
    pub fn is_own(&self) -> bool {
        matches!(self.flow, Flow::Own)
    }
}

#[cfg(test)]
impl Sight {
    /// A row of this sight, on the first of its interfaces.
    pub fn row(&self, exchange: &Exchange, way: Way, protocol: u64, seen: Count) -> Value {
        let (source, protocol, port) = match self.flow {
            Flow::Own => (exchange.source(way), protocol, 0),
            Flow::Carrier(net, protocol, port) => (format!("{net}{}", way.end()), protocol, port),
        };
        serde_json::json!({
            "type": "flow", "iface": self.interfaces[0], "dir": way.name(), "vlan": self.vlan, "src": source,
            "proto": protocol, "dport": port, "packets": seen.packets, "bytes": seen.bytes,
        })
    }
}

/// Whether a row is of echoes.
pub fn is_echo(row: &Value) -> bool {
    row["proto"].as_u64().is_some_and(|it| ICMP.contains(&it))
}

/// Whether a row is of what carries WireGuard's packets: of other lengths, and some more.
pub fn carries_wireguard(row: &Value) -> bool {
    row["iface"] == "w0" && row["proto"] == 17 && row["dport"] == 51820
}

const GENEVE: Flow = Flow::Carrier("10.0.0.", 17, 6081);
const GRE: Flow = Flow::Carrier("10.0.0.", 47, 0);
const GRE_TO_ANY: Flow = Flow::Carrier("10.0.1.", 47, 0);
const IPIP: Flow = Flow::Carrier("10.0.0.", 4, 0);
const SIT: Flow = Flow::Carrier("10.0.0.", 41, 0);

/// All of them; on `w0` is whatever goes by a device above it.
pub const EXCHANGES: [Exchange; 10] = [
    exchange(
        "vlan",
        "10.7.0.",
        &[
            sight(&["w0.7"], 0, ETHERNET, Flow::Own),
            sight(&["w0"], 7, TAGGED, Flow::Own),
        ],
    ),
    exchange(
        "tagged",
        "10.8.0.",
        &[
            sight(&["w0.8"], 8, TAGGED, Flow::Own),
            sight(&["w0"], 8, TAGGED, Flow::Own),
        ],
    ),
    exchange(
        "backup",
        "10.1.0.",
        &[
            sight(&["backup"], 0, ETHERNET, Flow::Own),
            sight(&["a1", "a2"], 0, ETHERNET, Flow::Own),
        ],
    ),
    exchange(
        "turns",
        "10.2.0.",
        &[
            sight(&["turns"], 0, ETHERNET, Flow::Own),
            sight(&["r1", "r2"], 0, ETHERNET, Flow::Own),
        ],
    ),
    exchange(
        "geneve",
        "10.3.0.",
        &[
            sight(&["geneve1"], 0, ETHERNET, Flow::Own),
            sight(&["w0"], 0, ETHERNET + IPV4 + 8 + 8 + ETHERNET, GENEVE),
        ],
    ),
    exchange(
        "gre",
        "10.4.0.",
        &[
            sight(&["gre1"], 0, 0, Flow::Own),
            sight(&["w0"], 0, ETHERNET + IPV4 + 4, GRE),
        ],
    ),
    exchange(
        "any",
        "10.9.0.",
        &[
            sight(&["gre2"], 0, IPV4 + 4, GRE_TO_ANY),
            sight(&["w0"], 0, ETHERNET + IPV4 + 4, GRE_TO_ANY),
        ],
    ),
    exchange(
        "ipip",
        "10.5.0.",
        &[
            sight(&["ipip1"], 0, 0, Flow::Own),
            sight(&["w0"], 0, ETHERNET + IPV4, IPIP),
        ],
    ),
    Exchange {
        talks: true,
        ..exchange("wireguard", "10.6.0.", &[sight(&["wg1"], 0, 0, Flow::Own)])
    },
    Exchange {
        ip_header: IPV6,
        ..exchange(
            "sit",
            "fd00::",
            &[
                sight(&["sit1"], 0, 0, Flow::Own),
                sight(&["w0"], 0, ETHERNET + IPV4, SIT),
            ],
        )
    },
];

const fn exchange(name: &'static str, net: &'static str, sights: &'static [Sight]) -> Exchange {
    Exchange {
        name,
        net,
        ip_header: IPV4,
        talks: false,
        sights,
    }
}

const fn sight(interfaces: &'static [&'static str], vlan: u64, in_front: u64, flow: Flow) -> Sight {
    Sight {
        interfaces,
        vlan,
        in_front,
        flow,
    }
}
