//! What a filter means, written for reading: tests hold the data path's evaluator against it.

use std::net::IpAddr;

use super::{Family, Filter, Side, Term};
use crate::flow::FlowKey;

/// Protocols that have ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];

/// All that a filter knows of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// Its flow; none where the parser found no IP packet.
    pub key: Option<FlowKey>,
    /// The id of its outermost VLAN tag.
    pub vlan: Option<u16>,
}

/// Whether the filter lets a packet pass.
pub fn matches(filter: &Filter, packet: &Packet) -> bool {
    let mut answers = Vec::new();
    for term in filter.terms() {
        let mut last = || answers.pop().unwrap_or(false);
        let answer = match term {
            Term::Not => !last(),
            Term::And => last() & last(),
            Term::Or => last() | last(),
            question => answer(question, packet),
        };
        answers.push(answer);
    }
    answers.pop().unwrap_or(false)
}

/// The answer to one question; operators ask none.
pub(super) fn answer(question: &Term, packet: &Packet) -> bool {
    if let Term::Vlan(id) = question {
        return packet.vlan.is_some_and(|tag| id.is_none_or(|id| id == tag));
    }
    let Some(key) = &packet.key else {
        return false;
    };
    match question {
        Term::Family(family) => family_of(key) == *family,
        Term::Proto { family, number } => {
            key.proto == *number && family.is_none_or(|family| family == family_of(key))
        }
        Term::Address {
            side,
            family,
            value,
            mask,
        } => {
            let mask = u128::from_be_bytes(*mask);
            let is_it =
                |address| u128::from_be_bytes(bytes(address)) & mask == u128::from_be_bytes(*value);
            family_of(key) == *family && on(*side, is_it(key.src), is_it(key.dst))
        }
        Term::Port {
            transport,
            side,
            first,
            last,
        } => {
            let range = *first..=*last;
            WITH_PORTS.contains(&key.proto)
                && transport.is_none_or(|transport| transport.number() == key.proto)
                && on(
                    *side,
                    range.contains(&key.sport),
                    range.contains(&key.dport),
                )
        }
        Term::Vlan(_) | Term::And | Term::Or | Term::Not => false,
    }
}

fn family_of(key: &FlowKey) -> Family {
    match key.src {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}

/// As [`Term::Address`] has them.
fn bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            bytes
        }
        IpAddr::V6(address) => address.octets(),
    }
}

fn on(side: Side, source: bool, destination: bool) -> bool {
    match side {
        Side::Source => source,
        Side::Destination => destination,
        Side::Either => source || destination,
        Side::Both => source && destination,
    }
}
