use std::time::Duration;

use windrow_core::adaptive::{Change, Why};
use windrow_core::by::By;
use windrow_core::edges::{Span, WallNanos};
use windrow_core::flow::FlowKey;
use windrow_core::hierarchy::Hierarchy;
use windrow_core::net::{Family, Level, Net, Side};
use windrow_core::slice::{Folded, MonoNanos, Row, Slice};
use windrow_core::tally::Tally;

use super::*;

fn row(n: u16, packets: u64, base: u64) -> Row {
    Row {
        key: FlowKey {
            sport: n,
            proto: 17,
            ..FlowKey::NOTHING
        },
        count: Tally::new(packets, packets * 100),
        base: Tally::new(base, base * 100),
        hash: 0,
        first: MonoNanos(0),
        last: MonoNanos(0),
        tcp_flags: 0,
    }
}

/// A window of 1000 packets: 500 and 400 of two flows, and 100 that are folded or a third flow's.
fn window(folded: bool) -> Window {
    let span = Span::on_edges(0, WallNanos(0), WallNanos(1_000_000_000));
    let mut slice: Slice = Slice {
        events: 1000,
        seen: Tally::new(1000, 100_000),
        rows: vec![row(1, 500, 0)],
        spills: vec![row(2, 150, 0), row(2, 50, 0)],
        capacity_rows: 2,
        ..Slice::default()
    };
    if folded {
        slice.rows.push(row(2, 200, 30));
        slice.folded.push(Folded {
            side: Side::Src,
            net: Net::of("10.1.2.3".parse().expect("an address"), Level::ALL[0]),
            count: Tally::new(80, 8_000),
        });
        slice.folded.push(Folded {
            side: Side::Src,
            net: Net::all(Family::Ipv4),
            count: Tally::new(20, 2_000),
        });
    } else {
        slice.capacity_rows = 4;
        slice.rows.extend([row(2, 200, 0), row(3, 100, 0)]);
    }
    Window::merge(span, vec![slice])
}

/// What is shown of windows; on a terminal each is drawn over the one before.
fn shown(windows: &[Window], in_place: bool, top: usize) -> String {
    let look = Look {
        top,
        sort: Sort::Packets,
        numeric: true,
        terminal: Terminal {
            in_place,
            ..Terminal::default()
        },
    };
    let mut screen = Screen::new(Vec::new(), look, TimeZone::UTC);
    for window in windows {
        let conditions = Conditions::default();
        let warnings = Warning::of(window, &conditions);
        let written = screen.window(window, &conditions, &warnings);
        written.expect("memory takes all");
    }
    String::from_utf8(screen.out).expect("text")
}

#[test]
fn a_window_under_pressure_says_what_happened_and_what_is_certain() {
    let text = shown(&[window(true)], false, 1);
    let header = "00:00:00.000 – 00:00:01.000  1,000 packets · 100 kB · 1.00 kpps · 800 kbit/s · \
                  at least 2 flows · table 100.0 % full · 2 rows left early · \
                  90.0 % of the packets by flow · 8.0 % by /24 · 2.0 % in the total only · \
                  residue 0 · drained in 0 ns";
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], header);
    assert!(lines[2].starts_with("*  0.0.0.0:1 "), "{text}");
    assert_eq!(lines[3..], ["* certainly in the top 1"]);
    // The second, 400 to 430, may have been smaller than a flow without a row only if that had 400.
    let text = shown(&[window(true)], false, 2);
    assert!(text.contains("400 +30"), "{text}");
    assert!(
        text.ends_with("* certainly in the top 2 · +n: at most n more\n"),
        "{text}"
    );
}

#[test]
fn an_exact_window_has_no_marks_and_rows_that_left_early_are_whole() {
    let text = shown(&[window(false)], false, 10);
    assert!(
        text.contains("· 3 flows · table 75.0 % full · 2 rows left early · residue 0 ·"),
        "{text}"
    );
    assert!(!text.contains(['*', '+']), "{text}");
}

#[test]
fn adaptive_windows_say_their_length_and_what_changes_it() {
    let mut window = window(false);
    window.span.window = Some(Duration::from_secs(1));
    let conditions = Conditions {
        length: Some(Change {
            from: Duration::from_secs(1),
            to: Duration::from_millis(250),
            why: Why::Occupancy(0.82),
        }),
        ..Conditions::default()
    };
    let shown = |adaptive, in_place| {
        let look = Look {
            top: 1,
            sort: Sort::Packets,
            numeric: true,
            terminal: Terminal {
                in_place,
                ..Terminal::default()
            },
        };
        let mut screen = Screen::new(Vec::new(), look, TimeZone::UTC);
        screen.adaptive = adaptive;
        let written = screen.window(&window, &conditions, &[]);
        written.expect("memory takes all");
        String::from_utf8(screen.out).expect("text")
    };
    let text = shown(true, true);
    assert!(
        text.contains("00:00:01.000  window 1 s · 1,000 packets"),
        "{text}"
    );
    let change = "\nwindows are now 250 ms long: 82 % of the rows in use\n";
    assert!(text.ends_with(change), "{text}");
    // Where windows follow each other it is a message.
    assert!(!shown(true, false).contains("windows are now"));
    assert!(!shown(false, false).contains("window 1 s"));
}

#[test]
fn marks_are_explained_once_where_windows_follow_each_other() {
    let windows = [window(true), window(true)];
    let times = |text: &str, what: &str| text.matches(what).count();
    assert_eq!(times(&shown(&windows, false, 2), "certainly"), 1);
    let drawn = shown(&windows, true, 2);
    assert_eq!(times(&drawn, "certainly"), 2);
    assert_eq!(times(&drawn, "warning: more flows than rows: 10.0 %"), 2);
    // Times, titles, two flows, the legend and the warning are drawn over.
    assert_eq!(times(&drawn, "\x1b[6F\x1b[J"), 1);
}

#[test]
fn trees_stand_below_the_flows_and_explain_intervals_where_these_do_not() {
    let mut window = window(true);
    let hierarchy = Hierarchy::parse("8").expect("levels");
    window.add_hierarchy(&hierarchy, &By::default());
    let windows = [window.clone(), window];
    let times = |text: &str, what: &str| text.matches(what).count();
    // Of destinations all that was folded may be of any network; the largest flow is exact.
    let text = shown(&windows, false, 1);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[3].starts_with("* certainly"), "{text}");
    assert!(lines[4].starts_with("SOURCE NETWORK"), "{text}");
    assert_eq!(times(&text, "DESTINATION NETWORK"), 2, "{text}");
    assert_eq!(times(&text, "\n+n: at most n more\n"), 1, "{text}");
    // The second is not, and is explained with its mark.
    let text = shown(&windows, false, 2);
    assert_eq!(times(&text, "+n: at most n more"), 1, "{text}");
    // In place all is drawn anew, and over all that was there.
    let drawn = shown(&windows, true, 1);
    assert_eq!(times(&drawn, "+n: at most n more"), 2, "{drawn}");
    let first = drawn.split("\x1b[").next().unwrap_or_default();
    let up = format!("\x1b[{}F\x1b[J", first.lines().count());
    assert_eq!(times(&drawn, &up), 1, "{drawn}");
}
