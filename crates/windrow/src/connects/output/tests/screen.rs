//! What stands above windows and reports of connections.

use windrow_core::rollup::Rolled;

use super::*;
use crate::timed::output::{Look, Screen};

/// What is written by that.
fn written(write: impl FnOnce(&mut Screen<&mut Vec<u8>, Connects>)) -> String {
    let mut out = Vec::new();
    let look = Look {
        top: None,
        sort: Sort::Attempts,
        terminal: Terminal::default(),
    };
    write(&mut Screen::new(&mut out, look, style(None), TimeZone::UTC));
    String::from_utf8(out).expect("text")
}

fn header(window: &Window, conditions: &Conditions) -> String {
    let text = written(|screen| screen.window(window, conditions, &[]).expect("written"));
    first(&text).expect("a line").to_owned()
}

/// The first line that is not empty.
fn first(text: &str) -> Option<&str> {
    text.lines().find(|line| !line.is_empty())
}

#[test]
fn what_was_lost_is_said_above_the_window() {
    let lost = Conditions {
        lost: 1229,
        ..Conditions::default()
    };
    let header_with = header(&a_million(), &lost);
    assert!(
        header_with.contains("residue 0 · LOST 1,229"),
        "{header_with}"
    );
    assert!(!header(&a_million(), &Conditions::default()).contains("LOST"));
}

#[test]
fn what_was_lost_is_said_above_the_report() {
    let mut run = Run::default();
    run.add(&a_million(), 229);
    let summary = Summary {
        run: &run,
        in_flight: Some(0),
        length: Duration::from_secs(1),
        exit_code: None,
    };
    let text = written(|screen| screen.summary(&summary).expect("written"));
    let mut lines = text.lines().skip_while(|line| line.is_empty());
    assert_eq!(
        lines.next(),
        Some("LOST 229 events: so often the kernel could not run windrow's programs")
    );
    assert!(
        lines
            .next()
            .is_some_and(|line| line.starts_with("Total attempts: "))
    );
}

#[test]
fn longer_windows_say_what_is_missing_and_rates_are_of_the_rest() {
    let mut window = a_million();
    window.span.window = Some(Duration::from_secs(10));
    window.rolled = Some(Rolled {
        windows: 3,
        gap: Duration::from_millis(8_000),
    });
    let header = header(&window, &Conditions::default());
    assert!(
        header.contains("10 s of 3 windows, 8.00 s missing · 1,000,000 attempts · 500 k/s"),
        "{header}"
    );
}
