//! Where packets with a flow are: in the flow's row, or at which level of the ladder.

use windrow_core::net::{Family, Level};
use windrow_core::window::Ledger;

use crate::output::units;

/// `87.5 % of the packets by flow`, `12.0 % by /24`, `0.5 % in the total only`: together all packets with
/// a flow; nothing where all are in rows.
pub(super) fn shares(ledger: &Ledger) -> Vec<String> {
    if ledger.folded_sum().is_zero() {
        return Vec::new();
    }
    let all = (ledger.rows + ledger.folded_sum()).packets.max(1) as f64;
    let share = |packets: u64| units::percent(packets as f64 / all);
    let mut parts = vec![format!(
        "{} of the packets by flow",
        share(ledger.rows.packets)
    )];
    for (level, folded) in Level::ALL.into_iter().zip(ledger.folded) {
        let share = share(folded.packets);
        match level {
            _ if folded.is_zero() => {}
            Level::TOTAL => parts.push(format!("{share} in the total only")),
            _ => parts.push(format!("{share} by /{}", level.bits(Family::Ipv4))),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use windrow_core::tally::Tally;

    use super::*;

    #[test]
    fn levels_with_packets_are_named() {
        let mut ledger = Ledger {
            seen: Tally::new(2_000, 0),
            filtered: Tally::new(1_000, 0),
            rows: Tally::new(875, 0),
            ..Ledger::default()
        };
        assert!(shares(&ledger).is_empty());
        ledger.folded[0] = Tally::new(120, 0);
        ledger.folded[3] = Tally::new(5, 0);
        let want = [
            "87.5 % of the packets by flow",
            "12.0 % by /24",
            "0.5 % in the total only",
        ];
        assert_eq!(shares(&ledger), want);
    }
}
