//! Who else is at a hook: other programs, by name.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use crate::kernel::clsact;

/// Programs at an interface, by name, in the order in which they run.
#[derive(Clone, Debug, Default)]
pub struct AtInterface {
    /// At XDP.
    pub xdp: Xdp,
    /// At tcx, coming in.
    pub tcx_in: Vec<String>,
    /// At tcx, going out.
    pub tcx_out: Vec<String>,
    /// The qdisc that clsact's filters hang at: `clsact`, `ingress` or none.
    pub qdisc: Option<String>,
    /// Filters of that qdisc, coming in.
    pub clsact_in: Vec<String>,
    /// Filters of that qdisc, going out.
    pub clsact_out: Vec<String>,
}

/// What an interface has at XDP.
#[derive(Clone, Debug, Default)]
pub struct Xdp {
    /// The program; the first one where there are several.
    pub program: Option<String>,
    /// How it is attached: `native`, `generic`, `offload`, or `several`.
    pub mode: Option<&'static str>,
    /// Whether the driver says that it has native XDP. Kernels before 6.3 do not tell: then, and
    /// where the driver has none, this is false.
    pub advertised: bool,
}

impl AtInterface {
    /// What is there now, in the network namespace of the calling thread.
    pub fn of(index: u32) -> AtInterface {
        let chain = |inwards| {
            tcx_chain(index, inwards)
                .into_iter()
                .map(describe)
                .collect()
        };
        let filters = |inwards| {
            clsact::described(&windrow_netif::filters(index, inwards).unwrap_or_default())
        };
        AtInterface {
            xdp: xdp(index).unwrap_or_default(),
            tcx_in: chain(true),
            tcx_out: chain(false),
            qdisc: windrow_netif::filter_qdisc(index).ok().flatten(),
            clsact_in: filters(true),
            clsact_out: filters(false),
        }
    }
}

/// The XDP program at an interface, as a user would look for it.
pub fn xdp_holder(index: u32) -> Option<String> {
    xdp(index)?.program
}

fn xdp(index: u32) -> Option<Xdp> {
    /// `NETDEV_XDP_ACT_BASIC`: pass, drop and send back.
    const BASIC: u64 = 1;
    let mut options = libbpf_sys::bpf_xdp_query_opts {
        sz: size_of::<libbpf_sys::bpf_xdp_query_opts>() as _,
        ..Default::default()
    };
    // SAFETY: the options outlive the call and carry their own size.
    let rc = unsafe { libbpf_sys::bpf_xdp_query(index as i32, 0, &raw mut options) };
    if rc < 0 {
        return None;
    }
    // Where there are several, the kernel names none of them as the one.
    let ids = [
        options.prog_id,
        options.hw_prog_id,
        options.drv_prog_id,
        options.skb_prog_id,
    ];
    Some(Xdp {
        program: ids.into_iter().find(|id| *id != 0).map(describe),
        mode: match u32::from(options.attach_mode) {
            libbpf_sys::XDP_ATTACHED_DRV => Some("native"),
            libbpf_sys::XDP_ATTACHED_SKB => Some("generic"),
            libbpf_sys::XDP_ATTACHED_HW => Some("offload"),
            libbpf_sys::XDP_ATTACHED_MULTI => Some("several"),
            _ => None,
        },
        advertised: options.feature_flags & BASIC != 0,
    })
}

/// Whether this kernel has tcx, whose links go with their process.
pub fn has_tcx() -> bool {
    // Any interface will do: a kernel without tcx does not know the question.
    const LOOPBACK: i32 = 1;
    let mut options = libbpf_sys::bpf_prog_query_opts {
        sz: size_of::<libbpf_sys::bpf_prog_query_opts>() as _,
        ..Default::default()
    };
    let kind = libbpf_sys::BPF_TCX_INGRESS;
    // SAFETY: the options outlive the call, carry their own size, and point to no arrays.
    let rc = unsafe { libbpf_sys::bpf_prog_query_opts(LOOPBACK, kind, &raw mut options) };
    rc == 0 || rc == -libc::ENOENT
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
    let Ok(fd) = owned(fd) else {
        return format!("id {id}");
    };
    match info(fd.as_fd()) {
        Ok(info) => format!("\"{}\" (id {id})", name(&info).escape_debug()),
        Err(_) => format!("id {id}"),
    }
}

/// What libbpf returns for a new descriptor: that, or a negative error number.
pub fn owned(fd: i32) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(-fd));
    }
    // SAFETY: a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A program's name.
pub fn name(info: &libbpf_sys::bpf_prog_info) -> String {
    let name = info.name.map(|byte| byte as u8);
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
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

/// Bytes of programs' instructions: those that the kernel keeps and those that the CPU runs.
pub fn instruction_bytes<'a>(programs: impl Iterator<Item = BorrowedFd<'a>>) -> u64 {
    programs
        .filter_map(|fd| info(fd).ok())
        .map(|info| u64::from(info.xlated_prog_len) + u64::from(info.jited_prog_len))
        .sum()
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
