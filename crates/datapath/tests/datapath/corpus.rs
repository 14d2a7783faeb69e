//! Captures of real and of hostile traffic, through the loaded programs, against their truth files.
//!
//! The captures hold third parties' traffic and are not part of this repository. Their folder is
//! named by `WINDROW_CORPUS`, or lies beside the workspace as `shared/corpus`.

mod truth;

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Instant;

use truth::Truth;
use windrow_core::tally::Tally;
use windrow_datapath::geometry::DEFAULT_MEMORY_BYTES;
use windrow_datapath::kernel::{FrameHook, Grace};

use crate::support::capture::Capture;
use crate::support::rig::{Rig, window};

/// A program test run takes no frame below this.
const LEAST_FRAME: usize = 14;
/// At tc it may want a whole IP header, and takes only what fits into a page with its headroom.
const ALWAYS_AT_TC: RangeInclusive<usize> = 54..=3000;
/// The largest frame that a test run takes at XDP: a page and 17 fragments, rounded down.
const LARGEST_FRAME: usize = 70_000;

fn corpus(test: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let folder = std::env::var_os("WINDROW_CORPUS").map_or_else(|| beside.into(), PathBuf::from);
    if folder.join("open/pcap").is_dir() {
        return Some(folder);
    }
    println!(
        "skipped: {test}: no captures at {}; name their folder in WINDROW_CORPUS",
        folder.display()
    );
    None
}

/// Captures, each with its truth file and whether it is damaged, sorted.
fn captures(corpus: &Path) -> Vec<(PathBuf, PathBuf, bool)> {
    let folders = [
        ("open", "pcap", false),
        ("open", "badfile", true),
        ("adversarial", "pcap", false),
    ];
    let mut files = Vec::new();
    for (part, folder, damaged) in folders {
        for entry in std::fs::read_dir(corpus.join(part).join(folder)).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap();
            let truth = corpus.join(part).join("truth").join(format!("{name}.tsv"));
            files.push((file, truth, damaged));
        }
    }
    files.sort();
    files
}

#[derive(Debug, Default)]
struct Totals {
    captures: u32,
    other_links: u32,
    frames: u64,
    /// Below an Ethernet header: no program meets them.
    short: u64,
    /// Refused by test runs at tc, and given to XDP.
    not_at_tc: u64,
    /// Cut to what a test run takes; the bytes of such captures are not compared.
    too_large: u64,
}

/// All captures at one hook.
struct Run {
    rig: Rig,
    hook: FrameHook,
    grace: Grace,
    totals: Totals,
}

impl Run {
    /// Counts every frame of a capture in an epoch of its own and compares; what differs comes back.
    fn compare(&mut self, capture: &Capture, truth: &Truth) -> Vec<String> {
        let Run {
            rig,
            hook,
            grace,
            totals,
        } = self;
        let hook = *hook;
        let (mut short, mut events, mut compare_bytes) = (Tally::ZERO, 0, true);
        for frame in &capture.frames {
            totals.frames += 1;
            if frame.len() < LEAST_FRAME {
                short += Tally::new(1, frame.len() as u64);
                continue;
            }
            events += 1;
            if frame.len() > LARGEST_FRAME {
                totals.too_large += 1;
                compare_bytes = false;
            }
            let frame = &frame[..frame.len().min(LARGEST_FRAME)];
            match rig.datapath.run_frame(hook, frame, 1) {
                Ok(_) => {}
                Err(error) if hook == FrameHook::Tc && refused_by_size(&error, frame.len()) => {
                    totals.not_at_tc += 1;
                    rig.run(FrameHook::Xdp, frame);
                }
                Err(error) => panic!("{hook:?}, {} bytes: {error}", frame.len()),
            }
        }
        totals.short += short.packets;
        let left = rig.flip();
        grace.wait().unwrap();
        let window = window(rig.datapath.drain(left).unwrap().slices());
        let mut lines = truth.differences(&window, short, compare_bytes);
        let ledger = &window.ledger;
        let mut same = |what: &str, want: u64, got: u64| {
            if want != got {
                lines.push(format!("{what}: want {want}, got {got}"));
            }
        };
        same("records", truth.records, capture.frames.len() as u64);
        same("events", events, ledger.events);
        same("packets seen", events, ledger.seen.packets);
        same("packets folded", 0, ledger.folded_sum().packets);
        lines
    }
}

fn refused_by_size(error: &io::Error, length: usize) -> bool {
    error.kind() == io::ErrorKind::InvalidInput && !ALWAYS_AT_TC.contains(&length)
}

fn every_capture(test: &str, hook: FrameHook) {
    let Some(corpus) = corpus(test) else { return };
    let Some(rig) = Rig::load(test, DEFAULT_MEMORY_BYTES, 2) else {
        return;
    };
    let began = Instant::now();
    let mut run = Run {
        rig,
        hook,
        grace: Grace::new().unwrap(),
        totals: Totals::default(),
    };
    let mut failures = Vec::new();
    for (file, truth, damaged) in captures(&corpus) {
        let name = file.file_name().unwrap().to_string_lossy();
        let capture = Capture::read(&file).unwrap();
        if !capture.ethernet {
            run.totals.other_links += 1;
            continue;
        }
        run.totals.captures += 1;
        let truth = std::fs::read_to_string(&truth)
            .unwrap_or_else(|error| panic!("{}: {error}", truth.display()));
        let mut lines = run.compare(&capture, &Truth::parse(&truth));
        if capture.damage.is_some() != damaged {
            lines.push(format!("damage: {:?}", capture.damage));
        }
        failures.extend(lines.iter().map(|line| format!("{name} {hook:?} {line}")));
    }
    let totals = run.totals;
    println!(
        "{hook:?}: {totals:?} in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    assert!(
        totals.captures > 0,
        "no Ethernet capture in {}",
        corpus.display()
    );
    assert_eq!(run.rig.datapath.lost_events(), 0);
    let shown = failures.len().min(40);
    assert!(
        failures.is_empty(),
        "{} differences, {shown} of them:\n{}",
        failures.len(),
        failures[..shown].join("\n")
    );
}

#[test]
fn every_capture_comes_to_its_truth_at_tc() {
    every_capture("every_capture_comes_to_its_truth_at_tc", FrameHook::Tc);
}

#[test]
fn every_capture_comes_to_its_truth_at_xdp() {
    every_capture("every_capture_comes_to_its_truth_at_xdp", FrameHook::Xdp);
}
