//! Processes, and their names.

use std::fmt;

/// A process from when it began to when it ends: pids are used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Process {
    /// Its pid, as the first pid namespace has it.
    pub pid: u32,
    /// When it began, in steps of about a millisecond that come round again after days.
    pub life: u32,
}

/// A command's name as the kernel has it: up to 15 bytes, whatever they are, and 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Comm(pub [u8; 16]);

impl Comm {
    /// The bytes before the first 0.
    pub fn bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// What can be printed: control characters escaped, what is no UTF-8 replaced.
    pub fn text(&self) -> String {
        let text = String::from_utf8_lossy(self.bytes());
        let mut printed = String::with_capacity(text.len());
        for char in text.chars() {
            match char.is_control() {
                true => printed.extend(char.escape_default()),
                false => printed.push(char),
            }
        }
        printed
    }
}

/// As it is printed.
impl fmt::Debug for Comm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comm(bytes: &[u8]) -> Comm {
        let mut name = [0; 16];
        name[..bytes.len()].copy_from_slice(bytes);
        Comm(name)
    }

    #[test]
    fn names_are_printed_whatever_they_are() {
        assert_eq!(comm(b"sh").text(), "sh");
        assert_eq!(comm(b"a\x1b[31m\nb").text(), "a\\u{1b}[31m\\nb");
        assert_eq!(comm(b"caf\xc3\xa9 \xff").text(), "café \u{fffd}");
        assert_eq!(Comm::default().text(), "");
        assert_eq!(comm(b"sixteen bytes ok").bytes().len(), 16);
    }
}
