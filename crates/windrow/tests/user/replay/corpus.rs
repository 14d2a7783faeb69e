//! `--by` and filters over the captures of the corpus: their rows are what adding up and choosing
//! among the rows of all 5-tuples gives, which the test does for itself.
//!
//! The captures hold third parties' traffic and are not part of this repository. Their folder is
//! named by `WINDROW_CORPUS`, or lies beside the workspace as `shared/corpus`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use super::{assert_balanced, json, of, skip, stdout};

/// One row of `--tsv`.
struct Row {
    /// As it is printed.
    key: String,
    src: IpAddr,
    dst: IpAddr,
    sport: u16,
    dport: u16,
    proto: u8,
    count: (u64, u64),
}

/// Everything that `--tsv` prints, added up by what stands before packets and bytes.
type Sums = BTreeMap<String, (u64, u64)>;

fn folders(test: &str) -> Vec<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let corpus = std::env::var_os("WINDROW_CORPUS").map_or_else(|| beside.into(), PathBuf::from);
    let folders = ["open/pcap", "adversarial/pcap"].map(|part| corpus.join(part));
    let there: Vec<String> = folders
        .iter()
        .filter(|folder| folder.is_dir())
        .filter_map(|folder| folder.to_str().map(str::to_owned))
        .collect();
    if there.is_empty() {
        let reason = format!(
            "no captures at {}; name their folder in WINDROW_CORPUS",
            corpus.display()
        );
        skip(test, &reason);
    }
    there
}

fn sums(tsv: &str) -> Sums {
    let mut sums = Sums::new();
    for line in tsv.lines() {
        let mut fields = line.rsplitn(3, '\t');
        let mut number = || fields.next().and_then(|field| field.parse().ok());
        let (bytes, packets) = (number().expect("bytes"), number().expect("packets"));
        let before = fields.next().expect("a key").to_owned();
        let again = sums.insert(before, (packets, bytes));
        assert!(again.is_none(), "two rows of one key: {line}");
    }
    sums
}

/// The rows of all 5-tuples, and the lines of reasons.
fn rows(tsv: &str) -> (Vec<Row>, Sums) {
    let (other, keyed): (Sums, Sums) = sums(tsv)
        .into_iter()
        .partition(|(before, _)| before.starts_with("other\t"));
    let row = |(before, count): (String, _)| {
        let fields: Vec<&str> = before.split('\t').collect();
        Row {
            key: before.clone(),
            src: fields[0].parse().expect("an address"),
            dst: fields[1].parse().expect("an address"),
            sport: fields[2].parse().expect("a port"),
            dport: fields[3].parse().expect("a port"),
            proto: fields[4].parse().expect("a protocol"),
            count,
        }
    };
    (keyed.into_iter().map(row).collect(), other)
}

/// The first bits of an address, as it prints.
fn prefix(address: IpAddr, v4: u32, v6: u32) -> String {
    match address {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - v4).unwrap_or(0);
            format!("{}/{v4}", Ipv4Addr::from(u32::from(ip) & mask))
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - v6).unwrap_or(0);
            format!("{}/{v6}", Ipv6Addr::from(u128::from(ip) & mask))
        }
    }
}

/// Keys on the command line, and the key of a row by them.
type Grouping = (&'static str, fn(&Row) -> String);

const GROUPINGS: [Grouping; 7] = [
    ("src/24,proto", |row| {
        format!("{}\t{}", prefix(row.src, 24, 64), row.proto)
    }),
    ("dst/16/48", |row| prefix(row.dst, 16, 48)),
    ("src/0/0,dst/7/13,dport", |row| {
        let (src, dst) = (prefix(row.src, 0, 0), prefix(row.dst, 7, 13));
        format!("{src}\t{dst}\t{}", row.dport)
    }),
    ("dport", |row| row.dport.to_string()),
    ("sport,dport,proto", |row| {
        format!("{}\t{}\t{}", row.sport, row.dport, row.proto)
    }),
    ("proto", |row| row.proto.to_string()),
    ("iface", |_| "-".to_owned()),
];

#[test]
fn rows_by_any_keys_are_the_sums_of_the_rows_of_all_5_tuples() {
    for folder in folders("rows_by_any_keys_are_the_sums_of_the_rows_of_all_5_tuples") {
        let (rows, other) = rows(&stdout(&[&folder, "--tsv"]));
        assert!(rows.len() > 10, "{folder}: {} rows", rows.len());
        for (by, key) in GROUPINGS {
            let text = stdout(&[&folder, "--tsv", "--by", by]);
            let mut want = other.clone();
            for row in &rows {
                let sum = want.entry(key(row)).or_default();
                *sum = (sum.0 + row.count.0, sum.1 + row.count.1);
            }
            let mut got = sums(&text);
            if by == "iface" {
                // Some captures have names, which no row of a 5-tuple knows.
                got = without_names(got);
            }
            assert!(got == want, "{folder}, --by {by}: the sums differ");
        }
    }
}

/// What interfaces are called is left away.
fn without_names(sums: Sums) -> Sums {
    let mut all = Sums::new();
    for (key, count) in sums {
        let key = if key.starts_with("other\t") {
            key
        } else {
            "-".to_owned()
        };
        let sum = all.entry(key).or_default();
        *sum = (sum.0 + count.0, sum.1 + count.1);
    }
    all
}

fn is_in(address: IpAddr, net: &str) -> bool {
    let (ip, bits) = net.split_once('/').expect("a prefix");
    let (ip, bits) = (
        ip.parse::<IpAddr>().expect("an address"),
        bits.parse().expect("bits"),
    );
    ip.is_ipv4() == address.is_ipv4() && prefix(address, bits, bits) == prefix(ip, bits, bits)
}

/// A filter, which rows pass it, and whether packets without a flow do.
type Choice = (&'static str, fn(&Row) -> bool, bool);

const CHOICES: [Choice; 8] = [
    (
        "tcp port 80",
        |row| row.proto == 6 && (row.sport == 80 || row.dport == 80),
        false,
    ),
    (
        "udp and not dst port 53",
        |row| row.proto == 17 && row.dport != 53,
        false,
    ),
    ("ip6", |row| row.src.is_ipv6(), false),
    (
        "net 192.168.0.0/16 and tcp",
        |row| {
            let net = "192.168.0.0/16";
            row.proto == 6 && (is_in(row.src, net) || is_in(row.dst, net))
        },
        false,
    ),
    (
        "src net 10.0.0.0/8 or icmp",
        |row| is_in(row.src, "10.0.0.0/8") || (row.proto == 1 && row.src.is_ipv4()),
        false,
    ),
    (
        "portrange 1-1023 and not (tcp or udp)",
        |row| {
            let with_ports = [33, 132, 136].contains(&row.proto);
            with_ports
                && [row.sport, row.dport]
                    .iter()
                    .any(|port| (1..1024).contains(port))
        },
        false,
    ),
    (
        "not net fe80::/10 and not ip proto 17",
        |row| {
            let net = "fe80::/10";
            !is_in(row.src, net) && !is_in(row.dst, net) && (row.src.is_ipv6() || row.proto != 17)
        },
        true,
    ),
    ("not ip and not ip6", |_| false, true),
];

#[test]
fn a_filter_leaves_the_rows_that_its_meaning_chooses_from_all() {
    for folder in folders("a_filter_leaves_the_rows_that_its_meaning_chooses_from_all") {
        let (rows, other) = rows(&stdout(&[&folder, "--tsv"]));
        let all = |sums: &Sums| {
            sums.values()
                .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
        };
        let everything = rows.iter().fold(all(&other), |sum, row| {
            (sum.0 + row.count.0, sum.1 + row.count.1)
        });
        for (filter, passes, other_passes) in CHOICES {
            let mut want = if other_passes {
                other.clone()
            } else {
                Sums::new()
            };
            for row in rows.iter().filter(|row| passes(row)) {
                want.insert(row.key.clone(), row.count);
            }
            let got = sums(&stdout(&[&folder, "--tsv", filter]));
            assert!(got == want, "{folder}, {filter}: the rows differ");
            let lines = json(&[&folder, "--top", "1", filter]);
            let window = of(&lines, "window")[0];
            let left_out = ["filtered_packets", "filtered_bytes"].map(|name| window[name].as_u64());
            let (packets, bytes) = all(&want);
            let want = [everything.0 - packets, everything.1 - bytes].map(Some);
            assert_eq!(left_out, want, "{folder}, {filter}");
        }
        assert_balanced(&json(&[
            &folder,
            "--by",
            "src/24,vlan",
            "--window",
            "24h",
            "not tcp",
        ]));
    }
}
