//! Switches a device's offloads, as `ethtool -K` does. Only those that decide whether a frame in
//! memory is one frame on the wire.

use std::os::fd::AsFd;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use crate::{error::Error, sys, veth::VethOptions};

const ETHTOOL_STXCSUM: u32 = 0x17;
const ETHTOOL_STSO: u32 = 0x1f;
const ETHTOOL_SGSO: u32 = 0x24;
const ETHTOOL_SGRO: u32 = 0x2c;

/// Brings the offloads of `name`, in the calling thread's namespace, into the state that
/// `options.offloads` and `options.gro` describe.
///
/// # Errors
/// [`Error::System`] when the device refuses.
pub fn set(name: &str, options: VethOptions) -> Result<(), Error> {
    let what = format!("setting the offloads of {name:?}");
    let socket = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .map_err(Error::errno(&what))?;
    let switches = [
        // Checksums first: segmentation cannot be on without them.
        (ETHTOOL_STXCSUM, options.offloads),
        (ETHTOOL_SGSO, options.offloads),
        (ETHTOOL_STSO, options.offloads),
        (ETHTOOL_SGRO, options.gro),
    ];
    for (command, on) in switches {
        sys::ethtool_set(socket.as_fd(), name, command, u32::from(on))
            .map_err(Error::system(&what))?;
    }
    Ok(())
}
