//! The names of a capture's interfaces, each once, however many sections tell it again.

use std::collections::HashMap;

/// All names together have no more bytes: a host has some hundred bytes of them.
const MOST_BYTES: usize = 1 << 20;

/// Names by number, in the order in which they first came.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    bytes: usize,
}

impl Names {
    /// The name's number; `None` of an empty one, and once names are as many as no host has.
    pub(super) fn number(&mut self, name: &[u8]) -> Option<u32> {
        let name = String::from_utf8_lossy(name);
        // A string may end before its field does.
        let name = name.trim_end_matches('\0');
        if let Some(number) = self.numbers.get(name) {
            return Some(*number);
        }
        if name.is_empty() || self.bytes + name.len() > MOST_BYTES {
            return None;
        }
        let number = u32::try_from(self.names.len()).ok()?;
        self.bytes += name.len();
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        Some(number)
    }

    /// The name of that number.
    #[inline]
    pub(super) fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(AsRef::as_ref)
    }
}
