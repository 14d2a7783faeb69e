//! Says warnings on stderr, beside the output.

use std::time::Duration;

use windrow_core::adaptive;

use crate::output::Warning;

/// A code, and the length of the longer windows that it was said of; of those that are counted none.
type Said = (&'static str, Option<Duration>);

/// Says each as often as it is news.
#[derive(Debug, Default)]
pub struct Teller {
    /// Those that were said, of those that are said once.
    said: Vec<Said>,
    /// That is each.
    once: bool,
    /// States that the last window of each level was in: they have been said, and last.
    states: Vec<Said>,
}

impl Teller {
    /// From now on a warning is said once, not once a window: of a capture all is known at the end.
    pub fn once(&mut self) {
        self.once = true;
    }

    /// Says warnings of a window. An error has been said by whoever found it, in every format.
    /// `tier` is the length of a longer window, which is in states of its own.
    pub fn say(&mut self, warnings: &[Warning], tier: Option<Duration>) {
        for warning in self.news(warnings, tier) {
            eprintln!("windrow: {}", warning.text);
        }
    }

    /// Says that windows are to have another length: as often as it is decided.
    pub fn say_length(change: Option<adaptive::Change>) {
        if let Some(change) = change {
            eprintln!("windrow: {change}");
        }
    }

    /// Without what was said already: of states, when they began.
    fn news<'a>(&mut self, warnings: &'a [Warning], tier: Option<Duration>) -> Vec<&'a Warning> {
        let before = self.states.clone();
        self.states.retain(|(_, of)| *of != tier);
        let states = warnings.iter().filter(|warning| warning.is_of_state());
        self.states.extend(states.map(|it| (it.code, tier)));
        let mut news = Vec::new();
        for warning in warnings.iter().filter(|warning| !warning.is_error()) {
            let it = (warning.code, tier);
            let once = self.once || warning.is_said_once();
            let said = if once { &self.said } else { &before };
            if said.contains(&it) {
                continue;
            }
            if once {
                self.said.push(it);
            }
            news.push(warning);
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(teller: &mut Teller, warnings: &[&'static str]) -> Vec<&'static str> {
        codes_of(teller, warnings, None)
    }

    fn codes_of(
        teller: &mut Teller,
        warnings: &[&'static str],
        tier: Option<Duration>,
    ) -> Vec<&'static str> {
        let text = String::new;
        let warning = |code: &&'static str| Warning { code, text: text() };
        let warnings: Vec<Warning> = warnings.iter().map(warning).collect();
        let news = teller.news(&warnings, tier);
        news.iter().map(|warning| warning.code).collect()
    }

    #[test]
    fn a_state_is_said_when_it_begins() {
        let mut teller = Teller::default();
        let full = ["table_full", "late"];
        assert_eq!(codes(&mut teller, &full), full);
        // What happened happened again, the state lasts.
        assert_eq!(codes(&mut teller, &full), ["late"]);
        assert!(codes(&mut teller, &["table_full"]).is_empty());
        assert!(codes(&mut teller, &[]).is_empty());
        assert_eq!(codes(&mut teller, &["table_full"]), ["table_full"]);
    }

    #[test]
    fn each_level_is_in_states_of_its_own() {
        let (mut teller, minute) = (Teller::default(), Some(Duration::from_secs(60)));
        assert_eq!(codes(&mut teller, &["table_full"]), ["table_full"]);
        assert!(codes_of(&mut teller, &[], minute).is_empty());
        assert!(codes(&mut teller, &["table_full"]).is_empty());
        assert_eq!(
            codes_of(&mut teller, &["table_full"], minute),
            ["table_full"]
        );
        assert!(codes(&mut teller, &["table_full"]).is_empty());
        assert!(codes_of(&mut teller, &["table_full"], minute).is_empty());
    }

    #[test]
    fn what_comes_again_and_again_is_said_once() {
        let mut teller = Teller::default();
        assert_eq!(codes(&mut teller, &["unknown_listener"]).len(), 1);
        assert!(codes(&mut teller, &[]).is_empty());
        assert_eq!(codes(&mut teller, &["unknown_listener", "late"]), ["late"]);
    }

    #[test]
    fn of_a_capture_all_is_said_once_and_errors_elsewhere() {
        let mut teller = Teller::default();
        teller.once();
        assert_eq!(codes(&mut teller, &["late", "residue"]), ["late"]);
        assert_eq!(codes(&mut teller, &["late", "lost"]), ["lost"]);
    }
}
