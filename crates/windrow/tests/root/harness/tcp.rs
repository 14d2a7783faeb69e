//! A TCP transfer between two namespaces, with the kernel's own count of its segments.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

use windrow_lab::{Namespace, Snmp};

/// Bytes of a TCP header with timestamps, as every segment but SYN has.
pub const TCP_HEADER: u64 = 32;
/// What a SYN has beyond that.
pub const SYN_EXTRA: u64 = 8;
pub const PORT: u16 = 5201;

/// What a transfer took, by the kernels' counters.
#[derive(Debug, Clone, Copy)]
pub struct Transfer {
    /// Segments that the sending namespace sent, retransmissions included.
    pub sent: u64,
    /// Segments that the receiving namespace sent.
    pub answered: u64,
    pub retransmitted: u64,
}

/// Sends `bytes` from one namespace to `to` in the other, and waits until the connection is over.
pub fn transfer(from: &Namespace, into: &Namespace, to: SocketAddr, bytes: usize) -> Transfer {
    let before = [segments(from), segments(into)];
    let listener = into.run(|| TcpListener::bind(to)).expect("enter");
    let listener = listener.expect("bind");
    thread::scope(|scope| {
        let receiver = scope.spawn(move || {
            let (mut stream, _) = listener.accept().expect("accept");
            let mut buffer = vec![0; 1 << 18];
            let mut received = 0;
            loop {
                match stream.read(&mut buffer).expect("read") {
                    0 => break received,
                    some => received += some,
                }
            }
        });
        let mut stream = from
            .run(|| TcpStream::connect(to))
            .expect("enter")
            .expect("connect");
        let chunk = vec![0x5a; 1 << 20];
        let mut left = bytes;
        while left > 0 {
            let part = left.min(chunk.len());
            stream.write_all(&chunk[..part]).expect("write");
            left -= part;
        }
        stream.shutdown(Shutdown::Write).expect("shutdown");
        // The receiver closes last: its FIN has come when this returns.
        assert_eq!(stream.read(&mut [0]).expect("end"), 0);
        assert_eq!(receiver.join().expect("receiver"), bytes);
    });
    quiet(from, into);
    let after = [segments(from), segments(into)];
    Transfer {
        sent: after[0].0 - before[0].0,
        answered: after[1].0 - before[1].0,
        retransmitted: after[0].1 - before[0].1 + after[1].1 - before[1].1,
    }
}

/// Waits until neither side has sent anything for a while: the last acknowledgement may be delayed.
fn quiet(a: &Namespace, b: &Namespace) {
    let mut last = (segments(a), segments(b));
    super::net::until("the connection is over", || {
        thread::sleep(std::time::Duration::from_millis(60));
        let now = (segments(a), segments(b));
        std::mem::replace(&mut last, now) == now
    });
}

/// Segments sent, and those of them that were sent once more.
fn segments(namespace: &Namespace) -> (u64, u64) {
    let snmp = namespace.run(Snmp::read).expect("enter").expect("snmp");
    // Retransmitted segments are not among the ordinary ones.
    let sent = snmp.tcp_out_segments + snmp.tcp_retransmitted_segments;
    (sent, snmp.tcp_retransmitted_segments)
}
