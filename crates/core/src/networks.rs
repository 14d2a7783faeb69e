//! Names of networks, from a file: `10.1.0.0/16 office`, one network a line. An address has the name of
//! the smallest network of the file that it is in.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::by::Prefix;
use crate::net::{Family, Net};
use ranges::{Range, Ranges};

/// Bytes of a name.
pub const NAME_LIMIT: usize = 64;

/// A name of a [`Networks`], by its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetName(pub NonZeroU16);

/// Networks with names. Several may have one name, also of both families.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    /// In the order in which they first come.
    names: Vec<Arc<str>>,
    ipv4: Ranges,
    ipv6: Ranges,
    longest: Prefix,
}

impl Networks {
    /// Reads a file's bytes: a network, white space, and its name up to the end of the line. A network
    /// is a prefix or an address; lines that begin with `#`, and empty ones, say nothing.
    ///
    /// # Errors
    /// The number of a line, and what is wrong with it.
    pub fn parse(file: &[u8]) -> Result<Networks, String> {
        let mut lines = Lines::default();
        for (number, line) in (1..).zip(file.split(|byte| *byte == b'\n')) {
            let read = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned());
            read.and_then(|line| lines.add(number, line.trim()))
                .map_err(|wrong| format!("line {number}: {wrong}"))?;
        }
        let names = lines.names.iter().map(|name| Arc::from(*name)).collect();
        let of = |family| {
            let networks = lines.networks.iter();
            let networks = networks.filter(move |(network, _)| network.family() == family);
            networks.map(|(network, (name, _))| Range {
                first: network.first(),
                last: network.last(),
                name: *name,
            })
        };
        Ok(Networks {
            names,
            ipv4: Ranges::of(of(Family::Ipv4).collect()),
            ipv6: Ranges::of(of(Family::Ipv6).collect()),
            longest: lines.longest,
        })
    }

    /// The name of an address.
    pub fn name_of(&self, address: IpAddr) -> Option<NetName> {
        self.ranges(Family::of(address)).name_of(number(address))
    }

    /// That of all addresses of a network, which may be that they have none; `None` where they have
    /// several.
    pub fn name_of_all(&self, net: Net) -> Option<Option<NetName>> {
        let network = Network {
            address: net.address(),
            bits: net.bits(),
        };
        let ranges = self.ranges(net.family());
        ranges.name_of_all(network.first(), network.last())
    }

    /// A name as it is written; `None` where it is another file's.
    pub fn text(&self, name: NetName) -> Option<Arc<str>> {
        self.names.get(usize::from(name.0.get()) - 1).cloned()
    }

    /// As much of an address as any name depends on.
    pub fn longest(&self) -> Prefix {
        self.longest
    }

    fn ranges(&self, family: Family) -> &Ranges {
        match family {
            Family::Ipv4 => &self.ipv4,
            Family::Ipv6 => &self.ipv6,
        }
    }
}

/// What the lines so far say.
#[derive(Default)]
struct Lines<'a> {
    names: Vec<&'a str>,
    numbers: HashMap<&'a str, NetName>,
    /// With the number of the line.
    networks: HashMap<Network, (NetName, usize)>,
    longest: Prefix,
}

impl<'a> Lines<'a> {
    fn add(&mut self, number: usize, line: &'a str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (network, name) = match line.split_once(char::is_whitespace) {
            Some((network, name)) => (network, name.trim_start()),
            None => (line, ""),
        };
        let network = Network::parse(network)?;
        let name = self.name(name)?;
        let (known, before) = *self.networks.entry(network).or_insert((name, number));
        if known != name {
            return Err(format!(
                "{} has another name on line {before}",
                network.text()
            ));
        }
        let bits = match network.family() {
            Family::Ipv4 => &mut self.longest.ipv4,
            Family::Ipv6 => &mut self.longest.ipv6,
        };
        *bits = network.bits.max(*bits);
        Ok(())
    }

    fn name(&mut self, name: &'a str) -> Result<NetName, String> {
        if name.is_empty() {
            return Err("there is no name behind the network".to_owned());
        }
        if name.len() > NAME_LIMIT {
            return Err(format!(
                "a name has {NAME_LIMIT} bytes at most, this one has {}",
                name.len()
            ));
        }
        if name.chars().any(char::is_control) {
            return Err(format!("there are control characters in the name {name:?}"));
        }
        if let Some(known) = self.numbers.get(name) {
            return Ok(*known);
        }
        let next = u16::try_from(self.names.len() + 1);
        let next = next.ok().and_then(NonZeroU16::new).map(NetName);
        let next = next.ok_or_else(|| format!("there are more than {} names", u16::MAX))?;
        self.names.push(name);
        self.numbers.insert(name, next);
        Ok(next)
    }
}

/// Addresses that begin alike: so many bits, the others are 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    fn parse(text: &str) -> Result<Network, String> {
        let no_network = || format!("{text:?} is no network, as 10.1.0.0/16 or 2001:db8::/32 are");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| no_network())?;
        let whole = Prefix::WHOLE.bits(Family::of(address));
        let bits = match bits {
            // Not "+8", nor "08".
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|it: &u8| *it <= whole && it.to_string() == bits)
                .ok_or_else(no_network)?,
            None => whole,
        };
        let kept = Prefix {
            ipv4: bits,
            ipv6: bits,
        };
        let network = Network {
            address: kept.of(address),
            bits,
        };
        if network.address != address {
            return Err(format!(
                "{text} has bits behind its prefix: did you mean {}?",
                network.text()
            ));
        }
        Ok(network)
    }

    fn family(self) -> Family {
        Family::of(self.address)
    }

    fn first(self) -> u128 {
        number(self.address)
    }

    fn last(self) -> u128 {
        let rest = Prefix::WHOLE.bits(self.family()) - self.bits;
        let ones = 1u128
            .checked_shl(rest.into())
            .map_or(u128::MAX, |it| it - 1);
        self.first() | ones
    }

    fn text(self) -> String {
        format!("{}/{}", self.address, self.bits)
    }
}

/// An address as a number.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

mod ranges;
#[cfg(test)]
mod tests;
