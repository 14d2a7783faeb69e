//! Lives begin and end: attaching, and taking off again.

use std::collections::HashMap;

use windrow_core::flow::Life;
use windrow_datapath::kernel::Attached;
use windrow_netif::{Counters, Interface};

use super::{State, Watched};
use crate::exit::Failure;
use crate::interface::{link_layer, printable};
use crate::output::Change;

impl State {
    /// Begins a life. An interface that has gone meanwhile is no failure: its end was announced.
    pub(super) fn attach(&mut self, interface: &Interface) -> Result<(), Failure> {
        let life = self.names.born(&printable(&interface.name));
        let begun = self.begin(interface, life);
        if !matches!(begun, Ok(true)) {
            self.names.forget(life);
        }
        match begun {
            Ok(true) => Ok(()),
            // At the start it is a failure, since nothing is left to watch.
            Ok(false) if self.wanted.is_one() => Err(Failure::source_gone(format!(
                "{} is gone",
                printable(&interface.name)
            ))),
            Ok(false) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// The same; false where the interface has gone.
    fn begin(&mut self, interface: &Interface, life: Life) -> Result<bool, Failure> {
        let places = self.how.attacher.interfaces();
        let place = match self.how.told_apart {
            true => Some(places.enter(interface.index, life).ok_or_else(too_many)?),
            false => None,
        };
        let attached = self.attached_to(interface);
        // Whose it is now: the one that was announced may have gone, and another have come.
        let now = windrow_netif::by_index(interface.index);
        if let (Ok(_), Ok(Some(now))) = (&attached, &now)
            && now.link == interface.link
            && (now.name == interface.name || self.wanted.wants(&now.name))
        {
            let name = printable(&now.name);
            self.names.rename(life, &name);
            self.changes.push(Change::Attached { name: name.clone() });
            let mut watched = Watched::new(name, life, place, attached?, now.counters);
            watched.asked_for = self.wanted.is_named(&now.name);
            self.watched.insert(interface.index, watched);
            return Ok(true);
        }
        // What is attached goes before the place that it counts into.
        let failure = attached.err();
        if let Some(place) = place {
            places.leave(place);
        }
        match (failure, now?) {
            (Some(failure), Some(_)) => Err(failure),
            _ => Ok(false),
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

    /// Says once for each reason that an interface is left out. Only what it is will not change:
    /// after any other failure the next announcement is another try.
    pub(super) fn leave_out(&mut self, interface: &Interface, failure: &Failure) {
        if link_layer(interface, self.how.xdp).is_err() {
            self.left_out.insert(interface.index);
        }
        let (name, why) = (printable(&interface.name), failure.to_string());
        if self.said.insert(why.replace(&name, "")) {
            self.changes.push(Change::LeftOut { name, why });
        }
    }

    /// Of those the end was not announced, or is still to be: then it is no news any more.
    pub(super) fn end_those_that_are_not_there(&mut self, counters: &HashMap<u32, Counters>) {
        let gone = |(index, watched): &(&u32, &Watched)| {
            !counters.contains_key(index) && !watched.is_there()
        };
        let gone: Vec<u32> = self.watched.iter().filter(gone).map(|one| *one.0).collect();
        for index in gone {
            self.end(index, None, false);
        }
    }

    /// A life is over: whatever is still attached is taken off.
    pub(super) fn end(&mut self, index: u32, last: Option<&Interface>, moved: bool) {
        if let Some(watched) = self.release(index) {
            self.over(watched, last, moved);
        }
    }

    fn over(&mut self, watched: Watched, last: Option<&Interface>, moved: bool) {
        self.departed.add(watched.departed(last));
        // The only one's end is that of the run, which says so.
        if !self.wanted.is_one() {
            self.changes.push(Change::Gone {
                asked_for: watched.asked_for,
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
            let Some(released) = self.release(index) else {
                continue;
            };
            let said = self.changes.len();
            let why = self.attach(&interface).err();
            // That it is attached is all that is said otherwise.
            self.changes.truncate(said);
            match self.watched.get_mut(&index) {
                Some(again) => again.asked_for = released.asked_for,
                None if why.is_none() => {
                    self.over(released, None, false);
                    continue;
                }
                None => {}
            }
            let why = why.map(|failure| failure.to_string());
            self.changes.push(Change::Removed { name, why });
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
