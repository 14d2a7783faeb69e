//! Names of users.

use std::collections::HashMap;

use nix::unistd::{Uid, User};

/// Stands for whom nobody knows: the kernel gives no user this number.
pub const UNKNOWN: u32 = u32::MAX;

/// Those that were asked for, by number.
#[derive(Clone, Debug)]
pub struct Users {
    known: HashMap<u32, Option<String>>,
    /// Numbers, whatever they are called.
    numeric: bool,
}

impl Users {
    /// None was asked for yet.
    pub fn new(numeric: bool) -> Users {
        Users {
            known: HashMap::new(),
            numeric,
        }
    }

    /// The user's name, printable, or the number; `?` of whom nobody knows.
    pub fn name(&mut self, uid: u32) -> String {
        if uid == UNKNOWN {
            return "?".to_owned();
        }
        if self.numeric {
            return uid.to_string();
        }
        let name = self.known.entry(uid).or_insert_with(|| {
            let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
            user.map(|user| user.name.escape_debug().collect())
        });
        name.clone().unwrap_or_else(|| uid.to_string())
    }
}
