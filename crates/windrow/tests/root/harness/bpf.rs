//! What is attached where, by the kernel's own account, and programs of somebody else.

use std::{
    collections::HashSet,
    ffi::CStr,
    fs, io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    ptr,
};

use libbpf_rs::query::{LinkInfoIter, ProgInfoIter};
use windrow_lab::End;

/// Verdicts at traffic control.
pub const NEXT: i32 = -1;
pub const OK: i32 = 0;
pub const DROP: i32 = 2;
/// Verdicts at XDP.
pub const XDP_DROP: i32 = 1;
pub const XDP_PASS: i32 = 2;

/// Programs at an interface: tcx in both directions, and XDP.
pub fn attached(end: &End) -> usize {
    let count = || {
        let tcx = tcx_programs(end.index, libbpf_sys::BPF_TCX_INGRESS)
            + tcx_programs(end.index, libbpf_sys::BPF_TCX_EGRESS);
        let mut xdp = 0;
        // SAFETY: the pointer is to a number that outlives the call, which writes it.
        let rc = unsafe { libbpf_sys::bpf_xdp_query_id(end.index as i32, 0, &raw mut xdp) };
        assert_eq!(rc, 0, "asking for the XDP program");
        tcx + usize::from(xdp != 0)
    };
    end.namespace.run(count).expect("enter")
}

fn tcx_programs(index: u32, kind: libbpf_sys::bpf_attach_type) -> usize {
    tcx_ids(index, kind).len()
}

/// Programs at tcx by their numbers, in the calling thread's namespace.
pub fn tcx_ids(index: u32, kind: libbpf_sys::bpf_attach_type) -> Vec<u32> {
    let mut ids = vec![0; 16];
    let mut options = libbpf_sys::bpf_prog_query_opts {
        sz: size_of::<libbpf_sys::bpf_prog_query_opts>() as _,
        prog_ids: ids.as_mut_ptr(),
        ..Default::default()
    };
    options.__bindgen_anon_1.count = ids.len() as u32;
    // SAFETY: the options outlive the call, carry their own size, and point to an array that is as
    // long as they say.
    let rc = unsafe { libbpf_sys::bpf_prog_query_opts(index as i32, kind, &raw mut options) };
    match rc {
        // SAFETY: both members of the union are the same number.
        0 => ids.truncate(unsafe { options.__bindgen_anon_1.count as usize }),
        // Nothing was ever attached there.
        _ if rc == -nix::libc::ENOENT => ids.clear(),
        _ => panic!(
            "asking for tcx programs: {}",
            io::Error::from_raw_os_error(-rc)
        ),
    }
    ids
}

/// A loaded program by its number; none where it is gone.
pub fn program(id: u32) -> Option<OwnedFd> {
    // SAFETY: takes no pointers; a descriptor of ours or an error comes back.
    let fd = unsafe { libbpf_sys::bpf_prog_get_fd_by_id(id) };
    // SAFETY: a new descriptor that nobody else owns.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Leaves a program as a filter at clsact, where it stays without its process.
pub fn leave_filter(end: &End, program: &OwnedFd, inwards: bool) {
    // That the qdisc is there already is no news.
    libbpf_rs::set_print(None);
    let attach = || {
        let mut hook = libbpf_sys::bpf_tc_hook {
            sz: size_of::<libbpf_sys::bpf_tc_hook>() as _,
            ifindex: end.index as i32,
            attach_point: if inwards {
                libbpf_sys::BPF_TC_INGRESS
            } else {
                libbpf_sys::BPF_TC_EGRESS
            },
            ..Default::default()
        };
        let mut options = libbpf_sys::bpf_tc_opts {
            sz: size_of::<libbpf_sys::bpf_tc_opts>() as _,
            prog_fd: program.as_raw_fd(),
            priority: 1,
            ..Default::default()
        };
        // SAFETY: both structures outlive the calls and carry their own size.
        unsafe {
            libbpf_sys::bpf_tc_hook_create(&raw mut hook);
            libbpf_sys::bpf_tc_attach(&raw const hook, &raw mut options)
        }
    };
    let rc = end.namespace.run(attach).expect("enter");
    assert_eq!(rc, 0, "attaching a filter");
}

/// Puts somebody else's program at generic XDP, where it stays.
pub fn leave_generic_xdp(end: &End, verdict: i32) {
    let program = load(libbpf_sys::BPF_PROG_TYPE_XDP, c"generic", verdict);
    let (index, descriptor) = (end.index as i32, program.as_raw_fd());
    let flags = libbpf_sys::XDP_FLAGS_SKB_MODE;
    // SAFETY: options are not needed.
    let attach = || unsafe { libbpf_sys::bpf_xdp_attach(index, descriptor, flags, ptr::null()) };
    assert_eq!(
        end.namespace.run(attach).expect("enter"),
        0,
        "attaching at XDP"
    );
}

/// Somebody else's program for traffic control, of any name.
pub fn foreign(name: &CStr) -> OwnedFd {
    load(libbpf_sys::BPF_PROG_TYPE_SCHED_CLS, name, NEXT)
}

/// Programs called windrow_* that live although no process holds them or their links: what a
/// killed windrow must not leave. Others may be running windrows of their own at the same time.
pub fn orphans() -> Vec<String> {
    let programs: Vec<_> = ProgInfoIter::default()
        .filter(|program| program.name.to_string_lossy().starts_with("windrow_"))
        .map(|program| (program.id, program.name.to_string_lossy().into_owned()))
        .collect();
    if programs.is_empty() {
        return Vec::new();
    }
    let ours: HashSet<u32> = programs.iter().map(|(id, _)| *id).collect();
    let links: Vec<_> = LinkInfoIter::default()
        .filter(|link| ours.contains(&link.prog_id))
        .collect();
    let (held_programs, held_links) = held();
    let free = programs
        .iter()
        .filter(|(id, _)| !held_programs.contains(id));
    let free_links = links.iter().filter(|link| !held_links.contains(&link.id));
    free.map(|(id, name)| format!("program {id} {name}"))
        .chain(free_links.map(|link| format!("link {} of program {}", link.id, link.prog_id)))
        .collect()
}

/// Programs and links that some process has a descriptor of.
fn held() -> (HashSet<u32>, HashSet<u32>) {
    let (mut programs, mut links) = (HashSet::new(), HashSet::new());
    // Processes come and go while this looks: what cannot be read is gone.
    for process in fs::read_dir("/proc").expect("proc").flatten() {
        let Ok(descriptors) = fs::read_dir(process.path().join("fdinfo")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            let text = fs::read_to_string(descriptor.path()).unwrap_or_default();
            for line in text.lines() {
                let number = |rest: &str| rest.trim().parse::<u32>().expect("a number");
                if let Some(rest) = line.strip_prefix("prog_id:") {
                    programs.insert(number(rest));
                } else if let Some(rest) = line.strip_prefix("link_id:") {
                    links.insert(number(rest));
                }
            }
        }
    }
    (programs, links)
}

/// Somebody else's program at tcx ingress: one verdict for every packet. Dropping it detaches.
#[derive(Debug)]
pub struct Foreign {
    _program: OwnedFd,
    _link: OwnedFd,
}

impl Foreign {
    /// At the head of the chain, or at its tail.
    pub fn attach(end: &End, verdict: i32, head: bool) -> Foreign {
        let program = load(libbpf_sys::BPF_PROG_TYPE_SCHED_CLS, c"foreign", verdict);
        let flags = if head {
            libbpf_sys::BPF_F_BEFORE
        } else {
            libbpf_sys::BPF_F_AFTER
        };
        let (descriptor, index) = (program.as_raw_fd(), end.index as i32);
        let attach = || {
            let options = libbpf_sys::bpf_link_create_opts {
                sz: size_of::<libbpf_sys::bpf_link_create_opts>() as _,
                flags,
                ..Default::default()
            };
            let kind = libbpf_sys::BPF_TCX_INGRESS;
            // SAFETY: the options outlive the call and carry their own size.
            unsafe { libbpf_sys::bpf_link_create(descriptor, index, kind, &raw const options) }
        };
        let link = end.namespace.run(attach).expect("enter");
        Foreign {
            _program: program,
            _link: owned(link, "attaching a foreign program"),
        }
    }
}

/// `return verdict;`
fn load(kind: libbpf_sys::bpf_prog_type, name: &CStr, verdict: i32) -> OwnedFd {
    const MOVE_TO_R0: u8 = 0xb7;
    const EXIT: u8 = 0x95;
    let mut code = [libbpf_sys::bpf_insn::default(); 2];
    code[0].code = MOVE_TO_R0;
    code[0].imm = verdict;
    code[1].code = EXIT;
    // SAFETY: strings and instructions outlive the call, the number of instructions is right, and
    // options are not needed.
    let program = unsafe {
        libbpf_sys::bpf_prog_load(
            kind,
            name.as_ptr(),
            c"GPL".as_ptr(),
            code.as_ptr(),
            code.len() as libbpf_sys::size_t,
            ptr::null_mut(),
        )
    };
    owned(program, "loading a foreign program")
}

fn owned(descriptor: i32, what: &str) -> OwnedFd {
    assert!(
        descriptor >= 0,
        "{what}: {}",
        io::Error::from_raw_os_error(-descriptor)
    );
    // SAFETY: a new descriptor that nobody else owns.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}
