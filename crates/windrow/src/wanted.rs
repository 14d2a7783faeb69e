//! Which interfaces are to be watched: names, patterns, and what is excluded of these.

use glob::Pattern;
use windrow_netif::Interface;

use crate::exit::Failure;
use crate::interface::{self, printable};

/// Names that must be there at the start, and patterns that any interface may match, whenever it
/// appears.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    names: Vec<String>,
    patterns: Vec<Pattern>,
    excluded: Vec<Pattern>,
}

impl Wanted {
    /// One interface, by name.
    pub fn one(name: &str) -> Wanted {
        Wanted {
            names: vec![name.to_owned()],
            ..Wanted::default()
        }
    }

    /// What words of a command line ask for: each a name, a pattern, or `any`.
    pub fn parse(words: &[String], excluded: &[String]) -> Result<Wanted, Failure> {
        let mut wanted = Wanted {
            excluded: excluded
                .iter()
                .map(|text| pattern(text))
                .collect::<Result<_, _>>()?,
            ..Wanted::default()
        };
        for (place, word) in words.iter().enumerate() {
            if words[..place].contains(word) {
                return Err(Failure::usage(format!("{word:?} is given twice")));
            }
            if is_pattern(word) {
                wanted.patterns.push(pattern(word)?);
            } else if wanted.excludes(word) {
                return Err(Failure::usage(format!(
                    "{word:?} is both asked for and excluded"
                )));
            } else {
                wanted.names.push(word.clone());
            }
        }
        if !excluded.is_empty() && wanted.patterns.is_empty() {
            return Err(Failure::usage(
                "--exclude takes interfaces away from a pattern: give one, as in -i any --exclude lo",
            ));
        }
        Ok(wanted)
    }

    /// The interfaces there are now that are wanted.
    ///
    /// # Errors
    /// Where a name is no interface's, or two are the same one's.
    pub fn there(&mut self) -> Result<Vec<Interface>, Failure> {
        let mut there: Vec<Interface> = Vec::new();
        for name in &mut self.names {
            let interface = interface::named(name)?;
            if there.iter().any(|other| other.index == interface.index) {
                return Err(Failure::usage(format!(
                    "{name:?} is another name of {}, which is given too",
                    printable(&interface.name)
                )));
            }
            // An interface may have other names beside its own, by which it is not announced.
            name.clone_from(&interface.name);
            there.push(interface);
        }
        if self.has_pattern() {
            for interface in windrow_netif::list()? {
                let known = there.iter().any(|other| other.index == interface.index);
                if !known && self.matches(&interface.name) {
                    there.push(interface);
                }
            }
        }
        Ok(there)
    }

    /// Whether an interface of that name is to be watched, should it appear.
    pub fn wants(&self, name: &str) -> bool {
        self.is_named(name) || self.matches(name)
    }

    /// Whether that very name was asked for.
    pub fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| wanted == name)
    }

    /// Whether interfaces may match that are not there yet.
    pub fn has_pattern(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// The names and patterns, as they are said.
    pub fn names(&self) -> Vec<String> {
        let names = self.names.iter().map(|name| printable(name));
        let patterns = self.patterns.iter().map(|one| printable(one.as_str()));
        names.chain(patterns).collect()
    }

    /// Whether it is one interface and can never be another.
    pub fn is_one(&self) -> bool {
        self.patterns.is_empty() && self.names.len() == 1
    }

    fn matches(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name)) && !self.excludes(name)
    }

    fn excludes(&self, name: &str) -> bool {
        self.excluded.iter().any(|pattern| pattern.matches(name))
    }
}

/// Whether a word is no interface's name but what several may match. A name may hold any character,
/// so an interface of that very name comes first.
pub fn is_pattern(word: &str) -> bool {
    let is_named = || matches!(windrow_netif::by_name(word), Ok(Some(_)));
    word == "any" || (word.contains(['*', '?', '[']) && !is_named())
}

fn pattern(text: &str) -> Result<Pattern, Failure> {
    let pattern = if text == "any" { "*" } else { text };
    Pattern::new(pattern)
        .map_err(|error| Failure::usage(format!("{text:?} is no pattern: {}", error.msg)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests

    use super::Wanted;

    fn parse(words: &[&str], excluded: &[&str]) -> Result<Wanted, String> {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (words, excluded): (Vec<String>, Vec<String>) = (own(words), own(excluded));
        Wanted::parse(&words, &excluded).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn names_patterns_and_what_is_excluded() {
        let wanted = parse(&["eth0", "veth*"], &["vetha?", "br*"]).unwrap();
        for name in ["eth0", "veth", "vethb1"] {
            assert!(wanted.wants(name), "{name}");
        }
        for name in ["eth1", "vetha1", "br0"] {
            assert!(!wanted.wants(name), "{name}");
        }
        let any = parse(&["any"], &["lo"]).unwrap();
        assert!(any.wants("eth0") && !any.wants("lo") && !any.is_one());
        assert!(Wanted::one("eth0").is_one());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (words, excluded, want) in [
            (&["eth0", "eth0"][..], &[][..], "twice"),
            (&["eth0", "any"], &["eth*"], "both asked for and excluded"),
            (&["eth0"], &["lo"], "--exclude"),
            (&["["], &[], "no pattern"),
            (&["any"], &["[z"], "no pattern"),
        ] {
            let error = parse(words, excluded).unwrap_err();
            assert!(error.contains(want), "{words:?} {excluded:?}: {error}");
        }
    }
}
