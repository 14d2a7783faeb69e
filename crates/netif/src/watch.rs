//! Changes of interfaces as the kernel announces them. Not a model of what exists: whoever
//! watches opens the watch first, then lists, and lists again after an overrun.

use std::{
    cell::RefCell,
    collections::VecDeque,
    os::fd::{AsFd, BorrowedFd},
};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use crate::{
    list::{Interface, interface},
    request::{Answer, Error, messages, receive},
};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTNLGRP_LINK: u32 = 1;
const RTMGRP_LINK: u32 = 1;
const IFINFOMSG: usize = 16;
const IFLA_WIRELESS: u16 = 11;
// Only of an interface that moves to another namespace.
const IFLA_NEW_NETNSID: u16 = 45;
const IFLA_NEW_IFINDEX: u16 = 49;
const ENOBUFS: i32 = 105;
/// Holds some thousand announcements; the default of 208 KiB holds about a hundred.
const RECEIVE_BUFFER_BYTES: u32 = 4 << 20;

/// What happened to an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// It is new, or any of its properties changed.
    Changed(Interface),
    /// It was deleted or moved to another namespace.
    Gone {
        /// As it was last, counters included.
        interface: Interface,
        /// It lives on in another namespace.
        moved: bool,
    },
    /// The kernel had to throw announcements away: list again.
    Overrun,
}

/// A subscription to the interfaces of the namespace in which it was opened, wherever the thread
/// that reads it is. `Send`, not `Sync`: one thread owns it.
#[derive(Debug)]
pub struct Watch {
    socket: Socket,
    /// Events of a datagram that held several.
    waiting: RefCell<VecDeque<LinkEvent>>,
}

impl Watch {
    /// Subscribes in the calling thread's network namespace. Events from now on are kept.
    ///
    /// # Errors
    /// [`Error::Socket`] when netlink is not available.
    pub fn new() -> Result<Self, Error> {
        let mut socket = Socket::new(NETLINK_ROUTE).map_err(Error::Socket)?;
        socket
            .bind(&SocketAddr::new(0, RTMGRP_LINK))
            .map_err(Error::Socket)?;
        socket.add_membership(RTNLGRP_LINK).map_err(Error::Socket)?;
        // Beyond the sysctl limit the kernel caps silently; a smaller buffer only overruns sooner.
        socket
            .set_rx_buf_sz(RECEIVE_BUFFER_BYTES)
            .map_err(Error::Socket)?;
        Ok(Self {
            socket,
            waiting: RefCell::default(),
        })
    }

    /// Waits for the next event, for ever if need be. To wait shorter, take what is
    /// [`Watch::ready`], then poll the file descriptor ([`AsFd`]) and call this when it is readable.
    ///
    /// # Errors
    /// [`Error::Socket`] when the subscription broke, [`Error::Malformed`] on an unreadable event.
    pub fn next(&self) -> Result<LinkEvent, Error> {
        loop {
            if let Some(event) = self.ready() {
                return Ok(event);
            }
            match receive(&self.socket) {
                Ok(datagram) => self.waiting.borrow_mut().extend(events(&datagram)?),
                Err(Error::Socket(error)) if error.raw_os_error() == Some(ENOBUFS) => {
                    return Ok(LinkEvent::Overrun);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// An event that already was received, without waiting.
    pub fn ready(&self) -> Option<LinkEvent> {
        self.waiting.borrow_mut().pop_front()
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn events(datagram: &[u8]) -> Result<Vec<LinkEvent>, Error> {
    let what = "reading a change of an interface";
    let mut found = Vec::new();
    for message in messages(datagram) {
        let message = message.map_err(|why| Error::malformed(what, why))?;
        let answer = Answer {
            kind: message.kind,
            body: message.body.to_vec(),
        };
        // A bridge announces its ports in a family of their own, also when one merely leaves it;
        // wireless drivers wrap their events into a link message without any property.
        let property = answer.body.first() == Some(&0)
            && !answer
                .attributes(IFINFOMSG)
                .any(|(kind, _)| kind == IFLA_WIRELESS);
        match answer.kind {
            RTM_NEWLINK if property => found.push(LinkEvent::Changed(interface(what, &answer)?)),
            RTM_DELLINK if property => {
                let moved = answer
                    .attributes(IFINFOMSG)
                    .any(|(kind, _)| kind == IFLA_NEW_IFINDEX || kind == IFLA_NEW_NETNSID);
                let interface = interface(what, &answer)?;
                found.push(LinkEvent::Gone { interface, moved });
            }
            _ => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, family: u8) -> Vec<u8> {
        let mut bytes = vec![0; 32];
        bytes[0] = 32;
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[16] = family;
        bytes[20] = 7;
        bytes
    }

    #[test]
    fn leaving_a_bridge_is_not_gone() {
        const AF_BRIDGE: u8 = 7;
        assert_eq!(events(&message(RTM_DELLINK, AF_BRIDGE)).expect("read"), []);
        let found = events(&message(RTM_DELLINK, 0)).expect("read");
        let [LinkEvent::Gone { interface, moved }] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!((interface.index, *moved), (7, false));
    }

    #[test]
    fn a_watch_can_move_to_a_thread() {
        fn send<T: Send>(_: T) {}
        send(Watch::new().expect("rtnetlink"));
    }
}
