//! Traffic control on kernels before 6.6, where there are no links: a filter that is removed by
//! hand. A killed process leaves it behind.

use std::io;
use std::os::fd::BorrowedFd;

use libbpf_rs::{ErrorKind, TC_EGRESS, TC_INGRESS, TcHook, TcHookBuilder};

/// A filter of ours at a clsact qdisc. The qdisc stays: it may have become another's home.
#[derive(Debug)]
pub struct Filter {
    hook: TcHook,
}

impl Filter {
    /// Adds the program in front of all other filters of that direction.
    pub fn attach(program: BorrowedFd<'_>, index: u32, inwards: bool) -> io::Result<Filter> {
        let mut hook = TcHookBuilder::new(program)
            .ifindex(index as i32)
            .replace(false)
            // The lowest preference runs first; the kernel picks a handle, so that several windrows
            // may be there, and one that was killed is not in the way.
            .priority(1)
            .handle(0)
            .hook(if inwards { TC_INGRESS } else { TC_EGRESS });
        if let Err(error) = hook.create()
            && error.kind() != ErrorKind::AlreadyExists
        {
            return Err(io::Error::other(error));
        }
        hook.attach().map_err(io::Error::other)?;
        Ok(Filter { hook })
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // The interface may be gone, and the filter with it.
        let _ = self.hook.detach();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests

    use std::os::fd::AsFd;
    use std::process::Command;

    use windrow_core::selection::Selection;

    use super::*;
    use crate::kernel::{Datapath, Error, Hooks, Settings};

    /// The bpf filters at lo's ingress, in the namespace that this is called in.
    fn filters() -> Vec<String> {
        let mut tc = Command::new("tc");
        let output = tc
            .args(["filter", "show", "dev", "lo", "ingress"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .filter(|line| line.contains("handle"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn filters_stand_side_by_side_and_take_only_themselves_away() {
        let settings = Settings {
            hooks: Hooks::Tc,
            memory_bytes: 1 << 20,
            buffers: 2,
            selection: Selection::default(),
            interfaces: 0,
        };
        let datapath = match Datapath::load(settings) {
            Ok(datapath) => datapath,
            Err(error @ (Error::NotPermitted | Error::NoBtf)) => {
                let test = "filters_stand_side_by_side_and_take_only_themselves_away";
                println!("skipped: {test}: {error}");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let (ingress, _) = datapath.programs.ethernet.as_ref().unwrap();
        let namespace = windrow_lab::Namespace::new().unwrap();
        let seen = namespace.run(|| {
            let first = Filter::attach(ingress.as_fd(), 1, true).unwrap();
            let second = Filter::attach(ingress.as_fd(), 1, true).unwrap();
            let both = filters();
            drop(first);
            let one = filters();
            drop(second);
            (both, one, filters())
        });
        let (both, one, none) = seen.unwrap();
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(
            both.iter().all(|line| line.contains("windrow_in")),
            "{both:?}"
        );
        assert_eq!(one.len(), 1, "{one:?}");
        assert!(none.is_empty(), "{none:?}");
    }
}
