//! What came of connects.

use std::ops::AddAssign;

/// Why there was no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Failure {
    /// Nobody listens there.
    Refused,
    /// No answer came.
    TimedOut,
    /// The other side broke it off.
    Reset,
    /// There is no way to there.
    Unreachable,
    /// Closed, killed or given up on this side while it was being made.
    Abandoned,
    /// Any other: no local port, not permitted.
    Other,
}

impl Failure {
    /// All of them, in the order of every output.
    pub const ALL: [Failure; 6] = [
        Failure::Refused,
        Failure::TimedOut,
        Failure::Reset,
        Failure::Unreachable,
        Failure::Abandoned,
        Failure::Other,
    ];

    /// As in output.
    pub fn name(self) -> &'static str {
        match self {
            Failure::Refused => "refused",
            Failure::TimedOut => "timed_out",
            Failure::Reset => "reset",
            Failure::Unreachable => "unreachable",
            Failure::Abandoned => "abandoned",
            Failure::Other => "other",
        }
    }
}

/// What came of connects, by classes of their events.
///
/// An attempt and its end may be in different windows: of one alone they need not be equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Connections that were asked for here; none of [`Dir::In`](super::key::Dir::In).
    pub attempts: u64,
    /// Those that became one; of `Dir::In` accepted ones.
    pub established: u64,
    /// Attempts that became none, by [`Failure::ALL`].
    pub failures: [u64; Failure::ALL.len()],
    /// Of connections that were closed.
    pub health: Health,
}

impl Outcomes {
    /// Attempts that became no connection.
    pub fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }

    /// Those for that reason.
    pub fn failed_by(&self, failure: Failure) -> u64 {
        self.failures[failure as usize]
    }
}

impl AddAssign for Outcomes {
    fn add_assign(&mut self, other: Outcomes) {
        self.attempts += other.attempts;
        self.established += other.established;
        for (sum, more) in self.failures.iter_mut().zip(other.failures) {
            *sum += more;
        }
        self.health += other.health;
    }
}

/// How established connections had been when they were closed, all added; 0 where nobody looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// How many.
    pub closed: u64,
    /// Round-trip times, as TCP had smoothed them at last; nanoseconds.
    pub rtt_ns: u64,
    /// Segments that were sent again.
    pub retransmits: u64,
    /// Bytes that the other side acknowledged.
    pub bytes_sent: u64,
    /// Bytes that came.
    pub bytes_received: u64,
    /// From when they were established; nanoseconds.
    pub lifetime_ns: u64,
}

impl Health {
    /// The mean of their smoothed round-trip times, nanoseconds; `None` where none was closed.
    pub fn mean_rtt_ns(&self) -> Option<u64> {
        self.rtt_ns.checked_div(self.closed)
    }

    /// The mean of their lives, nanoseconds; `None` where none was closed.
    pub fn mean_lifetime_ns(&self) -> Option<u64> {
        self.lifetime_ns.checked_div(self.closed)
    }
}

impl AddAssign for Health {
    fn add_assign(&mut self, other: Health) {
        self.closed += other.closed;
        self.rtt_ns += other.rtt_ns;
        self.retransmits += other.retransmits;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.lifetime_ns += other.lifetime_ns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_place() {
        let mut sum = Outcomes::default();
        for (times, failure) in (1..).zip(Failure::ALL) {
            let mut one = Outcomes::default();
            one.failures[failure as usize] = times;
            sum += one;
        }
        assert_eq!(Failure::ALL.map(|it| sum.failed_by(it)), [1, 2, 3, 4, 5, 6]);
        assert_eq!((sum.failed(), sum.failed_by(Failure::Reset)), (21, 3));
        assert_eq!(Failure::TimedOut.name(), "timed_out");
    }

    #[test]
    fn all_of_it_adds_and_means_are_of_what_was_closed() {
        let one = Outcomes {
            attempts: 1,
            established: 2,
            failures: [3; 6],
            health: Health {
                closed: 2,
                rtt_ns: 9,
                retransmits: 5,
                bytes_sent: 6,
                bytes_received: 7,
                lifetime_ns: 8,
            },
        };
        let mut sum = one;
        sum += one;
        let twice = Outcomes {
            attempts: 2,
            established: 4,
            failures: [6; 6],
            health: Health {
                closed: 4,
                rtt_ns: 18,
                retransmits: 10,
                bytes_sent: 12,
                bytes_received: 14,
                lifetime_ns: 16,
            },
        };
        assert_eq!(sum, twice);
        let it = sum.health;
        assert_eq!(
            (it.mean_rtt_ns(), it.mean_lifetime_ns()),
            (Some(4), Some(4))
        );
        assert_eq!(Health::default().mean_rtt_ns(), None);
    }
}
