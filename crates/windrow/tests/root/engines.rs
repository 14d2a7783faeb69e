//! `windrow replay` over the captures of the corpus: what it says is what independent tools say, and
//! both engines say the same. `--engine kernel` needs root.
//!
//! The captures hold third parties' traffic and are not part of this repository. Their folder is
//! named by `WINDROW_CORPUS`, or lies beside the workspace as `shared/corpus`; its `check.py`
//! compares.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::{alone, is_root, monitor::windrow, skip};

/// How deep the parser walks: one set of bounds for all files.
const BOUNDS: [&str; 6] = ["--max-vlan", "4", "--max-ext", "8", "--max-mpls", "8"];

fn corpus(test: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let folder = std::env::var_os("WINDROW_CORPUS").map_or_else(|| beside.into(), PathBuf::from);
    if folder.join("check.py").is_file() {
        return Some(folder);
    }
    let reason = format!(
        "no captures at {}; name their folder in WINDROW_CORPUS",
        folder.display()
    );
    skip(test, &reason);
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder of captures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

fn name(file: &Path) -> &str {
    file.file_name()
        .and_then(|name| name.to_str())
        .expect("a name")
}

fn replay(file: &Path, engine: &str, bytes: &str) -> Output {
    let file = file.to_str().expect("UTF-8");
    windrow(&[
        "replay", "--tsv", file, "--engine", engine, "--bytes", bytes,
    ])
    .output()
    .expect("run")
}

/// The checker's verdict on what was printed.
fn verdict(corpus: &Path, truth: &Path, tsv: &[u8], bytes: &str) -> String {
    let mut check = Command::new("python3")
        .arg(corpus.join("check.py"))
        .arg(truth)
        .args(BOUNDS)
        .args(["--bytes", bytes])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs the corpus's checker");
    check
        .stdin
        .take()
        .expect("stdin")
        .write_all(tsv)
        .expect("the checker reads");
    let output = check.wait_with_output().expect("the checker ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Hands every file to `each` on as many threads as there are CPUs; what differs comes back.
fn everywhere(files: &[PathBuf], each: impl Fn(&Path) -> Vec<String> + Sync) -> Vec<String> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let differences = each(file);
                    failures.lock().expect("no panic").extend(differences);
                }
            });
        }
    });
    failures.into_inner().expect("no panic")
}

fn same_in_both_engines(file: &Path, bytes: &str, user: &Output) -> Option<String> {
    let kernel = replay(file, "kernel", bytes);
    let same = kernel.stdout == user.stdout
        && kernel.stderr == user.stderr
        && kernel.status.code() == user.status.code();
    (!same).then(|| format!("{}, {bytes}: the engines differ", name(file)))
}

#[test]
fn every_capture_is_the_same_as_its_truth_in_both_engines() {
    let test = "every_capture_is_the_same_as_its_truth_in_both_engines";
    let Some(corpus) = corpus(test) else { return };
    let _alone = alone();
    let mut captures = Vec::new();
    for part in ["open/pcap", "open/badfile", "adversarial/pcap"] {
        captures.extend(files(&corpus.join(part)));
    }
    let with_kernel = is_root();
    if !with_kernel {
        skip(&format!("{test}, --engine kernel"), "needs root");
    }
    let failures = everywhere(&captures, |file| {
        let part = file.parent().and_then(Path::parent).expect("two folders");
        let truth = part.join("truth").join(format!("{}.tsv", name(file)));
        let damaged = file
            .parent()
            .is_some_and(|folder| folder.ends_with("badfile"));
        let mut failures = Vec::new();
        for bytes in ["cap", "wire"] {
            let user = replay(file, "user", bytes);
            let said = verdict(&corpus, &truth, &user.stdout, bytes);
            if !said.starts_with("SAME") {
                failures.push(format!("{}, {bytes}: {said}", name(file)));
            }
            let code = if damaged { Some(1) } else { Some(0) };
            if user.status.code() != code {
                failures.push(format!(
                    "{}: exit code {:?}",
                    name(file),
                    user.status.code()
                ));
            }
            // Loading programs takes longer than all else: once a capture, twice where it matters.
            let differs = !user.stderr.is_empty();
            if with_kernel && (bytes == "cap" || differs) {
                failures.extend(same_in_both_engines(file, bytes, &user));
            }
        }
        failures
    });
    assert!(captures.len() > 100, "{} captures", captures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{} captures, two lengths each", captures.len());
}

#[test]
fn other_link_types_are_decoded_whole_or_refused() {
    const DECODED: [u32; 13] = [0, 9, 12, 14, 50, 101, 108, 113, 228, 229, 276, 1, 10_000];
    let test = "other_link_types_are_decoded_whole_or_refused";
    let Some(corpus) = corpus(test) else { return };
    let _alone = alone();
    let captures = files(&corpus.join("open/nonether"));
    let failures = everywhere(&captures, |file| {
        let truth = corpus
            .join("open/truth")
            .join(format!("{}.tsv", name(file)));
        let truth = std::fs::read_to_string(truth).expect("a truth file");
        let row = truth
            .lines()
            .find(|line| line.starts_with("linktype"))
            .expect("a row");
        let fields: Vec<&str> = row.split('\t').collect();
        let link: u32 = fields[0]["linktype".len()..].parse().expect("a link type");
        let user = replay(file, "user", "cap");
        let mut failures = Vec::new();
        let text = String::from_utf8_lossy(&user.stdout).into_owned();
        let sums = text.lines().map(|line| {
            let mut fields = line.rsplit('\t');
            let mut number = || {
                fields
                    .next()
                    .and_then(|n| n.parse::<u64>().ok())
                    .expect("a number")
            };
            let bytes = number();
            (number(), bytes)
        });
        let (packets, bytes) = sums.fold((0, 0), |sum, line| (sum.0 + line.0, sum.1 + line.1));
        let want = (
            fields[7].parse().expect("packets"),
            fields[8].parse().expect("bytes"),
        );
        if DECODED.contains(&link) {
            if (packets, bytes) != want || user.status.code() != Some(0) {
                failures.push(format!("{}: {packets} packets, {bytes} bytes", name(file)));
            }
        } else {
            let error = String::from_utf8_lossy(&user.stderr).into_owned();
            let named = error.contains(&format!("link type {link} ("));
            if user.status.code() != Some(1) || !text.is_empty() || !named {
                failures.push(format!("{}: not refused: {error}", name(file)));
            }
        }
        if is_root() {
            failures.extend(same_in_both_engines(file, "cap", &user));
        }
        failures
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_full_table_folds_the_same_in_both_engines() {
    let test = "a_full_table_folds_the_same_in_both_engines";
    let Some(corpus) = corpus(test) else { return };
    let _alone = alone();
    if !is_root() {
        return skip(test, "needs root");
    }
    let folder = corpus.join("adversarial/pcap");
    let run = |engine: &str| {
        let folder = folder.to_str().expect("UTF-8");
        let arguments = [
            "replay", "--json", folder, "--engine", engine, "--memory", "40K", "--window", "1h",
        ];
        let output = windrow(&arguments).output().expect("run");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        // Which engine and process it is, and how long it took, is theirs.
        let mut lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        for line in &mut lines {
            let line = line.as_object_mut().expect("an object");
            for own in ["engine", "pid", "drain_ns"] {
                line.remove(own);
            }
        }
        lines
    };
    let (user, kernel) = (run("user"), run("kernel"));
    assert!(user.iter().any(|line| line["code"] == "table_full"));
    assert_eq!(user, kernel);
}

#[test]
fn rows_by_any_keys_and_filters_are_the_same_in_both_engines() {
    let test = "rows_by_any_keys_and_filters_are_the_same_in_both_engines";
    let Some(corpus) = corpus(test) else { return };
    let _alone = alone();
    if !is_root() {
        return skip(test, "needs root");
    }
    for folder in ["open/pcap", "adversarial/pcap"] {
        let folder = corpus.join(folder);
        let run = |engine: &str, selection: &[&str]| {
            let folder = folder.to_str().expect("UTF-8");
            let arguments = ["replay", "--tsv", "--engine", engine, folder];
            let output = windrow(&[&arguments, selection].concat()).output();
            let output = output.expect("run");
            assert!(output.status.success(), "{selection:?}");
            output.stdout
        };
        for selection in [
            &["--by", "src/24,vlan,tos,iface,dir"][..],
            &["--by", "dport,proto"],
            &["--by", "dst/9/33", "not", "(tcp port 80 or ip6)"],
            &["udp or vlan and not src net 10.0.0.0/8"],
        ] {
            let (user, kernel) = (run("user", selection), run("kernel", selection));
            assert!(!user.is_empty(), "{selection:?}");
            assert!(user == kernel, "{}: {selection:?}", folder.display());
        }
    }
}
