//! Tap interfaces: frames written here *arrive* on an interface, as from a wire, with or without a
//! segmentation header, and in pieces (fragments of an skb) where the kind allows.

use std::{fs::File, os::fd::AsFd};

use crate::{error::Error, raw::write_once, sys, veth, virtio::Gso};

const IFF_TAP: u16 = 0x0002;
const IFF_NAPI: u16 = 0x0010;
const IFF_NAPI_FRAGS: u16 = 0x0020;
const IFF_NO_PI: u16 = 0x1000;
const IFF_VNET_HDR: u16 = 0x4000;

/// How a tap hands frames to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapKind {
    /// Each write is one frame in one piece of memory.
    Plain,
    /// Polled (NAPI), GRO included.
    Napi,
    /// Polled, and every piece of [`Tap::send_split`] becomes a fragment: the first one holds the
    /// link header at least, a piece is at most one page.
    NapiFragments,
}

/// A tap interface; dropping it deletes the interface.
#[derive(Debug)]
pub struct Tap {
    file: File,
    index: u32,
}

impl Tap {
    /// Makes `name` in the calling thread's namespace and sets it up.
    ///
    /// # Errors
    /// [`Error::System`] when /dev/net/tun is missing or the name is taken.
    pub fn create(name: &str, kind: TapKind) -> Result<Self, Error> {
        let what = format!("making the tap {name:?}");
        let extra = match kind {
            TapKind::Plain => 0,
            TapKind::Napi => IFF_NAPI,
            TapKind::NapiFragments => IFF_NAPI | IFF_NAPI_FRAGS,
        };
        let file = File::options()
            .read(true)
            .write(true)
            .open("/dev/net/tun")
            .map_err(Error::system(&what))?;
        let flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | extra;
        sys::tun_create(file.as_fd(), name, flags).map_err(Error::system(&what))?;
        let index = veth::up(name)?;
        Ok(Self { file, index })
    }

    /// The interface's index.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Lets one whole frame arrive.
    ///
    /// # Errors
    /// [`Error::System`] when the interface is down or the frame too short.
    pub fn send(&self, frame: &[u8]) -> Result<(), Error> {
        self.send_gso(frame, Gso::NONE)
    }

    /// Lets one frame arrive in pieces; see [`TapKind::NapiFragments`].
    ///
    /// # Errors
    /// As [`Tap::send`].
    pub fn send_split(&self, pieces: &[&[u8]]) -> Result<(), Error> {
        let header = Gso::NONE.header();
        let all: Vec<&[u8]> = std::iter::once(&header[..])
            .chain(pieces.iter().copied())
            .collect();
        write_once(&self.file, &all).map_err(Error::system("sending a split frame"))
    }

    /// Lets a super-frame arrive, as after receive offload.
    ///
    /// # Errors
    /// [`Error::System`]; EINVAL when the frame and `gso` do not fit together.
    pub fn send_gso(&self, frame: &[u8], gso: Gso) -> Result<(), Error> {
        write_once(&self.file, &[&gso.header(), frame]).map_err(Error::system("sending a frame"))
    }
}
