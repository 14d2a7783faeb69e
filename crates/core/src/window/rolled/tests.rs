use super::*;
use crate::edges::WallNanos;
use crate::net::{Level, Net};
use crate::rollup::Rolled;

const S: i64 = 1_000_000_000;

#[test]
fn networks_are_no_more_than_there_is_room_for() {
    let mut sums = Sums::new(16);
    for second in 0..60u8 {
        let folded = Folded {
            side: Side::Src,
            net: Net::of([10, second, second, 1].into(), Level::ALL[0]),
            count: Tally::new(u64::from(second) + 1, 100),
        };
        let slice: Slice = Slice {
            seen: folded.count,
            folded: vec![folded],
            ..Slice::default()
        };
        let at = WallNanos(i64::from(second) * S);
        let span = Span::on_edges(u64::from(second), at, WallNanos(at.0 + S));
        sums.add(&Window::merge(span, vec![slice]));
        assert!(sums.folded.len() <= 32);
    }
    assert_eq!(sums.absent_hi, sums.ledger.seen);
    let closed = Closed {
        span: Span::on_edges(0, WallNanos(0), WallNanos(60 * S)),
        rolled: Rolled::default(),
    };
    let window = Window::rolled(closed, Slice::<Vec<_>>::default(), &[], sums.take());
    assert!(sums.ledger.seen.is_zero());
    assert!(window.prefixes.len() <= 16);
    assert_eq!(window.ledger.folded_sum(), window.ledger.seen);
    assert_eq!(window.ledger.residue(), (0, 0));
    // The largest are told apart still.
    assert!(
        window
            .prefixes
            .iter()
            .any(|it| it.net.to_string() == "10.59.59.0/24")
    );
}
