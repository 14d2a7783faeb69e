//! What the kernel's own transports have sent: the truth that a count of frames is held against.

use std::fs;

use crate::error::Error;

const SNMP: &str = "/proc/thread-self/net/snmp";
const SNMP6: &str = "/proc/thread-self/net/snmp6";

/// Counters of one network namespace since it exists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snmp {
    /// TCP segments sent, both families, after segmentation.
    pub tcp_out_segments: u64,
    /// TCP segments sent once more, both families.
    pub tcp_retransmitted_segments: u64,
    /// UDP datagrams sent over IPv4.
    pub udp_out_datagrams: u64,
    /// UDP datagrams sent over IPv6; 0 without IPv6.
    pub udp6_out_datagrams: u64,
}

impl Snmp {
    /// Reads the counters of the calling thread's namespace.
    ///
    /// # Errors
    /// [`Error::System`] without /proc, [`Error::Missing`] when a counter is not there.
    pub fn read() -> Result<Self, Error> {
        let text = fs::read_to_string(SNMP).map_err(Error::system(format!("reading {SNMP}")))?;
        // A kernel without IPv6 has no such file.
        let text6 = fs::read_to_string(SNMP6).unwrap_or_default();
        let of = |protocol, what| {
            counter(&text, protocol, what).ok_or(Error::Missing { path: SNMP, what })
        };
        Ok(Self {
            tcp_out_segments: of("Tcp:", "OutSegs")?,
            tcp_retransmitted_segments: of("Tcp:", "RetransSegs")?,
            udp_out_datagrams: of("Udp:", "OutDatagrams")?,
            udp6_out_datagrams: counter6(&text6, "Udp6OutDatagrams").unwrap_or_default(),
        })
    }
}

/// Pairs of lines: names, then numbers, both led by the protocol.
fn counter(text: &str, protocol: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(protocol));
    let names = lines.next()?.split_whitespace();
    let numbers = lines.next()?.split_whitespace();
    let (_, number) = names.zip(numbers).find(|(found, _)| *found == name)?;
    number.parse().ok()
}

/// One name and one number a line.
fn counter6(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let (found, number) = line.split_once(char::is_whitespace)?;
        (found == name).then(|| number.trim().parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_name() {
        let text = "Tcp: RtoMin OutSegs RetransSegs\nTcp: 200 -1 7\nUdp: OutDatagrams\nUdp: 5\n";
        assert_eq!(counter(text, "Tcp:", "RetransSegs"), Some(7));
        assert_eq!(counter(text, "Tcp:", "OutSegs"), None);
        assert_eq!(counter(text, "Udp:", "OutDatagrams"), Some(5));
        assert_eq!(
            counter6(
                "Udp6InErrors 1\nUdp6OutDatagrams \t 9\n",
                "Udp6OutDatagrams"
            ),
            Some(9)
        );
    }

    #[test]
    fn this_kernel_can_be_read() {
        Snmp::read().expect("proc");
    }
}
