//! The system calls that neither std nor nix nor libbpf-rs wrap. All `unsafe` of this crate that
//! is not generated is here; nothing here decides anything.

use std::{
    io, mem,
    os::fd::{AsRawFd, BorrowedFd},
};

use nix::libc;

const SIOCETHTOOL: libc::Ioctl = 0x8946;
const BPF_F_TEST_XDP_LIVE_FRAMES: u32 = 1 << 1;

/// `struct ethtool_value`.
#[repr(C)]
struct EthtoolValue {
    command: u32,
    data: u32,
}

/// Runs an XDP program `repeat` times on live frames of `frame.len()` bytes, `batch` of them with
/// softirqs off. EINTR when a signal ended it before that.
pub(crate) fn run_live(
    program: BorrowedFd<'_>,
    frame: &[u8],
    repeat: i32,
    batch: u32,
) -> io::Result<()> {
    let mut options = libbpf_sys::bpf_test_run_opts {
        sz: size_of::<libbpf_sys::bpf_test_run_opts>() as libbpf_sys::size_t,
        data_in: frame.as_ptr().cast(),
        data_size_in: frame.len() as u32,
        repeat,
        flags: BPF_F_TEST_XDP_LIVE_FRAMES,
        batch_size: batch,
        ..Default::default()
    };
    // SAFETY: `options` and the frame it points to outlive the call; the kernel only reads
    // `data_size_in` bytes of the frame, and writes into `options`, whose size is in `sz`.
    let code = unsafe { libbpf_sys::bpf_prog_test_run_opts(program.as_raw_fd(), &mut options) };
    match code {
        0 => Ok(()),
        negative => Err(io::Error::from_raw_os_error(-negative)),
    }
}

/// Sets one ethtool value of an interface in the socket's namespace.
pub(crate) fn ethtool_set(
    socket: BorrowedFd<'_>,
    name: &str,
    command: u32,
    data: u32,
) -> io::Result<()> {
    let mut value = EthtoolValue { command, data };
    let mut request = interface_request(name)?;
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // SAFETY: `request` is a whole ifreq whose data pointer is to an ethtool_value that outlives
    // the call; the "set value" commands read and write no more than that.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), SIOCETHTOOL, &raw mut request) })
}

/// Makes a tun file descriptor the interface `name`.
pub(crate) fn tun_create(file: BorrowedFd<'_>, name: &str, flags: u16) -> io::Result<()> {
    let mut request = interface_request(name)?;
    request.ifr_ifru.ifru_flags = flags as libc::c_short;
    // SAFETY: TUNSETIFF reads and writes one whole ifreq.
    check(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) })
}

/// Binds a packet socket to an interface, for sending.
pub(crate) fn bind_packet(socket: BorrowedFd<'_>, index: u32) -> io::Result<()> {
    // SAFETY: sockaddr_ll is plain numbers, for which zero is valid.
    let mut address: libc::sockaddr_ll = unsafe { mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_ifindex = index as i32;
    let length = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the pointer and length describe `address`, which the kernel only reads.
    check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) })
}

/// Asks a packet socket to take a virtio header in front of every frame.
pub(crate) fn set_vnet_header(socket: BorrowedFd<'_>) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the pointer and length describe `on`, which the kernel only reads.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_VNET_HDR,
            (&raw const on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    })
}

/// An ifreq with that name and nothing else.
fn interface_request(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: ifreq is numbers, arrays of them and a pointer, for all of which zero is valid.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    // The last byte stays the terminating zero.
    if name.is_empty() || name.len() >= request.ifr_name.len() || name.contains('\0') {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    for (slot, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *slot = byte as libc::c_char;
    }
    Ok(request)
}

fn check(code: libc::c_int) -> io::Result<()> {
    match code {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
