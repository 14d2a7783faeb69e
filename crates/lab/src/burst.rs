//! Short TCP connections, one after the other, whose number is known exactly.

use std::{
    net::{SocketAddrV4, TcpListener},
    os::fd::{AsRawFd, OwnedFd},
    time::{Duration, Instant},
};

use nix::{
    libc::linger,
    sys::socket::{
        AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket, sockopt,
    },
};

use crate::{error::Error, namespace::Namespace};

/// Connections from one address to one port of another, both of the same namespace.
#[derive(Debug, Clone, Copy)]
pub struct Burst {
    /// Who connects; with port 0 every connection has a port of its own.
    pub from: SocketAddrV4,
    /// Who listens.
    pub to: SocketAddrV4,
    /// So many of them at most.
    pub most: u64,
    /// No further one after so long.
    pub limit: Duration,
}

impl Burst {
    /// Makes them in `namespace`, whose interfaces must have both addresses; each is accepted, and
    /// closed before the next one begins. Returns how many there were.
    ///
    /// # Errors
    /// [`Error::System`] when the port is taken, or one of them fails.
    pub fn run(&self, namespace: &Namespace) -> Result<u64, Error> {
        namespace.run(|| {
            let listener = TcpListener::bind(self.to)
                .map_err(Error::system(format!("listening at {}", self.to)))?;
            let begun = Instant::now();
            let mut made = 0;
            while made < self.most && begun.elapsed() < self.limit {
                self.one(&listener)?;
                made += 1;
            }
            Ok(made)
        })?
    }

    fn one(&self, listener: &TcpListener) -> Result<(), Error> {
        let client = self.connected()?;
        // It is there already, so the queue of the listener never fills.
        let server = listener
            .accept()
            .map_err(Error::system(format!("accepting at {}", self.to)))?;
        // Who asked for it goes first, and resets it: no port is left waiting for late segments.
        drop(client);
        drop(server);
        Ok(())
    }

    fn connected(&self) -> Result<OwnedFd, Error> {
        let reset = linger {
            l_onoff: 1,
            l_linger: 0,
        };
        let connected = || -> nix::Result<OwnedFd> {
            let flags = SockFlag::SOCK_CLOEXEC;
            let client = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
            setsockopt(&client, sockopt::Linger, &reset)?;
            bind(client.as_raw_fd(), &SockaddrIn::from(self.from))?;
            connect(client.as_raw_fd(), &SockaddrIn::from(self.to))?;
            Ok(client)
        };
        connected().map_err(Error::errno(format!(
            "connecting {} to {}",
            self.from, self.to
        )))
    }
}
