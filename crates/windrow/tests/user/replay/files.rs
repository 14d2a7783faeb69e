//! Where captures come from: files, folders, patterns, pipes, compressed or not.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::{command, json, of, output, ports, stdout, text};

fn three(folder: &Folder) {
    for (name, n) in [("b.pcap", 2), ("a.pcap", 1), ("c.pcap", 3)] {
        Pcap::new(ETHERNET)
            .frame(HOUR + u64::from(n), 0, n)
            .file(folder, name);
    }
}

#[test]
fn files_folders_and_patterns_are_one_stream() {
    let folder = Folder::new();
    three(&folder);
    let order = |arguments: &[&str]| -> Vec<u64> {
        let lines = json(arguments);
        let port = |line: &&serde_json::Value| line["sport"].as_u64().expect("a port");
        of(&lines, "flow").iter().map(port).collect()
    };
    assert_eq!(order(&[&folder.path("")]), [1, 2, 3]);
    assert_eq!(order(&[&folder.path("[bc].pcap")]), [2, 3]);
    assert_eq!(order(&[&folder.path("c.pcap"), &folder.path("a*")]), [3, 1]);
    assert_eq!(ports(&stdout(&["--tsv", &folder.path("")])).len(), 3);
    // The same file twice is its records twice.
    let file = folder.path("a.pcap");
    assert_eq!(ports(&stdout(&["--tsv", &file, &file]))[&1].0, 2);
}

#[test]
fn standard_input_and_compressed_files_are_read() {
    let capture = Pcap::new(ETHERNET).frame(HOUR, 0, 9).bytes();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&capture).expect("gzip");
    let gzip = gzip.finish().expect("gzip");
    for bytes in [&capture, &gzip] {
        let mut child = command(&["--tsv", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("run");
        child
            .stdin
            .take()
            .expect("stdin")
            .write_all(bytes)
            .expect("write");
        let output = child.wait_with_output().expect("wait");
        assert_eq!(ports(&text(&output.stdout))[&9], (1, 60));
    }
    let folder = Folder::new();
    let file = folder.file("name.says.nothing", &gzip);
    assert_eq!(ports(&stdout(&["--tsv", &file]))[&9], (1, 60));
}

/// Runs over a pipe or a FIFO whose writer has more to say after the signal, and never closes it.
fn interrupted(arguments: &[&str], stdin: Stdio, write: impl FnOnce(&[u8])) {
    let mut child = command(arguments)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("run");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    // Signals are waited for before the first line is printed.
    let start = lines.next().expect("a line").expect("text");
    assert!(start.contains("\"start\""), "{start}");
    let pid = nix::unistd::Pid::from_raw(child.id() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("kill");
    write(&Pcap::new(ETHERNET).frame(HOUR, 0, 9).bytes());
    let rest: Vec<String> = lines.map(|line| line.expect("text")).collect();
    let output = child.wait_with_output().expect("wait");
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(error.contains("interrupted: 0 of 1 input"), "{error}");
    assert!(
        rest.iter().any(|line| line.contains("\"sport\":9")),
        "{rest:?}"
    );
}

#[test]
fn a_signal_ends_a_pipe_that_waits_and_what_came_is_reported() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    interrupted(&["--json", "-"], reader.into(), |bytes| {
        writer.write_all(bytes).expect("write");
    });
    drop(writer);
    let folder = Folder::new();
    let fifo = folder.path("fifo");
    let mode = nix::sys::stat::Mode::S_IRWXU;
    nix::unistd::mkfifo(std::path::Path::new(&fifo), mode).expect("a FIFO");
    let mut held = None;
    interrupted(&["--json", &fifo], Stdio::null(), |bytes| {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .open(&fifo)
            .expect("open");
        file.write_all(bytes).expect("write");
        held = Some(file);
    });
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    let mut capture = Pcap::new(ETHERNET);
    for n in 0..50_000u32 {
        capture = capture.frame(HOUR + u64::from(n / 100), 0, n as u16);
    }
    let file = capture.file(&folder, "a.pcap");
    for format in ["--tsv", "--csv", "--json", "-n"] {
        let mut child = command(&[&file, format, "--window", "1s"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("run");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("wait");
        assert_eq!(
            output.status.code(),
            Some(0),
            "{format} {}",
            text(&output.stderr)
        );
        assert!(
            output.stderr.is_empty(),
            "{format} {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_capture_without_records_is_fine() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET).file(&folder, "a.pcap");
    assert_eq!(stdout(&[&file, "--tsv"]), "");
    assert!(stdout(&[&file]).contains("Records: 0"));
    let lines = json(&[&file, "--window", "1s"]);
    assert!(of(&lines, "window").is_empty());
    assert_eq!(of(&lines, "summary")[0]["records"], 0);
    assert!(output(&[&file]).stderr.is_empty());
}
