//! The words of the language: how a text is split into them, and which there are.

use std::ops::Range;

use super::error::visible;

/// A word, an operator or a parenthesis, and where in the text it stands.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    /// As written.
    pub(super) text: &'a str,
    /// Its bytes.
    pub(super) span: Range<usize>,
}

/// Words that name a protocol.
pub(super) const PROTOCOLS: [&str; 7] = ["tcp", "udp", "icmp", "icmp6", "sctp", "ip", "ip6"];
/// Words that say what the value behind them is.
pub(super) const QUALIFIERS: [&str; 7] =
    ["port", "host", "net", "src", "dst", "portrange", "proto"];
/// Words between two primitives.
pub(super) const OPERATORS: [&str; 2] = ["and", "or"];
/// What else an operand may begin with.
const OTHER_BEGINNINGS: [&str; 4] = ["vlan", "not", "!", "("];

/// Words of pcap-filter(7) that are not in this subset, each with what to write instead, if anything.
const ELSEWHERE: [(&str, Option<&str>); 45] = [
    ("ah", Some("proto 51")),
    ("esp", Some("proto 50")),
    ("igmp", Some("ip proto 2")),
    ("igrp", Some("ip proto 9")),
    ("pim", Some("proto 103")),
    ("vrrp", Some("ip proto 112")),
    ("carp", Some("ip proto 112")),
    ("aarp", None),
    ("action", None),
    ("arp", None),
    ("atalk", None),
    ("broadcast", None),
    ("clnp", None),
    ("decnet", None),
    ("dir", None),
    ("ether", None),
    ("fddi", None),
    ("gateway", None),
    ("geneve", None),
    ("greater", None),
    ("ifindex", None),
    ("ifname", None),
    ("inbound", None),
    ("ipx", None),
    ("isis", None),
    ("iso", None),
    ("lat", None),
    ("len", None),
    ("less", None),
    ("link", None),
    ("llc", None),
    ("mopdl", None),
    ("moprc", None),
    ("mpls", None),
    ("multicast", None),
    ("netbeui", None),
    ("on", None),
    ("outbound", None),
    ("pppoed", None),
    ("pppoes", None),
    ("protochain", None),
    ("rarp", None),
    ("stp", None),
    ("type", None),
    ("wlan", None),
];

/// Everything that an operand may begin with, but for values.
pub(super) fn beginnings() -> Vec<&'static str> {
    [&QUALIFIERS[..], &PROTOCOLS, &OTHER_BEGINNINGS].concat()
}

/// Splits a text at blanks, parentheses and operators.
pub(super) fn split(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(length) = first_length(rest) else {
            return words;
        };
        let start = text.len() - rest.len();
        let (word, behind) = rest.split_at(length);
        words.push(Word {
            text: word,
            span: start..start + length,
        });
        rest = behind;
    }
}

/// Bytes of the word that `text` begins with.
fn first_length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if "()!".contains(first) {
        return Some(1);
    }
    if is_double(text) {
        return Some(2);
    }
    let end = text.char_indices().find(|(at, letter)| {
        letter.is_whitespace() || "()!".contains(*letter) || is_double(&text[*at..])
    });
    Some(end.map_or(text.len(), |(at, _)| at))
}

fn is_double(text: &str) -> bool {
    text.starts_with("&&") || text.starts_with("||")
}

/// What to say of a word that pcap-filter(7) has and this subset has not.
pub(super) fn elsewhere(word: &str) -> Option<String> {
    let here = "is pcap-filter's, and not in the subset that windrow has";
    if word.contains(['[', ']', '<', '>', '=', '&', '|', '*', '^']) {
        return Some(format!(
            "\"{}\" {here}: there is no arithmetic and no access to bytes",
            visible(word)
        ));
    }
    let (word, instead) = ELSEWHERE.iter().find(|(other, _)| *other == word)?;
    Some(match instead {
        Some(instead) => format!("\"{word}\" {here}: write \"{instead}\""),
        None => format!("\"{word}\" {here}: leave it out"),
    })
}
