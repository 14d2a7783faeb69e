//! Who else is at a hook: other programs, by name.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Programs at an interface, by name, in the order in which they run.
#[derive(Clone, Debug, Default)]
pub struct AtInterface {
    /// At XDP.
    pub xdp: Option<String>,
    /// At tcx, coming in.
    pub tcx_in: Vec<String>,
    /// At tcx, going out.
    pub tcx_out: Vec<String>,
}

impl AtInterface {
    /// What is there now. Filters of clsact are not among them.
    pub fn of(index: u32) -> AtInterface {
        let chain = |inwards| {
            tcx_chain(index, inwards)
                .into_iter()
                .map(describe)
                .collect()
        };
        AtInterface {
            xdp: xdp_holder(index),
            tcx_in: chain(true),
            tcx_out: chain(false),
        }
    }
}

/// The XDP program at an interface, as a user would look for it.
pub fn xdp_holder(index: u32) -> Option<String> {
    let mut options = libbpf_sys::bpf_xdp_query_opts {
        sz: size_of::<libbpf_sys::bpf_xdp_query_opts>() as _,
        ..Default::default()
    };
    // SAFETY: the options outlive the call and carry their own size.
    let rc = unsafe { libbpf_sys::bpf_xdp_query(index as i32, 0, &raw mut options) };
    if rc < 0 || options.prog_id == 0 {
        return None;
    }
    Some(describe(options.prog_id))
}

/// Programs at tcx in the order in which they run, by id; most chains are short.
pub fn tcx_chain(index: u32, inwards: bool) -> Vec<u32> {
    let mut ids = [0u32; 64];
    let kind = if inwards {
        libbpf_sys::BPF_TCX_INGRESS
    } else {
        libbpf_sys::BPF_TCX_EGRESS
    };
    let mut options = libbpf_sys::bpf_prog_query_opts {
        sz: size_of::<libbpf_sys::bpf_prog_query_opts>() as _,
        prog_ids: ids.as_mut_ptr(),
        ..Default::default()
    };
    options.__bindgen_anon_1.count = ids.len() as u32;
    // SAFETY: the options outlive the call, carry their own size, and name an array that is as long
    // as they say.
    let rc = unsafe { libbpf_sys::bpf_prog_query_opts(index as i32, kind, &raw mut options) };
    if rc < 0 {
        return Vec::new();
    }
    // SAFETY: both members of the union are the same number.
    let count = unsafe { options.__bindgen_anon_1.count } as usize;
    ids[..count.min(ids.len())].to_vec()
}

/// `"name" (id 12)`.
pub fn describe(id: u32) -> String {
    // SAFETY: takes no pointers; a descriptor of ours or an error comes back.
    let fd = unsafe { libbpf_sys::bpf_prog_get_fd_by_id(id) };
    if fd < 0 {
        return format!("id {id}");
    }
    // SAFETY: a new descriptor that nobody else owns.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    match info(fd.as_fd()) {
        Ok(info) => {
            let name = info.name.map(|byte| byte as u8);
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            format!(
                "\"{}\" (id {id})",
                String::from_utf8_lossy(name).escape_debug()
            )
        }
        Err(_) => format!("id {id}"),
    }
}

/// What the kernel tells of a loaded program.
pub fn info(program: BorrowedFd<'_>) -> io::Result<libbpf_sys::bpf_prog_info> {
    let mut info = libbpf_sys::bpf_prog_info::default();
    let mut length = size_of::<libbpf_sys::bpf_prog_info>() as u32;
    // SAFETY: `info` is as long as `length` says, and asks for nothing behind pointers.
    let rc = unsafe {
        libbpf_sys::bpf_prog_get_info_by_fd(program.as_raw_fd(), &raw mut info, &raw mut length)
    };
    if rc < 0 {
        Err(io::Error::from_raw_os_error(-rc))
    } else {
        Ok(info)
    }
}

/// The index of the interface that a link is attached to; 0 where it is not attached any more.
pub fn link_interface(link: BorrowedFd<'_>) -> io::Result<u32> {
    let mut info = libbpf_sys::bpf_link_info::default();
    let mut length = size_of::<libbpf_sys::bpf_link_info>() as u32;
    // SAFETY: `info` is as long as `length` says, and asks for nothing behind pointers.
    let rc = unsafe {
        libbpf_sys::bpf_link_get_info_by_fd(link.as_raw_fd(), &raw mut info, &raw mut length)
    };
    if rc < 0 {
        return Err(io::Error::from_raw_os_error(-rc));
    }
    // SAFETY: the kernel has filled the member of the link's own type, or left it 0.
    Ok(unsafe {
        match info.type_ {
            libbpf_sys::BPF_LINK_TYPE_XDP => info.__bindgen_anon_1.xdp.ifindex,
            _ => info.__bindgen_anon_1.tcx.ifindex,
        }
    })
}
