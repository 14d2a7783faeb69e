//! What the demo's numbers prove. Here nothing is counted, they are only compared.

use anyhow::anyhow;
use windrow_core::connects::Connects;
use windrow_core::run::Run;
use windrow_core::tally::Tally;
use windrow_core::timed;

use crate::exit::Failure;
use crate::output::Sent;

/// What the link dropped before the hook, of all that was sent and not counted. `by_link` is the
/// number of packets that it says it dropped: behind the hook it may have dropped some as well,
/// which were counted. All frames have one length.
pub fn dropped(sent: Tally, seen: Tally, by_link: u64, frame_bytes: u32) -> Tally {
    let packets = (sent - seen).packets.min(by_link);
    Tally::new(packets, packets * u64::from(frame_bytes))
}

/// Fine if every packet and byte that was sent was either counted or dropped by the link.
///
/// # Errors
/// When anything else is missing, or the counts do not add up in themselves.
pub fn verdict(run: &Run, sent: &Sent) -> Result<(), Failure> {
    if run.residue != (0, 0) {
        return Err(anyhow!("counts are unaccounted for: this is a bug, please report it").into());
    }
    let seen = run.ledger.seen;
    if seen + sent.dropped == sent.made {
        return Ok(());
    }
    Err(anyhow!(
        "{} packets were sent, {} counted and {} dropped by the demo's own link: {}",
        sent.made.packets,
        seen.packets,
        sent.dropped.packets,
        if sent.interface.packets == seen.packets {
            "the others never came to the interface"
        } else {
            "this is a bug, please report it"
        }
    )
    .into())
}

/// Whether of every connection that was made both ends were counted.
pub fn has_all(run: &timed::run::Run<Connects>, made: u64) -> bool {
    let it = &run.ledger.counters;
    let residues = (run.residue, run.ledger.residue_of_outcomes().sum());
    residues == ((0, 0), 0) && [it.attempts, it.established, it.accepted] == [made; 3]
}

/// Fine if all of them were counted, or the kernel said that it lost some.
///
/// # Errors
/// When one is missing, or the counts do not add up in themselves.
pub fn of_connects(run: &timed::run::Run<Connects>, made: u64) -> Result<(), Failure> {
    if has_all(run, made) || run.lost > 0 {
        return Ok(());
    }
    let it = &run.ledger.counters;
    Err(anyhow!(
        "{made} connections were made, and counted {} attempts, {} established and {} accepted: \
         this is a bug, please report it",
        it.attempts,
        it.established,
        it.accepted
    )
    .into())
}

#[cfg(test)]
mod tests {
    use windrow_core::top::Sort;

    use super::*;

    const FRAME_BYTES: u32 = 100;

    fn frames(packets: u64) -> Tally {
        Tally::new(packets, packets * u64::from(FRAME_BYTES))
    }

    /// The verdict's sentence, if it is none that all is well.
    fn sentence(sent: u64, seen: Tally, by_link: u64, residue: u64) -> Option<String> {
        let made = frames(sent);
        let sent = Sent {
            made,
            dropped: dropped(made, seen, by_link, FRAME_BYTES),
            interface: made - frames(by_link),
            ns_per_packet: 0.0,
            connects: None,
        };
        let mut run = Run::new(Sort::Packets, 0);
        run.ledger.seen = seen;
        run.residue.0 = residue;
        let failure = verdict(&run, &sent).err()?;
        Some(failure.to_string())
    }

    #[test]
    fn what_the_link_dropped_is_not_missing() {
        assert_eq!(sentence(40_000, frames(40_000), 0, 0), None);
        assert_eq!(sentence(40_000, frames(39_980), 20, 0), None);
    }

    #[test]
    fn what_was_dropped_behind_the_hook_was_counted() {
        assert_eq!(sentence(40_000, frames(40_000), 20, 0), None);
        let sent = frames(40_000);
        assert!(dropped(sent, sent, 20, FRAME_BYTES).is_zero());
    }

    #[test]
    fn anything_else_that_is_missing_fails() {
        assert_eq!(
            sentence(40_000, frames(39_979), 20, 0).as_deref(),
            Some(
                "40000 packets were sent, 39979 counted and 20 dropped by the demo's own link: \
                 this is a bug, please report it"
            )
        );
        // A byte too few, a packet too many, and numbers that contradict each other.
        let byte = Tally::new(39_980, 3_997_999);
        assert!(sentence(40_000, byte, 20, 0).is_some());
        assert!(sentence(40_000, frames(40_001), 0, 0).is_some());
        assert!(sentence(40_000, frames(40_000), 0, 1).is_some());
    }

    #[test]
    fn a_connection_is_missing_where_either_end_is() {
        let mut run = timed::run::Run::<Connects>::default();
        let it = &mut run.ledger.counters;
        (it.attempts, it.established, it.accepted) = (9, 9, 8);
        let failure = of_connects(&run, 9).expect_err("one was not accepted");
        let text = "9 connections were made, and counted 9 attempts, 9 established and 8 accepted: \
                    this is a bug, please report it";
        assert_eq!(failure.to_string(), text);
        run.lost = 1;
        assert!(of_connects(&run, 9).is_ok() && !has_all(&run, 9));
    }
}
