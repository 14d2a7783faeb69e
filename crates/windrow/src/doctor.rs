//! What this kernel and this user can do, found out by trying: programs are loaded with the memory
//! that `monitor` takes, and attached to a veth pair in namespaces that go with this process.
//! Interfaces of the host are looked at, and nothing is attached to them.

use serde::Serialize;
use windrow_core::selection::Selection;
use windrow_datapath::geometry::DEFAULT_MEMORY_BYTES;
use windrow_datapath::kernel::{
    AtInterface, Datapath, Direction, Hook, Hooks, LinkLayer, Settings, missing_capabilities,
};
use windrow_lab::{Namespace, VethOptions, VethPair};
use windrow_netif::Interface;

use crate::interface::{link_layer, printable};

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

/// Everything of the host: what does not depend on an interface.
pub fn host() -> Vec<Check> {
    let mut checks = vec![kernel(), types(), jit(), lockdown()];
    let settings = Settings {
        hooks: Hooks::All,
        memory_bytes: DEFAULT_MEMORY_BYTES,
        buffers: 2,
        selection: Selection::default(),
        interfaces: 0,
    };
    match Datapath::load(settings) {
        Ok(datapath) => {
            let megabytes = datapath.geometry().memory_bytes() >> 20;
            let found = format!("load, with {megabytes} MiB of tables");
            checks.push(capabilities(true));
            checks.push(Check::new("programs", State::Ok, found));
            checks.extend(hooks(&datapath));
        }
        Err(error) => {
            // The sentence says what to do.
            let error = format!("{:#}", anyhow::Error::new(error));
            checks.push(capabilities(false));
            checks.push(Check::new("programs", State::Missing, error));
        }
    }
    checks
}

/// Whether windrow could watch an interface, and who else is there.
pub fn interface(interface: &Interface) -> Check {
    let name = printable(&interface.name);
    let kind = windrow_netif::link_name(interface.link);
    if link_layer(interface, false).is_err() {
        let found = format!("{kind}: of a kind that windrow cannot read");
        return Check::new(&name, State::Missing, found);
    }
    let mut found = vec![kind];
    let there = AtInterface::of(interface.index);
    found.extend(there.xdp.program.map(|program| format!("XDP is {program}")));
    for (chain, direction) in [(there.tcx_in, "in"), (there.tcx_out, "out")] {
        if !chain.is_empty() {
            found.push(format!("tcx {direction}: {}", chain.join(", ")));
        }
    }
    let found = found.join("; ");
    if interface.up {
        Check::new(&name, State::Ok, found)
    } else {
        let remedy = format!("ip link set {name} up");
        Check::new(&name, State::Degraded, format!("{found}; down")).remedy(&remedy)
    }
}

fn kernel() -> Check {
    let release = read("/proc/sys/kernel/osrelease").unwrap_or_else(|| "unknown".to_owned());
    Check::new("kernel", State::Ok, format!("Linux {release}"))
}

fn types() -> Check {
    const PATH: &str = "/sys/kernel/btf/vmlinux";
    if std::path::Path::new(PATH).exists() {
        return Check::new("type information", State::Ok, PATH);
    }
    Check::new("type information", State::Missing, format!("no {PATH}"))
        .remedy("boot a kernel with CONFIG_DEBUG_INFO_BTF=y, as distributions have them")
}

fn jit() -> Check {
    match read("/proc/sys/net/core/bpf_jit_enable").as_deref() {
        Some("0") => Check::new("JIT", State::Degraded, "off: programs are interpreted")
            .remedy("sysctl -w net.core.bpf_jit_enable=1"),
        Some(_) => Check::new("JIT", State::Ok, "on"),
        // Only root may read it; and where the JIT is always on it is not there.
        None => Check::new("JIT", State::Ok, "not told"),
    }
}

fn lockdown() -> Check {
    match read("/sys/kernel/security/lockdown") {
        Some(modes) if modes.contains("[confidentiality]") => Check::new(
            "lockdown",
            State::Missing,
            "confidentiality: programs may not read kernel memory",
        )
        .remedy("boot with lockdown=integrity, or none"),
        Some(modes) if modes.contains("[integrity]") => {
            Check::new("lockdown", State::Ok, "integrity")
        }
        _ => Check::new("lockdown", State::Ok, "none"),
    }
}

/// What is not there may not be needed: some stand for others.
fn capabilities(programs_load: bool) -> Check {
    let missing = missing_capabilities();
    if missing.is_empty() {
        return Check::new("capabilities", State::Ok, "all there");
    }
    let found = format!("{} missing", missing.join(", "));
    if programs_load {
        let found = format!("{found}, and not needed");
        return Check::new("capabilities", State::Ok, found);
    }
    Check::new("capabilities", State::Missing, found).remedy("run it as root, or with sudo")
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

/// Attaches where it disturbs nobody.
fn hooks(datapath: &Datapath) -> Vec<Check> {
    let tried = || -> Result<Vec<Check>, windrow_lab::Error> {
        let (here, there) = (Namespace::new()?, Namespace::new()?);
        let pair = VethPair::new(&here, "w0", &there, "w1", VethOptions::default())?;
        let end = &pair.b;
        end.namespace
            .run(|| vec![traffic_control(datapath, end), xdp(datapath, end)])
    };
    tried().unwrap_or_else(|error| {
        // Counting needs no namespaces, so this says nothing against it.
        let found = format!("not tried, for want of namespaces to try in: {error}");
        vec![Check::new("hooks", State::Ok, found)]
    })
}

fn traffic_control(datapath: &Datapath, end: &windrow_lab::End) -> Check {
    let name = "traffic control";
    let layer = LinkLayer::Ethernet;
    match datapath
        .attacher()
        .attach_tc(&end.name, end.index, layer, Direction::Both)
    {
        Ok(attached) if attached.hook() == Hook::Tcx => Check::new(name, State::Ok, "tcx"),
        Ok(attached) => Check::new(
            name,
            State::Degraded,
            format!(
                "{}: a windrow that is killed leaves its filter behind",
                attached.hook().name()
            ),
        )
        .remedy("Linux 6.6 or newer has tcx"),
        Err(error) => Check::new(
            name,
            State::Missing,
            format!("{:#}", anyhow::Error::new(error)),
        ),
    }
}

fn xdp(datapath: &Datapath, end: &windrow_lab::End) -> Check {
    match datapath.attacher().attach_xdp(&end.name, end.index) {
        Ok(_) => Check::new(
            "XDP",
            State::Ok,
            "native, where an interface's driver has it",
        ),
        Err(error) => {
            let found = format!("{:#}", anyhow::Error::new(error));
            Check::new("XDP", State::Degraded, found).remedy("use --hook tcx, the default")
        }
    }
}

fn read(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}
