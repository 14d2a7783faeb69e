//! What stands before a value and says what it is: a protocol, a side, a kind.

use super::{Family, Side, Term, Transport};

/// A word that names a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Version(Family),
    Transport(Transport),
    Icmp,
    Icmp6,
}

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address or a network, as it is written.
    #[default]
    Address,
    Host,
    Net,
    Port,
    PortRange,
    Proto,
}

/// Everything before a value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Qualifiers {
    pub(super) protocol: Option<Protocol>,
    pub(super) side: Side,
    pub(super) kind: Kind,
}

impl Protocol {
    pub(super) fn named(word: &str) -> Option<Protocol> {
        Some(match word {
            "ip" => Protocol::Version(Family::V4),
            "ip6" => Protocol::Version(Family::V6),
            "tcp" => Protocol::Transport(Transport::Tcp),
            "udp" => Protocol::Transport(Transport::Udp),
            "sctp" => Protocol::Transport(Transport::Sctp),
            "icmp" => Protocol::Icmp,
            "icmp6" => Protocol::Icmp6,
            _ => return None,
        })
    }

    /// What the word means where nothing follows that it qualifies. As in pcap-filter(7), `icmp` is
    /// that of IPv4.
    pub(super) fn term(self) -> Term {
        let (family, number) = match self {
            Protocol::Version(family) => return Term::Family(family),
            Protocol::Transport(transport) => (None, transport.number()),
            Protocol::Icmp => (Some(Family::V4), 1),
            Protocol::Icmp6 => (Some(Family::V6), 58),
        };
        Term::Proto { family, number }
    }
}

impl Kind {
    /// The kind that a word asks for; the word for [`Kind::Address`] is none.
    pub(super) fn named(word: &str) -> Option<Kind> {
        Some(match word {
            "host" => Kind::Host,
            "net" => Kind::Net,
            "port" => Kind::Port,
            "portrange" => Kind::PortRange,
            "proto" => Kind::Proto,
            _ => return None,
        })
    }

    pub(super) fn is_address(self) -> bool {
        matches!(self, Kind::Address | Kind::Host | Kind::Net)
    }
}

impl Qualifiers {
    /// The version of IP that addresses and protocols must be of.
    pub(super) fn family(&self) -> Option<Family> {
        match self.protocol {
            Some(Protocol::Version(family)) => Some(family),
            _ => None,
        }
    }

    /// The protocol that ports must be of.
    pub(super) fn transport(&self) -> Option<Transport> {
        match self.protocol {
            Some(Protocol::Transport(transport)) => Some(transport),
            _ => None,
        }
    }

    /// Whether the protocol may qualify the kind. The others would have to be two questions.
    pub(super) fn fit(&self) -> bool {
        match self.kind {
            Kind::Port | Kind::PortRange => self.protocol.is_none() || self.transport().is_some(),
            _ => self.protocol.is_none() || self.family().is_some(),
        }
    }
}
