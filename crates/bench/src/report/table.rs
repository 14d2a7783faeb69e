//! The tables that a run prints, a group each, of what was measured.

use windrow_figures::layout::{Table, decimals, whole, whole_or_nothing};

use super::costs::{
    Costs, EXPORT, FULL, FULL_LIVE, HOT, Kind, LIVE, all, ipv6_over_ipv4, ratio, sender,
};
use super::{calls, connects, levels, missing};
use crate::designs::{DROP, LRU_HASH, WINDROW};
use crate::full::ROWS;
use crate::results::Outcome;

/// Whose net cost windrow's is compared with.
const COMPARED: [&str; 3] = ["hash", "textbook", "agent"];

/// All tables that have rows, an empty line between them.
pub fn tables(outcomes: &[Outcome]) -> String {
    let mut tables: Vec<Table> = Vec::new();
    for group in [HOT, LIVE] {
        for kind in Kind::of_group(outcomes, group) {
            tables.push(packets(outcomes, kind));
        }
    }
    for group in [FULL, FULL_LIVE] {
        for kind in Kind::of_group(outcomes, group) {
            tables.push(pressure(outcomes, kind));
        }
    }
    tables.extend([
        selections(outcomes),
        levels::table(outcomes),
        export(outcomes),
        conservation(outcomes),
        senders(outcomes),
        agents(outcomes),
        programs(outcomes),
        calls::table(outcomes),
        calls::build_table(outcomes),
        connects::table(outcomes),
        connects::rate_table(outcomes),
        peers(outcomes),
    ]);
    tables.retain(|table| !table.is_empty());
    let texts: Vec<String> = tables.iter().map(Table::to_string).collect();
    texts.join("\n")
}

/// Designs by flows, and under them the ratios that hold on other machines too.
fn packets(outcomes: &[Outcome], kind: Kind) -> Table {
    let costs = Costs::of(outcomes, kind);
    let title = format!("{kind}: ns a packet in all; net is what is beyond the floor");
    let mut table = designs(&title, &costs);
    let mut ratios = |label: &str, figure: &dyn Fn(u32) -> Option<f64>| {
        table.row(label, figures(&costs, figure, 2));
    };
    ratios("windrow / floor", &|flows| costs.over_floor(flows));
    for other in COMPARED {
        let label = format!("net: windrow / {other}");
        ratios(&label, &|flows| costs.net_share(other, flows));
    }
    if kind.family == 6 {
        ratios("net: IPv6 / IPv4", &|flows| {
            ipv6_over_ipv4(outcomes, kind, flows)
        });
    }
    table
}

/// The same where flows outnumber rows.
fn pressure(outcomes: &[Outcome], kind: Kind) -> Table {
    let costs = Costs::of(outcomes, kind);
    let rows = whole(ROWS);
    let title = format!("{kind}: ns a packet in all, with {rows} rows");
    let mut table = designs(&title, &costs);
    for other in [DROP.name, LRU_HASH.name] {
        let in_all = figures(&costs, &|flows| costs.over(other, flows), 2);
        table.row(&format!("windrow / {other}"), in_all);
        let net = figures(&costs, &|flows| costs.net_share(other, flows), 2);
        table.row(&format!("net: windrow / {other}"), net);
    }
    table
}

/// What each design takes, by flows.
fn designs(title: &str, costs: &Costs<'_>) -> Table {
    let flows = costs.flows();
    let head = flows.iter().map(|flows| whole(*flows));
    let mut table = Table::new(title, ["flows".to_owned()].into_iter().chain(head));
    for design in costs.designs() {
        table.row(design, figures(costs, &|flows| costs.ns(design, flows), 1));
    }
    table
}

/// A figure for each number of flows.
fn figures(costs: &Costs<'_>, figure: &dyn Fn(u32) -> Option<f64>, digits: usize) -> Vec<String> {
    let flows = costs.flows().into_iter();
    flows.map(|flows| decimals(figure(flows), digits)).collect()
}

/// windrow with `--by` or FILTER, beside windrow without.
fn selections(outcomes: &[Outcome]) -> Table {
    let title = "windrow with --by or FILTER: ns a packet in all";
    let mut table = Table::new(title, ["selection", "flows", "ns", "/ default"]);
    let costs = all(outcomes).filter(|cost| cost.group == HOT);
    for cost in costs.filter(|cost| cost.by.is_some() || cost.filter.is_some()) {
        let by = cost.by.map(|by| format!("--by {by}"));
        let words: Vec<String> = by
            .into_iter()
            .chain(cost.filter.map(str::to_owned))
            .collect();
        let default = Costs::of(outcomes, Kind::of(cost)).ns(WINDROW.name, cost.flows);
        table.row(
            &words.join(" "),
            [
                whole(cost.flows),
                decimals(cost.ns, 1),
                decimals(default.and_then(|default| ratio(cost.ns, default)), 2),
            ],
        );
    }
    table
}

fn export(outcomes: &[Outcome]) -> Table {
    let title = "export: draining a table while packets keep coming";
    let head = [
        "way",
        "flows",
        "rows",
        "ns a row",
        "ms in all",
        "calls",
        "lost",
    ];
    let mut table = Table::new(title, head);
    for cost in all(outcomes).filter(|cost| cost.group == EXPORT) {
        let millis = cost.rows.map(|rows| cost.ns * rows as f64 / 1e6);
        table.row(
            cost.what,
            [
                whole(cost.flows),
                whole_or_nothing(cost.rows),
                decimals(cost.ns, 1),
                decimals(millis, 3),
                whole_or_nothing(cost.syscalls),
                whole_or_nothing(cost.lost),
            ],
        );
    }
    table
}

fn conservation(outcomes: &[Outcome]) -> Table {
    let title = "conservation: packets at the generator's full speed, on one core";
    let head = [
        "hook",
        "window ms",
        "sent",
        "dropped before",
        "counted",
        "lost",
        "twice",
    ];
    let mut table = Table::new(title, head);
    for outcome in outcomes {
        let Outcome::Conservation(it) = outcome else {
            continue;
        };
        table.row(
            it.hook,
            [
                whole(it.window_ns / 1_000_000),
                whole(it.sent),
                whole(it.dropped),
                whole(it.counted),
                whole(missing(it).max(0)),
                whole((-missing(it)).max(0)),
            ],
        );
    }
    table
}

fn senders(outcomes: &[Outcome]) -> Table {
    let title = "sender: ns a packet, of sender, stack and hook on one core";
    let mut table = Table::new(title, ["hook", "program", "ns", "/ empty"]);
    for outcome in outcomes {
        let Outcome::Sender(it) = outcome else {
            continue;
        };
        let empty = sender(outcomes, it.hook, "empty");
        table.row(
            it.hook,
            [
                it.what.to_owned(),
                decimals(it.ns, 1),
                decimals(empty.and_then(|empty| ratio(it.ns, empty)), 2),
            ],
        );
    }
    table
}

fn agents(outcomes: &[Outcome]) -> Table {
    let title = "agent: what windrow takes outside the hook";
    let mut table = Table::new(title, ["packets/s", "flows", "cores", "MiB"]);
    for outcome in outcomes {
        let Outcome::Agent(it) = outcome else {
            continue;
        };
        table.row(
            &whole(it.rate_pps),
            [
                whole(it.flows),
                decimals(it.cores, 4),
                mebibytes(it.resident_bytes),
            ],
        );
    }
    table
}

fn programs(outcomes: &[Outcome]) -> Table {
    let title = "programs: as the kernel loaded them";
    let mut table = Table::new(title, ["program", "verified instructions", "JITed bytes"]);
    for outcome in outcomes {
        let Outcome::Program(it) = outcome else {
            continue;
        };
        let verified = Some(it.verified_instructions).filter(|count| *count > 0);
        table.row(
            &it.what,
            [whole_or_nothing(verified), whole(it.jited_bytes)],
        );
    }
    table
}

fn peers(outcomes: &[Outcome]) -> Table {
    let title = "peers: live traffic; the tool on the same core, or on a spare one";
    let head = [
        "tool",
        "core",
        "sent",
        "counted",
        "lost",
        "said lost",
        "CPU s",
        "MiB",
    ];
    let mut table = Table::new(title, head);
    for outcome in outcomes {
        let Outcome::Peer(it) = outcome else {
            continue;
        };
        table.row(
            &it.what,
            [
                it.core.to_owned(),
                whole(it.sent),
                whole(it.counted),
                whole(i128::from(it.sent) - i128::from(it.counted)),
                whole_or_nothing(it.said_lost),
                decimals(it.cpu_seconds, 2),
                mebibytes(it.resident_bytes),
            ],
        );
    }
    table
}

fn mebibytes(bytes: u64) -> String {
    decimals(bytes as f64 / f64::from(1 << 20), 1)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const GOLDEN: &str = "\
hot IPv4 uniform: ns a packet in all; net is what is beyond the floor
  flows                    1,000  100,000
  floor                     30.0     32.0
  windrow                   36.0     62.0
  hash                      70.0    132.0
  textbook                 110.0    212.0
  agent                    150.0    232.0
  windrow / floor           1.20     1.94
  net: windrow / hash       0.15     0.30
  net: windrow / textbook   0.07     0.17
  net: windrow / agent      0.05     0.15

hot IPv6 uniform: ns a packet in all; net is what is beyond the floor
  flows                    1,000  100,000
  floor                     31.0     33.0
  windrow                   39.0    133.0
  hash                      81.0    153.0
  windrow / floor           1.26     4.03
  net: windrow / hash       0.16     0.83
  net: windrow / textbook      –        –
  net: windrow / agent         –        –
  net: IPv6 / IPv4          1.33     3.33

full IPv4 uniform: ns a packet in all, with 4,096 rows
  flows                    1,000  100,000
  floor                     30.0     32.0
  drop                      50.0     52.0
  windrow                   60.0     92.0
  lru_hash                 150.0    152.0
  windrow / drop            1.20     1.77
  net: windrow / drop       1.50     3.00
  windrow / lru_hash        0.40     0.61
  net: windrow / lru_hash   0.25     0.50

windrow with --by or FILTER: ns a packet in all
  selection          flows    ns  / default
  --by src/24,dport  1,000  38.7       1.08
  tcp port 80        1,000  33.0       0.92

levels: ns a packet in all, without and with what is added
  added                       packets    flows  without   with  more
  prefixes, known flows  IPv4 uniform    1,000     36.0   39.0   3.0
  registers, full table  IPv4 uniform  100,000    152.0  155.5   3.5

export: draining a table while packets keep coming
  way                          flows       rows  ns a row  ms in all  calls  lost
  windrow                    100,000    100,000       8.0      0.800      0     0
  lookup_and_delete_batch    100,000    100,000     324.0     32.400     25     0
  windrow                  1,000,000  1,000,000      16.0     16.000      0     0

conservation: packets at the generator's full speed, on one core
  hook  window ms       sent  dropped before    counted  lost  twice
  xdp          10  3,000,000           1,000  2,999,000     0      0
  tcx          10  3,000,000               0  2,999,999     1      0

sender: ns a packet, of sender, stack and hook on one core
  hook  program     ns  / empty
  xdp      none  150.0     0.94
  xdp     empty  160.0     1.00
  xdp   windrow  200.0     1.25

agent: what windrow takes outside the hook
  packets/s  flows   cores  MiB
  1,000,000  1,000  0.0123  9.0

programs: as the kernel loaded them
  program      verified instructions  JITed bytes
  windrow_xdp                      –        7,184

syscall: ns a call in all, and what is added to the bare call
  design         getppid   added   read  added
  none             150.0     0.0  240.0    0.0
  latency_floor    400.0   250.0  500.0  260.0
  windrow          450.0   300.0  604.0  364.0
  bpftrace        1150.0  1000.0      –      –

build: seconds, and beside windrow as a multiple of without
  windrow  wall  user  system  × wall  × CPU
  without  2.00  3.00    0.50
  beside   2.01  3.00    0.57   1.005  1.020

connect: ns a connection, both ends, in all, and what is added to a bare one
  design      ns  added    made  counted
  none     30000      0       –        –
  floor    32000   2000       –        –
  windrow  34000   4000  82,500   82,500
  tcplife  50000  20000  82,500   82,501

connect: connections a second on all CPUs, what watches them there too
  program  a second  lost, %
  none       40,000      0.0
  windrow    38,000      5.0
  tcplife    28,000     30.0

peers: live traffic; the tool on the same core, or on a spare one
  tool         core       sent    counted     lost  said lost  CPU s   MiB
  softflowd  shared  5,000,000  4,100,000  900,000    899,000   9.10  50.0
";

    #[test]
    fn each_group_has_its_table() {
        assert_eq!(tables(&sample::outcomes()), GOLDEN);
    }

    #[test]
    fn what_was_not_measured_has_no_table() {
        assert_eq!(tables(&[]), "");
    }
}
