//! Why a packet has no flow: the names under which it is counted all the same.

use std::fmt;

/// Why a frame was counted under `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Fewer than 14 bytes.
    Short,
    /// Cut inside VLAN tags, MPLS labels or PPPoE.
    L2Cut,
    /// An IP header of the wrong version, with impossible lengths, or cut.
    BadIp,
    /// An 802.3 length where the ethertype would be (spanning tree and the like).
    Llc,
    /// More VLAN tags than are walked.
    DeepVlan,
    /// More MPLS labels than are walked.
    DeepMpls,
    /// Below MPLS labels something else than IP.
    MplsPayload,
    /// In a PPPoE session something else than IP.
    PppoePayload,
    /// Under a link header that is not Ethernet's something else than IP (captures only).
    LinkPayload,
    /// A protocol that is not IP, by its ethertype.
    Ethertype(u16),
    /// More ethertypes in one window than are told apart.
    EthertypeOther,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Reason::Short => "short",
            Reason::L2Cut => "l2_cut",
            Reason::BadIp => "bad_ip",
            Reason::Llc => "llc",
            Reason::DeepVlan => "deep_vlan",
            Reason::DeepMpls => "deep_mpls",
            Reason::MplsPayload => "mpls_payload",
            Reason::PppoePayload => "pppoe_payload",
            Reason::LinkPayload => "link_payload",
            Reason::Ethertype(number) => return write!(f, "ethertype_{number:04x}"),
            Reason::EthertypeOther => "ethertype_other",
        };
        f.write_str(name)
    }
}
