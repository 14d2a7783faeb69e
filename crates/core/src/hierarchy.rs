//! `--hierarchy`: levels of which all networks are lines, not only those of what was folded.

use std::fmt;

use crate::by::By;
use crate::net::{Family, Level, Side};

/// Some of the three levels below the total, by the names that they have for IPv4: 24, 16 and 8, which
/// for IPv6 are 64, 48 and 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    /// By [`Level::index`].
    asked_for: [bool; Level::TOTAL.index()],
}

impl Hierarchy {
    /// Reads `24,16,8`: levels with commas between them, in any order.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Hierarchy, String> {
        let mut asked_for = [false; Level::TOTAL.index()];
        for word in text.split(',').map(str::trim) {
            let named = |level: &Level| name(*level) == word && *level != Level::TOTAL;
            let Some(level) = Level::ALL.into_iter().find(named) else {
                return Err(format!(
                    "there is no level {word:?}: there are 24, 16 and 8, which for IPv6 are 64, 48 and 32"
                ));
            };
            if std::mem::replace(&mut asked_for[level.index()], true) {
                return Err(format!("{word} is given twice"));
            }
        }
        Ok(Hierarchy { asked_for })
    }

    /// The levels, the finest first; the total is none of them.
    pub fn levels(self) -> impl DoubleEndedIterator<Item = Level> + use<> {
        let asked_for = move |level: &Level| self.has(*level);
        Level::ALL.into_iter().filter(asked_for)
    }

    /// Whether it is one of the levels.
    pub fn has(self, level: Level) -> bool {
        self.asked_for.get(level.index()) == Some(&true)
    }

    /// The finest level of a side for which addresses are kept long enough, by family: IPv4, IPv6; the
    /// total where they are too short for all.
    pub(crate) fn first(self, by: &By, side: Side) -> [Level; 2] {
        [Family::Ipv4, Family::Ipv6].map(|family| {
            let finest = by.finest(side, family);
            let mut levels = self.levels().filter(|level| *level >= finest);
            levels.next().unwrap_or(Level::TOTAL)
        })
    }

    /// Whether packets that are grouped by these keys have networks of one of the levels.
    ///
    /// # Errors
    /// The sentence that says why not.
    pub fn check(self, by: &By) -> Result<(), String> {
        if !by.has_address() {
            return Err(
                "--hierarchy needs src or dst among the keys of --by: without an address there are no networks"
                    .to_owned(),
            );
        }
        let firsts = by.sides().flat_map(|side| self.first(by, side));
        if firsts.min() == Some(Level::TOTAL) {
            return Err(format!(
                "--hierarchy {self}: addresses are kept too short for that by --by {}",
                by.words().join(",")
            ));
        }
        Ok(())
    }
}

/// As on the command line.
fn name(level: Level) -> String {
    level.bits(Family::Ipv4).to_string()
}

impl fmt::Display for Hierarchy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.levels().map(name).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_and_printed() {
        for (text, want) in [
            ("24,16,8", "24,16,8"),
            ("8, 24", "24,8"),
            ("16", "16"),
            (" 8 ", "8"),
        ] {
            let hierarchy = Hierarchy::parse(text).expect(text);
            assert_eq!(hierarchy.to_string(), want);
            assert!(!hierarchy.has(Level::TOTAL));
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_the_levels_that_there_are() {
        for text in ["", "24,", "12", "64", "0", "/24", "24 16", "024", "all"] {
            let error = Hierarchy::parse(text).expect_err(text);
            assert!(error.contains("there are 24, 16 and 8"), "{text}: {error}");
        }
        let error = Hierarchy::parse("24,8,24").expect_err("twice");
        assert_eq!(error, "24 is given twice");
    }

    #[test]
    fn keys_have_addresses_that_are_long_enough() {
        let check = |levels, by| {
            let hierarchy = Hierarchy::parse(levels).expect(levels);
            hierarchy.check(&By::parse(by).expect(by))
        };
        for (levels, by) in [
            ("24", "src,dst,proto"),
            ("24,8", "src/8/32"),
            ("24", "src/8/32,dst/24"),
            // Of IPv6 64 bits are kept.
            ("24", "src/8"),
            ("16", "src/8/48"),
        ] {
            assert_eq!(check(levels, by), Ok(()), "{levels} {by}");
        }
        let error = check("24,16,8", "proto,iface").expect_err("no address");
        assert!(error.contains("src or dst"), "{error}");
        let error = check("24,16", "src/8/32,dport").expect_err("too short");
        assert!(
            error.contains("24,16") && error.contains("src/8/32,dport"),
            "{error}"
        );
    }
}
