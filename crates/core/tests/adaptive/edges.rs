//! What becomes of the open window when lengths change.

use std::time::Duration;

use windrow_core::edges::{Edges, Instant, WallNanos};
use windrow_core::lengths::{LISTED, Lengths};
use windrow_core::slice::MonoNanos;

const MS: i64 = 1_000_000;

/// So many milliseconds since both clocks began; the wall clock with a minute.
fn at(ms: i64) -> Instant {
    Instant {
        mono: MonoNanos((ms * MS) as u64),
        wall: WallNanos(ms * MS),
    }
}

fn up_to(target_ms: u64) -> Lengths {
    Lengths::Listed {
        least: LISTED[0],
        target: Duration::from_millis(target_ms),
    }
}

#[track_caller]
fn assert_ends(edges: &Edges, ms: i64) {
    assert_eq!(edges.next_edge(), at(ms).mono);
}

#[test]
fn an_open_window_is_cut_at_the_next_of_its_own_edges() {
    let mut edges = Edges::open(up_to(60_000), at(0));
    assert_ends(&edges, 60_000);
    edges.aim(up_to(250), at(3_000).mono);
    assert_ends(&edges, 5_000);
    let span = edges.close(at(5_003));
    assert!(span.is_whole(), "{span:?}");
    assert_eq!(span.window, Some(Duration::from_secs(5)));
    assert_ends(&edges, 5_250);
    edges.aim(up_to(500), at(5_010).mono);
    assert_ends(&edges, 5_500);
    // Nothing shorter ends ahead.
    edges.aim(up_to(250), at(5_300).mono);
    assert_ends(&edges, 5_500);
}

#[test]
fn an_open_window_grows_where_its_start_allows() {
    let mut edges = Edges::open(up_to(1_000), at(0));
    edges.close(at(1_000));
    edges.aim(up_to(2_000), at(1_010).mono);
    assert_ends(&edges, 2_000);
    edges.close(at(2_000));
    assert_ends(&edges, 4_000);
    edges.aim(up_to(1_000), at(2_010).mono);
    assert_ends(&edges, 3_000);
    edges.aim(up_to(2_000), at(2_020).mono);
    assert_ends(&edges, 4_000);
}

#[test]
fn a_window_that_began_between_edges_ends_at_any() {
    let mut edges = Edges::open(up_to(60_000), at(370));
    assert_ends(&edges, 60_000);
    edges.aim(up_to(2_000), at(7_100).mono);
    assert_ends(&edges, 8_000);
    edges.aim(up_to(60_000), at(7_200).mono);
    assert_ends(&edges, 8_000);
    let span = edges.close(at(8_000));
    assert!(!span.is_whole() && !span.late, "{span:?}");
}

#[test]
fn windows_that_there_was_no_time_for_make_the_one_before_late() {
    let mut edges = Edges::open(up_to(10_000), at(0));
    // It waits for the drain, and that says that windows are to be short.
    edges.aim(up_to(250), at(13_080).mono);
    assert_ends(&edges, 10_000);
    let span = edges.close(at(13_100));
    assert!(span.late);
    assert_eq!(span.slot.end, at(13_000).wall);
    assert_ends(&edges, 13_250);
    assert!(edges.close(at(13_250)).is_whole());
}
