//! Tables at all widths.

use windrow_core::by::By;
use windrow_core::networks::Networks;

use super::*;

fn line(src: &str, dst: &str, proto: u8, packets: u64) -> Line {
    let count = Tally::new(packets, packets * 100);
    Line {
        key: FlowKey {
            src: src.parse().expect("an address"),
            dst: dst.parse().expect("an address"),
            sport: 40000,
            dport: 443,
            proto,
            ..FlowKey::NOTHING
        },
        bounds: Bounds::exactly(count),
        proven: None,
        tcp_flags: Some(0x12),
    }
}

#[test]
fn a_table_is_never_wider_than_the_terminal() {
    let lines = [
        line("10.0.0.1", "192.168.100.200", 6, 1_000_000),
        line(
            "2001:db8:1111:2222:3333:4444:5555:6666",
            "2001:db8::1",
            17,
            1,
        ),
    ];
    for width in 40..200 {
        let style = Style {
            numeric: false,
            width: Some(width),
        };
        let total = Tally::new(2_000_000, 200_000_000);
        for row in flows(&lines, total, &Keys::default(), style).lines {
            assert!(row.chars().count() <= width, "{width}: {row}");
        }
    }
}

fn many_keys() -> Keys {
    Keys {
        by: By::parse("src,dst/24/48,sport,dport,proto,iface,dir,vlan,tos").expect("keys"),
        ..Keys::default()
    }
}

/// Rows by everything, one of an interface with a name of `letters` letters.
fn by_everything(keys: &Keys, letters: usize) -> Vec<Line> {
    let mut lines = vec![
        line("2001:db8:1:2:3:4:5:6", "2001:db8:ffff::", 17, 1),
        line("10.0.0.1", "192.168.100.0", 6, 1_000_000),
    ];
    lines[0].key.vlan = 4094;
    lines[1].key.iface = Some(keys.ifaces.born(&"w".repeat(letters)));
    lines[1].key.dir = Some(Dir::Out);
    lines[1].bounds.hi = Tally::new(1_200_000, 120_000_000);
    lines[1].proven = Some(true);
    lines
}

fn titles(keys: &Keys, lines: &[Line], width: usize) -> Vec<String> {
    let style = Style {
        numeric: false,
        width: Some(width),
    };
    let table = flows(lines, Tally::new(2_000_000, 200_000_000), keys, style);
    let marked = table.lines.iter().any(|row| row.starts_with(MARK));
    let explained = |legend: &String| legend.contains(MARK);
    assert_eq!(marked, table.legend.as_ref().is_some_and(explained));
    let table = table.lines;
    for row in &table {
        assert!(row.chars().count() <= width, "{width}: {row}");
    }
    table[0].split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_table_of_all_keys_is_never_wider_than_the_terminal_either() {
    let keys = many_keys();
    for letters in [3, 15, 60] {
        let lines = by_everything(&keys, letters);
        for width in 1..250 {
            titles(&keys, &lines, width);
        }
    }
    let ports = Keys {
        by: By::parse("sport,dport,iface").expect("keys"),
        ..keys.clone()
    };
    for width in 1..120 {
        titles(&ports, &by_everything(&ports, 40), width);
    }
}

#[test]
fn counts_go_before_keys_and_long_names_shrink_before_keys_go() {
    let keys = many_keys();
    let lines = by_everything(&keys, 40);
    let all = "SOURCE DESTINATION PROTO IFACE DIR VLAN TOS PACKETS SHARE BYTES SHARE FLAGS";
    assert_eq!(titles(&keys, &lines, 240).join(" "), all);
    // The protocol goes as it does without these keys.
    let narrow = titles(&keys, &lines, 80);
    assert_eq!(
        narrow.join(" "),
        "SOURCE DESTINATION IFACE DIR VLAN TOS PACKETS"
    );
    let narrower = titles(&keys, &lines, 60);
    assert!(narrower.contains(&"IFACE".to_owned()), "{narrower:?}");
    assert!(!narrower.contains(&"TOS".to_owned()), "{narrower:?}");
    assert_eq!(
        titles(&keys, &lines, 45).join(" "),
        "SOURCE DESTINATION PACKETS"
    );
}

fn named(by: &str) -> (Keys, Vec<Line>) {
    let file = format!("10.0.0.0/8 {}\n192.0.2.0/24 {}\n", "n".repeat(64), "café");
    let keys = Keys {
        by: By::parse(by).expect("keys"),
        networks: Networks::parse(file.as_bytes()).expect("networks").into(),
        ..Keys::default()
    };
    let mut lines = vec![line("10.0.0.1", "192.0.2.1", 6, 10)];
    lines[0].key.src_net = keys.networks.name_of(lines[0].key.src);
    lines[0].key.dst_net = keys.networks.name_of(lines[0].key.dst);
    (keys, lines)
}

#[test]
fn names_of_networks_stand_behind_addresses_and_go_before_them() {
    let (keys, lines) = named("src,dst,src_net,dst_net,dport,proto");
    let all = "SOURCE SOURCE NET DESTINATION DEST NET PROTO PACKETS SHARE BYTES SHARE FLAGS";
    assert_eq!(titles(&keys, &lines, 200).join(" "), all);
    assert_eq!(
        titles(&keys, &lines, 50).join(" "),
        "SOURCE DESTINATION PACKETS BYTES"
    );
    for by in [
        "src_net",
        "src_net,dst_net,sport,dport",
        "src/8,src_net,dst_net,iface",
    ] {
        let (keys, lines) = named(by);
        for width in 1..200 {
            titles(&keys, &lines, width);
        }
    }
    // In place of addresses they stay.
    let (keys, lines) = named("src_net,dport");
    assert_eq!(
        titles(&keys, &lines, 30).join(" "),
        "SOURCE NET DPORT PACKETS"
    );
    let (keys, lines) = named("src_net,dst_net");
    let table = flows(
        &lines,
        Tally::new(10, 1000),
        &keys,
        Style {
            numeric: false,
            width: None,
        },
    );
    assert!(table.lines[1].starts_with("nnnn") && table.lines[1].contains("n  café  "));
}

#[test]
fn bounds_are_shown_where_a_row_is_not_exact() {
    let mut lines = [
        line("10.0.0.1", "10.0.0.2", 1, 1000),
        line("10.0.0.3", "10.0.0.2", 1, 999),
    ];
    lines[0].bounds.hi = Tally::new(1200, 120_000);
    lines[0].proven = Some(true);
    lines[1].proven = Some(false);
    let style = Style {
        numeric: false,
        width: None,
    };
    let table = flows(&lines, Tally::new(5000, 500_000), &Keys::default(), style);
    // What was counted stands below each other.
    let want = [
        "   SOURCE    DESTINATION  PROTO     PACKETS   SHARE             BYTES   SHARE  FLAGS",
        "*  10.0.0.1  10.0.0.2     icmp   1,000 +200  20.0 %   100 kB +20.0 kB  20.0 %  AS",
        "   10.0.0.3  10.0.0.2     icmp     999       20.0 %  99.9 kB           20.0 %  AS",
    ];
    assert_eq!(table.lines, want);
    let legend = table.legend.expect("there is something to explain");
    assert_eq!(legend, "* certainly in the top 2 · +n: at most n more");
}

#[test]
fn an_exact_table_has_neither_marks_nor_legend() {
    let lines = [line("10.0.0.1", "10.0.0.2", 6, 1000)];
    let style = Style {
        numeric: false,
        width: None,
    };
    let table = flows(&lines, Tally::new(5000, 500_000), &Keys::default(), style);
    assert_eq!(table.legend, None);
    let row = &table.lines[1];
    assert!(!row.contains(['*', '+']), "{row}");
}
