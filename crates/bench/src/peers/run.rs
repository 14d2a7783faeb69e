//! One run: a link, the tool at its end, traffic, and what the tool tells of it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use windrow_datapath::kernel::Hook;
use windrow_lab::{Plan, RawSocket};

use super::collector::Collector;
use super::tool::{Job, Ready, Stop, Tool};
use crate::cores;
use crate::link::Link;
use crate::process::Process;
use crate::results::Peer;

/// pmacctd takes 5 s to start.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// A tool may be behind by all that its buffers hold.
const REST_LIMIT: Duration = Duration::from_secs(60);
/// From being asked to end until all is written and all processes are gone.
const END_LIMIT: Duration = Duration::from_secs(60);

/// Frames of nothing, and more of them than fit one block of a capture buffer (256 KiB).
const FILLERS: usize = 256;
const FILLER_BYTES: usize = 1500;
/// IEEE's number for experiments: to all tools a frame that is not IP.
const FILLER_TYPE: [u8; 2] = [0x88, 0xb5];

/// Which CPUs are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// As in results.
    pub name: &'static str,
    /// Sends and receives.
    pub traffic: usize,
    /// Has all the tool's processes.
    pub tool: usize,
}

/// Sends past a tool.
///
/// # Errors
/// When it does not start, does not end, or tells nothing; the text says which.
pub fn run(tool: &Tool, windrow: &Path, placement: Placement, plan: &Plan) -> Result<Peer> {
    let link = Link::new(Hook::Tcx)?;
    let scratch = tempfile::tempdir().context("TMPDIR names another place")?;
    let receiver = link.receiver();
    receiver.namespace.run(|| {
        // The tool inherits both from this thread: the namespace and the CPU.
        cores::pin(placement.tool)?;
        let job = Job {
            interface: &receiver.name,
            folder: scratch.path(),
            windrow,
            collector: Collector::new()?,
        };
        let peer = observe(tool, &job, &link, placement, plan);
        if let Some(file) = tool.leaves {
            // Where it ended as it was asked to there is none.
            let _ = fs::remove_file(file);
        }
        peer.map_err(|error| anyhow!("{error:#}{}", last_words(&job)))
    })?
}

fn observe(tool: &Tool, job: &Job, link: &Link, placement: Placement, plan: &Plan) -> Result<Peer> {
    let mut process = Process::start(&(tool.command)(job)?, job.folder)?;
    let index = link.receiver().index;
    process.wait_until("begin to capture", READY_LIMIT, || {
        is_ready(tool.ready, job, index)
    })?;
    process.wait_idle(READY_LIMIT)?;

    let plan = Plan {
        cpu: Some(placement.traffic),
        ..*plan
    };
    let sent = link.send(&plan)?.join()?;
    let came = link.settled(sent.packets)?;
    process.wait_idle(REST_LIMIT)?;

    let filler = Filler::new(link)?;
    if let Stop::Control(_) = tool.stop {
        filler.send()?;
        process.wait_idle(REST_LIMIT)?;
    }
    let resident_bytes = process.resident_bytes();
    let cpu = match tool.stop {
        Stop::Signal(signal) => {
            process.signal(signal)?;
            process.wait(END_LIMIT, || Ok(()))?
        }
        Stop::Control(ask) => {
            ask(job)?;
            process.wait(END_LIMIT, || filler.send())?
        }
    };
    let told = (tool.told)(job)?;
    Ok(Peer {
        group: "peer",
        what: tool.name.to_owned(),
        core: placement.name,
        sent: came.rx_packets,
        counted: told.counted,
        said_lost: told.said_lost,
        cpu_seconds: (cpu.as_secs_f64() * 1e3).round() / 1e3,
        resident_bytes,
    })
}

/// Whether a tool takes what comes to the interface `index` of the calling thread's namespace.
fn is_ready(ready: Ready, job: &Job, index: u32) -> Result<bool> {
    match ready {
        Ready::Line(begin) => Ok(job.read("stdout")?.lines().any(|it| it.starts_with(begin))),
        Ready::Socket => {
            let file = "/proc/thread-self/net/packet";
            let sockets = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
            Ok(takes_frames(&sockets, index))
        }
    }
}

/// Whether a packet socket of the list is bound to an interface and runs: columns `Iface` and `R`.
fn takes_frames(sockets: &str, index: u32) -> bool {
    sockets.lines().skip(1).any(|line| {
        let mut fields = line.split_whitespace().skip(4);
        fields.next() == Some(index.to_string().as_str()) && fields.next() == Some("1")
    })
}

/// What fills the blocks of a capture buffer, so that a tool sees what came before: libpcap hands
/// over a block when it is full, where no time was set for it.
struct Filler(RawSocket);

impl Filler {
    fn new(link: &Link) -> Result<Self> {
        let sender = link.sender();
        let socket = sender.namespace.run(|| RawSocket::open(&sender.name))??;
        Ok(Self(socket))
    }

    fn send(&self) -> Result<()> {
        let mut frame = [0; FILLER_BYTES];
        frame[12..14].copy_from_slice(&FILLER_TYPE);
        for _ in 0..FILLERS {
            self.0.send(&frame)?;
        }
        Ok(())
    }
}

/// The last line that it complained with, as the end of a sentence.
fn last_words(job: &Job) -> String {
    let text = job.read("stderr").unwrap_or_default();
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    last.map_or_else(String::new, |line| format!("; it says: {}", line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_ready_when_it_runs_on_the_interface() {
        let list = |index, runs| {
            format!(
                "sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n\
                 00000000 3      3    0003   {index}     {runs} 0      0      268956\n"
            )
        };
        assert!(takes_frames(&list(2, 1), 2));
        assert!(!takes_frames(&list(2, 0), 2));
        assert!(!takes_frames(&list(3, 1), 2));
        assert!(!takes_frames("", 2));
    }
}
