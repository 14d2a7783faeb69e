//! Values: addresses, networks, ports and protocol numbers, as terms. Names are never looked up.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::error::visible;
use super::qualifiers::{Kind, Qualifiers};
use super::{Family, Term};

/// An address as it is written: IPv4 may leave out its last bytes.
struct Written {
    family: Family,
    bytes: [u8; 16],
    /// Bits that are written out.
    bits: u32,
}

impl Written {
    fn read(text: &str) -> Option<Written> {
        if text.contains(':') {
            return text.parse::<Ipv6Addr>().ok().map(|address| Written {
                family: Family::V6,
                bytes: address.octets(),
                bits: 128,
            });
        }
        let (mut bytes, mut count) = ([0; 16], 0);
        for part in text.split('.') {
            if count == 4 {
                return None;
            }
            bytes[count] = u8::try_from(decimal(part)?).ok()?;
            count += 1;
        }
        Some(Written {
            family: Family::V4,
            bytes,
            bits: 8 * count as u32,
        })
    }

    fn width(&self) -> u32 {
        match self.family {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }
}

/// A decimal number without sign, blanks or zeros in front.
pub(super) fn decimal(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|digit| digit.is_ascii_digit());
    let number = text.parse().ok()?;
    (plain && (text.len() == 1 || !text.starts_with('0'))).then_some(number)
}

/// Whether a word is meant as an address: it is one, or has the form of one.
pub(super) fn is_address(word: &str) -> bool {
    let (address, _) = word.split_once('/').unwrap_or((word, ""));
    decimal(word).is_none() && Written::read(address).is_some()
}

/// The question that `word` is, with `mask` where it follows; or what is wrong with it.
pub(super) fn term(asked: &Qualifiers, word: &str, mask: Option<&str>) -> Result<Term, String> {
    match asked.kind {
        Kind::Address | Kind::Host | Kind::Net => address(asked, word, mask),
        Kind::Port => ports(asked, word, word, word),
        Kind::PortRange => {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            ports(asked, word, first, last)
        }
        Kind::Proto => match decimal(word).and_then(|number| u8::try_from(number).ok()) {
            Some(number) => Ok(Term::Proto {
                family: asked.family(),
                number,
            }),
            None => Err(format!(
                "\"{}\" is no protocol number: give one from 0 to 255",
                visible(word)
            )),
        },
    }
}

fn ports(asked: &Qualifiers, word: &str, first: &str, last: &str) -> Result<Term, String> {
    let port = |text| decimal(text).and_then(|number| u16::try_from(number).ok());
    let shown = visible(word);
    match (port(first), port(last)) {
        (Some(one), Some(other)) => Ok(Term::Port {
            transport: asked.transport(),
            side: asked.side,
            first: one.min(other),
            last: one.max(other),
        }),
        _ if is_address(word) => Err(format!(
            "\"{shown}\" is an address where a port is wanted: write \"host {shown}\""
        )),
        _ if asked.kind == Kind::Port && word.split('-').all(|end| port(end).is_some()) => Err(
            format!("\"{shown}\" is a range of ports: write \"portrange {shown}\""),
        ),
        _ if word.starts_with(|letter: char| letter.is_alphabetic()) => Err(format!(
            "\"{shown}\" is no port, and names of services are not looked up: give the number"
        )),
        _ => Err(format!(
            "\"{shown}\" is no port: give numbers from 0 to 65535"
        )),
    }
}

fn address(asked: &Qualifiers, word: &str, mask: Option<&str>) -> Result<Term, String> {
    let shown = visible(word);
    if asked.kind == Kind::Address && mask.is_none() && decimal(word).is_some() {
        return Err(format!(
            "nothing says what \"{shown}\" is: write \"port {shown}\" or \"net {shown}\""
        ));
    }
    let (text, length) = match word.split_once('/') {
        Some((text, length)) => (text, Some(length)),
        None => (word, None),
    };
    let Some(written) = Written::read(text) else {
        return Err(format!(
            "\"{shown}\" is no address, and names are never looked up: give the address in numbers"
        ));
    };
    if asked
        .family()
        .is_some_and(|family| family != written.family)
    {
        let (asked, other) = match written.family {
            Family::V4 => ("ip6", "ip"),
            Family::V6 => ("ip", "ip6"),
        };
        return Err(format!(
            "\"{shown}\" is not an address of \"{asked}\": write \"{other}\" before it, or neither"
        ));
    }
    let whole = length.is_none() && mask.is_none() && written.bits == written.width();
    if asked.kind == Kind::Host && !whole {
        return Err(format!(
            "\"host\" takes one whole address: write \"net\" before \"{shown}\""
        ));
    }
    let compared = match (length, mask) {
        (None, None) => prefix(written.bits),
        (Some(length), None) => prefix(length_of(&written, length)?),
        (None, Some(mask)) => mask_of(&written, mask)?,
        (Some(_), Some(_)) => {
            return Err(format!(
                "\"{shown}\" has a length already: leave out the length or the mask"
            ));
        }
    };
    let value = (u128::from_be_bytes(written.bytes) & compared).to_be_bytes();
    if value != written.bytes {
        return Err(format!(
            "\"{shown}\" has bits set that its mask leaves out: write {} before the mask",
            spelled(written.family, value)
        ));
    }
    Ok(Term::Address {
        side: asked.side,
        family: written.family,
        value,
        mask: compared.to_be_bytes(),
    })
}

/// As many bits from the first on.
fn prefix(bits: u32) -> u128 {
    u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

fn length_of(written: &Written, length: &str) -> Result<u32, String> {
    let most = written.width();
    match decimal(length) {
        Some(bits) if bits <= most => Ok(bits),
        _ => Err(format!(
            "\"/{}\" is no prefix length here: give one from /0 to /{most}",
            visible(length)
        )),
    }
}

fn mask_of(written: &Written, mask: &str) -> Result<u128, String> {
    if written.family == Family::V6 {
        return Err("\"mask\" is for IPv4: write the length behind the address, as /64".to_owned());
    }
    match Written::read(mask) {
        Some(read) if read.family == Family::V4 && read.bits == 32 => {
            Ok(u128::from_be_bytes(read.bytes))
        }
        _ => Err(format!(
            "\"{}\" is no mask: give four numbers, as 255.255.255.0",
            visible(mask)
        )),
    }
}

/// An address as it is usually written.
pub(super) fn spelled(family: Family, bytes: [u8; 16]) -> String {
    match family {
        Family::V4 => Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]).to_string(),
        Family::V6 => Ipv6Addr::from(bytes).to_string(),
    }
}
