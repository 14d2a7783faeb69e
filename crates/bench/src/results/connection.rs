//! What a TCP connection takes, and how many there are, with something that watches them.

use serde::Serialize;

use super::rounded;

/// What a connection takes, both ends of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Connection {
    /// `connect`.
    pub group: &'static str,
    /// The design.
    pub what: &'static str,
    /// Nanoseconds a connection, in all: the median of those with nothing beside them, and `added`.
    pub ns: f64,
    /// Nanoseconds beyond a connection of the same time with nothing beside it: the median of the rounds.
    pub added: f64,
    /// `event`.
    pub unit: &'static str,
    /// Connections that were made beside it, where it says how many it counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<u64>,
    /// Connections in what it reports: of the whole system, so there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<u64>,
}

impl Connection {
    /// Of a design that adds so much to so much.
    pub fn new(what: &'static str, bare: f64, added: f64) -> Self {
        Self {
            group: "connect",
            what,
            ns: rounded(bare + added),
            added: rounded(added),
            unit: "event",
            made: None,
            counted: None,
        }
    }
}

/// How many connections a load makes on all CPUs, where what watches them runs there too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConnectionRate {
    /// `connect`.
    pub group: &'static str,
    /// The program, and what stands behind its name for a rate.
    pub what: String,
    /// Connections a second: the most with nothing beside them, less what is lost.
    pub per_second: f64,
    /// What is lost of those of the same rounds with nothing beside them, as a share, the best round of each.
    pub lost: f64,
    /// `second`.
    pub unit: &'static str,
    /// What watched.
    #[serde(skip)]
    pub program: &'static str,
}

impl ConnectionRate {
    /// Of a program that takes such a share of so many a second.
    pub fn new(program: &'static str, bare: f64, lost: f64) -> Self {
        Self {
            group: "connect",
            what: format!("{program}_rate"),
            per_second: (bare * (1.0 - lost)).round(),
            lost: (lost * 1e4).round() / 1e4,
            unit: "second",
            program,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_json() {
        let cost = Connection {
            made: Some(5),
            counted: Some(6),
            ..Connection::new("tcplife", 30_000.0, 9_000.126)
        };
        assert_eq!(
            serde_json::to_value(cost).ok(),
            Some(serde_json::json!({
                "group": "connect", "what": "tcplife", "ns": 39_000.13, "added": 9_000.13,
                "unit": "event", "made": 5, "counted": 6
            }))
        );
        let rate = ConnectionRate::new("tcplife", 40_000.0, 0.25);
        assert_eq!(
            serde_json::to_value(rate).ok(),
            Some(serde_json::json!({
                "group": "connect", "what": "tcplife_rate", "per_second": 30_000.0, "lost": 0.25,
                "unit": "second"
            }))
        );
    }
}
