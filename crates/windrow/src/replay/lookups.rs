//! `--lookup`: flows whose bounds are wanted, whether they have rows or not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use windrow_core::by::{By, Key, Named, Prefix};
use windrow_core::flow::{Dir, FlowKey, Life};
use windrow_core::lookup::Lookup;
use windrow_core::net::Family;
use windrow_core::window::Window;

use super::{Engine, Origins};
use crate::exit::Failure;
use crate::output::{LookedUp, protocol_number};

/// Flows that are looked for in every window.
#[derive(Default)]
pub struct Lookups {
    /// As they were asked for, and what that is.
    asked: Vec<(String, FlowKey)>,
    /// Nothing was found yet.
    fresh: Lookup,
    /// What was found in windows of each length, in the order in which these came up.
    found: Vec<(Option<Duration>, Lookup)>,
}

impl Lookups {
    /// Reads keys as they are written on the command line: the values of what packets are grouped by.
    pub fn read(
        texts: &[String],
        by: &By,
        origins: &mut Origins,
        engine: &Engine,
    ) -> Result<Lookups, Failure> {
        let mut asked = Vec::with_capacity(texts.len());
        for text in texts {
            let key = parse(text, by, |name| origins.named(name)).map_err(|wrong| {
                let (form, example) = form(by);
                Failure::usage(format!(
                    "--lookup {text:?}: {wrong}; write {form}, as {example}"
                ))
            })?;
            asked.push((text.clone(), key));
        }
        let hashed = |(_, key): &(String, FlowKey)| (*key, engine.hash_of(key));
        Ok(Lookups {
            fresh: Lookup::new(asked.iter().map(hashed)),
            found: Vec::new(),
            asked,
        })
    }

    /// Looks for them in a window.
    pub fn add(&mut self, window: &Window) {
        let length = window.span.window;
        let place = self.found.iter().position(|(of, _)| *of == length);
        let place = place.unwrap_or_else(|| {
            self.found.push((length, self.fresh.clone()));
            self.found.len() - 1
        });
        self.found[place].1.add(window);
    }

    /// What is known of them by now.
    pub fn found(&self) -> Vec<LookedUp> {
        let asked = self.asked.iter();
        let found = asked.flat_map(|(text, key)| {
            self.found.iter().map(|(window, lookup)| LookedUp {
                key: text.clone(),
                window: *window,
                bounds: lookup.bounds(key).unwrap_or_default(),
            })
        });
        found.collect()
    }
}

/// What a key looks like: the names of its values, and an example.
fn form(by: &By) -> (String, String) {
    let example = |key| match key {
        Key::Src => "10.0.0.1",
        Key::Dst => "10.0.0.2",
        Key::SrcNet | Key::DstNet => "office",
        Key::Sport => "1234",
        Key::Dport => "80",
        Key::Proto => "tcp",
        Key::Iface => "eth0",
        Key::Dir => "in",
        Key::Vlan => "100",
        Key::Tos => "0",
    };
    let examples: Vec<&str> = by.keys().map(example).collect();
    (by.words().join(","), examples.join(","))
}

/// A key as rows have it; `life` is the interface of a name.
fn parse(text: &str, by: &By, life: impl FnMut(&str) -> Life) -> Result<FlowKey, String> {
    let mut life = life;
    let values: Vec<&str> = text.split(',').map(str::trim).collect();
    let keys: Vec<Key> = by.keys().collect();
    if values.len() != keys.len() {
        return Err(format!(
            "{} where {} {} wanted",
            count(values.len()),
            keys.len(),
            if keys.len() == 1 { "is" } else { "are" },
        ));
    }
    let mut key = FlowKey::NOTHING;
    let mut family = None;
    for (asked, value) in keys.into_iter().zip(values) {
        let wrong = |what: &str| format!("{}: {value:?} is no {what}", asked.name());
        match asked {
            Key::Src | Key::Dst => {
                let address = address(value, by.prefix(asked)).map_err(|what| wrong(&what))?;
                let of = Family::of(address);
                if *family.get_or_insert(of) != of {
                    return Err("src and dst are of two address families".to_owned());
                }
                *(match asked {
                    Key::Src => &mut key.src,
                    _ => &mut key.dst,
                }) = address;
            }
            // Nothing is counted by them.
            Key::SrcNet | Key::DstNet => return Err(format!("{} is no key", asked.name())),
            Key::Sport => key.sport = value.parse().map_err(|_| wrong("port number"))?,
            Key::Dport => key.dport = value.parse().map_err(|_| wrong("port number"))?,
            Key::Proto => {
                key.proto = protocol_number(value).ok_or_else(|| wrong("protocol"))?;
            }
            Key::Iface => key.iface = (value != UNKNOWN).then(|| life(value)),
            Key::Dir => {
                key.dir = match value {
                    "in" => Some(Dir::In),
                    "out" => Some(Dir::Out),
                    UNKNOWN => None,
                    _ => return Err(wrong("direction: in, out or -")),
                };
            }
            Key::Vlan => {
                let id = value.parse().ok().filter(|id| *id < VLANS);
                key.vlan = id.ok_or_else(|| wrong("VLAN: 0 to 4095"))?;
            }
            Key::Tos => {
                key.tos = value
                    .parse()
                    .map_err(|_| wrong("type of service: 0 to 255"))?
            }
        }
    }
    // An address that is not asked for is that of the family all the same.
    let nothing: IpAddr = match family {
        Some(Family::Ipv6) => Ipv6Addr::UNSPECIFIED.into(),
        _ => Ipv4Addr::UNSPECIFIED.into(),
    };
    for (side, address) in [(Key::Src, &mut key.src), (Key::Dst, &mut key.dst)] {
        if !by.has(side) {
            *address = nothing;
        }
    }
    Ok(key)
}

/// An interface or a direction that is not known, as in tables.
const UNKNOWN: &str = "-";
/// Ids of VLANs have 12 bits.
const VLANS: u16 = 1 << 12;

fn count(values: usize) -> String {
    format!("{values} value{}", if values == 1 { "" } else { "s" })
}

/// An address or a network, as much of it as is kept.
///
/// # Errors
/// What it is not.
fn address(text: &str, kept: Option<Prefix>) -> Result<IpAddr, String> {
    let kept = kept.unwrap_or(Prefix::WHOLE);
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| "address".to_owned())?;
    let bits = kept.bits(Family::of(address));
    if length.is_some_and(|length| length.parse() != Ok(bits)) {
        return Err(format!("network of /{bits}, which is what --by keeps"));
    }
    Ok(kept.of(address))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests

    use std::num::NonZeroU32;

    use super::*;

    fn read(text: &str, by: &str) -> Result<FlowKey, String> {
        let life = |name: &str| Life(NonZeroU32::new(name.len() as u32).unwrap());
        parse(text, &By::parse(by).unwrap(), life)
    }

    fn addresses(src: &str, dst: &str) -> FlowKey {
        FlowKey {
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            ..FlowKey::NOTHING
        }
    }

    #[test]
    fn values_are_read_in_the_order_of_keys() {
        let tuple = FlowKey {
            sport: 1234,
            dport: 80,
            proto: 6,
            ..addresses("10.0.0.1", "10.0.0.2")
        };
        for text in [
            "10.0.0.1,10.0.0.2,1234,80,tcp",
            "10.0.0.1/32, 10.0.0.2, 1234, 80, 6",
        ] {
            assert_eq!(read(text, "src,dst,sport,dport,proto"), Ok(tuple));
        }
        let rest = FlowKey {
            iface: NonZeroU32::new(4).map(Life),
            dir: Some(Dir::Out),
            vlan: 100,
            tos: 184,
            ..FlowKey::NOTHING
        };
        assert_eq!(read("eth0,out,100,184", "tos,vlan,dir,iface"), Ok(rest));
        assert_eq!(read("-,-", "iface,dir"), Ok(FlowKey::NOTHING));
    }

    #[test]
    fn addresses_are_those_of_rows() {
        let kept = addresses("10.1.2.0", "0.0.0.0");
        for text in ["10.1.2.3", "10.1.2.0/24", "10.1.2.3/24"] {
            assert_eq!(read(text, "src/24"), Ok(kept));
        }
        let kept = addresses("::", "2001:db8:1:2::");
        assert_eq!(read("2001:db8:1:2:3::4", "dst/24"), Ok(kept));
        assert_eq!(read("2001:db8:1:2::/64", "dst/24"), Ok(kept));
        assert_eq!(read("2001:db8::", "dst/0/0"), Ok(addresses("::", "::")));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let tuple = "src,dst,sport,dport,proto";
        for (text, by, want) in [
            ("10.0.0.1", tuple, "1 value where 5 are wanted"),
            ("", "dport", "dport: \"\" is no port number"),
            ("1,2", "dport", "2 values where 1 is wanted"),
            ("x,10.0.0.2,1,2,tcp", tuple, "src: \"x\" is no address"),
            ("10.0.0.1,::1,1,2,tcp", tuple, "two address families"),
            (
                "10.0.0.1,10.0.0.2,1,65536,tcp",
                tuple,
                "dport: \"65536\" is no port",
            ),
            (
                "10.0.0.1,10.0.0.2,1,2,tpc",
                tuple,
                "proto: \"tpc\" is no protocol",
            ),
            (
                "10.0.0.0/16",
                "src/24",
                "no network of /24, which is what --by keeps",
            ),
            ("10.0.0.0/x", "src/24", "no network of /24"),
            ("up", "dir", "no direction"),
            ("4096", "vlan", "no VLAN"),
            ("256", "tos", "no type of service"),
        ] {
            let error = read(text, by).unwrap_err();
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
