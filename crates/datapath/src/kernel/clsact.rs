//! Traffic control on kernels before 6.6, where there are no links: a filter that is removed by
//! hand. A killed process leaves it behind; see [`super::leftovers`].

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;

use crate::kernel::claim::{Claim, Claims};
use crate::kernel::programs;

/// Frames of every protocol, as in a filter.
pub const ETH_P_ALL: u16 = 3;

/// Where a filter is, and which program it must have there.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The interface.
    pub index: u32,
    /// Packets that come in, rather than those that go out.
    pub inwards: bool,
    /// Lower ones run first; never 0.
    pub preference: u16,
    /// Its number within the preference, never 0.
    pub handle: u32,
    /// The program's number in the kernel.
    pub program: u32,
}

impl Place {
    /// Whether the filter is there. Handles are used again, so its program is compared too.
    pub fn is_taken(&self) -> io::Result<bool> {
        let filters = windrow_netif::filters(self.index, self.inwards).map_err(io::Error::other)?;
        Ok(filters.iter().any(|filter| {
            filter.chain == 0
                && filter.preference == self.preference
                && filter.handle == self.handle
                && filter.program.as_ref().map(|program| program.id) == Some(self.program)
        }))
    }

    /// Removes the filter, and says whether it was there.
    pub fn clear(&self) -> io::Result<bool> {
        if !self.is_taken()? {
            return Ok(false);
        }
        let options = libbpf_sys::bpf_tc_opts {
            sz: size_of::<libbpf_sys::bpf_tc_opts>() as _,
            handle: self.handle,
            priority: u32::from(self.preference),
            ..Default::default()
        };
        let hook = hook(self.index, self.inwards);
        // SAFETY: both structures outlive the call and carry their own size.
        let rc = unsafe { libbpf_sys::bpf_tc_detach(&raw const hook, &raw const options) };
        match check(rc) {
            Ok(()) => Ok(true),
            // Somebody else was faster.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A filter of ours at a clsact qdisc. The qdisc stays: it may have become another's home.
#[derive(Debug)]
pub struct Filter {
    place: Place,
    /// Held only so that others see that the filter has an owner.
    _claim: Arc<Claim>,
}

impl Filter {
    /// Adds the program in front of all other filters of that direction, or as far in front as
    /// there is room.
    pub fn attach(
        program: BorrowedFd<'_>,
        index: u32,
        inwards: bool,
        claims: &Claims,
    ) -> io::Result<Filter> {
        let id = programs::info(program)?.id;
        // Before the filter is there: without a claim it would be taken for a leftover.
        let claim = claims.claim(id)?;
        let mut hook = hook(index, inwards);
        // SAFETY: the structure outlives the call and carries its own size.
        match check(unsafe { libbpf_sys::bpf_tc_hook_create(&raw mut hook) }) {
            Err(error) if error.raw_os_error() != Some(libc::EEXIST) => return Err(error),
            _ => {}
        }
        // There the kernel would take an egress filter, and run it for packets that come in.
        let qdisc = windrow_netif::filter_qdisc(index).map_err(io::Error::other)?;
        if !inwards && qdisc.as_deref() == Some("ingress") {
            return Err(io::Error::other(
                "its ingress qdisc has no egress, and leaves no room for clsact: use --direction in",
            ));
        }
        let mut options = libbpf_sys::bpf_tc_opts {
            sz: size_of::<libbpf_sys::bpf_tc_opts>() as _,
            prog_fd: program.as_raw_fd(),
            priority: u32::from(free_preference(index, inwards)?),
            // The kernel picks a handle, so that several windrows may be there, and one that was
            // killed is not in the way.
            handle: 0,
            ..Default::default()
        };
        // SAFETY: both structures outlive the call and carry their own size.
        let rc = unsafe { libbpf_sys::bpf_tc_attach(&raw const hook, &raw mut options) };
        check(rc)?;
        Ok(Filter {
            place: Place {
                index,
                inwards,
                preference: options.priority as u16,
                handle: options.handle,
                program: id,
            },
            _claim: claim,
        })
    }

    /// Whether it is still attached: somebody may have removed it, or the whole qdisc. Asks in the
    /// network namespace of the calling thread.
    pub fn is_there(&self) -> io::Result<bool> {
        self.place.is_taken()
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // The interface may be gone, and the filter with it.
        let _ = self.place.clear();
    }
}

/// Filters that see a direction's packets before any of the programs `ours` does, and may keep them
/// from it. Where ours is not attached nobody is ahead of it.
pub fn ahead(index: u32, inwards: bool, ours: &[u32]) -> Vec<String> {
    let filters = windrow_netif::filters(index, inwards).unwrap_or_default();
    let is_ours = |filter: &windrow_netif::Filter| {
        let program = filter.program.as_ref();
        program.is_some_and(|program| ours.contains(&program.id))
    };
    let place = filters.iter().position(is_ours).unwrap_or(0);
    described(&filters[..place])
}

/// Filters as a user would look for them, in the order in which they run.
pub fn described(filters: &[windrow_netif::Filter]) -> Vec<String> {
    let mut all: Vec<String> = filters.iter().map(describe).collect();
    // The parts of a classifier like u32 are several filters, of one preference.
    all.dedup();
    all
}

fn describe(filter: &windrow_netif::Filter) -> String {
    match &filter.program {
        Some(program) if program.id != 0 => {
            format!("\"{}\" (id {})", label(program).escape_debug(), program.id)
        }
        _ => format!(
            "{} (preference {})",
            filter.kind.escape_debug(),
            filter.preference
        ),
    }
}

/// What a program's filter is called, without the number that libbpf puts behind it.
pub fn label(program: &windrow_netif::Program) -> &str {
    let label = &program.label;
    label.split_once(":[").map_or(label, |(name, _)| name)
}

/// The lowest preference that has room for a filter like ours: one preference holds filters of one
/// kind and one protocol.
fn free_preference(index: u32, inwards: bool) -> io::Result<u16> {
    let mut filters = windrow_netif::filters(index, inwards).map_err(io::Error::other)?;
    filters.retain(|it| it.chain == 0 && (it.kind != "bpf" || it.protocol != ETH_P_ALL));
    let free = |preference: &u16| filters.iter().all(|it| it.preference != *preference);
    (1..u16::MAX).find(free).ok_or_else(|| {
        let full = "every preference has a filter of another kind";
        io::Error::new(io::ErrorKind::AddrInUse, full)
    })
}

fn hook(index: u32, inwards: bool) -> libbpf_sys::bpf_tc_hook {
    libbpf_sys::bpf_tc_hook {
        sz: size_of::<libbpf_sys::bpf_tc_hook>() as _,
        ifindex: index as i32,
        attach_point: if inwards {
            libbpf_sys::BPF_TC_INGRESS
        } else {
            libbpf_sys::BPF_TC_EGRESS
        },
        ..Default::default()
    }
}

fn check(rc: i32) -> io::Result<()> {
    match rc {
        0 => Ok(()),
        negative => Err(io::Error::from_raw_os_error(-negative)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests

    use std::os::fd::AsFd;
    use std::process::Command;

    use super::*;
    use crate::kernel::tests::traffic_control;

    impl Filter {
        /// Leaves the filter as a process does that is killed.
        pub fn abandon(mut self) {
            self._claim = Claims::default().claim(u32::MAX).unwrap();
            std::mem::forget(self);
        }
    }

    fn programs(inwards: bool) -> Vec<u32> {
        let filters = windrow_netif::filters(1, inwards).unwrap();
        let programs = filters.into_iter().filter_map(|filter| filter.program);
        programs.map(|program| program.id).collect()
    }

    fn tc(arguments: &str) {
        let words = arguments.split_whitespace();
        let output = Command::new("tc").args(words).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn filters_stand_side_by_side_and_take_only_themselves_away() {
        let test = "filters_stand_side_by_side_and_take_only_themselves_away";
        let Some(datapath) = traffic_control(test) else {
            return;
        };
        let (ingress, _) = datapath.programs.ethernet.as_ref().unwrap();
        let claims = &datapath.claims;
        let seen = windrow_lab::Namespace::new().unwrap().run(|| {
            let first = Filter::attach(ingress.as_fd(), 1, true, claims).unwrap();
            let second = Filter::attach(ingress.as_fd(), 1, true, claims).unwrap();
            let both = programs(true).len();
            drop(first);
            let one = (programs(true).len(), second.is_there().unwrap());
            drop(second);
            (both, one, programs(true).len())
        });
        assert_eq!(seen.unwrap(), (2, (1, true), 0));
    }

    #[test]
    fn a_removed_filter_is_noticed_and_its_place_left_to_its_next_owner() {
        let test = "a_removed_filter_is_noticed_and_its_place_left_to_its_next_owner";
        let Some(datapath) = traffic_control(test) else {
            return;
        };
        let (ingress, egress) = datapath.programs.ethernet.as_ref().unwrap();
        let claims = &datapath.claims;
        let seen = windrow_lab::Namespace::new().unwrap().run(|| {
            let first = Filter::attach(ingress.as_fd(), 1, true, claims).unwrap();
            tc("qdisc del dev lo clsact");
            let removed = !first.is_there().unwrap();
            let next = Filter::attach(egress.as_fd(), 1, true, claims).unwrap();
            let same = next.place.handle == first.place.handle;
            drop(first);
            (removed, same, next.is_there().unwrap())
        });
        assert_eq!(seen.unwrap(), (true, true, true));
    }

    #[test]
    fn others_that_took_the_front_are_ahead_and_named() {
        let test = "others_that_took_the_front_are_ahead_and_named";
        let Some(datapath) = traffic_control(test) else {
            return;
        };
        let (ingress, egress) = datapath.programs.ethernet.as_ref().unwrap();
        let claims = &datapath.claims;
        let seen = windrow_lab::Namespace::new().unwrap().run(|| {
            tc("qdisc add dev lo clsact");
            tc("filter add dev lo ingress pref 1 protocol ip u32 match u32 0 0 flowid 1:1");
            let ours = Filter::attach(ingress.as_fd(), 1, true, claims).unwrap();
            let alone = ahead(1, true, &[ours.place.program]);
            let _later = Filter::attach(egress.as_fd(), 1, true, claims).unwrap();
            let both = ahead(1, true, &[ours.place.program]);
            (ours.place.preference, alone, both, programs(true))
        });
        let (preference, alone, both, programs) = seen.unwrap();
        assert_eq!(preference, 2);
        assert_eq!(alone, ["u32 (preference 1)"]);
        let later = format!("\"windrow_out\" (id {})", programs[0]);
        assert_eq!(both, ["u32 (preference 1)".to_owned(), later]);
    }

    #[test]
    fn an_ingress_qdisc_has_no_egress() {
        let test = "an_ingress_qdisc_has_no_egress";
        let Some(datapath) = traffic_control(test) else {
            return;
        };
        let (ingress, egress) = datapath.programs.ethernet.as_ref().unwrap();
        let claims = &datapath.claims;
        let seen = windrow_lab::Namespace::new().unwrap().run(|| {
            tc("qdisc add dev lo ingress");
            let inwards = Filter::attach(ingress.as_fd(), 1, true, claims).unwrap();
            let outwards = Filter::attach(egress.as_fd(), 1, false, claims);
            let outwards = outwards.unwrap_err().to_string();
            let listed = (programs(true).len(), programs(false).len());
            (inwards.is_there().unwrap(), listed, outwards)
        });
        let (there, listed, error) = seen.unwrap();
        assert!(there && error.contains("--direction in"), "{error}");
        assert_eq!(listed, (1, 0));
    }
}
