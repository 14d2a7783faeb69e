//! A window around what tables held, for tests that do not care when it was.

use windrow_core::edges::{Span, WallNanos};
use windrow_core::slice::{Row, Slice};
use windrow_core::window::Window;

/// The slices of one epoch as a window that had no end; its ledger must come out at 0.
pub fn window<R>(slices: Vec<Slice<R>>) -> Window
where
    R: IntoIterator<Item = Row, IntoIter: ExactSizeIterator>,
{
    let span = Span::on_edges(0, WallNanos(0), WallNanos(i64::MAX));
    let window = Window::merge(span, slices);
    assert_eq!(window.ledger.residue(), (0, 0), "{:?}", window.ledger);
    window
}
