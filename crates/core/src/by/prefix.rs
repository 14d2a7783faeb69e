//! How much of an address is kept.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::net::Family;

/// How many leading bits of an address are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// Of an IPv4 address, 0 to 32.
    pub ipv4: u8,
    /// Of an IPv6 address, 0 to 128.
    pub ipv6: u8,
}

impl Prefix {
    /// The whole address.
    pub const WHOLE: Prefix = Prefix {
        ipv4: 32,
        ipv6: 128,
    };

    /// IPv6 bits where only those of IPv4 are said: one network of one customer or link; nothing of the one is
    /// nothing of the other.
    fn ipv6_beside(ipv4: u8) -> u8 {
        match ipv4 {
            0 => 0,
            _ => 64,
        }
    }

    /// Reads `24`, or `24/48`: bits of IPv4, and of IPv6, which are 64 otherwise, or 0 beside 0.
    ///
    /// # Errors
    /// The sentence that says which is none.
    pub fn parse(lengths: &str) -> Result<Prefix, String> {
        let (ipv4, ipv6) = match lengths.split_once('/') {
            Some((ipv4, ipv6)) => (ipv4, Some(ipv6)),
            None => (lengths, None),
        };
        let bits = |text: &str, family: &str, most: u8| match text.parse() {
            Ok(bits) if bits <= most => Ok(bits),
            _ => Err(format!(
                "/{text} is no prefix length of an {family} address: 0 to {most}"
            )),
        };
        let ipv4 = bits(ipv4, "IPv4", 32)?;
        Ok(Prefix {
            ipv4,
            ipv6: match ipv6 {
                Some(text) => bits(text, "IPv6", 128)?,
                None => Prefix::ipv6_beside(ipv4),
            },
        })
    }

    /// As much as either keeps.
    pub fn max_each(self, other: Prefix) -> Prefix {
        Prefix {
            ipv4: self.ipv4.max(other.ipv4),
            ipv6: self.ipv6.max(other.ipv6),
        }
    }

    /// How many bits are kept of an address of that family.
    pub fn bits(self, family: Family) -> u8 {
        match family {
            Family::Ipv4 => self.ipv4,
            Family::Ipv6 => self.ipv6,
        }
    }

    /// What is kept of an address; the other bits are 0.
    pub fn of(self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(address) => {
                let rest = 32 - u32::from(self.ipv4);
                let mask = u32::MAX.checked_shl(rest).unwrap_or_default();
                Ipv4Addr::from_bits(address.to_bits() & mask).into()
            }
            IpAddr::V6(address) => {
                let rest = 128 - u32::from(self.ipv6);
                let mask = u128::MAX.checked_shl(rest).unwrap_or_default();
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
        }
    }
}

/// As it is asked for: `/24`, `/24/48`.
impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.ipv4)?;
        match self.ipv6 {
            bits if bits == Prefix::ipv6_beside(self.ipv4) => Ok(()),
            bits => write!(f, "/{bits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_of_ipv6_follows_ipv4() {
        for (lengths, ipv4, ipv6, word) in [
            ("24", 24, 64, "/24"),
            ("24/64", 24, 64, "/24"),
            ("24/48", 24, 48, "/24/48"),
            ("0", 0, 0, "/0"),
            ("0/0", 0, 0, "/0"),
            ("0/64", 0, 64, "/0/64"),
            ("32/0", 32, 0, "/32/0"),
        ] {
            let prefix = Prefix { ipv4, ipv6 };
            assert_eq!(Prefix::parse(lengths), Ok(prefix));
            assert_eq!(prefix.to_string(), word);
        }
    }
}
