//! `--by`, FILTER and `--csv` mean of an interface what they mean of a capture of the same frames.
//! Needs root.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::harness::{
    monitor::{exit_code, windrow},
    net::{pair, received},
    root_or_skip,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use windrow_lab::{Mix, RawSocket, VethOptions, VethPair, frame};

/// Keys, and which packets.
const CASES: [(&str, &str); 7] = [
    ("src,dst,sport,dport,proto", ""),
    ("src/24/48,dst/16,proto", ""),
    ("vlan,tos", ""),
    ("src/29,tos", "not port 443"),
    ("dport,proto,vlan", "vlan and tcp"),
    ("src/8", "src net 10.0.0.0/28 or ip6"),
    ("sport,dst/0/0,tos", "udp and not vlan 101"),
];

/// Of both families and protocols; some with a tag, all with a class of traffic.
fn frames() -> Vec<Vec<u8>> {
    let mix = Mix::default();
    let frames = (0..60_u8).map(|number| {
        let flow = mix.flow(number.into());
        let mut frame = frame(&flow, 100 + u32::from(number));
        let tos = (number % 4) << 2;
        match flow.from.is_ipv4() {
            true => frame[15] = tos,
            false => frame[14..16].copy_from_slice(&[0x60 | (tos >> 4), tos << 4]),
        }
        if number % 3 == 0 {
            let tag = [0x81, 0, 0, 100 + number % 2];
            frame.splice(12..12, tag);
        }
        frame
    });
    // Some flows have several packets.
    let frames: Vec<_> = frames.collect();
    [&frames[..], &frames[..20], &frames[..7]].concat()
}

/// A capture of the frames.
fn capture(frames: &[Vec<u8>]) -> Vec<u8> {
    const HEADER: [u32; 6] = [0xa1b2_c3d4, 2 | 4 << 16, 0, 0, 0x40000, 1];
    let mut bytes: Vec<u8> = HEADER.iter().flat_map(|word| word.to_le_bytes()).collect();
    for frame in frames {
        let length = frame.len() as u32;
        let record = [1_700_000_000, 0, length, length];
        bytes.extend(record.iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(frame);
    }
    bytes
}

/// The header, and the rows in an order of their own; without when it was.
fn timeless(csv: &str) -> (String, Vec<String>) {
    const TIMES: [&str; 4] = ["seq", "window_ns", "first", "last"];
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().expect("a header");
    let kept = |cells: Vec<&str>| {
        assert_eq!(cells.len(), names.len(), "{cells:?}");
        let pairs = cells.into_iter().zip(&names);
        let kept = pairs.filter(|(_, name)| !TIMES.contains(name));
        kept.map(|(cell, _)| cell).collect::<Vec<_>>().join(",")
    };
    let mut rows: Vec<String> = lines.map(kept).collect();
    rows.sort();
    (kept(names.clone()), rows)
}

fn arguments<'a>(by: &'a str, filter: &'a str) -> Vec<&'a str> {
    let mut arguments = vec!["--csv", "--by", by];
    arguments.extend(filter.split_whitespace());
    arguments
}

/// Far more than it takes to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `windrow monitor --csv` that runs.
struct Monitor {
    child: Child,
    printed: Option<JoinHandle<String>>,
    /// Gets a message when the header is there.
    header: mpsc::Receiver<()>,
}

impl Monitor {
    fn spawn(pair: &VethPair, by: &str, filter: &str) -> Monitor {
        let fixed = "monitor -i w1 --direction in --window 1h --memory 4M";
        let spawn = || {
            windrow(&fixed.split(' ').collect::<Vec<_>>())
                .args(arguments(by, filter))
                .stdout(Stdio::piped())
                .spawn()
        };
        let mut child = pair.b.namespace.run(spawn).expect("enter").expect("spawn");
        let stdout = child.stdout.take().expect("piped");
        let (sender, header) = mpsc::channel();
        Monitor {
            child,
            printed: Some(thread::spawn(move || collect(stdout, &sender))),
            header,
        }
    }

    /// Returns when it counts: it prints its header then.
    fn begun(&self) {
        self.header.recv_timeout(PATIENCE).expect("a header");
    }

    /// What it printed until it was asked to end.
    fn stop(mut self) -> String {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGINT).expect("signal");
        assert_eq!(exit_code(&mut self.child), Some(0));
        let printed = self.printed.take().expect("once");
        printed.join().expect("UTF-8")
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // Only where a test failed is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(stdout: ChildStdout, header: &mpsc::Sender<()>) -> String {
    let mut reader = BufReader::new(stdout);
    let mut text = String::new();
    if reader.read_line(&mut text).expect("UTF-8") > 0 {
        // Nobody waits any more where a test failed.
        let _ = header.send(());
    }
    reader.read_to_string(&mut text).expect("UTF-8");
    text
}

#[test]
fn rows_of_an_interface_are_those_of_a_capture() {
    root_or_skip!("rows_of_an_interface_are_those_of_a_capture");
    let pair = pair(VethOptions::default());
    let monitors = CASES.map(|(by, filter)| Monitor::spawn(&pair, by, filter));
    let sights = Monitor::spawn(&pair, "iface,dir", "");
    for monitor in monitors.iter().chain([&sights]) {
        monitor.begun();
    }
    let frames = frames();
    let sent = pair.a.namespace.run(|| {
        let socket = RawSocket::open("w0")?;
        frames.iter().try_for_each(|frame| socket.send(frame))
    });
    sent.expect("enter").expect("send");
    received(&pair.b, frames.len() as u64);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.pcap");
    std::fs::write(&file, capture(&frames)).expect("a file");
    for (monitor, (by, filter)) in monitors.into_iter().zip(CASES) {
        let live = timeless(&monitor.stop());
        let mut replay = windrow(&["replay"]);
        let replay = replay.arg(&file).args(arguments(by, filter)).output();
        let replay = replay.expect("run");
        assert_eq!(replay.status.code(), Some(0), "{by}: {filter}");
        let replayed = timeless(&String::from_utf8(replay.stdout).expect("UTF-8"));
        assert!(!live.1.is_empty(), "{by}: {filter}");
        assert_eq!(live, replayed, "{by}: {filter}");
    }
    let (names, rows) = timeless(&sights.stop());
    assert!(names.starts_with("iface,dir,packets,"), "{names}");
    let bytes: usize = frames.iter().map(Vec::len).sum();
    let row = format!("w1,in,{0},{0},{bytes},{bytes},", frames.len());
    assert!(rows.len() == 1 && rows[0].starts_with(&row), "{rows:?}");
}
