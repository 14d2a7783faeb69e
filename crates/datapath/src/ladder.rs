//! What a table folded, by network: the ladder's cells, and what is at the last level.

use windrow_core::net::{Family, Level, Net, Side};
use windrow_core::sketch::Line;
use windrow_core::slice::Folded;
use windrow_core::tally::Tally;

use crate::abi::{self, SIDE_SOURCE, SliceEpoch};

/// Words of a cell: two are in a line.
const CELL_WORDS: usize = 4;

/// What a ledger says was folded, with the lines beside its rows; each network once.
pub(crate) fn folded(ledger: &SliceEpoch, lines: &[Line]) -> Vec<Folded> {
    let side = match ledger.ladder_side {
        SIDE_SOURCE => Side::Src,
        _ => Side::Dst,
    };
    let total = |family, count: abi::Tally| Folded {
        side,
        net: Net::all(family),
        count: Tally::new(count.packets, count.bytes),
    };
    let mut folded = vec![
        total(Family::Ipv4, ledger.total_ipv4),
        total(Family::Ipv6, ledger.total_ipv6),
    ];
    folded.retain(|it| !it.count.is_zero());
    let before = ledger.bloom_lines + 2 * ledger.sketch_lines;
    let cells = lines.get(before as usize..).unwrap_or_default();
    let cells = cells.iter().flat_map(|line| line.chunks_exact(CELL_WORDS));
    folded.extend(cells.filter_map(|cell| read(side, cell)));
    folded
}

/// A cell; `None` where it is free.
fn read(side: Side, cell: &[u64]) -> Option<Folded> {
    let &[prefix, packets, bytes, tag] = cell else {
        return None;
    };
    let family = match tag >> 8 & 0xff {
        4 => Family::Ipv4,
        6 => Family::Ipv6,
        _ => return None,
    };
    let level = Level::ALL.get((tag & 0xff).checked_sub(1)? as usize)?;
    Some(Folded {
        side,
        net: Net::from_start(family, *level, prefix),
        count: Tally::new(packets, bytes),
    })
}
