//! A veth pair between two namespaces, with generated traffic on it and one hook at its end.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use windrow_datapath::kernel::Hook;
use windrow_lab::{End, Generator, Namespace, Napi, Plan, Running, VethOptions, VethPair, napi_on};
use windrow_netif::{Counters, by_index};

/// Where programs are attached at the receiving end.
pub const HOOKS: [Hook; 2] = [Hook::Xdp, Hook::Tcx];

/// How long frames may take to the other end once the last was sent.
const SETTLE_LIMIT: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// A veth counts a batch of frames shortly before it hands the last of them on.
const BATCH: Duration = Duration::from_millis(20);

/// A pair of interfaces; what is sent into one comes to the hook at the other.
#[derive(Debug)]
pub struct Link {
    pair: VethPair,
    _napi: Option<Napi>,
}

impl Link {
    /// A pair whose receiving end polls, as generated frames ask for: at traffic control by an XDP
    /// program that passes everything, at XDP by the program that is attached there.
    ///
    /// # Errors
    /// When namespaces or veth pairs cannot be made.
    pub fn new(hook: Hook) -> Result<Self> {
        let pair = pair(VethOptions::default())?;
        let end = &pair.b;
        let napi = match hook {
            Hook::Xdp => None,
            Hook::Tcx | Hook::Clsact => Some(napi_on(&end.namespace, &end.name)?),
        };
        Ok(Self { pair, _napi: napi })
    }

    /// The same for an end without any program at the hook. At XDP it polls for the sake of generic
    /// receive offload, which costs something by itself.
    ///
    /// # Errors
    /// As [`Link::new`].
    pub fn without_program(hook: Hook) -> Result<Self> {
        match hook {
            Hook::Xdp => Ok(Self {
                pair: pair(VethOptions {
                    gro: true,
                    ..VethOptions::default()
                })?,
                _napi: None,
            }),
            Hook::Tcx | Hook::Clsact => Self::new(hook),
        }
    }

    /// The sending end.
    pub fn sender(&self) -> &End {
        &self.pair.a
    }

    /// The receiving end.
    pub fn receiver(&self) -> &End {
        &self.pair.b
    }

    /// Starts to send.
    ///
    /// # Errors
    /// When the plan is impossible, or the kernel does not take the generator.
    pub fn send(&self, plan: &Plan) -> Result<Running> {
        let end = &self.pair.a;
        Ok(Generator::load()?.run(&end.namespace, end.index, plan)?)
    }

    /// What the receiving end has counted once that many packets have come to it, or never will.
    ///
    /// # Errors
    /// When rtnetlink does not answer.
    pub fn settled(&self, sent: u64) -> Result<Counters> {
        let limit = Instant::now() + SETTLE_LIMIT;
        loop {
            let now = self.counters()?;
            if now.rx_packets + now.rx_dropped >= sent || Instant::now() > limit {
                thread::sleep(BATCH);
                return self.counters();
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// What the receiving end has counted.
    ///
    /// # Errors
    /// When rtnetlink does not answer.
    pub fn counters(&self) -> Result<Counters> {
        let end = self.receiver();
        let interface = end.namespace.run(|| by_index(end.index))??;
        Ok(interface
            .context("the receiving interface is gone")?
            .counters)
    }
}

fn pair(options: VethOptions) -> Result<VethPair> {
    let sender = Namespace::new().context("making a network namespace: run this as root")?;
    let receiver = Namespace::new()?;
    Ok(VethPair::new(&sender, "w0", &receiver, "w1", options)?)
}
