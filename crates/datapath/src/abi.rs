//! Rust twins of the structs in `bpf/abi.h`.
//!
//! Every twin is checked against the type that the compiled object itself declares: size, and the
//! offset of every field. A change on one side does not build. A build without the kernel programs
//! has no such object; there the native object says how it was laid out, and a test compares.

use std::mem::{offset_of, size_of};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(feature = "kernel")]
use crate::kernel::skeleton::types;

/// Rows a bucket holds.
pub const BUCKET_WAYS: usize = 8;
/// Table sets that may be told apart.
pub const MAX_BUFFERS: usize = 3;
/// Ledgers of a CPU: one a buffer, and what is missing to a power of two.
pub const LEDGERS_A_CPU: usize = 4;
/// Slots a list chunk holds.
pub const LIST_CHUNK: usize = 16;
/// What is counted by distinct values: sources, destinations, destination ports.
pub const DISTINCT_KINDS: u32 = 3;
/// Levels of the ladder but the total.
pub const LADDER_LEVELS: usize = 3;
/// Bits of a bound's mantissa, in 32 bits.
pub const BOUND_MANTISSA_BITS: u32 = 27;
/// A bound that is none.
pub const BOUND_NONE: u32 = u32::MAX;
/// [`ColdRow::first_ns`] is in ticks.
pub const FIRST_IN_TICKS: u64 = 1 << 63;
/// [`SliceEpoch::ladder_side`].
pub const SIDE_SOURCE: u32 = 1;
/// [`SliceEpoch::ladder_side`].
pub const SIDE_DESTINATION: u32 = 2;
/// Packets at which the hot line hands over to the cold one.
pub const CARRY_PACKETS: u64 = 1 << 31;
/// Packets that stay then.
#[cfg(test)]
pub const PACKETS_STAY: u64 = 1 << 30;
/// Bytes that the hot line hands over.
pub const CARRY_BYTES: u64 = 1 << 47;
/// Reasons that have a fixed place in [`SliceEpoch::other`].
pub const OTHER_REASONS: usize = 9;
/// Ethertypes that a slice tells apart in one epoch.
pub const ETHERTYPE_SLOTS: usize = 16;
/// Most terms of a filter.
pub const FILTER_TERMS: usize = 32;
/// 32-bit words of the hash secret.
pub const SECRET_WORDS: usize = 12;
/// 64-bit words of a key.
pub const KEY_WORDS: usize = 6;
/// [`FlowKey::dir`] of packets that come in.
pub const DIRECTION_IN: u8 = 1;
/// [`FlowKey::dir`] of packets that go out.
pub const DIRECTION_OUT: u8 = 2;
/// Slots that an interface may be in, from its index on.
#[cfg(feature = "kernel")]
pub const INTERFACE_PROBES: u32 = 4;

/// Declares a twin and checks it against the object's own type, where that declares it: types that
/// no map, no global and no program's context has are left to the native object and its test.
macro_rules! twin {
    ($(#[$meta:meta])* $name:ident = $c:ident { $($(#[$field_meta:meta])* $field:ident : $type:ty,)* }) => {
        twin! { $(#[$meta])* $name { $($(#[$field_meta])* $field: $type,)* } }
        #[cfg(feature = "kernel")]
        const _: () = {
            assert!(size_of::<$name>() == size_of::<types::$c>());
            $(assert!(offset_of!($name, $field) == offset_of!(types::$c, $field));)*
        };
    };
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
        #[repr(C)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
        #[cfg(test)]
        impl $name {
            /// Its size, then the offset of every field.
            #[allow(dead_code)] // of the kernel's own types, which are checked above
            pub(crate) const LAYOUT: &[usize] =
                &[size_of::<$name>(), $(offset_of!($name, $field)),*];
        }
    };
}

mod calls;
mod connects;
mod ledger;
mod timed;

pub use calls::*;
pub use connects::*;
pub use ledger::*;
pub use timed::*;

twin! {
    /// A flow's key; addresses and ports in network byte order.
    FlowKey = flow_key {
        /// Source address; IPv4 in the first four bytes.
        src: [u8; 16],
        /// Destination address.
        dst: [u8; 16],
        /// Source port.
        sport: [u8; 2],
        /// Destination port.
        dport: [u8; 2],
        /// IP protocol.
        proto: u8,
        /// 4 or 6.
        family: u8,
        /// Which window wrote the row; 0 = none.
        epoch: u16,
        /// The life of an interface; 0 where it is not asked for, or not known.
        iface: u32,
        /// Id of the outermost VLAN tag.
        vlan: u16,
        /// Type of service, traffic class.
        tos: u8,
        /// [`DIRECTION_IN`], [`DIRECTION_OUT`] or 0, as `iface`.
        dir: u8,
    }
}

twin! {
    /// What packets are grouped by: masks of a key's words.
    Grouping = grouping {
        /// 0 = the key stays as it was parsed.
        on: u32,
        /// 0.
        pad: u32,
        /// For IPv4.
        ipv4: [u64; KEY_WORDS],
        /// For IPv6.
        ipv6: [u64; KEY_WORDS],
    }
}

#[cfg(feature = "kernel")]
twin! {
    /// What was seen of an interface on one CPU.
    Sight = sight {
        /// What came in.
        coming_in: Tally,
        /// What went out.
        going_out: Tally,
    }
}

#[cfg(feature = "kernel")]
twin! {
    /// One of several interfaces.
    InterfaceSlot = interface_slot {
        /// Its index; 0 = free.
        index: u32,
        /// What its rows carry.
        life: u32,
    }
}

twin! {
    /// The hot line of a row.
    Row = row {
        /// The key.
        key: FlowKey,
        /// Packets, less what was carried.
        packets: u32,
        /// Of the last packet, in ticks.
        last: u32,
        /// Bits 0–46 bytes less what was carried, 48–55 TCP flags.
        bytes_flags: u64,
    }
}

twin! {
    /// The cold line of a row.
    ColdRow = cold_row {
        /// When the key came in: `CLOCK_MONOTONIC`, or the capture's time.
        first_ns: u64,
        /// Packets that are counted beside those of the hot line.
        kept_packets: u64,
        /// Bytes likewise.
        kept_bytes: u64,
        /// At most so many packets of the key had been folded by then, as `bound_pack` wrote it.
        base_packets: u32,
        /// Bytes likewise.
        base_bytes: u32,
    }
}

twin! {
    /// Packets and bytes.
    Tally = tally {
        /// Packets.
        packets: u64,
        /// Bytes.
        bytes: u64,
    }
}

twin! {
    /// A question about a packet, or an operator.
    FilterTerm = filter_term {
        /// Which: see `TERM_…` in `abi.h`.
        kind: u8,
        /// Whose address or port: see `SIDE_…` in `abi.h`.
        side: u8,
        /// 4 or 6; 0 = any.
        family: u8,
        /// IP protocol; 0 for a port: any that has ports.
        proto: u8,
        /// Lowest port, host byte order; of a tag: what it must be, masked by `last`.
        first: u16,
        /// Highest port; of a tag: the bits that are compared.
        last: u16,
        /// An address as in [`FlowKey`], masked.
        value: [u64; 2],
        /// The bits of an address that are compared.
        mask: [u64; 2],
    }
}

twin! {
    /// Which packets are counted; every one where there are no terms.
    Filter = filter {
        /// How many of `term` there are.
        terms: u32,
        /// 0.
        pad: u32,
        /// In postfix order.
        term: [FilterTerm; FILTER_TERMS],
    }
}

#[cfg(feature = "kernel")]
twin! {
    /// What userspace tells the programs while they run.
    Control = control {
        /// Bits 0–15 the epoch, bits 16–31 its buffer.
        epoch: u32,
        /// In a replay: what the next frame counts as.
        frame_bytes: u32,
        /// In a replay: its time, nanoseconds.
        now_ns: u64,
        /// In a replay: the same in ticks.
        now_ticks: u32,
        /// In a replay: the interface it came by.
        iface: u32,
        /// In a replay: which way it went.
        dir: u32,
        /// 0.
        pad: u32,
    }
}

#[cfg(feature = "kernel")]
twin! {
    /// The programs' writable globals.
    Globals = bss {
        /// Written here, read there.
        control: Control,
        /// Events that found no ledger.
        unplaced_events: u64,
    }
}

/// Bytes of a bucket.
pub const BUCKET_BYTES: u64 = (size_of::<Row>() * BUCKET_WAYS) as u64;
/// Bytes of a bucket's cold lines.
pub const COLD_BUCKET_BYTES: u64 = (size_of::<ColdRow>() * BUCKET_WAYS) as u64;
/// Bytes of a line.
pub const LINE_BYTES: u64 = size_of::<Line>() as u64;
/// Bytes of a place in the log.
pub const SPILL_BYTES: u64 = size_of::<SpillRecord>() as u64;
/// Bytes of a list chunk.
pub const LIST_CHUNK_BYTES: u64 = 4 * LIST_CHUNK as u64;

const _: () = {
    // A row's hot part is one cache line, and no ledger shares one with another CPU's.
    assert!(size_of::<Row>() == 64);
    // What every packet touches of a ledger is in its first line.
    assert!(offset_of!(SliceEpoch, deep_chains) == 64);
    assert!(size_of::<SliceEpoch>().is_power_of_two());
    assert!(FILTER_TERMS == windrow_core::filter::MOST_TERMS);
};

#[cfg(feature = "kernel")]
const _: () = {
    assert!(size_of::<types::bucket>() as u64 == BUCKET_BYTES);
    assert!(size_of::<types::cold_bucket>() as u64 == COLD_BUCKET_BYTES);
    assert!(size_of::<types::list_chunk>() as u64 == LIST_CHUNK_BYTES);
    // Secret, grouping, filter, a word; the compiler may put gaps between them.
    assert!(
        size_of::<types::rodata>()
            >= SECRET_WORDS * 4 + size_of::<Grouping>() + size_of::<Filter>() + 4
    );
};
