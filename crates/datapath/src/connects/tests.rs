//! Against the running kernel; these tests need root.

use std::net::{SocketAddr, TcpListener, TcpStream};

use windrow_core::connects::key::Dir;
use windrow_core::connects::outcomes::Failure;
use windrow_core::connects::window::{Connect, Window};
use windrow_core::edges::{Span, WallNanos};
use windrow_core::timed::Counters;
use windrow_lab::Namespace;

use super::*;
use crate::kernel::Grace;

fn settings() -> Settings {
    Settings {
        by: By::default(),
        selection: Selection::default(),
        tracked: false,
        histograms: true,
        health: false,
        tracepoints: Tracepoints::of_kernel(),
        rows: 10_000,
        buffers: 2,
    }
}

/// Where a connection stays on the CPU that makes it, whatever the host has set for its own `lo`.
fn namespace() -> Namespace {
    Namespace::new().expect("a namespace")
}

/// What was counted while `work` was done there, and how many attempts were in flight then.
fn counted(settings: &Settings, there: &Namespace, work: impl FnOnce() + Send) -> (Window, u64) {
    let mut connects = Connects::load(settings).expect("programs load");
    let attached = connects.attach().expect("programs attach");
    connects.open();
    there.run(work).expect("to be there");
    connects.close();
    Grace::new()
        .and_then(|grace| grace.wait())
        .expect("a grace period");
    let in_flight = connects
        .in_flight(attached)
        .expect("all sockets are gone through");
    let in_flight = in_flight.expect("each can be seen");
    let span = Span::on_edges(0, WallNanos(0), WallNanos(i64::MAX));
    let window = Window::merge(span, connects.drain(Epoch(0)));
    assert_eq!(window.ledger.residue(), (0, 0));
    assert_eq!(window.ledger.counters.opened(), in_flight as i64);
    (window, in_flight)
}

/// The row of connections between this process and itself that go that way.
fn of(window: &Window, to: SocketAddr, dir: Dir) -> Connect {
    let mut rows = window.rows.iter();
    let own = std::process::id();
    let found = rows
        .find(|row| row.key.dir == dir && row.key.dport == to.port() && row.key.process.pid == own);
    found.expect("a row").clone()
}

/// A server that was there before takes connections, one after the other.
#[test]
fn connections_are_counted_on_both_sides() {
    const CONNECTIONS: u64 = 2_000;
    let there = namespace();
    let listener = there.run(|| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let listener = listener.expect("to be there");
    let to = listener.local_addr().expect("its address");
    let (window, _) = counted(&settings(), &there, || {
        // One after the other: what finds the queue full is tried again after a second.
        for _ in 0..CONNECTIONS {
            TcpStream::connect(to).expect("a connection");
            listener.accept().expect("a connection");
        }
    });
    let out = of(&window, to, Dir::Out);
    assert_eq!(out.outcome.attempts, CONNECTIONS);
    assert_eq!(out.outcome.established, CONNECTIONS);
    assert_eq!(out.outcome.failed(), 0);
    assert_eq!(out.durations.timed, CONNECTIONS);
    assert_eq!((out.key.src, out.key.dst), (to.ip(), to.ip()));
    let accepted = of(&window, to, Dir::In);
    assert_eq!(accepted.outcome.attempts, 0);
    assert_eq!(accepted.outcome.established, CONNECTIONS);
    assert!(out.is_exact() && accepted.is_exact());
}

/// A port where nobody listens; a network that cannot be reached.
#[test]
fn failures_have_their_reasons() {
    let there = namespace();
    let unused = there.run(|| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let refused = unused
        .expect("to be there")
        .local_addr()
        .expect("its address");
    // A group is no peer.
    let unreachable: SocketAddr = "224.0.0.1:9".parse().expect("an address");
    let (window, _) = counted(&settings(), &there, || {
        for _ in 0..100 {
            TcpStream::connect(refused).expect_err("nobody listens");
        }
        for _ in 0..10 {
            TcpStream::connect(unreachable).expect_err("there is no way to there");
        }
    });
    let row = of(&window, refused, Dir::Out);
    assert_eq!(row.outcome.attempts, 100);
    assert_eq!(row.outcome.failed_by(Failure::Refused), 100);
    let row = of(&window, unreachable, Dir::Out);
    assert_eq!((row.outcome.attempts, row.outcome.failed()), (10, 10));
    assert_eq!(row.outcome.failed_by(Failure::Unreachable), 10);
    assert_eq!(row.key.dst, unreachable.ip());
}
