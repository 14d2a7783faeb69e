//! Keys of calls: as masks for the kernel, and as rows hold them.

use std::mem::offset_of;

use windrow_core::calls::by::{By, Key};
use windrow_core::calls::key;
use windrow_core::process::{Comm, Process};
use zerocopy::{FromZeros, transmute};

use crate::abi::{
    CALL_BEGUN_BEFORE, CALL_COMPAT, CALL_LIFE_SHIFT, CallKey, FlowKey, Grouping, KEY_WORDS,
};

/// Masks of a key's words that leave what is asked for.
pub(crate) fn grouping(by: &By) -> Grouping {
    let ones = u32::MAX;
    let mut mask = CallKey::new_zeroed();
    // Always: a row's class, its family, and what of its epoch there is when it is masked.
    mask.about = CALL_BEGUN_BEFORE;
    (mask.pad, mask.family, mask.epoch) = (u8::MAX, u8::MAX, u16::MAX);
    for key in by.keys() {
        match key {
            Key::Uid => mask.uid = ones,
            Key::Gid => mask.gid = ones,
            Key::Pid => {
                mask.pid = ones;
                mask.about |= ones << CALL_LIFE_SHIFT;
            }
            Key::Comm => mask.comm = [u8::MAX; 16],
            Key::Syscall => {
                mask.number = -1;
                mask.about |= CALL_COMPAT;
            }
            Key::Cgroup => mask.cgroup = u64::MAX,
        }
    }
    let words: [u64; KEY_WORDS] = transmute!(mask);
    Grouping {
        on: u32::from(*by != By::default()),
        pad: 0,
        // A call's family is neither.
        ipv4: words,
        ipv6: words,
    }
}

/// What a row's key says.
pub(crate) fn decode(key: FlowKey) -> key::CallKey {
    let key = CallKey::from(key);
    key::CallKey {
        uid: key.uid,
        gid: key.gid,
        process: Process {
            pid: key.pid,
            life: key.about >> CALL_LIFE_SHIFT,
        },
        comm: Comm(key.comm),
        number: key.number,
        compat: key.about & CALL_COMPAT != 0,
        begun_before: key.about & CALL_BEGUN_BEFORE != 0,
        cgroup: key.cgroup,
    }
}

const _: () = assert!(offset_of!(CallKey, about) == offset_of!(FlowKey, sport));

#[cfg(test)]
mod tests {
    use zerocopy::IntoBytes;

    use super::*;

    fn masked(by: &str) -> key::CallKey {
        let by = By::parse(by).expect("keys");
        let mut whole = CallKey::new_zeroed();
        whole.as_mut_bytes().fill(0xff);
        let words: [u64; KEY_WORDS] = transmute!(whole);
        let masks = grouping(&by).ipv6;
        let masked: [u64; KEY_WORDS] = std::array::from_fn(|word| words[word] & masks[word]);
        decode(transmute!(masked))
    }

    #[test]
    fn masks_leave_what_is_asked_for() {
        let uid = masked("uid");
        assert_eq!((uid.uid, uid.gid, uid.number), (u32::MAX, 0, 0));
        assert_eq!(
            (uid.process, uid.compat, uid.begun_before),
            (Process::default(), false, true)
        );
        let pid = masked("pid,syscall");
        assert_eq!(
            (pid.process.pid, pid.process.life),
            (u32::MAX, u32::MAX >> 2)
        );
        assert_eq!((pid.number, pid.compat, pid.cgroup), (-1, true, 0));
        let rest = masked("comm,cgroup");
        assert_eq!(
            (rest.comm, rest.cgroup, rest.uid),
            (Comm([255; 16]), u64::MAX, 0)
        );
    }
}
