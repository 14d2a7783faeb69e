//! How many files this process may hold open: a program at an interface is one, in each direction.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit as far as an unprivileged process may. The soft limit is low on most systems for
/// the sake of programs that use `select`, which this one does not.
pub fn allow_all() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // Where it is refused, fewer interfaces can be watched, and attaching says so.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
