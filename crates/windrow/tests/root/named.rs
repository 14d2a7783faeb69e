//! `--networks`: live packets by the names of networks. Needs root.

use std::{collections::HashMap, fs, net::IpAddr};

use windrow_lab::{Mix, Plan};

use crate::harness::{exact::exact, report::Count, root_or_skip};

/// Sources are the first addresses of 10.0.0.0/8 and of 2001:2:0:1::/64.
const NAMES: &str = "\
10.0.0.0/25     first half
10.0.0.128/25   second half
2001:2:0:1::/64 first half
";

fn name(source: IpAddr) -> Option<&'static str> {
    match source {
        IpAddr::V4(source) => match source.to_bits() - (10 << 24) {
            0..128 => Some("first half"),
            128..256 => Some("second half"),
            _ => None,
        },
        IpAddr::V6(_) => Some("first half"),
    }
}

/// A file that goes with its owner.
struct File(String);

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn packets_are_counted_by_name() {
    root_or_skip!("packets_are_counted_by_name");
    let path = std::env::temp_dir().join(format!("windrow-names-{}", std::process::id()));
    fs::write(&path, NAMES).expect("a file");
    let file = File(path.to_str().expect("UTF-8").to_owned());
    let (mix, frames) = (Mix::default(), 100_000);
    let mut truth: HashMap<Option<&str>, Count> = HashMap::new();
    for frame in 0..frames {
        let flow = mix.flow(mix.flow_of_frame(frame));
        let sum = truth.entry(name(flow.from)).or_default();
        sum.add(1, mix.frame_bytes.into());
    }
    assert_eq!(truth.len(), 3);
    let plan = Plan {
        frames,
        mix,
        stray: true,
        ..Plan::default()
    };
    for hook in ["tcx", "xdp"] {
        let arguments = format!("--window 100ms --networks {} --by src_net", file.0);
        let report = exact(hook, &arguments, &plan);
        assert_eq!(report.start.by, ["src_net"]);
        for (name, count) in &truth {
            let found = report.of(|flow| flow.src_net.as_deref() == *name);
            assert_eq!(found, *count, "{hook}: {name:?}");
        }
        assert!(report.flows.iter().all(|flow| flow.exact));
        assert!(report.windows.iter().all(|window| window.rows <= 3));
    }
}
