//! The names in the JSON lines of a replay, which other programs rely on.

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::stdout;

/// Names of the outermost object of a line, in their order.
pub fn names(line: &str) -> Vec<String> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(line).expect("an object");
    let mut names: Vec<(usize, String)> = object
        .keys()
        .map(|name| {
            (
                line.find(&format!("\"{name}\":")).expect("its place"),
                name.clone(),
            )
        })
        .collect();
    names.sort();
    names.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn json_names_are_those_of_the_contract() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .frame(HOUR, 0, 1)
        .file(&folder, "a.pcap");
    let text = stdout(&[&file, "--json"]);
    let lines: Vec<&str> = text.lines().collect();
    let want = [
        "type version source ifaces hook direction by counts window_ns memory_bytes rows_per_cpu pid files engine length",
        "type seq start end source window_ns events packets bytes rows spilled_rows folded_packets \
         folded_bytes other_packets other_bytes filtered_packets filtered_bytes absent_packets_hi \
         absent_bytes_hi capacity_rows reduction residue_packets residue_bytes late occupancy lost \
         iface_packets drain_ns deep_chains distinct_src distinct_dst distinct_dport distinct_error",
        "type seq window_ns src dst sport dport proto packets packets_hi bytes bytes_hi first last tcp_flags exact",
        "type source windows late_windows events packets bytes rows flows flows_exact spilled_rows \
         folded_packets folded_bytes other_packets other_bytes filtered_packets filtered_bytes \
         absent_packets_hi absent_bytes_hi reduction residue_packets residue_bytes lost drain_ns \
         deep_chains distinct_src distinct_dst distinct_dport distinct_error \
         records captured_bytes wire_bytes complete",
    ];
    assert_eq!(lines.len(), want.len());
    for (line, want) in lines.iter().zip(want) {
        let want: Vec<&str> = want.split_whitespace().collect();
        assert_eq!(names(line), want);
    }
    for line in lines {
        if let Some(source) = serde_json::from_str::<serde_json::Value>(line)
            .expect("JSON")
            .get("source")
        {
            assert_eq!(source, "replay");
        }
    }
}

#[test]
fn csv_has_the_flow_rows_under_the_same_names() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .frame(HOUR, 0, 1)
        .frame(HOUR + 1, 0, 2)
        .frame(HOUR + 1, 1, 2)
        .file(&folder, "a.pcap");
    let csv = stdout(&[&file, "--csv", "--window", "1s"]);
    let json = stdout(&[&file, "--json", "--window", "1s"]);
    let flows: Vec<&str> = json
        .lines()
        .filter(|line| line.contains("\"flow\""))
        .collect();
    let mut rows = csv.lines();
    let header: Vec<&str> = rows.next().expect("a header").split(',').collect();
    assert_eq!(header, names(flows[0])[1..]);
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), flows.len());
    for (row, flow) in rows.iter().zip(flows) {
        let flow: serde_json::Value = serde_json::from_str(flow).expect("JSON");
        for (name, value) in header.iter().zip(row.split(',')) {
            assert_eq!(flow[*name].to_string().trim_matches('"'), value, "{name}");
        }
    }
    // A header also where nothing follows.
    let empty = Pcap::new(ETHERNET).file(&folder, "b.pcap");
    assert_eq!(stdout(&[&empty, "--csv"]).lines().count(), 1);
    assert_eq!(stdout(&[&file, "--csv", "--top", "1"]).lines().count(), 2);
}
