//! Compiles `bpf/*.bpf.c` with windrow's own headers; the driver gets a skeleton, the others
//! are loaded by name.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use libbpf_cargo::SkeletonBuilder;

/// As windrow's own programs are built: the newest that is known, where it is installed.
const CLANGS: [&str; 3] = ["clang-19", "clang", "clang-14"];
const HEADERS: &str = "../datapath/bpf";

fn main() {
    println!("cargo::rerun-if-changed=bpf");
    println!("cargo::rerun-if-changed={HEADERS}");
    println!("cargo::rerun-if-env-changed=CLANG");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let clang = env::var("CLANG").unwrap_or_else(|_| clang());
    for name in [
        "calls", "connects", "designs", "driver", "drop", "for_each", "pairs",
    ] {
        let object = out.join(format!("{name}.bpf.o"));
        let mut builder = SkeletonBuilder::new();
        builder
            .source(format!("bpf/{name}.bpf.c"))
            .obj(&object)
            .clang(&clang)
            .clang_args(arguments());
        let built = builder
            .build()
            .and_then(|_| builder.generate(out.join(format!("{name}.skel.rs"))));
        if let Err(error) = built {
            println!("cargo::error=bpf/{name}.bpf.c: {error:#}");
        }
    }
}

/// The flags of windrow's own programs: a design must not lose by how it is compiled.
fn arguments() -> Vec<String> {
    let machine = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let mut arguments: Vec<String> = [
        "-mcpu=v3",
        "-fno-strict-aliasing",
        "-Wall",
        "-Wextra",
        "-Wno-unused-parameter",
        "-Wno-unused-function",
    ]
    .map(String::from)
    .to_vec();
    arguments.push(format!("-I{HEADERS}"));
    arguments.push(format!("-I/usr/include/{machine}-linux-gnu"));
    arguments
}

fn clang() -> String {
    CLANGS
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok())
        .unwrap_or("clang")
        .to_owned()
}
