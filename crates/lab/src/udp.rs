//! UDP segmentation: one `send` becomes many datagrams, cut as late as possible.

use std::net::UdpSocket;

use nix::sys::socket::{setsockopt, sockopt::UdpGsoSegment};

use crate::error::Error;

/// Cuts everything that `socket` sends into datagrams of `size` bytes of payload; 0 ends that. One
/// send may carry 64 datagrams (older kernels) and at most 65,507 bytes.
///
/// # Errors
/// [`Error::System`] when the kernel does not know UDP_SEGMENT (Linux 4.18).
pub fn udp_segment(socket: &UdpSocket, size: u16) -> Result<(), Error> {
    setsockopt(socket, UdpGsoSegment, &i32::from(size)).map_err(Error::errno("setting UDP_SEGMENT"))
}
