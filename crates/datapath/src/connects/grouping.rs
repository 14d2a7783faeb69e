//! Keys of connections: as the kernel takes what is asked for, and as rows hold them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use windrow_core::by::Prefix;
use windrow_core::connects::by::{By, Key};
use windrow_core::connects::key::{ConnectKey, Dir};
use windrow_core::net::{Family, Side};
use windrow_core::process::{Comm, Process};
use zerocopy::FromZeros;

use crate::abi::{
    self, DIRECTION_IN, FAMILY_NONE, FlowKey, Grouping, KEY_WORDS, Owner, WHO_CGROUP, WHO_COMM,
    WHO_PID, WHO_UID,
};
use crate::grouping::bits;

/// As `connect_by` of the programs.
pub(crate) struct ConnectBy {
    pub(crate) who: u32,
    pub(crate) addresses: u32,
    pub(crate) masks: Grouping,
}

/// What is asked for, as the programs take it.
pub(crate) fn connect_by(by: &By) -> ConnectBy {
    let bit = |key, bit| if by.has(key) { bit } else { 0 };
    ConnectBy {
        who: bit(Key::Pid, WHO_PID)
            | bit(Key::Comm, WHO_COMM)
            | bit(Key::Uid, WHO_UID)
            | bit(Key::Cgroup, WHO_CGROUP),
        addresses: u32::from(by.has_address()),
        masks: Grouping {
            // Whose a connection is has been told apart before.
            on: u32::from(!is_whole(by)),
            pad: 0,
            ipv4: mask(by, Family::Ipv4),
            ipv6: mask(by, Family::Ipv6),
        },
    }
}

/// Whether addresses and ports stay as they are.
fn is_whole(by: &By) -> bool {
    let all = Prefix::WHOLE;
    by.kept(Side::Src) == all && by.kept(Side::Dst) == all && by.has(Key::Dport)
}

/// A key with every bit set that stays.
fn mask(by: &By, family: Family) -> [u64; KEY_WORDS] {
    let mut mask = abi::ConnectKey::new_zeroed();
    mask.src = bits(by.kept(Side::Src).bits(family));
    mask.dst = bits(by.kept(Side::Dst).bits(family));
    mask.dport = [u8::MAX * u8::from(by.has(Key::Dport)); 2];
    (mask.dir, mask.family) = (u8::MAX, u8::MAX);
    zerocopy::transmute!(mask)
}

/// What a row's key says, and who it belongs to.
pub(crate) fn decode(key: FlowKey, owner: &Owner, by: &By) -> ConnectKey {
    let key = abi::ConnectKey::from(key);
    let address = |bytes: [u8; 16]| match key.family {
        6 => IpAddr::V6(Ipv6Addr::from(bytes)),
        // Without an address among the keys all of it is 0.
        _ => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
    };
    let mut process = Process::default();
    if by.has(Key::Pid) {
        (process.pid, process.life) = (owner.pid, owner.life);
    }
    ConnectKey {
        process,
        comm: match by.has(Key::Comm) {
            true => Comm(owner.comm),
            false => Comm::default(),
        },
        uid: owner.uid * u32::from(by.has(Key::Uid)),
        cgroup: owner.cgroup * u64::from(by.has(Key::Cgroup)),
        src: address(key.src),
        dst: address(key.dst),
        dport: u16::from_be_bytes(key.dport),
        dir: match key.dir {
            DIRECTION_IN => Dir::In,
            _ => Dir::Out,
        },
    }
}

const _: () = assert!(FAMILY_NONE != 4 && FAMILY_NONE != 6);
