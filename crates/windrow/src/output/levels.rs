//! Where packets are that are in no flow's row: at which level of the ladder.

use windrow_core::net::{Family, Level};
use windrow_core::window::Ledger;

use crate::output::units;

/// `1.2 % by /24, 0.1 % in the total only`: shares of all packets; nothing where all are in rows.
pub(super) fn shares(ledger: &Ledger) -> Option<String> {
    let seen = ledger.seen.packets.max(1) as f64;
    let parts: Vec<String> = Level::ALL
        .into_iter()
        .zip(ledger.folded)
        .filter(|(_, folded)| !folded.is_zero())
        .map(|(level, folded)| {
            let share = units::percent(folded.packets as f64 / seen);
            match level {
                Level::TOTAL => format!("{share} in the total only"),
                _ => format!("{share} by /{}", level.bits(Family::Ipv4)),
            }
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use windrow_core::tally::Tally;

    use super::*;

    #[test]
    fn levels_with_packets_are_named() {
        let mut ledger = Ledger {
            seen: Tally::new(1_000, 0),
            ..Ledger::default()
        };
        assert_eq!(shares(&ledger), None);
        ledger.folded[0] = Tally::new(120, 0);
        ledger.folded[3] = Tally::new(5, 0);
        let text = shares(&ledger).expect("packets in no row");
        assert_eq!(text, "12.0 % by /24, 0.5 % in the total only");
    }
}
