//! Filters of clsact that a killed windrow left behind, and nobody else's: with the name and the tag
//! of one of our programs, as we attach them, and without a living owner.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use windrow_core::selection::Selection;

use crate::export::Export;
use crate::geometry;
use crate::kernel::claim::is_claimed;
use crate::kernel::clsact::{ETH_P_ALL, Place, label};
use crate::kernel::load::Programs;
use crate::kernel::{Datapath, Error, Hooks, Settings, programs};

/// The programs of this build that are attached as filters, as this kernel knows them.
#[derive(Debug)]
pub struct Ours {
    programs: Vec<Identity>,
}

/// A program that is loaded twice has the same of both: maps do not count, instructions do.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    name: String,
    tag: [u8; 8],
}

/// A filter with the name of a program of ours.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Its program's number in the kernel.
    pub id: u32,
    /// At packets that come in, rather than at those that go out.
    pub inwards: bool,
    /// Its preference.
    pub preference: u16,
    /// Its number within the preference.
    pub handle: u32,
    /// Whose it is.
    pub owner: Owner,
    place: Place,
}

/// Whose a filter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A windrow that runs, of this build or another.
    Running,
    /// Nobody's any more: a windrow of this build left it.
    Gone,
    /// Nobody claims it, and it is not a program of this build: perhaps another's leftover.
    Unknown,
}

impl Ours {
    /// Loads the programs, with the smallest tables, to learn what this kernel makes of them.
    ///
    /// # Errors
    /// When they cannot be loaded.
    pub fn learn() -> Result<Ours, Error> {
        let load = |memory_bytes| {
            Datapath::load(Settings {
                hooks: Hooks::Tc,
                memory_bytes,
                buffers: 2,
                selection: Selection::default(),
                interfaces: 0,
                export: Export::Map,
            })
        };
        let datapath = match load(0) {
            Err(Error::Geometry(geometry::Error::TooLittle { least, .. })) => load(least),
            loaded => loaded,
        };
        Ok(datapath?.ours())
    }

    /// Those that a data path has loaded.
    pub(super) fn of(programs: &Programs) -> Ours {
        let pairs = [&programs.ethernet, &programs.ip];
        let all = pairs.into_iter().flatten().flat_map(|(a, b)| [a, b]);
        Ours {
            programs: all.filter_map(|fd| identity(fd.as_fd())).collect(),
        }
    }

    /// The filters at an interface that have the name of one of ours, of both directions, whosever
    /// they are. Sees the network namespace of the calling thread.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn at(&self, index: u32) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for inwards in [true, false] {
            let filters = windrow_netif::filters(index, inwards).map_err(io::Error::other)?;
            found.extend(
                filters
                    .iter()
                    .filter_map(|filter| self.found(filter, index, inwards)),
            );
        }
        Ok(found)
    }

    fn found(&self, filter: &windrow_netif::Filter, index: u32, inwards: bool) -> Option<Found> {
        let program = filter.program.as_ref()?;
        let identity = Identity {
            name: label(program).to_owned(),
            tag: program.tag,
        };
        // Elsewhere we attach nothing, whatever it is called.
        if filter.chain != 0 || filter.protocol != ETH_P_ALL {
            return None;
        }
        self.programs
            .iter()
            .find(|ours| ours.name == identity.name)?;
        let owner = if is_claimed(program.id) {
            Owner::Running
        } else if self.programs.contains(&identity) {
            Owner::Gone
        } else {
            Owner::Unknown
        };
        Some(Found {
            name: identity.name,
            id: program.id,
            inwards,
            preference: filter.preference,
            handle: filter.handle,
            owner,
            place: Place {
                index,
                inwards,
                preference: filter.preference,
                handle: filter.handle,
                program: program.id,
            },
        })
    }

    /// Removes what was left at an interface, as far as that can be done.
    pub(super) fn clear(&self, index: u32) {
        for found in self.at(index).unwrap_or_default() {
            if found.owner == Owner::Gone {
                // Counting works beside it, too.
                let _ = found.remove();
            }
        }
    }
}

impl Datapath {
    /// Its programs, to know filters of theirs by.
    pub fn ours(&self) -> Ours {
        Ours::of(&self.programs)
    }
}

impl Found {
    /// Removes the filter, and says whether it was still there.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn remove(&self) -> io::Result<bool> {
        self.place.clear()
    }
}

fn identity(program: BorrowedFd<'_>) -> Option<Identity> {
    let info = programs::info(program).ok()?;
    Some(Identity {
        name: programs::name(&info),
        tag: info.tag,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests

    use std::ffi::CStr;
    use std::os::fd::{FromRawFd, OwnedFd};

    use windrow_core::by::By;
    use windrow_core::filter::Filter;

    use super::*;
    use crate::kernel::claim::Claims;
    use crate::kernel::clsact;
    use crate::kernel::tests::traffic_control;

    /// Somebody else's program, of whatever name.
    fn foreign(name: &CStr) -> OwnedFd {
        // r0 = -1; exit
        let mut code = [libbpf_sys::bpf_insn::default(); 2];
        (code[0].code, code[0].imm) = (0xb7, -1);
        code[1].code = 0x95;
        // SAFETY: the strings and the instructions outlive the call, and their number is right.
        let fd = unsafe {
            libbpf_sys::bpf_prog_load(
                libbpf_sys::BPF_PROG_TYPE_SCHED_CLS,
                name.as_ptr(),
                c"GPL".as_ptr(),
                code.as_ptr(),
                code.len() as _,
                std::ptr::null_mut(),
            )
        };
        assert!(fd >= 0);
        // SAFETY: a new descriptor that nobody else owns.
        unsafe { OwnedFd::from_raw_fd(fd) }
    }

    #[test]
    fn a_program_is_known_again_whatever_it_counts() {
        let test = "a_program_is_known_again_whatever_it_counts";
        if traffic_control(test).is_none() {
            return;
        }
        let other = Datapath::load(Settings {
            hooks: Hooks::All,
            memory_bytes: 8 << 20,
            buffers: 3,
            selection: Selection {
                by: By::parse("src/24,iface").unwrap(),
                filter: Some(Filter::parse("tcp and port 80").unwrap()),
                ..Selection::default()
            },
            interfaces: 8,
            export: Export::Ring,
        });
        let (other, small) = (other.unwrap().ours(), Ours::learn().unwrap());
        assert_eq!(other.programs, small.programs);
        assert_eq!(small.programs.len(), 4);
        assert!(
            small.programs.iter().all(|it| it.tag != [0; 8]),
            "{small:?}"
        );
    }

    #[test]
    fn only_what_nobody_owns_is_removed() {
        let test = "only_what_nobody_owns_is_removed";
        let (Some(dead), Some(alive)) = (traffic_control(test), traffic_control(test)) else {
            return;
        };
        let pair = |datapath: &Datapath| {
            let (ingress, egress) = datapath.programs.ethernet.as_ref().unwrap();
            let own = |fd: &OwnedFd| fd.try_clone().unwrap();
            [(own(ingress), true), (own(egress), false)]
        };
        let attach = |program: BorrowedFd<'_>, inwards, datapath: &Datapath| {
            clsact::Filter::attach(program, 1, inwards, &datapath.claims).unwrap()
        };
        let namespace = windrow_lab::Namespace::new().unwrap();
        let owners = |ours: &Ours| -> Vec<(String, Owner)> {
            let found = ours.at(1).unwrap().into_iter();
            found.map(|found| (found.name, found.owner)).collect()
        };
        let seen = namespace.run(|| {
            let lives: Vec<clsact::Filter> = pair(&alive)
                .iter()
                .map(|(program, inwards)| attach(program.as_fd(), *inwards, &alive))
                .collect();
            for (program, inwards) in &pair(&dead) {
                attach(program.as_fd(), *inwards, &dead).abandon();
            }
            // Of a name that is nobody's, and of one of ours.
            for name in [c"other", c"windrow_in"] {
                attach(foreign(name).as_fd(), true, &dead).abandon();
            }
            let ours = Ours::learn().unwrap();
            let before = owners(&ours);
            ours.clear(1);
            let after = owners(&ours);
            let filters = windrow_netif::filters(1, true).unwrap().len();
            let there = lives.iter().all(|filter| filter.is_there().unwrap());
            drop(lives);
            let qdisc = windrow_netif::filter_qdisc(1).unwrap();
            (before, after, filters, there, qdisc)
        });
        let (before, after, filters, there, qdisc) = seen.unwrap();
        let want = |all: &[(&str, Owner)]| -> Vec<(String, Owner)> {
            let all = all.iter();
            all.map(|(name, owner)| ((*name).to_owned(), *owner))
                .collect()
        };
        // The last that came runs first.
        let all = [
            ("windrow_in", Owner::Unknown),
            ("windrow_in", Owner::Gone),
            ("windrow_in", Owner::Running),
            ("windrow_out", Owner::Gone),
            ("windrow_out", Owner::Running),
        ];
        assert_eq!(before, want(&all));
        assert_eq!(after, want(&[all[0], all[2], all[4]]));
        assert_eq!((filters, there), (3, true));
        assert_eq!(qdisc.as_deref(), Some("clsact"));
    }

    #[test]
    fn an_owner_in_another_namespace_owns_nothing_here() {
        let test = "an_owner_in_another_namespace_owns_nothing_here";
        let Some(datapath) = traffic_control(test) else {
            return;
        };
        let (ingress, _) = datapath.programs.ethernet.as_ref().unwrap();
        let spaces = [(); 2].map(|()| windrow_lab::Namespace::new().unwrap());
        let attach = || clsact::Filter::attach(ingress.as_fd(), 1, true, &datapath.claims).unwrap();
        let here = spaces[0].run(attach).unwrap();
        spaces[1].run(|| attach().abandon()).unwrap();
        let ours = datapath.ours();
        let owner = |space: &windrow_lab::Namespace| {
            let found = space.run(|| ours.at(1).unwrap());
            found.unwrap().first().map(|found| found.owner)
        };
        assert_eq!(owner(&spaces[0]), Some(Owner::Running));
        assert_eq!(owner(&spaces[1]), Some(Owner::Gone));
        spaces[0].run(|| drop(here)).unwrap();
        assert_eq!(owner(&spaces[0]), None);
    }

    #[test]
    fn a_start_removes_what_was_left_at_its_interface() {
        let test = "a_start_removes_what_was_left_at_its_interface";
        let Some(datapath) = traffic_control(test) else {
            return;
        };
        let (ingress, _) = datapath.programs.ip.as_ref().unwrap();
        let left = windrow_lab::Namespace::new().unwrap().run(|| {
            let filter = clsact::Filter::attach(ingress.as_fd(), 1, true, &Claims::default());
            filter.unwrap().abandon();
            datapath.ours().clear(1);
            windrow_netif::filters(1, true).unwrap().len()
        });
        assert_eq!(left.unwrap(), 0);
    }
}
