//! The tools as a table: a line each and placement.

use std::time::Duration;

use crate::results::Peer;

/// All that was measured; `duration` is how long traffic was sent for.
pub fn table(peers: &[Peer], duration: Duration) -> String {
    let mut text = format!(
        "{:<10} {:<6} {:>6} {:>9} {:>9} {:>9} {:>7} {:>9} {:>6} {:>6}\n",
        "tool", "core", "kpps", "sent", "counted", "lost", "lost %", "said lost", "CPU s", "MiB"
    );
    for peer in peers {
        let lost = peer.sent as i64 - peer.counted as i64;
        let said = peer
            .said_lost
            .map_or_else(|| "–".to_owned(), |packets| packets.to_string());
        text.push_str(&format!(
            "{:<10} {:<6} {:>6.0} {:>9} {:>9} {lost:>9} {:>7.2} {said:>9} {:>6.2} {:>6.0}\n",
            peer.what,
            peer.core,
            peer.sent as f64 / duration.as_secs_f64() / 1e3,
            peer.sent,
            peer.counted,
            lost as f64 * 100.0 / (peer.sent as f64).max(1.0),
            peer.cpu_seconds,
            peer.resident_bytes as f64 / f64::from(1 << 20),
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_each() {
        let peer = |what: &str, core, counted, said_lost| Peer {
            group: "peer",
            what: what.to_owned(),
            core,
            sent: 5_000_000,
            counted,
            said_lost,
            cpu_seconds: 3.456,
            resident_bytes: 30 << 20,
        };
        let peers = [
            peer("windrow", "shared", 5_000_000, Some(0)),
            peer("fprobe", "spare", 4_000_000, None),
        ];
        let expected = "\
tool       core     kpps      sent   counted      lost  lost % said lost  CPU s    MiB
windrow    shared    500   5000000   5000000         0    0.00         0   3.46     30
fprobe     spare     500   5000000   4000000   1000000   20.00         –   3.46     30
";
        assert_eq!(table(&peers, Duration::from_secs(10)), expected);
    }
}
