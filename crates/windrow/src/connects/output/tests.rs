//! What rows and reports of connections look like.

use std::time::Duration;

use jiff::tz::TimeZone;
use windrow_core::connects::by::By;
use windrow_core::connects::key::{ConnectKey, Dir};
use windrow_core::connects::outcomes::{Failure, Health, Outcomes};
use windrow_core::connects::run::Run;
use windrow_core::connects::slice::{Row, Slice};
use windrow_core::edges::{Span, WallNanos};
use windrow_core::process::{Comm, Process};
use windrow_core::slice::MonoNanos;
use windrow_core::timed::durations::Durations;
use windrow_core::timed::spent::Spent;

use super::line::Line;
use super::*;
use crate::output::terminal::Terminal;
use crate::timed::cgroups::Cgroups;
use crate::timed::output::{Json, Page, Sink, Start, Style, Summary, View};
use crate::timed::users::{self, Users};

mod report;
mod screen;

const NAME: &[u8] = b"curl";

/// What one process had of one service.
fn row(dir: Dir, dst: &str, attempts: u64, established: u64, refused: u64) -> Row {
    let mut comm = Comm::default();
    comm.0[..NAME.len()].copy_from_slice(NAME);
    let dst = dst.parse().expect("an address");
    let mut outcome = Outcomes {
        attempts,
        established,
        ..Outcomes::default()
    };
    outcome.failures[Failure::Refused as usize] = refused;
    let ns = established * 120_000;
    Row {
        key: ConnectKey {
            dir,
            process: Process { pid: 1234, life: 1 },
            src: match dst {
                std::net::IpAddr::V4(_) => [192, 168, 1, 10].into(),
                std::net::IpAddr::V6(_) => "2001:db8::10".parse().expect("an address"),
            },
            dst,
            dport: 80,
            ..ConnectKey::default()
        },
        spent: Spent::new(attempts + established + refused, ns),
        durations: Durations::new(established, 120_000, 120_000, None),
        outcome,
        comm,
        inner_pid: 1234,
        base: Spent::ZERO,
        hash: 0,
        first: MonoNanos(0),
        last: MonoNanos(0),
    }
}

/// A second from ten o'clock on with those rows.
fn window(rows: Vec<Row>, folded: Spent) -> Window {
    const START: i64 = 36_000_000_000_000;
    let span = Span::on_edges(0, WallNanos(START), WallNanos(START + 1_000_000_000));
    let mut slice = Slice {
        capacity_rows: 10,
        folded,
        ..Slice::default()
    };
    for mut row in rows {
        let it = &mut slice.counters;
        it.seen += row.spent;
        it.attempts += row.outcome.attempts;
        it.failed += row.outcome.failed();
        match row.key.dir {
            Dir::Out => it.established += row.outcome.established,
            Dir::In => it.accepted += row.outcome.established,
        }
        row.base = folded;
        slice.rows.push(row);
    }
    slice.counters.seen += folded;
    slice.counters.events = slice.counters.seen.calls;
    Window::merge(span, vec![slice])
}

fn style(width: Option<usize>) -> Style {
    Style {
        width,
        users: Users::new(true),
        cgroups: Cgroups::new(),
    }
}

fn view(by: &str) -> View<Connects> {
    View {
        by: By::parse(by).expect("keys"),
        how: How::default(),
        top: None,
        sort: Sort::Attempts,
        room: usize::MAX,
        length: Duration::from_secs(1),
        zone: TimeZone::UTC,
        terminal: Terminal::default(),
    }
}

const BY_DEFAULT: &str = "pid,src,dst,dport";

fn rows(window: &Window, by: &str, width: Option<usize>) -> Vec<String> {
    <Connects as Page>::rows(window, &view(by), &mut style(width))
}

fn a_million() -> Window {
    let row = row(Dir::Out, "10.0.0.5", 1_000_000, 999_990, 10);
    window(vec![row], Spent::ZERO)
}

#[test]
fn a_million_connections_are_one_line() {
    let lines = rows(&a_million(), BY_DEFAULT, None);
    assert_eq!(
        lines,
        [
            "[10:00:00.000-10:00:01.000] TCP connects: 192.168.1.10 → 10.0.0.5:80 (count: 1,000,000)  \
          curl/1234  established 999,990  failed 10 (refused 10)  mean 120 µs"
        ]
    );
}

#[test]
fn what_does_not_fit_goes_to_the_next_line() {
    let lines = rows(&a_million(), BY_DEFAULT, Some(100));
    assert_eq!(
        lines,
        [
            "[10:00:00.000-10:00:01.000] TCP connects: 192.168.1.10 → 10.0.0.5:80 (count: 1,000,000)",
            "  curl/1234  established 999,990  failed 10 (refused 10)  mean 120 µs"
        ]
    );
    let lines = rows(&a_million(), BY_DEFAULT, Some(80));
    assert_eq!(
        lines,
        [
            "[10:00:00.000-10:00:01.000] TCP connects: 192.168.1.10 → 10.0.0.5:80",
            "  (count: 1,000,000)  curl/1234  established 999,990  failed 10 (refused 10)",
            "  mean 120 µs"
        ]
    );
    let few = window(vec![row(Dir::Out, "10.0.0.5", 12, 12, 0)], Spent::ZERO);
    let lines = rows(&few, BY_DEFAULT, Some(80));
    assert_eq!(
        lines[0],
        "[10:00:00.000-10:00:01.000] TCP connects: 192.168.1.10 → 10.0.0.5:80 (count: 12)"
    );
    let narrow = rows(&a_million(), BY_DEFAULT, Some(20));
    assert_eq!(narrow[0], "[10:00:00.000-10:00:01.000]");
    assert!(narrow[1..].iter().all(|it| it.starts_with("  ")));
}

#[test]
fn accepted_ones_and_both_families_are_told_apart() {
    let window = window(
        vec![
            row(Dir::In, "10.0.0.5", 0, 7, 0),
            row(Dir::Out, "2001:db8::5", 2, 2, 0),
        ],
        Spent::ZERO,
    );
    let lines = rows(&window, "src,dst/16/32,dport", None);
    assert_eq!(
        lines,
        [
            "[10:00:00.000-10:00:01.000] TCP accepts: 192.168.1.10 → 10.0.0.5/16:80 (count: 7)  mean 120 µs",
            "[10:00:00.000-10:00:01.000] TCP connects: 2001:db8::10 → [2001:db8::5/32]:80 (count: 2)  \
          established 2  p50 120 µs  p99 120 µs"
        ]
    );
}

#[test]
fn what_is_not_told_apart_is_any() {
    let mut unknown = row(Dir::In, "10.0.0.5", 0, 1, 0);
    (unknown.key.process, unknown.comm, unknown.inner_pid) = Default::default();
    let window = window(vec![unknown], Spent::ZERO);
    let head = |by: &str| {
        let line = Line::of(
            &window.rows[0],
            None,
            &By::parse(by).expect("keys"),
            &How::default(),
            &mut style(None),
        );
        let lines = line.lines(None);
        let (head, _) = lines[0].split_once("  p50").expect("details");
        head.to_owned()
    };
    assert_eq!(
        head("pid,dport"),
        "TCP accepts: * → *:80 (count: 1)  listener not known"
    );
    assert_eq!(head("src"), "TCP accepts: 192.168.1.10 → * (count: 1)");
    assert_eq!(head("uid"), "TCP accepts (count: 1)  user 0");
}

#[test]
fn whose_it_is_is_said_in_words_that_tell_what_they_are() {
    let mut nobodys = row(Dir::Out, "10.0.0.5", 5, 5, 0);
    (nobodys.key.uid, nobodys.key.cgroup) = (users::UNKNOWN, u64::MAX);
    let window = window(vec![nobodys], Spent::ZERO);
    let lines = rows(&window, "uid,cgroup", None);
    let gone = format!("  user ?  cgroup {} (gone)  ", u64::MAX);
    assert!(lines[0].contains(&gone), "{lines:?}");
    let by = By::parse("uid").expect("keys");
    let fields = row::RowFields::of(
        &window,
        &window.rows[0],
        &by,
        &How::default(),
        &mut Cgroups::new(),
    );
    let fields = serde_json::to_value(fields).expect("an object");
    assert_eq!(fields.get("uid"), Some(&serde_json::Value::Null));
}

#[test]
fn a_control_group_is_called_one() {
    // Without the hierarchy there is no group that has a path.
    let Ok(root) = Cgroups::new().find("/".as_ref()) else {
        return;
    };
    let mut connect = row(Dir::Out, "10.0.0.5", 5, 5, 0);
    connect.key.cgroup = root.id;
    let lines = rows(&window(vec![connect], Spent::ZERO), "cgroup", None);
    assert!(lines[0].contains("  cgroup /  "), "{lines:?}");
}

#[test]
fn a_source_that_was_not_chosen_is_in_no_network() {
    let head = |src: &str, by: &str| {
        let by = By::parse(by).expect("keys");
        let mut connect = row(Dir::Out, "10.0.0.0", 1, 0, 0);
        connect.key.src = src.parse().expect("an address");
        let window = window(vec![connect], Spent::ZERO);
        let line = Line::of(
            &window.rows[0],
            None,
            &by,
            &How::default(),
            &mut style(None),
        );
        line.lines(None).swap_remove(0)
    };
    for (src, by, want) in [
        ("0.0.0.0", "src", "0.0.0.0 → *"),
        ("0.0.0.0", "src/24", "0.0.0.0 → *"),
        ("0.0.0.0", "src/0", "0.0.0.0/0 → *"),
        ("10.1.2.0", "src/24", "10.1.2.0/24 → *"),
        ("0.0.0.0", "src/24,dst/8", "0.0.0.0 → 10.0.0.0/8"),
        ("::", "src", ":: → *"),
        ("::", "src/24/128", ":: → *"),
        // It may be ::1.
        ("::", "src/24", "::/64 → *"),
    ] {
        let head = head(src, by);
        let want = format!("TCP connects: {want} (count: 1)");
        assert!(head.starts_with(&want), "{head}");
    }
}

#[test]
fn rows_that_may_have_more_say_so() {
    let rows_of_one = vec![row(Dir::Out, "10.0.0.5", 5, 5, 0)];
    let window = window(rows_of_one, Spent::new(3, 10));
    let lines = rows(&window, BY_DEFAULT, None);
    assert!(lines[0].contains("(count: 5 +3)"), "{lines:?}");
}

#[test]
fn only_as_many_rows_are_shown_as_there_is_room_for() {
    let rows = vec![
        row(Dir::Out, "10.0.0.5", 5, 5, 0),
        row(Dir::Out, "10.0.0.6", 4, 4, 0),
        row(Dir::Out, "10.0.0.7", 3, 3, 0),
    ];
    let window = window(rows, Spent::ZERO);
    for (room, shown) in [(0, 2), (3, 2), (4, 4), (5, 4), (6, 6)] {
        let view = View {
            room,
            ..view(BY_DEFAULT)
        };
        let lines = <Connects as Page>::rows(&window, &view, &mut style(Some(100)));
        assert_eq!(lines.len(), shown, "{lines:?}");
    }
}

#[test]
fn csv_has_a_column_for_every_field_of_a_row() {
    let window = a_million();
    for by in [BY_DEFAULT, "comm,dst/8", "pid,comm,uid,cgroup", "dport"] {
        let by = By::parse(by).expect("keys");
        for health in [false, true] {
            let how = How {
                health,
                ..How::default()
            };
            let fields =
                row::RowFields::of(&window, &window.rows[0], &by, &how, &mut Cgroups::new());
            let mut writer = ::csv::WriterBuilder::new()
                .has_headers(false)
                .from_writer(Vec::new());
            writer.serialize(fields).expect("a row");
            let line = String::from_utf8(writer.into_inner().expect("flushed")).expect("text");
            assert_eq!(
                line.trim_end().split(',').count(),
                row::columns(&by, &how).len(),
                "{line}"
            );
        }
    }
}

#[test]
fn json_has_the_names_of_the_contract() {
    let mut out = Vec::new();
    let mut json = Json::<_, Connects>::new(&mut out, None, Sort::Attempts);
    json.start(&Start {
        by: By::default(),
        how: How::default(),
        window: Duration::from_secs(1),
        tiers: Vec::new(),
        memory_bytes: 1,
        rows_per_cpu: 1,
        of_command: false,
    })
    .expect("written");
    json.window(&a_million(), &Conditions::default(), &[])
        .expect("written");
    let text = String::from_utf8(out).expect("text");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(lines[0]["source"], "connects");
    assert_eq!(lines[1]["attempts"], 1_000_000);
    let connect = &lines[2];
    assert_eq!(connect["type"], "connect");
    assert_eq!(connect["failed_by"]["refused"], 10);
    assert_eq!(connect["failed_by"].as_object().map(|it| it.len()), Some(6));
    for (name, value) in [
        ("seq", 0.into()),
        ("pid", 1234.into()),
        ("comm", "curl".into()),
        ("src", "192.168.1.10".into()),
        ("dst", "10.0.0.5".into()),
        ("dport", 80.into()),
        ("dir", "out".into()),
        ("attempts", 1_000_000.into()),
        ("established", 999_990.into()),
        ("failed", 10.into()),
        ("handshake_total_ns", 119_998_800_000_u64.into()),
        ("p50_ns", serde_json::Value::Null),
        ("exact", true.into()),
    ] {
        assert_eq!(connect[name], value, "{name}");
    }
}

#[test]
fn listeners_that_are_not_known_are_warned_of() {
    let mut window = window(vec![row(Dir::In, "10.0.0.5", 0, 7, 0)], Spent::ZERO);
    let codes = |window: &Window| -> Vec<&'static str> {
        let warnings = Warning::of_connects(window, &Conditions::default());
        warnings.iter().map(|warning| warning.code).collect()
    };
    assert!(codes(&window).is_empty());
    window.ledger.counters.unknown_listener = 7;
    assert_eq!(codes(&window), [Warning::UNKNOWN_LISTENER]);
    window.ledger.counters.accepted += 1;
    assert_eq!(
        codes(&window),
        [Warning::RESIDUE, Warning::UNKNOWN_LISTENER]
    );
}
