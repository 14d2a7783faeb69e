//! Frames into an interface, byte by byte as given (AF_PACKET). For tests that need one particular
//! frame; traffic comes from [`crate::generator`].

use std::{
    fs::File,
    io::{self, IoSlice, Write},
    os::fd::AsFd,
};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use crate::{error::Error, sys, veth::named, virtio::Gso};

/// A socket that sends through one interface, and receives nothing.
#[derive(Debug)]
pub struct RawSocket {
    socket: File,
    vnet_header: bool,
}

impl RawSocket {
    /// Opens a socket on `name` in the calling thread's namespace.
    ///
    /// # Errors
    /// [`Error::NoInterface`], or [`Error::System`] without CAP_NET_RAW.
    pub fn open(name: &str) -> Result<Self, Error> {
        let what = format!("opening a raw socket on {name:?}");
        let index = named(name)?.index;
        // Protocol 0: nothing is delivered to it.
        let socket = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            None,
        )
        .map_err(Error::errno(&what))?;
        sys::bind_packet(socket.as_fd(), index).map_err(Error::system(&what))?;
        Ok(Self {
            socket: File::from(socket),
            vnet_header: false,
        })
    }

    /// The same, able to [`RawSocket::send_gso`].
    ///
    /// # Errors
    /// As [`RawSocket::open`].
    pub fn with_vnet_header(name: &str) -> Result<Self, Error> {
        let mut opened = Self::open(name)?;
        sys::set_vnet_header(opened.socket.as_fd())
            .map_err(Error::system("asking for PACKET_VNET_HDR"))?;
        opened.vnet_header = true;
        Ok(opened)
    }

    /// Sends one whole frame, link header first.
    ///
    /// # Errors
    /// [`Error::System`]; EMSGSIZE when it is longer than the interface's MTU allows.
    pub fn send(&self, frame: &[u8]) -> Result<(), Error> {
        let header = Gso::NONE.header();
        let header = if self.vnet_header { &header[..] } else { &[] };
        write_once(&self.socket, &[header, frame]).map_err(Error::system("sending a frame"))
    }

    /// Sends a super-frame that the kernel or a device cuts as `gso` says. Only on a socket
    /// [`RawSocket::with_vnet_header`].
    ///
    /// # Errors
    /// [`Error::System`]; EINVAL when the frame and `gso` do not fit together.
    pub fn send_gso(&self, frame: &[u8], gso: Gso) -> Result<(), Error> {
        let what = "sending a super-frame";
        if !self.vnet_header {
            let why = "open the socket with RawSocket::with_vnet_header";
            return Err(Error::system(what)(io::Error::other(why)));
        }
        write_once(&self.socket, &[&gso.header(), frame]).map_err(Error::system(what))
    }
}

/// One frame in one call, from pieces.
pub(crate) fn write_once(mut file: &File, pieces: &[&[u8]]) -> io::Result<()> {
    let slices: Vec<_> = pieces
        .iter()
        .filter(|piece| !piece.is_empty())
        .map(|piece| IoSlice::new(piece))
        .collect();
    loop {
        match file.write_vectored(&slices) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map(drop),
        }
    }
}
