//! `windrow doctor`: what it finds here, with and without privilege. Needs root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::harness::{
    bpf::{
        Foreign, NEXT, XDP_PASS, attached, foreign, leave_filter, leave_generic_xdp, program,
        tcx_ids,
    },
    monitor::{Monitor, unprivileged, windrow},
    net::{namespace, pair},
    root_or_skip, skip,
    tun::Tun,
};
use serde_json::Value;
use windrow_lab::{Namespace, VethOptions};

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("a JSON object")
}

fn check<'a>(report: &'a Value, list: &str, name: &str) -> &'a Value {
    let checks = report[list].as_array().expect("a list");
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {report}"))
}

#[test]
fn root_can_do_everything_here_and_sees_who_else_is_there() {
    root_or_skip!("root_can_do_everything_here_and_sees_who_else_is_there");
    let pair = pair(VethOptions::default());
    let _foreign = Foreign::attach(&pair.b, NEXT, true);
    let run = |arguments: &[&str]| {
        let run = || windrow(arguments).output().expect("run");
        pair.b.namespace.run(run).expect("enter")
    };
    let output = run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let found = report(&output);
    assert_eq!(found["ok"], true);
    let checks = [
        "capabilities",
        "programs",
        "traffic control",
        "XDP",
        "system calls",
        "TCP connections",
    ];
    for name in checks {
        assert_eq!(check(&found, "checks", name)["state"], "ok", "{name}");
    }
    let theirs = check(&found, "interfaces", "w1")["found"]
        .as_str()
        .expect("text");
    assert!(theirs.contains("tcx in: \"foreign\" (id "), "{theirs}");
    // Looked at, and nothing attached.
    assert_eq!(attached(&pair.b), 1);

    let text = String::from_utf8(run(&["doctor", "-i", "w1"]).stdout).expect("UTF-8");
    assert!(text.contains("ok        w1"), "{text}");
    let unknown = run(&["doctor", "-i", "w9"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("w1"));
}

#[test]
fn a_user_without_privilege_is_told_what_is_missing() {
    root_or_skip!("a_user_without_privilege_is_told_what_is_missing");
    let output = match unprivileged(&["doctor", "--json"]) {
        Ok(output) => output,
        Err(error) => {
            let test = "a_user_without_privilege_is_told_what_is_missing";
            return skip(test, &error.to_string());
        }
    };
    assert_eq!(output.status.code(), Some(1));
    let found = report(&output);
    assert_eq!(found["ok"], false);
    for name in ["capabilities", "programs"] {
        let check = check(&found, "checks", name);
        assert_eq!(check["state"], "missing");
        assert!(
            check["found"]
                .as_str()
                .is_some_and(|text| text.contains("CAP_BPF"))
        );
    }
    // What monitor does without is never why it would not work.
    for name in ["system calls", "TCP connections"] {
        let source = check(&found, "checks", name);
        assert_eq!(source["state"], "degraded", "{source}");
        let text = source["found"].as_str();
        assert!(text.is_some_and(|text| text.contains("CAP_BPF")), "{name}");
    }
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.ends_with(": capabilities, programs\n"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn an_interface_that_cannot_be_read_is_missing() {
    const NAME: &str = "an_interface_that_cannot_be_read_is_missing";
    const ARPHRD_CAN: i32 = 280;
    root_or_skip!("an_interface_that_cannot_be_read_is_missing");
    let here = namespace();
    let Ok(_strange) = Tun::of_link_type(&here, "can0", ARPHRD_CAN) else {
        return skip(NAME, "no tun");
    };
    let run = || windrow(&["doctor", "--json", "-i", "can0"]).output();
    let output = here.run(run).expect("enter").expect("run");
    assert_eq!(output.status.code(), Some(1));
    let found = report(&output);
    let can0 = check(&found, "interfaces", "can0");
    assert_eq!(can0["state"], "missing", "{can0}");
    let words = can0["found"].as_str().expect("text");
    assert!(words.contains("cannot read"), "{words}");
    // Among others it keeps nobody from counting these.
    let run = || windrow(&["doctor", "--json"]).output();
    let output = here.run(run).expect("enter").expect("run");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Everything that is looked at wherever it runs, in the order in which it is told.
const CHECKS: [&str; 13] = [
    "kernel",
    "type information",
    "JIT",
    "lockdown",
    "open files",
    "locked memory",
    "memory",
    "capabilities",
    "programs",
    "traffic control",
    "XDP",
    "system calls",
    "TCP connections",
];

/// Every line has its verdict, what was found, and, where it is not well, what to do. Why programs do
/// not load is the sentence of the command itself, which says both.
fn assert_whole(found: &Value) {
    for list in ["checks", "interfaces"] {
        for check in found[list].as_array().expect("a list") {
            let said = |name: &str| check[name].as_str().is_some_and(|text| !text.is_empty());
            assert!(said("name") && said("found"), "{check}");
            match check["state"].as_str() {
                Some("ok") => {}
                Some("degraded" | "missing") => {
                    let sentence = check["found"].as_str().unwrap_or_default();
                    assert!(said("remedy") || sentence.contains(": "), "{check}");
                }
                state => panic!("{state:?}: {check}"),
            }
        }
    }
}

#[test]
fn every_line_has_a_verdict_and_a_remedy_where_it_is_not_well() {
    root_or_skip!("every_line_has_a_verdict_and_a_remedy_where_it_is_not_well");
    let namespace = namespace();
    let run = |arguments: &[&str]| {
        let run = || windrow(arguments).output().expect("run");
        namespace.run(run).expect("enter")
    };
    let found = report(&run(&["doctor", "--json", "-i", "lo"]));
    let names = |found: &Value| -> Vec<String> {
        let checks = found["checks"].as_array().expect("a list").iter();
        checks
            .map(|check| check["name"].as_str().expect("text").to_owned())
            .collect()
    };
    assert_eq!(names(&found), CHECKS);
    assert_whole(&found);
    let text = String::from_utf8(run(&["doctor", "-i", "lo"]).stdout).expect("UTF-8");
    for check in found["checks"].as_array().expect("a list") {
        let (name, state) = (check["name"].as_str(), check["state"].as_str());
        let (name, state) = (name.expect("text"), state.expect("text"));
        let begins = |line: &&str| {
            let rest = line.strip_prefix(state).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with(name))
        };
        assert!(text.lines().any(|line| begins(&line)), "{check} in {text}");
    }
    // Without privilege, with too few files, and without an interface to take.
    if let Ok(output) = unprivileged(&["doctor", "--json"]) {
        assert_whole(&report(&output));
    }
    for preparation in ["ulimit -n 12", "ulimit -n 25", "ulimit -l 64"] {
        assert_whole(&report(&prepared(
            &namespace,
            preparation,
            &["doctor", "--json"],
        )));
    }
}

#[test]
fn what_is_at_an_interface_is_told_in_fields_and_in_words() {
    root_or_skip!("what_is_at_an_interface_is_told_in_fields_and_in_words");
    let pair = pair(VethOptions::default());
    let _foreign = Foreign::attach(&pair.b, NEXT, true);
    leave_filter(&pair.b, &foreign(c"outgoing"), false);
    leave_generic_xdp(&pair.b, XDP_PASS);
    let run = || windrow(&["doctor", "--json"]).output().expect("run");
    let output = pair.b.namespace.run(run).expect("enter");
    assert_eq!(output.status.code(), Some(0));
    let found = report(&output);
    let w1 = check(&found, "interfaces", "w1");
    let begins = |value: &Value, name: &str| {
        let text = value.as_str().expect("text");
        assert!(text.starts_with(&format!("\"{name}\" (id ")), "{text}");
    };
    assert_eq!(w1["state"], "ok", "{w1}");
    assert_eq!((&w1["link"], &w1["up"]), (&"ethernet".into(), &true.into()));
    assert_eq!(w1["xdp_mode"], "generic");
    begins(&w1["xdp"], "generic");
    begins(&w1["tcx_in"][0], "foreign");
    assert_eq!(w1["qdisc"], "clsact");
    begins(&w1["clsact_out"][0], "outgoing");
    for empty in ["tcx_out", "clsact_in"] {
        assert_eq!(w1[empty], Value::Array(Vec::new()), "{empty}");
    }
    // A veth has it; kernels before 6.3 do not tell.
    assert_ne!(w1["xdp_native"], false);
    let lo = check(&found, "interfaces", "lo");
    assert_ne!(lo["xdp_native"], true);
    assert_eq!(
        (&lo["link"], &lo["qdisc"]),
        (&"loopback".into(), &Value::Null)
    );
    let words = w1["found"].as_str().expect("text");
    for part in ["XDP is \"generic\"", ", generic", "tcx in:", "clsact out:"] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
}

#[test]
fn what_a_killed_windrow_left_is_pointed_out() {
    root_or_skip!("what_a_killed_windrow_left_is_pointed_out");
    let pair = pair(VethOptions::default());
    let monitor = Monitor::start(&pair.b.namespace, "w1 --hook tcx --memory 4M");
    let ids = || tcx_ids(pair.b.index, libbpf_sys::BPF_TCX_INGRESS);
    let ids = pair.b.namespace.run(ids).expect("enter");
    leave_filter(&pair.b, &program(ids[0]).expect("it runs"), true);
    monitor.murder();
    let run = || windrow(&["doctor", "--json", "-i", "w1"]).output();
    let output = pair.b.namespace.run(run).expect("enter").expect("run");
    // Counting works beside it.
    assert_eq!(output.status.code(), Some(0));
    let found = report(&output);
    let w1 = check(&found, "interfaces", "w1");
    assert_eq!(w1["state"], "degraded", "{w1}");
    assert_eq!(w1["remedy"], "windrow cleanup");
}

/// `windrow ARGUMENTS` in a namespace, by a shell that prepares itself first.
fn prepared(namespace: &Namespace, preparation: &str, arguments: &[&str]) -> Output {
    let script = format!("{preparation}\nexec \"$0\" \"$@\"");
    let run = || {
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_windrow")]);
        shell.args(arguments).stdin(Stdio::null()).output()
    };
    namespace.run(run).expect("enter").expect("run")
}

/// What doctor reports after some preparation. Its exit code is that of `monitor` after the same.
fn report_after(preparation: &str) -> Value {
    let namespace = namespace();
    let doctor = prepared(&namespace, preparation, &["doctor", "--json"]);
    let arguments = ["monitor", "lo", "--json", "--duration", "100ms"];
    let monitor = prepared(&namespace, preparation, &arguments);
    assert_eq!(doctor.status.code(), monitor.status.code(), "{preparation}");
    let found = report(&doctor);
    assert_eq!(found["ok"], doctor.status.success(), "{preparation}");
    found
}

#[test]
fn too_few_descriptors_are_not_taken_for_an_old_kernel() {
    root_or_skip!("too_few_descriptors_are_not_taken_for_an_old_kernel");
    for limit in [8, 12, 16] {
        let found = report_after(&format!("ulimit -n {limit}"));
        assert_eq!(found["ok"], false, "{limit}");
        let programs = check(&found, "checks", "programs");
        assert_eq!(programs["state"], "missing");
        assert_eq!(programs["found"], "too many open files: raise ulimit -n");
        assert_eq!(check(&found, "checks", "open files")["state"], "degraded");
    }
    let found = report_after("ulimit -n 4096");
    assert_eq!(found["ok"], true);
    assert_eq!(check(&found, "checks", "open files")["state"], "ok");
}

#[test]
fn capabilities_of_a_user_namespace_are_not_taken_for_real_ones() {
    root_or_skip!("capabilities_of_a_user_namespace_are_not_taken_for_real_ones");
    let unshare = "unshare --user --map-root-user";
    let works = Command::new("sh")
        .args(["-c", &format!("{unshare} true")])
        .output();
    if !works.is_ok_and(|output| output.status.success()) {
        let test = "capabilities_of_a_user_namespace_are_not_taken_for_real_ones";
        return skip(test, "user namespaces are not allowed here");
    }
    let found = report_after(&format!("exec {unshare} \"$0\" \"$@\""));
    assert_eq!(found["ok"], false);
    for name in ["capabilities", "programs"] {
        let check = check(&found, "checks", name);
        assert_eq!(check["state"], "missing");
        let text = check["found"].as_str().expect("text");
        assert!(text.contains("user namespace"), "{text}");
    }
    let remedy = &check(&found, "checks", "capabilities")["remedy"];
    assert!(remedy.as_str().is_some_and(|text| text.contains("outside")));
}

/// A control group with a memory limit, of either hierarchy; dropping it removes it.
struct Group(PathBuf);

impl Group {
    fn new(limit: &str) -> Option<Group> {
        let name = format!("windrow-test-{}", std::process::id());
        let kinds = [("memory", "memory.limit_in_bytes"), ("", "memory.max")];
        kinds.iter().find_map(|(hierarchy, file)| {
            let folder = Path::new("/sys/fs/cgroup").join(hierarchy).join(&name);
            fs::create_dir(&folder).ok()?;
            let group = Group(folder);
            fs::write(group.0.join(file), limit).ok()?;
            Some(group)
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It is empty when its process has ended.
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_control_group_without_room_is_said_with_what_fits() {
    root_or_skip!("a_control_group_without_room_is_said_with_what_fits");
    let Some(group) = Group::new("100000000") else {
        let test = "a_control_group_without_room_is_said_with_what_fits";
        return skip(test, "no control group for memory can be made here");
    };
    let found = report_after(&format!("echo $$ > {}/cgroup.procs", group.0.display()));
    assert_eq!(found["ok"], false);
    let memory = check(&found, "checks", "memory");
    assert_eq!(memory["state"], "missing", "{memory}");
    assert_eq!(memory["remedy"], "windrow monitor --memory 32M");
    let programs = check(&found, "checks", "programs");
    assert!(
        programs["found"]
            .as_str()
            .is_some_and(|text| text.contains("--memory"))
    );
}
