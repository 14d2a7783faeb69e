//! One interface: whether windrow could watch it, and who else is there. It is looked at only:
//! attaching at XDP for a trial may reset the queues of a network card.

use serde::Serialize;
use windrow_datapath::kernel::{AtInterface, Owner, has_tcx};
use windrow_netif::Interface;

use super::{Check, Host, State};
use crate::interface::{link_layer, printable, shell_word};

/// An interface, in words and in fields.
#[derive(Clone, Debug, Serialize)]
pub struct InterfaceCheck {
    /// The verdict, and everything in words.
    #[serde(flatten)]
    pub check: Check,
    /// Its link type.
    link: String,
    /// Whether it is administratively up.
    up: bool,
    /// The program at XDP.
    xdp: Option<String>,
    /// How that is attached: `native`, `generic`, `offload` or `several`.
    xdp_mode: Option<&'static str>,
    /// Whether its driver has native XDP; null where the kernel does not tell.
    xdp_native: Option<bool>,
    /// Programs at tcx, coming in, in the order in which they run.
    tcx_in: Vec<String>,
    /// The same, going out.
    tcx_out: Vec<String>,
    /// The qdisc that filters hang at, `clsact` or `ingress`; null without.
    qdisc: Option<String>,
    /// Filters at clsact, coming in, in the order in which they run.
    clsact_in: Vec<String>,
    /// The same, going out.
    clsact_out: Vec<String>,
}

impl Host {
    /// Looks at an interface.
    pub fn interface(&self, interface: &Interface) -> InterfaceCheck {
        let there = AtInterface::of(interface.index);
        let native = there.xdp.advertised || there.xdp.mode == Some("native");
        let mut found = InterfaceCheck {
            check: Check::new(&printable(&interface.name), State::Ok, ""),
            link: windrow_netif::link_name(interface.link),
            up: interface.up,
            xdp: there.xdp.program,
            xdp_mode: there.xdp.mode,
            xdp_native: (native || self.tells_native_xdp).then_some(native),
            tcx_in: there.tcx_in,
            tcx_out: there.tcx_out,
            qdisc: there.qdisc,
            clsact_in: there.clsact_in,
            clsact_out: there.clsact_out,
        };
        self.judge(&mut found, interface);
        found
    }

    fn judge(&self, it: &mut InterfaceCheck, interface: &Interface) {
        let mut words = vec![it.link.clone()];
        let mut state = State::Ok;
        let mut remedies = Vec::new();
        if link_layer(interface, false).is_err() {
            words[0] += ": of a kind that windrow cannot read";
            state = State::Missing;
        }
        words.extend(it.occupants());
        let left = self.left_at(interface.index);
        if left > 0 {
            words.push(format!("filters left by a killed windrow: {left}"));
            remedies.push("windrow cleanup".to_owned());
        }
        if it.qdisc.as_deref() == Some("ingress") && !has_tcx() {
            words.push("no room for clsact, and so none for packets going out".to_owned());
            remedies.push("windrow monitor --direction in".to_owned());
            state = State::Missing;
        }
        if !interface.up {
            words.push("down".to_owned());
            remedies.push(format!("ip link set {} up", shell_word(&interface.name)));
        }
        if !remedies.is_empty() {
            state = state.max(State::Degraded);
            it.check.remedy = Some(remedies.join("; "));
        }
        it.check.state = state;
        it.check.found = words.join("; ");
    }

    /// Filters of nobody's, as far as that can be told.
    fn left_at(&self, index: u32) -> usize {
        let found = self.ours.as_ref().map(|ours| ours.at(index));
        let found = found.and_then(Result::ok).unwrap_or_default();
        found.iter().filter(|it| it.owner == Owner::Gone).count()
    }
}

impl InterfaceCheck {
    /// What is attached, and what could be.
    fn occupants(&self) -> Vec<String> {
        let native = match self.xdp_native {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not told",
        };
        let mut words = vec![format!("native XDP: {native}")];
        if let Some(program) = &self.xdp {
            let mode = self.xdp_mode.unwrap_or("of an unknown kind");
            words.push(format!("XDP is {program}, {mode}"));
        }
        if let Some(kind) = &self.qdisc {
            words.push(format!("{kind} qdisc"));
        }
        let lists = [
            ("tcx in", &self.tcx_in),
            ("tcx out", &self.tcx_out),
            ("clsact in", &self.clsact_in),
            ("clsact out", &self.clsact_out),
        ];
        for (place, programs) in lists {
            if !programs.is_empty() {
                words.push(format!("{place}: {}", programs.join(", ")));
            }
        }
        words
    }
}
