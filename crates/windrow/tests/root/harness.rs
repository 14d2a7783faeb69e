//! What the end-to-end tests share: namespaces and traffic ([`net`]), a running `windrow monitor`
//! ([`monitor`]) and what it printed, checked ([`report`]), all three together ([`exact`]); programs whose
//! doings are counted ([`programs`]) by what counts no packets ([`counting`]), and what that printed
//! ([`timed`]). No test is in here.

pub mod bpf;
pub mod counting;
pub mod exact;
pub mod group;
pub mod lines;
pub mod monitor;
pub mod net;
pub mod programs;
pub mod report;
pub mod tcp;
pub mod timed;
pub mod tun;
pub mod watched;

use std::sync::{Mutex, MutexGuard, PoisonError};

static ALONE: Mutex<()> = Mutex::new(());

/// The tests run full speed traffic on few CPUs: one at a time.
pub fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Says at the beginning of a line that a test, or a part of it, did not run.
pub fn skip(name: &str, reason: &str) {
    // The test runner may have left the cursor behind a test's name.
    println!("\nskipped: {name}: {reason}");
}

/// Ends the test by name where it cannot run; otherwise holds all others back.
macro_rules! root_or_skip {
    ($name:literal) => {
        if !$crate::harness::is_root() {
            $crate::harness::skip($name, "needs root");
            return;
        }
        let _alone = $crate::harness::alone();
    };
}
pub(crate) use root_or_skip;
