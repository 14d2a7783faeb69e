//! What this kernel and this user can do, found out by trying: programs are loaded with the memory
//! that `monitor` takes, and attached to a veth pair in namespaces that go with this process.
//! Interfaces of the host are looked at, and nothing is attached to them. Those for system calls and
//! TCP connections are attached to the kernel's tracepoints, and count nothing.

mod hooks;
mod interface;
mod limits;
mod system;
mod timed;

use serde::Serialize;
use windrow_core::selection::Selection;
use windrow_datapath::Export;
use windrow_datapath::geometry::DEFAULT_MEMORY_BYTES;
use windrow_datapath::kernel::{Datapath, Hooks, Ours, Settings};

use crate::interface::printable;
use crate::live::descriptors;

pub use interface::InterfaceCheck;

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Counting works, less well than it could.
    Degraded,
    /// Counting does not work.
    Missing,
}

impl State {
    /// As in output.
    pub fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Degraded => "degraded",
            State::Missing => "missing",
        }
    }
}

/// One thing that was tried or looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What.
    pub name: String,
    /// How good.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it, where something can be done.
    pub remedy: Option<String>,
}

impl Check {
    fn new(name: &str, state: State, found: impl Into<String>) -> Check {
        Check {
            name: name.to_owned(),
            state,
            found: found.into(),
            remedy: None,
        }
    }

    fn remedy(self, remedy: &str) -> Check {
        Check {
            remedy: Some(remedy.to_owned()),
            ..self
        }
    }
}

/// What does not depend on an interface.
pub struct Host {
    /// What was found.
    pub checks: Vec<Check>,
    /// Whether this kernel tells which drivers have native XDP.
    tells_native_xdp: bool,
    /// Windrow's programs, where they load.
    ours: Option<Ours>,
}

/// Tries everything that does not depend on an interface; `interfaces` are how many there are to
/// watch.
pub fn host(interfaces: usize) -> Host {
    // As `monitor` does.
    descriptors::allow_all();
    let mut host = Host {
        checks: system::checks(),
        tells_native_xdp: false,
        ours: None,
    };
    let checks = &mut host.checks;
    checks.push(limits::open_files(interfaces));
    checks.push(limits::locked_memory());
    // Before the tables take some of it.
    let room = limits::Room::now();
    let settings = Settings {
        hooks: Hooks::All,
        memory_bytes: DEFAULT_MEMORY_BYTES,
        buffers: 2,
        selection: Selection::default(),
        interfaces: 0,
        export: Export::Map,
    };
    let loaded = Datapath::load(settings);
    let refused = matches!(loaded, Err(windrow_datapath::Error::NoMemory { .. }));
    checks.push(limits::memory(&room, DEFAULT_MEMORY_BYTES, refused));
    checks.push(system::capabilities(loaded.is_ok()));
    match loaded {
        Ok(datapath) => {
            let megabytes = datapath.geometry().memory_bytes() >> 20;
            let found = format!("load, with {megabytes} MiB of tables");
            checks.push(Check::new("programs", State::Ok, found));
            let tried = hooks::tried(&datapath);
            checks.extend(tried.checks);
            host.tells_native_xdp = tried.tells_native_xdp;
            host.ours = Some(datapath.ours());
        }
        Err(error) => {
            // The sentence says what to do.
            let error = format!("{:#}", anyhow::Error::new(error));
            checks.push(Check::new("programs", State::Missing, error));
        }
    }
    checks.extend(timed::checks());
    host
}

/// Where `monitor` looks unless it is told.
pub fn default_route() -> Check {
    match windrow_netif::default_route_interface() {
        Ok(Some(interface)) => {
            let found = format!("leaves by {}", printable(&interface.name));
            Check::new("default route", State::Ok, found)
        }
        _ => Check::new("default route", State::Degraded, "none")
            .remedy("name an interface: windrow monitor IFACE"),
    }
}

fn read(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}
