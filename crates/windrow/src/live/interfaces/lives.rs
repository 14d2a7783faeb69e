//! Lives begin and end: attaching, and taking off again.

use std::collections::HashMap;

use windrow_datapath::kernel::Attached;
use windrow_netif::{Counters, Interface};

use super::{State, Watched};
use crate::exit::Failure;
use crate::interface::{link_layer, printable};
use crate::output::Change;

impl State {
    /// Begins a life. An interface that has gone meanwhile is no failure: its end was announced.
    pub(super) fn attach(&mut self, interface: &Interface) -> Result<(), Failure> {
        let places = self.how.attacher.interfaces();
        let life = self.names.born(&printable(&interface.name));
        let place = match self.how.told_apart {
            true => Some(places.enter(interface.index, life).ok_or_else(too_many)?),
            false => None,
        };
        let attached = self.attached_to(interface);
        // Whose it is now: the one that was announced may have gone, and another have come.
        let now = windrow_netif::by_index(interface.index)?;
        let now = now.filter(|now| now.link == interface.link);
        match (attached, now) {
            (Ok(attached), Some(now)) => {
                let name = printable(&now.name);
                self.names.rename(life, &name);
                self.changes.push(Change::Attached { name: name.clone() });
                let watched = Watched::new(name, life, place, attached, now.counters);
                self.watched.insert(interface.index, watched);
                Ok(())
            }
            (attached, now) => {
                if let Some(place) = place {
                    places.leave(place);
                }
                match (attached, now) {
                    (Err(failure), Some(_)) => Err(failure),
                    // At the start it is a failure, since nothing is left to watch.
                    _ if self.wanted.is_one() => Err(Failure::source_gone(format!(
                        "{} is gone",
                        printable(&interface.name)
                    ))),
                    _ => Ok(()),
                }
            }
        }
    }

    fn attached_to(&self, interface: &Interface) -> Result<Attached, Failure> {
        let (how, name) = (&self.how, printable(&interface.name));
        let layer = link_layer(interface, how.xdp)?;
        let attached = match how.xdp {
            true => how.attacher.attach_xdp(&name, interface.index),
            false => how
                .attacher
                .attach_tc(&name, interface.index, layer, how.direction),
        };
        Ok(attached?)
    }

    /// Says once for each kind of interface that it is left out.
    pub(super) fn leave_out(&mut self, interface: &Interface, failure: &Failure) {
        self.left_out.insert(interface.index);
        if self.said.insert(interface.link) {
            self.changes.push(Change::LeftOut {
                name: printable(&interface.name),
                why: failure.to_string(),
            });
        }
    }

    /// A life is over: whatever is still attached is taken off.
    pub(super) fn end(&mut self, index: u32, last: Option<&Interface>, moved: bool) {
        let Some(watched) = self.release(index) else {
            return;
        };
        self.departed.add(watched.departed(last));
        // The only one's end is that of the run, which says so.
        if !self.wanted.is_one() {
            self.changes.push(Change::Gone {
                asked_for: self.wanted.is_named(&watched.name),
                name: watched.name,
                moved,
            });
        }
    }

    /// Attaches again where somebody has taken our programs off an interface that is still there. It
    /// is a life of its own: the index may be another interface's by now.
    pub(super) fn attach_again(&mut self, counters: &HashMap<u32, Counters>) {
        let mut removed = Vec::new();
        for (index, watched) in &mut self.watched {
            if counters.contains_key(index) && watched.was_removed() {
                removed.push((*index, watched.name.clone()));
            }
        }
        for (index, name) in removed {
            let Ok(Some(interface)) = windrow_netif::by_index(index) else {
                continue;
            };
            if printable(&interface.name) != name {
                self.end(index, None, false);
                self.changed(&interface);
                continue;
            }
            self.release(index);
            let said = self.changes.len();
            let why = self.attach(&interface).err();
            // That it is attached is all that is said otherwise.
            self.changes.truncate(said);
            if why.is_some() || self.watched.contains_key(&index) {
                let why = why.map(|failure| failure.to_string());
                self.changes.push(Change::Removed { name, why });
            }
        }
    }

    /// Takes off what is attached, and gives the place back.
    fn release(&mut self, index: u32) -> Option<Watched> {
        let mut watched = self.watched.remove(&index)?;
        watched.detach();
        if let Some(place) = watched.place {
            self.how.attacher.interfaces().leave(place);
        }
        Some(watched)
    }
}

fn too_many() -> Failure {
    anyhow::anyhow!("there are more interfaces than windrow can tell apart at once").into()
}
