//! Tab-separated lines for other programs: `src dst sport dport proto packets bytes` a flow, or the
//! keys that were asked for, and
//! `other reason packets bytes` for what has none. Keys repeat where there are several windows.

use std::fmt;
use std::io::Write;
use std::net::IpAddr;

use windrow_core::by::Key;
use windrow_core::flow::Dir;
use windrow_core::top::{Sort, shown};
use windrow_core::window::{Flow, Window};

use crate::output::key::{self as address, Keys};
use crate::output::{Conditions, Sink, Start, Summary, Teller, Warning};

/// Writes tab-separated lines.
#[derive(Debug)]
pub struct Tsv<W> {
    out: W,
    /// Flow lines a window; `None` = all.
    top: Option<usize>,
    sort: Sort,
    keys: Keys,
    teller: Teller,
}

impl<W: Write> Tsv<W> {
    /// Lines go to `out`, flushed after every window.
    pub fn new(out: W, top: Option<usize>, sort: Sort) -> Self {
        let mut teller = Teller::default();
        teller.once();
        Tsv {
            out,
            top,
            sort,
            keys: Keys::default(),
            teller,
        }
    }

    fn flow(&mut self, flow: &Flow) -> std::io::Result<()> {
        let (keys, key, count) = (&self.keys, &flow.key, flow.bounds.lo);
        for asked in keys.by.keys() {
            match asked {
                // Refused: names may be of several words.
                Key::SrcNet | Key::DstNet => continue,
                Key::Src | Key::Dst => {
                    let address::Address { ip, prefix } = keys.address(asked, key);
                    write!(self.out, "{}", Address(ip))?;
                    if let Some(bits) = prefix {
                        write!(self.out, "/{bits}")?;
                    }
                }
                Key::Sport => write!(self.out, "{}", key.sport)?,
                Key::Dport => write!(self.out, "{}", key.dport)?,
                Key::Proto => write!(self.out, "{}", key.proto)?,
                Key::Iface => write!(self.out, "{}", keys.iface(key).as_deref().unwrap_or("-"))?,
                Key::Dir => write!(self.out, "{}", key.dir.map_or("-", Dir::name))?,
                Key::Vlan => write!(self.out, "{}", key.vlan)?,
                Key::Tos => write!(self.out, "{}", key.tos)?,
            }
            self.out.write_all(b"\t")?;
        }
        writeln!(self.out, "{}\t{}", count.packets, count.bytes)
    }
}

/// An address as text that compares: IPv6 always in hexadecimal, also where it holds an IPv4 address.
struct Address(IpAddr);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(mapped) if mapped.to_ipv4_mapped().is_some() => {
                let [.., high, low] = mapped.segments();
                write!(f, "::ffff:{high:x}:{low:x}")
            }
            address => address.fmt(f),
        }
    }
}

impl<W: Write> Sink for Tsv<W> {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        self.keys = start.keys.clone();
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window,
        _conditions: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        for flow in shown(&window.flows, self.top, self.sort) {
            self.flow(flow)?;
        }
        for (reason, tally) in &window.ledger.other {
            writeln!(
                self.out,
                "other\t{reason}\t{}\t{}",
                tally.packets, tally.bytes
            )?;
        }
        // What found no row is in no other line, and must not be missing from the sum.
        let folded = window.ledger.folded_sum();
        if !folded.is_zero() {
            writeln!(
                self.out,
                "other\tfolded\t{}\t{}",
                folded.packets, folded.bytes
            )?;
        }
        self.teller.say(warnings, window.tier());
        self.out.flush()?;
        Ok(())
    }

    fn summary(&mut self, summary: &Summary<'_>) -> anyhow::Result<()> {
        if let Some(captured) = &summary.captured {
            self.teller.say(&Warning::of_records(&captured.notes), None);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        let text = |address: &str| match address.parse() {
            Ok(address) => Address(address).to_string(),
            Err(_) => String::new(),
        };
        assert_eq!(text("::ffff:10.1.1.1"), "::ffff:a01:101");
        assert_eq!(text("::ffff:0.0.0.1"), "::ffff:0:1");
        assert_eq!(text("10.1.1.1"), "10.1.1.1");
        assert_eq!(text("2001:db8::1"), "2001:db8::1");
    }
}
