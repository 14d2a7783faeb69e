//! Packets that an interface counts and our program never sees: another program, ahead of it, ends
//! the chain. The ledger cannot know; the interface's own counters do.

/// Packets of a window below which nothing is concluded.
const LEAST: u64 = 10;
/// Windows in a row that it takes: the counters are read a little after the window's end, so one
/// alone may be off where traffic begins.
const WINDOWS: u32 = 2;

/// Compares, window by window, what the interface counted with what was seen.
#[derive(Debug, Default)]
pub struct Hidden {
    windows: u32,
}

impl Hidden {
    /// Whether most packets have been hidden for long enough to be sure.
    pub fn look(&mut self, counted: Option<u64>, seen: u64) -> bool {
        match counted {
            Some(counted) if counted >= LEAST && seen < counted / 2 => self.windows += 1,
            // A window without traffic says nothing.
            Some(counted) if counted < LEAST => {}
            _ => self.windows = 0,
        }
        self.windows >= WINDOWS && counted.is_some_and(|counted| counted >= LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_window_is_not_enough_and_silence_changes_nothing() {
        let mut hidden = Hidden::default();
        assert!(!hidden.look(Some(1000), 0));
        assert!(!hidden.look(Some(3), 0));
        assert!(hidden.look(Some(1000), 499));
        assert!(!hidden.look(Some(0), 0));
        assert!(hidden.look(Some(10), 0));
        assert!(!hidden.look(Some(1000), 500));
        assert!(!hidden.look(Some(1000), 0));
        assert!(!hidden.look(None, 0));
        assert!(!hidden.look(Some(1000), 0));
    }
}
