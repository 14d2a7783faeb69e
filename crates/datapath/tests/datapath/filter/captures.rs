//! Captures through filters, against tcpdump where both languages mean the same: no tags, tunnels,
//! fragments and extension headers, and IP alone, since tcpdump finds addresses in ARP as well.
//!
//! The captures are not part of this repository: see `corpus`.

use std::path::{Path, PathBuf};
use std::process::Command;

use windrow_core::filter::Filter;
use windrow_core::slice::MonoNanos;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

use super::through;
use crate::support::capture::Capture;

/// A flow of a capture, by its truth file.
struct Flow {
    src: String,
    dst: String,
    sport: String,
    dport: String,
}

/// The IP flows of a capture that both languages read alike, or none.
fn flows(truth: &Path) -> Vec<Flow> {
    let text = std::fs::read_to_string(truth).unwrap();
    let mut flows = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let plain = ["l4", "noport", "nonip"].contains(&fields[0]) && fields[1] == "-";
        // tcpdump knows no ports of DCCP and UDP-Lite.
        if !plain || ["33", "136"].contains(&fields[6]) {
            return Vec::new();
        }
        if fields[0] != "nonip" {
            let field = |place: usize| fields[place].to_owned();
            flows.push(Flow {
                src: field(2),
                dst: field(3),
                sport: field(4),
                dport: field(5),
            });
        }
    }
    flows
}

/// Filters that mean something in a capture with this flow.
fn filters(flow: &Flow) -> Vec<String> {
    let Flow {
        src,
        dst,
        sport,
        dport,
    } = flow;
    let network = match src.split_once('.') {
        Some((first, _)) => format!("src net {first} or dst net {first}.0.0.0/8"),
        None => "net 2000::/3 or fe80::/10".to_owned(),
    };
    [
        "tcp port 80 or 443 or 8080",
        "udp and not port 53",
        "ip6 or icmp",
        "not (tcp or udp) and not net 10.0.0.0/8 or icmp6",
        &format!("host {src} or {dst}"),
        &format!("src host {src} and dst host {dst} and not src {dst}"),
        &network,
        &format!("src port {sport} or dst port {dport}"),
        &format!("tcp src or dst portrange {dport}-65535 or udp port ({sport} or {dport})"),
        &format!("src and dst portrange 0-1023 or tcp and !port {sport} && host {src}"),
    ]
    .map(|filter| format!("(ip or ip6) and ({filter})"))
    .to_vec()
}

fn corpus(test: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let folder = std::env::var_os("WINDROW_CORPUS").map_or_else(|| beside.into(), PathBuf::from);
    if folder.join("open/pcap").is_dir() {
        return Some(folder.join("open"));
    }
    println!(
        "skipped: {test}: no captures at {}; name their folder in WINDROW_CORPUS",
        folder.display()
    );
    None
}

/// Packets of a capture that pass by tcpdump's count, or what it says instead.
fn by_tcpdump(file: &Path, filter: &str) -> Result<u64, String> {
    let mut tcpdump = Command::new("tcpdump");
    tcpdump.args(["-n", "--count", "-r"]).arg(file).arg(filter);
    let output = tcpdump.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    // It refuses filters that contradict themselves.
    if said.contains("expression rejects all packets") {
        return Ok(0);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let count = text.split(' ').next().and_then(|count| count.parse().ok());
    count.ok_or_else(|| said.into_owned())
}

fn by_us(capture: &Capture, filter: &Filter) -> u64 {
    let secret = Secret::from_seed(1);
    let mut native = Native::new(1 << 20, secret, &through(filter)).unwrap();
    for frame in &capture.frames {
        native.count(frame, Weight::packet(1), MonoNanos(1));
    }
    let slice = native.drain();
    slice.seen.packets - slice.filtered.packets
}

#[test]
fn captures_pass_as_tcpdump_lets_them() {
    let test = "captures_pass_as_tcpdump_lets_them";
    let Some(corpus) = corpus(test) else { return };
    if let Err(error) = Command::new("tcpdump").arg("--version").output() {
        println!("skipped: {test}: tcpdump: {error}");
        return;
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus.join("pcap"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut captures, mut packets, mut passed, mut differ) = (0, 0, 0, Vec::new());
    for (place, file) in files.iter().enumerate() {
        let name = file.file_name().unwrap().to_string_lossy();
        let flows = flows(&corpus.join("truth").join(format!("{name}.tsv")));
        let Some(flow) = flows.get(place % flows.len().max(1)) else {
            continue;
        };
        let capture = Capture::read(file).unwrap();
        if !capture.ethernet || capture.damage.is_some() {
            continue;
        }
        captures += 1;
        let filters = filters(flow);
        // Each filter meets a third of the captures: all of them would take minutes.
        for text in filters.iter().skip(place % 3).step_by(3) {
            let ours = by_us(&capture, &Filter::parse(text).unwrap());
            let tcpdump = by_tcpdump(file, text);
            packets += capture.frames.len() as u64;
            passed += ours;
            if tcpdump != Ok(ours) {
                differ.push(format!("{name}: {ours}, tcpdump {tcpdump:?}: {text}"));
            }
        }
    }
    println!("{captures} captures, {packets} packets met a filter, {passed} passed");
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(captures > 0 && passed > 0 && passed < packets);
}
