//! One life of an interface: what is attached to it, what it counts, and what is seen of it.

use std::time::{Duration, Instant};

use windrow_core::flow::Life;
use windrow_datapath::kernel::{Attached, Direction, Hook, Place, Seen};
use windrow_netif::{Counters, Interface};

use crate::live::hidden::Hidden;

/// What is attached is looked at so often, at most.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// An interface that is attached to.
#[derive(Debug)]
pub struct Watched {
    /// Its name now, printable.
    pub name: String,
    /// Whether it was asked for by name, whatever it is called now.
    pub asked_for: bool,
    /// What its rows carry.
    pub life: Life,
    /// Where the programs count what they see of it; `None` where it is the only one.
    pub place: Option<Place>,
    /// `None` at the end, when nothing is counted any more.
    attached: Option<Attached>,
    hook: Hook,
    looked: Instant,
    /// Its counters at the last look; `None` where they could not be read.
    last: Option<Counters>,
    /// What had been seen of it then.
    seen: Seen,
    coming_in: Hidden,
    going_out: Hidden,
}

/// Packets that an interface has counted, or several.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    coming_in: u64,
    going_out: u64,
    unknown: bool,
}

impl Moved {
    /// Adds another's.
    pub fn add(&mut self, other: Moved) {
        self.coming_in += other.coming_in;
        self.going_out += other.going_out;
        self.unknown |= other.unknown;
    }

    /// Those of a direction, where they are known.
    pub fn packets(&self, direction: Direction) -> Option<u64> {
        let packets = match direction {
            Direction::In => self.coming_in,
            Direction::Out => self.going_out,
            Direction::Both => self.coming_in + self.going_out,
        };
        (!self.unknown).then_some(packets)
    }

    fn between(last: &Counters, now: &Counters) -> Moved {
        Moved {
            coming_in: now.rx_packets.saturating_sub(last.rx_packets),
            going_out: now.tx_packets.saturating_sub(last.tx_packets),
            unknown: false,
        }
    }
}

/// Packets of a direction that were counted and seen.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    /// Which direction: in or out.
    pub direction: Direction,
    /// By the interface.
    pub counted: u64,
    /// By us.
    pub seen: u64,
}

impl Watched {
    /// A life that has just begun; the interface's counters stand at `counters`.
    pub fn new(
        name: String,
        life: Life,
        place: Option<Place>,
        attached: Attached,
        counters: Counters,
    ) -> Watched {
        Watched {
            name,
            asked_for: false,
            life,
            place,
            hook: attached.hook(),
            attached: Some(attached),
            looked: Instant::now(),
            last: Some(counters),
            seen: Seen::default(),
            coming_in: Hidden::default(),
            going_out: Hidden::default(),
        }
    }

    /// Where it is attached.
    pub fn hook(&self) -> Hook {
        self.hook
    }

    /// Whether the kernel still has what was attached. Where it cannot be asked, nothing is known
    /// against it.
    pub fn is_there(&self) -> bool {
        self.attached
            .as_ref()
            .is_some_and(|attached| attached.is_there().unwrap_or(true))
    }

    /// Whether somebody has taken off what was attached; asked now and then only.
    pub fn was_removed(&mut self) -> bool {
        if self.looked.elapsed() < LOOK_AGAIN {
            return false;
        }
        self.looked = Instant::now();
        !self.is_there()
    }

    /// Takes everything off.
    pub fn detach(&mut self) {
        self.attached = None;
    }

    /// Packets that it has counted since the last call; `None` is that they could not be read.
    pub fn moved(&mut self, now: Option<&Counters>) -> Moved {
        let last = std::mem::replace(&mut self.last, now.copied());
        match (last, now) {
            (Some(last), Some(now)) => Moved::between(&last, now),
            _ => Moved {
                unknown: true,
                ..Moved::default()
            },
        }
    }

    /// The same for the last time. A veth has forgotten what its peer counted when its end is
    /// announced.
    pub fn departed(&self, now: Option<&Interface>) -> Moved {
        match (&self.last, now) {
            (Some(last), Some(now)) if now.kind.as_deref() != Some("veth") => {
                Moved::between(last, &now.counters)
            }
            _ => Moved {
                unknown: true,
                ..Moved::default()
            },
        }
    }

    /// What was seen since the last call, where `now` is what was seen in all.
    pub fn seen_since(&mut self, now: Seen) -> Seen {
        let last = std::mem::replace(&mut self.seen, now);
        Seen {
            coming_in: now.coming_in - last.coming_in,
            going_out: now.going_out - last.going_out,
        }
    }

    /// Compares what it counted with what was seen of it, in every direction that is watched.
    pub fn compare(&mut self, length: Duration, counted: Moved, seen: Seen, direction: Direction) {
        if direction != Direction::Out {
            let counted = counted.packets(Direction::In);
            self.coming_in.add(length, counted, seen.coming_in.packets);
        }
        if direction != Direction::In {
            let counted = counted.packets(Direction::Out);
            self.going_out.add(length, counted, seen.going_out.packets);
        }
    }

    /// The direction of which most packets have been hidden for long enough to be sure.
    pub fn hidden(&mut self) -> Option<Missing> {
        let coming_in = self.coming_in.most();
        let going_out = self.going_out.most();
        let missing = |direction| {
            move |(counted, seen)| Missing {
                direction,
                counted,
                seen,
            }
        };
        coming_in
            .map(missing(Direction::In))
            .or(going_out.map(missing(Direction::Out)))
    }
}
