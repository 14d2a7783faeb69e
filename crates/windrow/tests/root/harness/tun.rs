//! A tun device: frames begin with the IP header. The lab's taps are Ethernet.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsRawFd,
};

use nix::libc;
use windrow_lab::Namespace;

use super::net::ip;

/// A tun that is up; dropping it deletes it.
#[derive(Debug)]
pub struct Tun {
    file: File,
}

impl Tun {
    pub fn create(namespace: &Namespace, name: &str) -> io::Result<Tun> {
        let file = namespace.run(|| open(name)).expect("enter")?;
        assert!(ip(namespace, &format!("link set {name} arp off up")));
        Ok(Tun { file })
    }

    /// One that says to be of another link type (`ARPHRD_*`), and stays down.
    pub fn of_link_type(namespace: &Namespace, name: &str, link: i32) -> io::Result<Tun> {
        let file = namespace.run(|| open(name)).expect("enter")?;
        // SAFETY: TUNSETLINK takes a number.
        match unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETLINK, link) } {
            0 => Ok(Tun { file }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Lets one IP packet arrive.
    pub fn send(&self, packet: &[u8]) -> io::Result<()> {
        (&self.file).write_all(packet)
    }
}

fn open(name: &str) -> io::Result<File> {
    let file = File::options()
        .read(true)
        .write(true)
        .open("/dev/net/tun")?;
    // SAFETY: ifreq is numbers, arrays of them and a pointer, for all of which zero is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    assert!(name.len() < request.ifr_name.len());
    for (slot, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *slot = byte as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: TUNSETIFF reads and writes one whole ifreq.
    match unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) } {
        0 => Ok(file),
        _ => Err(io::Error::last_os_error()),
    }
}
