//! One rtnetlink request and all of its answers, synchronously. Not a connection: each request
//! opens a socket in the calling thread's network namespace and closes it again.
//!
//! Answers come back as bytes. Each reader takes the attributes it knows and skips the others, so
//! that an attribute of a newer kernel, or an interface with a strange name, breaks nothing.

use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader,
    NetlinkMessage, NetlinkPayload, NlasIterator,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSG_OVERRUN: u16 = 4;
const NETLINK_HEADER: usize = 16;
/// A dump that the kernel interrupted is repeated this often before it is an error.
const DUMP_ATTEMPTS: usize = 8;

/// Why rtnetlink did not answer as wanted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No netlink socket, or it failed on the way.
    #[error(
        "cannot talk to rtnetlink: {0}; does the sandbox or seccomp filter allow AF_NETLINK sockets?"
    )]
    Socket(#[source] io::Error),
    /// The kernel refused the request; `errno` is the positive number it gave.
    #[error("{what}: {} (errno {errno}){}", io::Error::from_raw_os_error(*errno), hint(*errno))]
    Kernel {
        /// What was asked for, in the caller's words.
        what: String,
        /// The positive errno.
        errno: i32,
    },
    /// The answer ended in the middle of a structure.
    #[error("{what}: the kernel's answer cannot be read ({why}); please report the kernel version")]
    Malformed {
        /// What was asked for, in the caller's words.
        what: String,
        /// Which part was short.
        why: String,
    },
    /// The table changed during every attempt to dump it.
    #[error("{what}: the list changed during {DUMP_ATTEMPTS} attempts to read it; try again")]
    Interrupted {
        /// What was asked for, in the caller's words.
        what: String,
    },
}

impl Error {
    /// The kernel's errno, if it was the kernel that refused.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Error::Kernel { errno, .. } => Some(*errno),
            _ => None,
        }
    }

    pub(crate) fn malformed(what: &str, why: impl ToString) -> Self {
        Error::Malformed {
            what: what.to_owned(),
            why: why.to_string(),
        }
    }
}

fn hint(errno: i32) -> &'static str {
    const EPERM: i32 = 1;
    match errno {
        EPERM => "; run as root or with CAP_NET_ADMIN",
        _ => "",
    }
}

/// One message of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The message type, `RTM_*`.
    pub kind: u16,
    /// The family's header (`ifinfomsg`, `rtmsg` …) and the attributes behind it; host byte order.
    pub body: Vec<u8>,
}

impl Answer {
    /// The attributes behind a family header of `header` bytes, in the kernel's order. A broken
    /// attribute ends the sequence.
    pub fn attributes(&self, header: usize) -> impl Iterator<Item = (u16, &[u8])> {
        attributes(self.body.get(header..).unwrap_or_default())
    }
}

/// The attributes in `bytes` as (type without flag bits, payload).
pub(crate) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    // NlasIterator ties the payload to the iterator's item, not to the bytes; only its checked
    // parsing is used, and the payload is cut out of the original slice.
    std::iter::from_fn(move || {
        let attribute = NlasIterator::new(rest).next()?.ok()?;
        let (kind, end) = (attribute.kind(), usize::from(attribute.length()));
        let payload = rest.get(4..end)?;
        rest = rest.get(end.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, payload))
    })
}

/// The first four bytes as a number in host byte order.
pub(crate) fn u32_of(payload: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(*payload.first_chunk()?))
}

/// Sends `message` and gathers its answers until the kernel's acknowledgement, or for a dump
/// (`flags` contains `NLM_F_DUMP`) until its end. `NLM_F_REQUEST` and `NLM_F_ACK` are added.
///
/// # Errors
/// [`Error::Kernel`] with the errno and `what` when the kernel refuses.
pub fn request(what: &str, message: RouteNetlinkMessage, flags: u16) -> Result<Vec<Answer>, Error> {
    let dump = flags & NLM_F_DUMP == NLM_F_DUMP;
    let mut header = NetlinkHeader::default();
    header.flags = flags | NLM_F_REQUEST | if dump { 0 } else { NLM_F_ACK };
    header.sequence_number = 1;
    let mut packet = NetlinkMessage::new(header, NetlinkPayload::from(message));
    packet.finalize();
    let mut bytes = vec![0; packet.buffer_len()];
    packet.serialize(&mut bytes);

    for _ in 0..DUMP_ATTEMPTS {
        if let Some(answers) = exchange(what, &bytes)? {
            return Ok(answers);
        }
    }
    Err(Error::Interrupted {
        what: what.to_owned(),
    })
}

/// One attempt; `None` when a dump was interrupted by a change.
fn exchange(what: &str, bytes: &[u8]) -> Result<Option<Vec<Answer>>, Error> {
    let mut socket = Socket::new(NETLINK_ROUTE).map_err(Error::Socket)?;
    socket.bind_auto().map_err(Error::Socket)?;
    socket
        .connect(&SocketAddr::new(0, 0))
        .map_err(Error::Socket)?;
    socket.send(bytes, 0).map_err(Error::Socket)?;

    let mut answers = Vec::new();
    let mut consistent = true;
    loop {
        let datagram = receive(&socket)?;
        for message in messages(&datagram) {
            let message = message.map_err(|why| Error::malformed(what, why))?;
            consistent &= message.flags & NLM_F_DUMP_INTR == 0;
            match message.kind {
                NLMSG_NOOP => {}
                NLMSG_OVERRUN => consistent = false,
                NLMSG_ERROR | NLMSG_DONE => {
                    // Both start with an error code: 0 or a negative errno.
                    let code = u32_of(message.body).unwrap_or_default() as i32;
                    if code != 0 {
                        return Err(Error::Kernel {
                            what: what.to_owned(),
                            errno: -code,
                        });
                    }
                    return Ok(consistent.then_some(answers));
                }
                kind => answers.push(Answer {
                    kind,
                    body: message.body.to_vec(),
                }),
            }
        }
    }
}

/// One datagram, whole; a signal only makes it wait again.
pub(crate) fn receive(socket: &Socket) -> Result<Vec<u8>, Error> {
    loop {
        match socket.recv_from_full() {
            Ok((datagram, _)) => return Ok(datagram),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Socket(error)),
        }
    }
}

/// One netlink message inside a datagram.
pub(crate) struct Message<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) body: &'a [u8],
}

/// The messages of a datagram.
pub(crate) fn messages(datagram: &[u8]) -> impl Iterator<Item = Result<Message<'_>, String>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let all = std::mem::take(&mut rest);
        Some(match NetlinkBuffer::new_checked(all) {
            Ok(buffer) => {
                let end = (buffer.length() as usize).min(all.len());
                rest = all.get(end.next_multiple_of(4)..).unwrap_or_default();
                Ok(Message {
                    kind: buffer.message_type(),
                    flags: buffer.flags(),
                    body: all.get(NETLINK_HEADER..end).unwrap_or_default(),
                })
            }
            Err(error) => Err(error.to_string()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_attributes_end_the_sequence() {
        let bytes = [8, 0, 3, 0, b'e', b't', b'h', 0, 200, 0, 1, 0, 1];
        let all: Vec<_> = attributes(&bytes).collect();
        assert_eq!(all, [(3, &b"eth\0"[..])]);
        assert_eq!(attributes(&[0, 0, 0, 0]).count(), 0);
        assert_eq!(attributes(&[1]).count(), 0);
    }

    #[test]
    fn broken_datagrams_are_errors() {
        assert!(messages(&[1, 2, 3]).all(|message| message.is_err()));
        assert_eq!(messages(&[]).count(), 0);
    }
}
