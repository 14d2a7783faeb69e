//! Outputs that are right but for one thing.

use serde_json::json;

use super::*;

/// The output of a guest where all is well: of each exchange as many echoes as wanted, and a hundred segments.
fn passed() -> Vec<Value> {
    let mut lines = vec![json!({"type": "refused", "code": 2})];
    let (mut all, mut parent, mut child) = (Vec::new(), Vec::new(), Vec::new());
    for exchange in &EXCHANGES {
        let zero = json!({"a2": [0, 0], "r2": [0, 0]});
        let mut done = json!({
            "type": "exchange", "name": exchange.name, "pings": ECHOES, "bytes": 1000, "out": 100, "in": 100,
            "again": 0, "before": zero, "after": zero,
        });
        for (sight, way) in exchange.ways() {
            let (packets, bytes) = exchange.expected(&done, way, sight);
            let bytes = bytes.expect("nothing was sent again");
            let row = |protocol, packets, bytes| {
                sight.row(exchange, way, protocol, Count { packets, bytes })
            };
            let rows = [
                row(1, ECHOES, bytes / 2),
                row(6, packets - ECHOES, bytes - bytes / 2),
            ];
            match (sight.interfaces, sight.vlan) {
                (["w0"], 7 | 8) => parent.push(row(0, packets, bytes)),
                (["w0.7"], _) => child.extend(rows.clone()),
                _ => {}
            }
            all.extend(rows);
            for interface in sight.interfaces.iter().take(1) {
                done["before"][interface] = json!([5, 7]);
                done["after"][interface] = json!([5 + ECHOES, 7 + ECHOES]);
            }
        }
        lines.push(done);
    }
    let start = |counts| json!({"type": "start", "counts": counts});
    let summary = json!({
        "type": "summary", "events": 1000, "packets": 4000, "residue_packets": 0, "residue_bytes": 0, "lost": 0,
    });
    let text = format!("nlmon1 is left out, and others like it: {UNREAD}");
    let warning = json!({"type": "warning", "code": "iface_left_out", "text": text});
    lines.push(start("sights"));
    lines.extend(all);
    lines.extend([warning, summary.clone()]);
    for rows in [parent, child] {
        lines.push(start("packets"));
        lines.extend(rows);
        lines.push(summary.clone());
    }
    lines
}

fn judged(lines: &[Value]) -> Result<u64, String> {
    let refusal = format!("windrow: {UNREAD}");
    let lines = lines.iter().map(Value::to_string);
    judge(&Frame {
        name: CHECK.name.to_owned(),
        exit: Some(0),
        lines: [refusal].into_iter().chain(lines).collect(),
    })
}

/// What comes of the output when the first line that has all of this gets another value.
fn judged_with(of: &[(&str, Value)], name: &str, value: Value) -> Result<u64, String> {
    let mut lines = passed();
    let has = |line: &&mut Value| of.iter().all(|(name, value)| line[*name] == *value);
    lines.iter_mut().find(has).expect("such a line")[name] = value;
    judged(&lines)
}

#[test]
fn each_packet_counts_once_on_each_device() {
    let sights = EXCHANGES.iter().flat_map(Exchange::ways).count() as u64;
    assert_eq!(judged(&passed()), Ok(sights * (ECHOES + 100)));
    let of = [("iface", json!("ipip1")), ("proto", json!(6))];
    let missing = judged_with(&of, "packets", json!(99));
    assert!(missing.is_err_and(|text| text.starts_with("counted 109 packets of ")));
    assert!(judged_with(&of, "bytes", json!(1)).is_err());
}

#[test]
fn a_tag_is_where_it_belongs() {
    let below = [("iface", json!("w0")), ("vlan", json!(7))];
    assert!(judged_with(&below, "vlan", json!(0)).is_err());
    let above = [("iface", json!("w0.7"))];
    assert!(judged_with(&above, "vlan", json!(7)).is_err());
}

#[test]
fn devices_agree_one_by_one() {
    let moved = judged_with(&[("iface", json!("r1"))], "iface", json!("r2"));
    let expected = "counted 0 echoes out on r1, which counted Some(10)";
    assert_eq!(moved, Err(expected.to_owned()));
}

#[test]
fn a_filter_gives_the_same() {
    let mut lines = passed();
    let last = lines
        .iter_mut()
        .rfind(|line| line["vlan"] == 8 && line["iface"] == "w0");
    last.expect("a row of the parent")["packets"] = json!(1);
    assert!(judged(&lines).is_err_and(|text| text.contains("for tagged in on w0")));
}

#[test]
fn nothing_else_is_counted_and_nothing_missing_unsaid() {
    let of = [("iface", json!("sit1"))];
    assert!(judged_with(&of, "src", json!("fe80::1")).is_err());
    let warning = [("code", json!("iface_left_out"))];
    assert!(judged_with(&warning, "code", json!("hidden")).is_err());
    let silent = judged_with(&[("name", json!("gre"))], "pings", json!(9));
    assert_eq!(silent, Err("got 9 of 10 echoes by gre".to_owned()));
    let packets = judged_with(&[("counts", json!("sights"))], "counts", json!("packets"));
    assert!(packets.is_err());
    let read = judged_with(&[("type", json!("refused"))], "code", json!(0));
    assert_eq!(read, Err("did not refuse what cannot be read".to_owned()));
}
