//! The JSON lines of the contract, as far as the tests read them.

// Of some fields the tests ask no more than that a line has them.
#![allow(dead_code)]

use std::net::IpAddr;

use serde::{Deserialize, Deserializer};

/// What a flow line is about.
pub type Key = (IpAddr, IpAddr, u16, u16, u8);

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    Start(Start),
    Window(Window),
    Flow(Flow),
    Prefix(Prefix),
    Other(Other),
    Iface(Iface),
    Length(Length),
    Warning(Warning),
    Summary(Summary),
}

#[derive(Debug, Clone, Deserialize)]
pub struct Start {
    pub ifaces: Vec<String>,
    /// None while there is no interface.
    pub hook: Option<String>,
    pub by: Vec<String>,
    pub counts: String,
    pub direction: String,
    pub window_ns: u64,
    /// With --adaptive.
    pub adaptive: Option<Adaptive>,
    pub memory_bytes: u64,
    pub rows_per_cpu: u64,
    pub pid: u32,
    #[serde(default)]
    pub rollup: Vec<Tier>,
}

/// Windows that are made of shorter ones.
#[derive(Debug, Clone, Deserialize)]
pub struct Tier {
    pub window_ns: u64,
    pub memory_bytes: u64,
    pub rows: u64,
}

/// Between what lengths windows follow the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Adaptive {
    pub min_ns: u64,
    pub max_ns: u64,
}

/// Windows are to have another length.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Length {
    pub seq: u64,
    pub window_ns: u64,
    pub from_ns: u64,
    pub to_ns: u64,
    pub reason: String,
    pub text: String,
}

/// Disjoint levels of the ladder.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Levels {
    #[serde(rename = "24")]
    pub level_24: u64,
    #[serde(rename = "16")]
    pub level_16: u64,
    #[serde(rename = "8")]
    pub level_8: u64,
    pub total: u64,
}

impl Levels {
    pub fn sum(&self) -> u64 {
        self.level_24 + self.level_16 + self.level_8 + self.total
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Window {
    pub seq: u64,
    pub start: String,
    pub end: String,
    pub window_ns: u64,
    pub events: u64,
    pub packets: u64,
    pub bytes: u64,
    pub rows: u64,
    pub spilled_rows: u64,
    pub folded_packets: Levels,
    pub folded_bytes: Levels,
    pub other_packets: u64,
    pub other_bytes: u64,
    pub filtered_packets: u64,
    pub filtered_bytes: u64,
    pub absent_packets_hi: u64,
    pub absent_bytes_hi: u64,
    pub residue_packets: i64,
    pub residue_bytes: i64,
    pub late: bool,
    pub occupancy: f64,
    pub lost: u64,
    pub iface_packets: Option<u64>,
    /// Of longer windows only.
    pub windows: Option<u64>,
    pub gap_ns: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Flow {
    pub seq: u64,
    pub window_ns: u64,
    // What is not asked for is not there.
    #[serde(default = "unspecified", deserialize_with = "address")]
    pub src: IpAddr,
    #[serde(default = "unspecified", deserialize_with = "address")]
    pub dst: IpAddr,
    #[serde(default)]
    pub sport: u16,
    #[serde(default)]
    pub dport: u16,
    #[serde(default)]
    pub proto: u8,
    pub iface: Option<String>,
    pub dir: Option<String>,
    /// None also where it is null.
    pub src_net: Option<String>,
    pub dst_net: Option<String>,
    pub packets: u64,
    pub packets_hi: u64,
    pub bytes: u64,
    pub bytes_hi: u64,
    pub first: String,
    pub last: String,
    pub tcp_flags: u8,
    pub exact: bool,
}

/// An address, or what is left of it: `10.1.2.0/24`.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address = text.split('/').next().unwrap_or_default();
    address.parse().map_err(serde::de::Error::custom)
}

fn unspecified() -> IpAddr {
    IpAddr::from([0; 4])
}

impl Line {
    /// The length of the windows that it is of; None where it is of all, or of those that are counted.
    pub fn window_ns(&self) -> Option<u64> {
        match self {
            Line::Window(it) => Some(it.window_ns),
            Line::Flow(it) => Some(it.window_ns),
            Line::Prefix(it) => Some(it.window_ns),
            Line::Other(it) => Some(it.window_ns),
            Line::Warning(it) => Some(it.window_ns),
            Line::Start(_) | Line::Iface(_) | Line::Length(_) | Line::Summary(_) => None,
        }
    }
}

impl Flow {
    pub fn key(&self) -> Key {
        (self.src, self.dst, self.sport, self.dport, self.proto)
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Prefix {
    pub seq: u64,
    pub window_ns: u64,
    pub side: String,
    pub level: u8,
    pub prefix: String,
    pub packets: u64,
    pub packets_hi: u64,
    pub bytes: u64,
    pub bytes_hi: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Other {
    pub seq: u64,
    pub window_ns: u64,
    pub reason: String,
    pub packets: u64,
    pub bytes: u64,
}

/// An interface that appeared or went.
#[derive(Debug, Clone, Deserialize)]
pub struct Iface {
    pub seq: u64,
    pub window_ns: u64,
    pub event: String,
    pub iface: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Warning {
    pub seq: u64,
    pub window_ns: u64,
    pub code: String,
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    pub windows: u64,
    pub late_windows: u64,
    pub events: u64,
    pub packets: u64,
    pub bytes: u64,
    pub rows: u64,
    pub residue_packets: i64,
    pub residue_bytes: i64,
    pub lost: u64,
}

/// Names of the outermost object of a line, in their order; they hold no quotes or escapes.
pub fn names(line: &str) -> String {
    let (mut depth, mut names, mut text) = (0, Vec::new(), None::<String>);
    let mut last = String::new();
    let mut escaped = false;
    for character in line.chars() {
        match (&mut text, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(_), '"') => last = text.take().unwrap_or_default(),
            (Some(text), other) => text.push(other),
            (None, '"') => text = Some(String::new()),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            (None, ':') if depth == 1 => names.push(std::mem::take(&mut last)),
            (None, _) => {}
        }
    }
    names.join(" ")
}
