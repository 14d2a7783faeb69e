//! Says warnings on stderr, beside the output.

use windrow_core::adaptive;

use crate::output::Warning;

/// Says each as often as it is news.
#[derive(Debug, Default)]
pub struct Teller {
    /// Those that were said, where each is said once.
    said: Option<Vec<&'static str>>,
    /// States that the last window was in: they have been said, and last.
    states: Vec<&'static str>,
}

impl Teller {
    /// From now on a warning is said once, not once a window: of a capture all is known at the end.
    pub fn once(&mut self) {
        self.said.get_or_insert_default();
    }

    /// Says warnings of a window. An error has been said by whoever found it, in every format.
    pub fn say(&mut self, warnings: &[Warning]) {
        for warning in self.news(warnings) {
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
    fn news<'a>(&mut self, warnings: &'a [Warning]) -> Vec<&'a Warning> {
        let states = warnings.iter().filter(|warning| warning.is_of_state());
        let states = states.map(|warning| warning.code).collect();
        let before = std::mem::replace(&mut self.states, states);
        let mut news = Vec::new();
        for warning in warnings.iter().filter(|warning| !warning.is_error()) {
            match &mut self.said {
                Some(said) if said.contains(&warning.code) => continue,
                Some(said) => said.push(warning.code),
                None if before.contains(&warning.code) => continue,
                None => {}
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
        let text = String::new;
        let warning = |code: &&'static str| Warning { code, text: text() };
        let warnings: Vec<Warning> = warnings.iter().map(warning).collect();
        let news = teller.news(&warnings);
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
    fn of_a_capture_all_is_said_once_and_errors_elsewhere() {
        let mut teller = Teller::default();
        teller.once();
        assert_eq!(codes(&mut teller, &["late", "residue"]), ["late"]);
        assert_eq!(codes(&mut teller, &["late", "lost"]), ["lost"]);
    }
}
