use std::net::IpAddr;

use windrow_core::by::By;
use windrow_core::edges::{Span, WallNanos};
use windrow_core::flow::FlowKey;
use windrow_core::net::Family;
use windrow_core::slice::{Folded, MonoNanos, Row, Slice};

use super::*;

const ALL: &str = "24,16,8";

fn row(src: &str, dst: &str, packets: u64) -> Row {
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    Row {
        key: FlowKey {
            src: address(src),
            dst: address(dst),
            ..FlowKey::NOTHING
        },
        count: Tally::new(packets, packets * 100),
        base: Tally::ZERO,
        hash: 0,
        first: MonoNanos(0),
        last: MonoNanos(0),
        tcp_flags: 0,
    }
}

/// What was folded of the network of a level around an address.
fn folded(side: Side, address: &str, level: usize, packets: u64) -> Folded {
    Folded {
        side,
        net: Net::of(address.parse().expect("an address"), Level::ALL[level]),
        count: Tally::new(packets, packets * 100),
    }
}

fn window(rows: Vec<Row>, folded: Vec<Folded>, levels: &str, by: &str) -> Window {
    let rows_sum: Tally = rows.iter().map(|row| row.count).sum();
    let folded_sum: Tally = folded.iter().map(|it| it.count).sum();
    let slice = Slice {
        seen: rows_sum + folded_sum,
        rows,
        folded,
        ..Slice::default()
    };
    let span = Span::on_edges(0, WallNanos(0), WallNanos(1_000_000_000));
    let mut window = Window::merge(span, vec![slice]);
    let hierarchy = Hierarchy::parse(levels).expect("levels");
    window.add_hierarchy(&hierarchy, &By::parse(by).expect("keys"));
    window
}

fn text(window: &Window, sort: Sort, room: usize, width: Option<usize>) -> Vec<String> {
    let tree = Tree::of(window, sort).expect("networks");
    let drawn = tree.draw(room, width).into_iter();
    drawn
        .flat_map(|tree| [vec![tree.title], tree.lines].concat())
        .collect()
}

/// Some large networks, and many small ones, of a few destinations.
fn office() -> Vec<Row> {
    let mut rows = vec![
        row("10.1.2.3", "192.0.2.1", 500),
        row("10.1.2.9", "192.0.2.1", 130),
        row("10.1.7.1", "192.0.2.1", 20),
        row("10.9.1.1", "192.0.2.1", 50),
        row("172.16.5.1", "192.0.2.1", 200),
    ];
    let small = |n: u32| format!("{}.0.0.1", 20 + n);
    rows.extend((0..20).map(|n| row(&small(n), "192.0.2.1", 5)));
    rows
}

#[test]
fn large_networks_are_branches_and_small_ones_are_put_together() {
    let window = window(office(), Vec::new(), ALL, "src");
    let want = [
        "SOURCE NETWORK          PACKETS    SHARE    BYTES",
        "0.0.0.0/0                 1,000  100.0 %   100 kB",
        "├─ 10.0.0.0/8               700   70.0 %  70.0 kB",
        "│  ├─ 10.1.0.0/16           650   92.9 %  65.0 kB",
        "│  │  ├─ 10.1.2.0/24        630   96.9 %  63.0 kB",
        "│  │  └─ 10.1.7.0/24         20    3.1 %  2.00 kB",
        "│  └─ 10.9.0.0/16            50    7.1 %  5.00 kB",
        "│     └─ 10.9.1.0/24         50  100.0 %  5.00 kB",
        "├─ 172.0.0.0/8              200   20.0 %  20.0 kB",
        "│  └─ 172.16.0.0/16         200  100.0 %  20.0 kB",
        "│     └─ 172.16.5.0/24      200  100.0 %  20.0 kB",
        "└─ 20 smaller               100   10.0 %  10.0 kB",
    ];
    assert_eq!(text(&window, Sort::Packets, LINES, None), want);
}

#[test]
fn the_largest_have_room_first() {
    let window = window(office(), Vec::new(), ALL, "src");
    let small = |room| text(&window, Sort::Packets, room, Some(80));
    assert!(small(1).is_empty());
    assert_eq!(
        small(3).len(),
        2,
        "one network and the number of the others take two lines"
    );
    let want = [
        "SOURCE NETWORK     PACKETS    SHARE    BYTES",
        "0.0.0.0/0            1,000  100.0 %   100 kB",
        "├─ 10.0.0.0/8          700   70.0 %  70.0 kB",
        "│  ├─ 10.1.0.0/16      650   92.9 %  65.0 kB",
        "│  └─ 10.9.0.0/16       50    7.1 %  5.00 kB",
        "└─ 21 smaller          300   30.0 %  30.0 kB",
    ];
    assert_eq!(small(6), want);
    for room in 0..20 {
        assert!(small(room).len() <= room);
    }
}

#[test]
fn a_tree_a_side_and_a_root_a_family() {
    let rows = vec![
        row("2001:db8:1:2::1", "2001:db8:ffff::1", 30),
        row("2001:db8:1:2::9", "2001:db8:fffe::1", 30),
        row("10.1.2.3", "192.0.2.1", 40),
    ];
    let window = window(rows, Vec::new(), "16,8", "src,dst");
    let want = [
        "SOURCE NETWORK            PACKETS    SHARE    BYTES",
        "::/0                           60   60.0 %  6.00 kB",
        "└─ 2001:db8::/32               60  100.0 %  6.00 kB",
        "   └─ 2001:db8:1::/48          60  100.0 %  6.00 kB",
        "0.0.0.0/0                      40   40.0 %  4.00 kB",
        "└─ 10.0.0.0/8                  40  100.0 %  4.00 kB",
        "   └─ 10.1.0.0/16              40  100.0 %  4.00 kB",
        "DESTINATION NETWORK       PACKETS    SHARE    BYTES",
        "::/0                           60   60.0 %  6.00 kB",
        "└─ 2001:db8::/32               60  100.0 %  6.00 kB",
        "   ├─ 2001:db8:fffe::/48       30   50.0 %  3.00 kB",
        "   └─ 2001:db8:ffff::/48       30   50.0 %  3.00 kB",
        "0.0.0.0/0                      40   40.0 %  4.00 kB",
        "└─ 192.0.0.0/8                 40  100.0 %  4.00 kB",
        "   └─ 192.0.0.0/16             40  100.0 %  4.00 kB",
    ];
    assert_eq!(text(&window, Sort::Packets, LINES, None), want);
    // Both sides have a share of little room.
    let few = text(&window, Sort::Packets, 8, None);
    let networks: Vec<&str> = few
        .iter()
        .map(|line| line.split("  ").next().unwrap_or(""))
        .collect();
    let want = [
        "SOURCE NETWORK",
        "::/0",
        "└─ 2001:db8::/32",
        "0.0.0.0/0",
        "DESTINATION NETWORK",
        "::/0",
        "└─ 2001:db8::/32",
        "0.0.0.0/0",
    ];
    assert_eq!(networks, want);
}

/// Half of the packets are in rows; what was folded of destinations may be of any source.
fn pressed() -> Window {
    let rows = vec![
        row("10.1.2.3", "192.0.2.1", 400),
        row("11.1.2.3", "198.51.100.1", 100),
    ];
    let folded = vec![
        folded(Side::Dst, "192.0.2.1", 0, 300),
        folded(Side::Dst, "192.0.2.1", 2, 150),
        folded(Side::Dst, "0.0.0.0", 3, 50),
    ];
    window(rows, folded, ALL, "src,dst")
}

#[test]
fn bounds_are_shown_and_what_is_not_told_apart() {
    let want = [
        "SOURCE NETWORK               PACKETS    SHARE             BYTES",
        "0.0.0.0/0                 1,000       100.0 %   100 kB",
        "├─ 10.0.0.0/8               400 +500   40.0 %  40.0 kB +50.0 kB",
        "│  └─ 10.1.0.0/16           400 +500  100.0 %  40.0 kB +50.0 kB",
        "│     └─ 10.1.2.0/24        400 +500  100.0 %  40.0 kB +50.0 kB",
        "├─ 11.0.0.0/8               100 +500   10.0 %  10.0 kB +50.0 kB",
        "│  └─ 11.1.0.0/16           100 +500  100.0 %  10.0 kB +50.0 kB",
        "│     └─ 11.1.2.0/24        100 +500  100.0 %  10.0 kB +50.0 kB",
        "└─ not told apart           500        50.0 %  50.0 kB",
        "DESTINATION NETWORK          PACKETS    SHARE             BYTES",
        "0.0.0.0/0                 1,000       100.0 %   100 kB",
        "├─ 192.0.0.0/8              850 +50    85.0 %  85.0 kB +5.00 kB",
        "│  ├─ 192.0.0.0/16          700 +200   82.4 %  70.0 kB +20.0 kB",
        "│  │  └─ 192.0.2.0/24       700 +200  100.0 %  70.0 kB +20.0 kB",
        "│  └─ not told apart        150        17.6 %  15.0 kB",
        "├─ 198.0.0.0/8              100 +50    10.0 %  10.0 kB +5.00 kB",
        "│  └─ 198.51.0.0/16         100 +50   100.0 %  10.0 kB +5.00 kB",
        "│     └─ 198.51.100.0/24    100 +50   100.0 %  10.0 kB +5.00 kB",
        "└─ not told apart            50         5.0 %  5.00 kB",
    ];
    assert_eq!(text(&pressed(), Sort::Packets, LINES, None), want);
    let tree = Tree::of(&pressed(), Sort::Packets).expect("networks");
    let has_intervals = |room| tree.draw(room, None).iter().any(|side| side.has_intervals);
    assert!(
        has_intervals(LINES) && !has_intervals(4),
        "totals are exact"
    );
    // What is not told apart comes by its size, like all else.
    let below_root = |room| {
        let lines = text(&pressed(), Sort::Packets, room, None)
            .into_iter()
            .skip(2);
        let lines = lines.take_while(|line| !line.starts_with("DESTINATION"));
        lines
            .map(|line| line.split("  ").next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(below_root(8), ["├─ 10.0.0.0/8", "└─ 11.0.0.0/8"]);
    let three = ["├─ 10.0.0.0/8", "├─ 11.0.0.0/8", "└─ not told apart"];
    assert_eq!(below_root(10), three);
}

#[test]
fn what_is_certainly_of_one_network_is_not_of_others() {
    let rows = vec![
        row("10.1.2.3", "192.0.2.1", 400),
        row("11.1.2.3", "192.0.2.1", 100),
        row("12.1.2.3", "192.0.2.1", 100),
    ];
    let elsewhere = vec![folded(Side::Dst, "0.0.0.0", 3, 400)];
    let window = window(rows, elsewhere, "8", "src,dst");
    let want = [
        "SOURCE NETWORK       PACKETS    SHARE              BYTES",
        "0.0.0.0/0         1,000       100.0 %   100 kB",
        "├─ 10.0.0.0/8       400 +400   40.0 %  40.0 kB +40.0 kB",
        "├─ 2 smaller        200 +400   20.0 %  20.0 kB +40.0 kB",
        "└─ not told apart   400        40.0 %  40.0 kB",
    ];
    let text = text(&window, Sort::Packets, 9, None);
    let cells = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for (line, want) in text.iter().zip(want) {
        assert_eq!(cells(line), cells(want), "{text:#?}");
    }
}

#[test]
fn a_level_that_was_not_asked_for_is_left_out() {
    // It is a line all the same, since something was folded of it.
    let rows = vec![row("10.1.2.3", "192.0.2.1", 60)];
    let of_network = vec![folded(Side::Src, "10.1.2.3", 0, 40)];
    let window = window(rows, of_network, "16", "src");
    let levels: Vec<u8> = window.prefixes.iter().map(|it| it.net.bits()).collect();
    assert_eq!(levels, [0, 8, 16, 24]);
    let want = [
        "SOURCE NETWORK  PACKETS    SHARE    BYTES",
        "0.0.0.0/0           100  100.0 %  10.0 kB",
        "└─ 10.1.0.0/16      100  100.0 %  10.0 kB",
    ];
    assert_eq!(text(&window, Sort::Packets, LINES, None), want);
}

#[test]
fn bytes_decide_where_flows_are_sorted_by_them() {
    let mut rows = vec![
        row("10.1.2.3", "192.0.2.1", 90),
        row("11.1.2.3", "192.0.2.1", 10),
    ];
    rows[1].count.bytes = 1_000_000;
    let window = window(rows, Vec::new(), "8", "src");
    let want = [
        "SOURCE NETWORK  PACKETS    BYTES    SHARE",
        "0.0.0.0/0           100  1.01 MB  100.0 %",
        "├─ 11.0.0.0/8        10  1.00 MB   99.1 %",
        "└─ 10.0.0.0/8        90  9.00 kB    0.9 %",
    ];
    assert_eq!(text(&window, Sort::Bytes, LINES, None), want);
}

#[test]
fn trees_are_never_wider_than_the_terminal() {
    let rows = vec![
        row("2001:db8:1111:2222::1", "2001:db8:ffff:eeee::1", 30),
        row("10.100.200.3", "192.168.100.1", 40),
    ];
    let both = window(rows, Vec::new(), ALL, "src,dst");
    for window in [both, pressed()] {
        for width in 1..100 {
            for line in text(&window, Sort::Packets, LINES, Some(width)) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn in_a_narrow_terminal_bytes_go_first_and_shares_next() {
    let window = window(office(), Vec::new(), ALL, "src");
    let titles = |width| {
        let text = text(&window, Sort::Packets, LINES, Some(width));
        text[0]
            .split_whitespace()
            .skip(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(titles(80), ["PACKETS", "SHARE", "BYTES"]);
    assert_eq!(titles(45), ["PACKETS", "SHARE"]);
    assert_eq!(titles(30), ["PACKETS"]);
    let narrow = text(&window, Sort::Packets, 5, Some(26));
    let want = [
        "SOURCE NETWORK  PACKETS",
        "0.0.0.0/0         1,000",
        "├─ 10.0.0.0/8       700",
        "├─ 172.0.0.0/8      200",
        "└─ 20 smaller       100",
    ];
    assert_eq!(narrow, want);
}

#[test]
fn nothing_counted_has_no_tree() {
    let empty = window(Vec::new(), Vec::new(), ALL, "src,dst");
    assert!(Tree::of(&empty, Sort::Packets).is_none());
    let span = Span::on_edges(0, WallNanos(0), WallNanos(1_000_000_000));
    let slice = Slice {
        rows: office(),
        folded: vec![Folded {
            side: Side::Src,
            net: Net::all(Family::Ipv4),
            count: Tally::new(1, 100),
        }],
        ..Slice::default()
    };
    let without_hierarchy = Window::merge(span, vec![slice]);
    assert!(!without_hierarchy.prefixes.is_empty());
    assert!(Tree::of(&without_hierarchy, Sort::Packets).is_none());
}
