//! Twins of the structs in `bpf/connect_abi.h`.

use std::mem::{offset_of, size_of};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(feature = "kernel")]
use super::{BUCKET_WAYS, Globals};
use super::{Extremes, FlowKey, HistogramPool};
#[cfg(feature = "kernel")]
use crate::kernel::skeleton::conn::types;

/// [`ConnectKey::family`] where no address is asked for.
pub const FAMILY_NONE: u8 = 1;
/// Reasons why attempts fail.
pub const FAILURES: usize = 6;
/// [`super::SliceEpoch::other`]: ends of attempts that began before anybody counted.
pub const OTHER_BEGUN_BEFORE: usize = 0;
/// Bits of `connect_by.who`.
pub const WHO_PID: u32 = 1;
/// … its name.
pub const WHO_COMM: u32 = 2;
/// … its user.
pub const WHO_UID: u32 = 4;
/// … its control group.
pub const WHO_CGROUP: u32 = 8;

twin! {
    /// What connections are grouped by, laid over [`FlowKey`].
    ConnectKey {
        /// Address of the initiator; IPv4 in the first four bytes.
        src: [u8; 16],
        /// Address of the responder.
        dst: [u8; 16],
        /// [`super::DIRECTION_IN`] or [`super::DIRECTION_OUT`].
        dir: u8,
        /// 0.
        pad: u8,
        /// Port of the responder, network byte order.
        dport: [u8; 2],
        /// 0.
        proto: u8,
        /// 4, 6 or [`FAMILY_NONE`].
        family: u8,
        /// Which window wrote the row; 0 = none.
        epoch: u16,
        /// What is asked for of a process.
        who: u64,
    }
}

twin! {
    /// A process.
    Owner = owner {
        /// Its name.
        comm: [u8; 16],
        /// Its control group.
        cgroup: u64,
        /// Its pid; 0 = not known.
        pid: u32,
        /// When it began.
        life: u32,
        /// Its real user id.
        uid: u32,
        /// Its pid in its own namespace.
        inner_pid: u32,
    }
}

twin! {
    /// What closed connections came to, added.
    Health = health {
        /// How many.
        closed: u64,
        /// Smoothed round-trip times, microseconds.
        rtt_us: u64,
        /// Segments sent again.
        retransmits: u64,
        /// Bytes acknowledged by peers.
        bytes_sent: u64,
        /// Bytes received.
        bytes_received: u64,
        /// From established to closed.
        lifetime_ns: u64,
    }
}

twin! {
    /// What lies beside a row of connections.
    ConnectRow = connect_row {
        /// Attempts that began.
        attempts: u64,
        /// Attempts that were established, or connections accepted.
        established: u64,
        /// Attempts that failed, by reason.
        failed: [u64; FAILURES],
        /// Shortest and longest handshake.
        took: Extremes,
        /// Handshakes whose length is known.
        timed: u64,
        /// When the last event was.
        last_ns: u64,
        /// Whose the last event was.
        owner: Owner,
        /// Of closed connections.
        health: Health,
        /// Which of the slice's histograms, from 1; 0 = none.
        histogram: u32,
        /// 0.
        pad: u32,
    }
}

twin! {
    /// What a writer counts of an epoch beside its ledger.
    ConnectEpoch = connect_epoch {
        /// Attempts that began.
        attempts: u64,
        /// Attempts that were established.
        established: u64,
        /// Attempts that failed.
        failed: u64,
        /// Connections accepted.
        accepted: u64,
        /// Connections closed.
        closed: u64,
        /// Attempts whose beginning could not be kept.
        unkept: u64,
        /// Attempts on sockets whose attempt before had not ended.
        overtaken: u64,
        /// Accepted by sockets of which it is not known whose they are.
        unknown_listener: u64,
        /// Histograms that rows may take.
        histograms: HistogramPool,
        /// 0.
        pad: u64,
        /// Of what was folded.
        folded: ConnectRow,
    }
}

twin! {
    /// What is told to the programs, and by those that go through sockets.
    ConnectRun = connect_run {
        /// The process that asked, as the first pid namespace has it.
        own_pid: u32,
        /// Attempts that had begun and not ended when counting did.
        in_flight: u32,
        /// Attempts whose beginning could not be kept and whose end was not seen.
        unkept_open: u32,
        /// 0.
        pad: u32,
        /// What the first of several copies could not see to, beside what the kernel says.
        left_out: u64,
        /// What the first copy was left out of and another has seen to.
        seen_to: u64,
    }
}

/// A key's words are a flow key's.
impl From<FlowKey> for ConnectKey {
    fn from(key: FlowKey) -> ConnectKey {
        zerocopy::transmute!(key)
    }
}

const _: () = {
    assert!(size_of::<ConnectKey>() == size_of::<FlowKey>());
    assert!(offset_of!(ConnectKey, dport) == offset_of!(FlowKey, dport));
    assert!(offset_of!(ConnectKey, epoch) == offset_of!(FlowKey, epoch));
    assert!(offset_of!(ConnectKey, family) == offset_of!(FlowKey, family));
    assert!(offset_of!(ConnectKey, who) == offset_of!(FlowKey, iface));
    // Rows are whole cache lines.
    assert!(size_of::<ConnectRow>() == 3 * 64);
};

#[cfg(feature = "kernel")]
const _: () = {
    assert!(offset_of!(Globals, control) == offset_of!(types::bss, control));
    assert!(offset_of!(Globals, unplaced_events) == offset_of!(types::bss, unplaced_events));
    assert!(size_of::<types::connect_bucket>() == size_of::<ConnectRow>() * BUCKET_WAYS);
};
