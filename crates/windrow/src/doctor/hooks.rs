//! The hooks, tried on a veth pair in namespaces of our own.

use windrow_datapath::kernel::{AtInterface, Datapath, Direction, Hook, LinkLayer};
use windrow_lab::{Namespace, VethOptions, VethPair};

use super::{Check, State};

/// What came of it.
pub struct Tried {
    /// What was found.
    pub checks: Vec<Check>,
    /// Whether this kernel tells which drivers have native XDP, as every veth has.
    pub tells_native_xdp: bool,
}

/// Attaches where it disturbs nobody.
pub fn tried(datapath: &Datapath) -> Tried {
    let tried = || -> Result<Tried, windrow_lab::Error> {
        let (here, there) = (Namespace::new()?, Namespace::new()?);
        let pair = VethPair::new(&here, "w0", &there, "w1", VethOptions::default())?;
        let end = &pair.b;
        end.namespace.run(|| Tried {
            checks: vec![traffic_control(datapath, end), xdp(datapath, end)],
            tells_native_xdp: AtInterface::of(end.index).xdp.advertised,
        })
    };
    tried().unwrap_or_else(|error| {
        // Counting needs no namespaces, so this says nothing against it.
        let found = format!("not tried, for want of namespaces to try in: {error}");
        Tried {
            checks: vec![Check::new("hooks", State::Ok, found)],
            tells_native_xdp: false,
        }
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
        .remedy("windrow cleanup removes it; Linux 6.6 or newer has tcx, which leaves nothing"),
        Err(error) => Check::new(
            name,
            State::Missing,
            format!("{:#}", anyhow::Error::new(error)),
        )
        .remedy("Linux 6.6 or newer has tcx; older ones need the modules sch_ingress and cls_bpf"),
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
