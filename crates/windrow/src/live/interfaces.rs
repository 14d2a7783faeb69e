//! The interfaces that are watched: each known by its life, from when it appears to when it goes.
//!
//! A thread of its own listens to what the kernel announces and attaches at once, so that neither a
//! slow drain nor a stopped reader keeps an interface waiting. Announcements are of the past: an
//! index may already be another interface's. So what was attached is looked at again, and a life
//! ends only when the kernel says that its programs have gone with it.

mod lives;
mod watched;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use windrow_datapath::kernel::{Attacher, Direction, Seen};
use windrow_netif::{Counters, Interface, LinkEvent, Watch};

use crate::exit::Failure;
use crate::ifaces::Ifaces;
use crate::interface::printable;
use crate::live::{Event, Stop};
use crate::output::{Change, HiddenBy};
use crate::wanted::Wanted;

use watched::{Moved, Watched};

/// What there is to know of the interfaces at a window's end.
#[derive(Debug, Default)]
pub struct Look {
    /// Packets that they have counted since the last time.
    pub packets: Option<u64>,
    /// Most of an interface's packets came to no hook of ours.
    pub hidden: Option<HiddenBy>,
    /// What has changed since the last time.
    pub changes: Vec<Change>,
    /// None is left, and none can come.
    pub all_gone: bool,
}

/// How interfaces are attached to.
#[derive(Clone, Debug)]
pub struct How {
    /// Attaches.
    pub attacher: Attacher,
    /// At XDP rather than at traffic control.
    pub xdp: bool,
    /// Which packets.
    pub direction: Direction,
    /// Interfaces are told apart by the programs.
    pub told_apart: bool,
}

/// The interfaces; dropping it detaches from all of them, however a run ends.
#[derive(Debug)]
pub struct Interfaces {
    shared: Shared,
}

impl Drop for Interfaces {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the thread that listens has too.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, watch: &Watch, events: &Sender<Event>) {
        loop {
            let event = match watch.next() {
                Ok(event) => event,
                // One message that cannot be read is no reason to stop listening.
                Err(windrow_netif::Error::Malformed { .. }) => continue,
                // From now on it is looked for what has changed.
                Err(_) => {
                    self.lock().deaf = true;
                    return;
                }
            };
            let mut state = self.lock();
            if state.closed {
                return;
            }
            state.announced(event);
            let over = state.is_over();
            drop(state);
            if over {
                let _ = events.send(Event::Stop(Stop::InterfaceGone));
                return;
            }
            // In a storm of announcements windows are closed all the same.
            thread::yield_now();
        }
    }
}

#[derive(Debug)]
struct State {
    how: How,
    wanted: Wanted,
    names: Ifaces,
    /// By index.
    watched: BTreeMap<u32, Watched>,
    /// Indexes of interfaces that cannot be watched.
    left_out: HashSet<u32>,
    /// Why interfaces were left out, of which each reason is said once.
    said: HashSet<String>,
    /// What those have counted that have gone since the last look.
    departed: Moved,
    changes: Vec<Change>,
    /// Announcements were missed, and what there is could not be listed yet.
    missed: bool,
    /// No more announcements come.
    deaf: bool,
    /// It is over: nothing is attached any more.
    closed: bool,
}

impl Interfaces {
    /// Attaches to all wanted interfaces that are there, and from now on to those that appear.
    ///
    /// # Errors
    /// When an interface that was named cannot be attached to.
    pub fn start(
        how: How,
        mut wanted: Wanted,
        names: Ifaces,
        events: Sender<Event>,
    ) -> Result<Interfaces, Failure> {
        // First the subscription, then the list: nothing falls between the two.
        let watch = Watch::new()?;
        let there = wanted.there()?;
        let mut state = State {
            how,
            wanted,
            names,
            watched: BTreeMap::new(),
            left_out: HashSet::new(),
            said: HashSet::new(),
            departed: Moved::default(),
            changes: Vec::new(),
            missed: false,
            deaf: false,
            closed: false,
        };
        for interface in there {
            let named = state.wanted.is_named(&interface.name) || !state.wanted.has_pattern();
            match state.attach(&interface) {
                Ok(()) => {}
                Err(failure) if named => return Err(failure),
                Err(failure) => state.leave_out(&interface, &failure),
            }
        }
        // What was there at the start is in the start line.
        state
            .changes
            .retain(|change| !matches!(change, Change::Attached { .. }));
        let shared = Shared(Arc::new(Mutex::new(state)));
        let (interfaces, theirs) = (
            Interfaces {
                shared: shared.clone(),
            },
            shared,
        );
        thread::Builder::new()
            .name("windrow-links".into())
            .spawn(move || theirs.listen(&watch, &events))
            .context("starting the thread that watches interfaces")?;
        Ok(interfaces)
    }

    /// Names of those that are attached to, printable, and at which hook; none where there is none.
    pub fn attached(&self) -> (Vec<String>, Option<&'static str>) {
        let state = self.shared.lock();
        let names = state.watched.values().map(|one| one.name.clone()).collect();
        let hook = state.watched.values().next().map(|one| one.hook().name());
        (names, hook)
    }

    /// Compares a window with what the interfaces counted meanwhile. Of windows that are drained
    /// together only the `last` looks at them.
    pub fn look(&self, length: Duration, seen: Seen, last: bool) -> Look {
        self.shared.lock().look(length, seen, last)
    }

    /// Detaches from all of them; what they have counted until then can still be looked at.
    pub fn close(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        for watched in state.watched.values_mut() {
            watched.detach();
        }
    }
}

impl State {
    /// No interface is left, and none can come.
    fn is_over(&self) -> bool {
        self.watched.is_empty() && !self.wanted.has_pattern()
    }

    fn announced(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Changed(interface) => self.changed(&interface),
            LinkEvent::Gone { interface, moved } => self.gone(&interface, moved),
            LinkEvent::Overrun => self.look_at_everything(),
        }
    }

    /// What announcements would have told.
    fn look_at_everything(&mut self) {
        let there = windrow_netif::list();
        self.missed = there.is_err();
        let Ok(there) = there else { return };
        let indexes: Vec<u32> = self.watched.keys().copied().collect();
        for index in indexes {
            let last = there.iter().find(|interface| interface.index == index);
            let same = self.watched.get(&index).is_some_and(Watched::is_there);
            if last.is_none() || !same {
                self.end(index, None, false);
            }
        }
        self.left_out
            .retain(|index| there.iter().any(|one| one.index == *index));
        for interface in &there {
            self.changed(interface);
        }
    }

    fn changed(&mut self, interface: &Interface) {
        let name = printable(&interface.name);
        if let Some(watched) = self.watched.get_mut(&interface.index) {
            if watched.name != name && watched.is_there() {
                let from = std::mem::replace(&mut watched.name, name.clone());
                watched.asked_for |= self.wanted.is_named(&interface.name);
                self.names.rename(watched.life, &name);
                self.changes.push(Change::Renamed { from, to: name });
            }
            return;
        }
        // Where one was asked for, that one is followed, whoever gets its name afterwards.
        let enough = self.wanted.is_one() && !self.watched.is_empty();
        let left_out = self.left_out.contains(&interface.index);
        if enough || left_out || !self.wanted.wants(&interface.name) {
            return;
        }
        if let Err(failure) = self.attach(interface) {
            self.leave_out(interface, &failure);
        }
    }

    fn gone(&mut self, interface: &Interface, moved: bool) {
        self.left_out.remove(&interface.index);
        let Some(watched) = self.watched.get(&interface.index) else {
            return;
        };
        // The announcement may be of an interface before it with the same index.
        if !moved && watched.is_there() {
            return;
        }
        self.end(interface.index, Some(interface), moved);
    }

    fn look(&mut self, length: Duration, seen: Seen, last: bool) -> Look {
        let (attacher, direction) = (self.how.attacher.clone(), self.how.direction);
        let counters = if last { Some(self.counters()) } else { None };
        let mut moved = std::mem::take(&mut self.departed);
        let mut hidden = None;
        for (index, watched) in &mut self.watched {
            let theirs = match &counters {
                Some(Ok(counters)) => match counters.get(index) {
                    Some(now) => watched.moved(Some(now)),
                    // It has just gone: what it counted comes with the announcement.
                    None => Moved::default(),
                },
                Some(Err(_)) => watched.moved(None),
                None => Moved::default(),
            };
            moved.add(theirs);
            let ours = match watched.place {
                Some(place) if last => watched.seen_since(attacher.interfaces().seen(place)),
                Some(_) => Seen::default(),
                None => seen,
            };
            watched.compare(length, theirs, ours, direction);
            if last && let Some(missing) = watched.hidden() {
                let hook = watched.hook();
                hidden.get_or_insert_with(|| HiddenBy {
                    interface: watched.name.clone(),
                    direction: missing.direction,
                    counted: missing.counted,
                    seen: missing.seen,
                    ahead: attacher.ahead(*index, hook, missing.direction),
                });
            }
        }
        if let Some(Ok(counters)) = &counters
            && !self.closed
        {
            self.attach_again(counters);
            self.end_those_that_are_not_there(counters);
            if self.missed || self.deaf {
                self.look_at_everything();
            }
        }
        Look {
            packets: moved.packets(direction),
            hidden,
            changes: std::mem::take(&mut self.changes),
            all_gone: self.is_over(),
        }
    }

    /// The counters of the interfaces that are still there, by index.
    fn counters(&self) -> Result<HashMap<u32, Counters>, windrow_netif::Error> {
        // For a few it costs less to ask for each of them than for all that there are.
        const FEW: usize = 4;
        let counters = |interface: Interface| (interface.index, interface.counters);
        if self.watched.len() > FEW {
            return Ok(windrow_netif::list()?.into_iter().map(counters).collect());
        }
        let mut there = HashMap::new();
        for index in self.watched.keys() {
            there.extend(windrow_netif::by_index(*index)?.map(counters));
        }
        Ok(there)
    }
}
