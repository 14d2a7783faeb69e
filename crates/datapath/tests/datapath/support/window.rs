//! A window around what tables held, for tests that do not care when it was.

use windrow_core::edges::{Instant, Span, WallNanos};
use windrow_core::slice::{MonoNanos, Row, Slice};
use windrow_core::window::Window;

/// The slices of one epoch as a window that had no end; its ledger must come out at 0.
pub fn window<R>(slices: Vec<Slice<R>>) -> Window
where
    R: IntoIterator<Item = Row, IntoIter: ExactSizeIterator>,
{
    let at = |ns: u64| Instant {
        mono: MonoNanos(ns),
        wall: WallNanos(ns as i64),
    };
    let span = Span {
        seq: 0,
        start: at(0),
        end: at(i64::MAX as u64),
        late: false,
        clock_step: 0,
    };
    let window = Window::merge(span, slices);
    assert_eq!(window.ledger.residue(), (0, 0), "{:?}", window.ledger);
    window
}
