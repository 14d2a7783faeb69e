//! The keys of a row as outputs print them: those that were asked for.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use windrow_core::by::{By, Key, Prefix};
use windrow_core::flow::FlowKey;
use windrow_core::net::{Family, Side};
use windrow_core::networks::Networks;

use crate::ifaces::Ifaces;

/// What there is to know of a run's keys.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Which there are.
    pub by: By,
    /// What interfaces are called.
    pub ifaces: Ifaces,
    /// What networks are called.
    pub networks: Arc<Networks>,
    /// A packet counts once on every interface that it passes, in each direction: totals are of
    /// sights.
    pub sights: bool,
}

impl Keys {
    /// The source or destination address of a flow, as far as it is kept.
    pub fn address(&self, key: Key, flow: &FlowKey) -> Address {
        let ip = match key {
            Key::Src => flow.src,
            _ => flow.dst,
        };
        Address::kept(ip, self.by.prefix(key))
    }

    /// The name of the interface of a flow, where it is known.
    pub fn iface(&self, flow: &FlowKey) -> Option<Arc<str>> {
        self.ifaces.name(flow.iface?)
    }

    /// The name of the network that the source or destination of a flow is in, where it has one.
    pub fn network(&self, side: Side, flow: &FlowKey) -> Option<Arc<str>> {
        self.networks.text(match side {
            Side::Src => flow.src_net?,
            Side::Dst => flow.dst_net?,
        })
    }
}

/// An address, or the prefix that was left of it: `10.1.2.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The bits that are kept, others 0.
    pub ip: IpAddr,
    /// How many these are, where it is not all of them.
    pub prefix: Option<u8>,
}

impl Address {
    /// As much of an address as a prefix keeps, or all of it.
    pub fn kept(ip: IpAddr, prefix: Option<Prefix>) -> Address {
        let prefix = prefix.map(|prefix| prefix.bits(Family::of(ip)));
        Address { ip, prefix }
    }

    /// `10.0.0.5:80`, `[2001:db8::1]:443`; the port may be a name.
    pub fn with_port(&self, port: impl fmt::Display) -> String {
        match self.ip {
            IpAddr::V4(_) => format!("{self}:{port}"),
            IpAddr::V6(_) => format!("[{self}]:{port}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix {
            Some(bits) => write!(f, "{}/{bits}", self.ip),
            None => self.ip.fmt(f),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
