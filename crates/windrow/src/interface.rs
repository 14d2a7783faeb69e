//! Which interface is meant, and what its frames begin with.

use windrow_datapath::kernel::LinkLayer;
use windrow_netif::Interface;

use crate::exit::Failure;
use crate::wanted::Wanted;

pub use crate::ifaces::printable;

/// Hardware types (`ARPHRD_*`) whose frames begin with an Ethernet header: Ethernet, loopback.
const ETHERNET: [u16; 2] = [1, 772];
/// Those that begin with the IP header: PPP, raw IP, IPIP, 4in6 and 6in6, SIT, GRE over IPv4 and over
/// IPv6, tun and WireGuard.
const NO_HEADER: [u16; 8] = [512, 519, 768, 769, 776, 778, 823, 65534];

/// The interface of that name, or a usage error that lists those there are.
pub fn named(name: &str) -> Result<Interface, Failure> {
    if let Some(interface) = windrow_netif::by_name(name)? {
        return Ok(interface);
    }
    let names: Vec<String> = windrow_netif::list()?
        .iter()
        .map(|interface| printable(&interface.name))
        .collect();
    Err(Failure::usage(format!(
        "there is no interface {:?}; there {} {}",
        name,
        if names.len() == 1 { "is" } else { "are" },
        names.join(", ")
    )))
}

/// The interface that the default route leaves by.
pub fn of_default_route() -> Result<Interface, Failure> {
    windrow_netif::default_route_interface()?.ok_or_else(|| {
        Failure::usage(
            "there is no default route to take the interface from: name one, as in -i eth0",
        )
    })
}

/// What the words ask for, or else the interface of the default route, which is said on stderr.
pub fn chosen(words: &[String], excluded: &[String]) -> Result<Wanted, Failure> {
    if !words.is_empty() || !excluded.is_empty() {
        return Wanted::parse(words, excluded);
    }
    let interface = of_default_route()?;
    eprintln!(
        "windrow: no interface was named; taking {}, where the default route leaves",
        printable(&interface.name)
    );
    Ok(Wanted::one(&interface.name))
}

/// What the interface's frames begin with, or a usage error that names its kind.
pub fn link_layer(interface: &Interface, xdp: bool) -> Result<LinkLayer, Failure> {
    if ETHERNET.contains(&interface.link) {
        return Ok(LinkLayer::Ethernet);
    }
    let kind = windrow_netif::link_name(interface.link);
    if !NO_HEADER.contains(&interface.link) {
        return Err(Failure::usage(format!(
            "{} is of a kind that windrow cannot read: {kind}",
            printable(&interface.name)
        )));
    }
    if xdp {
        return Err(Failure::usage(format!(
            "{} has no Ethernet header ({kind}), so XDP cannot be used: use --hook tcx",
            printable(&interface.name)
        )));
    }
    Ok(LinkLayer::None)
}

/// A name as a shell takes it: whoever names interfaces must not write our users' commands.
pub fn shell_word(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
    if name.chars().all(plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_a_shell_would_read_them_otherwise() {
        assert_eq!(shell_word("eth0.5"), "eth0.5");
        assert_eq!(shell_word("a;reboot"), "'a;reboot'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
