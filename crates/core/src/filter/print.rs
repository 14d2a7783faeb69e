//! A filter as text again, with every qualifier written out: it parses to the same terms.

use std::fmt;

use super::value::spelled;
use super::{Family, Filter, Side, Term, Transport};

/// A part of a filter, and whether it must stand in parentheses as the operand of something.
type Part = (String, bool);

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<Part> = Vec::new();
        for term in &self.terms {
            let part = match term {
                Term::Not => (format!("not {}", enclosed(last(&mut parts))), false),
                Term::And | Term::Or => {
                    let operator = if *term == Term::And { "and" } else { "or" };
                    let right = enclosed(last(&mut parts));
                    // From the left they need no parentheses.
                    let (left, _) = last(&mut parts);
                    (format!("{left} {operator} {right}"), true)
                }
                question => (primitive(question), false),
            };
            parts.push(part);
        }
        f.write_str(&last(&mut parts).0)
    }
}

/// The operand that an operator finds: the terms of a filter leave one for each.
fn last(parts: &mut Vec<Part>) -> Part {
    parts.pop().unwrap_or_default()
}

fn enclosed((text, compound): Part) -> String {
    if compound { format!("({text})") } else { text }
}

fn primitive(term: &Term) -> String {
    match term {
        Term::Family(family) => version(*family).to_owned(),
        Term::Proto { family, number } => proto(*family, *number),
        Term::Address {
            side,
            family,
            value,
            mask,
        } => format!("{}{}", before(*side), network(*family, *value, *mask)),
        Term::Port {
            transport,
            side,
            first,
            last,
        } => {
            let transport = transport.map_or("", |transport| match transport {
                Transport::Tcp => "tcp ",
                Transport::Udp => "udp ",
                Transport::Sctp => "sctp ",
            });
            let side = before(*side);
            if first == last {
                format!("{transport}{side}port {first}")
            } else {
                format!("{transport}{side}portrange {first}-{last}")
            }
        }
        Term::Vlan(None) => "vlan".to_owned(),
        Term::Vlan(Some(id)) => format!("vlan {id}"),
        Term::And | Term::Or | Term::Not => String::new(),
    }
}

fn version(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}

fn proto(family: Option<Family>, number: u8) -> String {
    match (family, number) {
        (None, 6) => "tcp".to_owned(),
        (None, 17) => "udp".to_owned(),
        (None, 132) => "sctp".to_owned(),
        (Some(Family::V4), 1) => "icmp".to_owned(),
        (Some(Family::V6), 58) => "icmp6".to_owned(),
        (None, number) => format!("proto {number}"),
        (Some(family), number) => format!("{} proto {number}", version(family)),
    }
}

fn before(side: Side) -> &'static str {
    match side {
        Side::Source => "src ",
        Side::Destination => "dst ",
        Side::Both => "src and dst ",
        Side::Either => "",
    }
}

fn network(family: Family, value: [u8; 16], mask: [u8; 16]) -> String {
    let address = spelled(family, value);
    let compared = u128::from_be_bytes(mask);
    let width = match family {
        Family::V4 => 32,
        Family::V6 => 128,
    };
    match compared.leading_ones() {
        bits if bits == width => format!("host {address}"),
        bits if bits == compared.count_ones() => format!("net {address}/{bits}"),
        _ => format!("net {address} mask {}", spelled(family, mask)),
    }
}
