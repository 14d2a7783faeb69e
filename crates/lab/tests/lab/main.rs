//! The laboratory does what it says. One program, because linking one takes longer than most of its
//! tests; in it one test at a time, because some measure time on few CPUs. Needs root.

use std::sync::{Mutex, MutexGuard, PoisonError};

use windrow_lab::{End, Namespace, VethOptions, VethPair};
use windrow_netif::{Counters, by_index};

mod burst;
mod delivery;
mod links;

static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the test by name where it cannot run; otherwise holds all others back.
macro_rules! root_or_skip {
    ($name:literal) => {
        if !nix::unistd::geteuid().is_root() {
            println!("skipped: {}: needs root", $name);
            return;
        }
        let _alone = $crate::alone();
    };
}
use root_or_skip;

fn namespace() -> Namespace {
    Namespace::new().expect("namespace")
}

/// `w0` and `w1` in a namespace each.
fn pair(options: VethOptions) -> VethPair {
    VethPair::new(&namespace(), "w0", &namespace(), "w1", options).expect("veth")
}

fn counters(end: &End) -> Counters {
    let found = end.namespace.run(|| by_index(end.index));
    let found = found.expect("enter").expect("rtnetlink");
    found.expect("interface").counters
}
