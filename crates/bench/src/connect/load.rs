//! Short TCP connections over loopback, made by a process of its own: what a connection takes. Client and
//! server are one thread, and nothing ever waits: the kernel does both halves of a handshake before
//! connect(2) returns, and both closes are done when the second one is.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result};
use clap::Args;
use windrow_lab::Namespace;

use crate::cores::joined;
use crate::took::Took;
use crate::{cores, cpu};

/// What is connected before anything is measured, as a share of what is.
const WARMING_SHARE: u64 = 10;
/// Addresses that are connected to in turns: 127.0.1.0 and those that follow.
const DESTINATIONS: u64 = 100;

/// Settings of the namespace. Without room for sockets that wait for late segments (TIME_WAIT) a port is free
/// again as soon as its connection has ended, however many there are. All states before are as always: since
/// a close may stay unanswered for longer than such sockets wait, the one that closed first remains a whole
/// socket until the other has closed too.
const SETTINGS: [(&str, &str); 3] = [
    ("ipv4/tcp_max_tw_buckets", "0"),
    ("ipv4/tcp_fin_timeout", "61"),
    ("ipv4/ip_local_port_range", "1024 65535"),
];

/// So many connections on one CPU.
#[derive(Clone, Copy, Debug, Args)]
pub struct Load {
    /// How many connections are measured.
    pub connections: u64,
    /// The CPU that they are made on.
    pub cpu: usize,
}

impl Load {
    /// All connections that it makes, those before anything is measured too.
    pub fn made(&self) -> u64 {
        self.connections + self.warming()
    }

    fn warming(&self) -> u64 {
        self.connections / WARMING_SHARE
    }

    /// Makes them.
    ///
    /// # Errors
    /// When there is no such CPU, or a connection fails.
    pub fn make(&self) -> Result<Took> {
        cores::pin(self.cpu)?;
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).context("listening")?;
        let port = listener.local_addr().context("listening")?.port();
        let repeat = |connections| -> Result<()> {
            for number in 0..connections {
                let client = TcpStream::connect((destination(number), port));
                let client = client.context("connecting")?;
                let (server, _) = listener.accept().context("accepting")?;
                drop(client);
                drop(server);
            }
            Ok(())
        };
        repeat(self.warming())?;
        Took::by(
            || cpu::time_with_softirqs(self.cpu),
            || repeat(self.connections),
        )
    }

    /// What makes them in another process, and prints what they took.
    ///
    /// # Errors
    /// When this program's own file is unknown.
    pub fn command(&self) -> Result<Command> {
        let own = std::env::current_exe().context("finding this program's own file")?;
        let mut command = Command::new(own);
        command.arg("connections");
        command.args([self.connections.to_string(), self.cpu.to_string()]);
        Ok(command)
    }
}

fn destination(number: u64) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, (number % DESTINATIONS) as u8)
}

/// Where connections are made.
#[derive(Debug)]
pub struct Place {
    namespace: Namespace,
}

impl Place {
    /// A namespace that has nothing but loopback.
    ///
    /// # Errors
    /// When there can be none, or TCP cannot be set up as wanted.
    pub fn new() -> Result<Self> {
        let namespace = Namespace::new().context("making a network namespace: run this as root")?;
        namespace.run(|| -> Result<()> {
            for (name, value) in SETTINGS {
                let file = format!("/proc/sys/net/{name}");
                fs::write(&file, value).with_context(|| format!("cannot write {file}"))?;
            }
            Ok(())
        })??;
        Ok(Self { namespace })
    }

    /// What a load takes there, in a process of its own.
    ///
    /// # Errors
    /// When the process fails.
    pub fn take(&self, load: &Load) -> Result<Took> {
        self.namespace.run(|| Took::of(&mut load.command()?))?
    }

    /// Nanoseconds of the processor that a connection takes there: what else runs on the CPU does not
    /// count.
    ///
    /// # Errors
    /// When the process fails.
    pub fn own_ns(&self, load: &Load) -> Result<f64> {
        Ok(self.take(load)?.own_ns as f64 / load.connections as f64)
    }

    /// Connections a second that some loads make together, each in a process of its own.
    ///
    /// # Errors
    /// When a process fails.
    pub fn per_second(&self, loads: &[Load]) -> Result<f64> {
        thread::scope(|scope| {
            let begin = |load| scope.spawn(move || self.take(load));
            let threads: Vec<_> = loads.iter().map(begin).collect();
            let rates = threads.into_iter().zip(loads).map(|(thread, load)| {
                let seconds = joined(thread)?.wall_ns as f64 / 1e9;
                Ok(load.connections as f64 / seconds)
            });
            rates.sum()
        })
    }
}
