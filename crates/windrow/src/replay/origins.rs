//! Where records came by, by the names that captures have for it.

use std::collections::HashMap;

use windrow_capture::{Interface, Record};
use windrow_core::flow::Life;
use windrow_datapath::Origin;

use crate::ifaces::{Ifaces, printable};

/// The interfaces of all captures. A name is all that is known of one: the same name in another
/// capture is the same interface.
pub struct Origins {
    ifaces: Ifaces,
    lives: HashMap<Box<str>, Life>,
    /// By their numbers in the open capture.
    open: Vec<Option<Life>>,
}

impl Origins {
    /// None so far; `ifaces` learns their names.
    pub fn new(ifaces: Ifaces) -> Origins {
        Origins {
            ifaces,
            lives: HashMap::new(),
            open: Vec::new(),
        }
    }

    /// Another capture is read, which numbers its interfaces anew.
    pub fn next_capture(&mut self) {
        self.open.clear();
    }

    /// Where a record of the open capture came by.
    pub fn of(&mut self, record: &Record<'_>) -> Origin {
        Origin {
            iface: record.interface.map(|interface| self.life(interface)),
            dir: record.dir,
        }
    }

    /// The interface of that name, whether a capture has had it yet or not.
    pub fn named(&mut self, name: &str) -> Life {
        let known = self.lives.get(name).copied();
        known.unwrap_or_else(|| {
            let life = self.ifaces.born(&printable(name));
            self.lives.insert(name.into(), life);
            life
        })
    }

    fn life(&mut self, interface: Interface<'_>) -> Life {
        let place = interface.number as usize;
        if let Some(Some(life)) = self.open.get(place) {
            return *life;
        }
        let life = self.named(interface.name);
        if self.open.len() <= place {
            self.open.resize(place + 1, None);
        }
        self.open[place] = Some(life);
        life
    }
}
