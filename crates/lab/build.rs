//! Compiles `bpf/*.bpf.c` and generates their skeletons into `OUT_DIR`.

use std::{env, path::PathBuf, process::Command};

use libbpf_cargo::SkeletonBuilder;

/// The newest clang that is installed, of those known to build the programs.
fn clang() -> String {
    [
        "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14",
    ]
    .into_iter()
    .find(|name| Command::new(name).arg("--version").output().is_ok())
    .unwrap_or("clang")
    .to_owned()
}

fn main() {
    println!("cargo::rerun-if-changed=bpf");
    println!("cargo::rerun-if-env-changed=WINDROW_CLANG");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    // The headers of the libbpf that libbpf-sys carries.
    let headers = env::var("DEP_BPF_INCLUDE").unwrap_or_default();
    let clang = env::var("WINDROW_CLANG").unwrap_or_else(|_| clang());
    for name in ["generator", "pass"] {
        let built = SkeletonBuilder::new()
            .source(format!("bpf/{name}.bpf.c"))
            .clang(&clang)
            .clang_args([format!("-I{headers}"), "-Wall".into(), "-Werror".into()])
            .build_and_generate(out.join(format!("{name}.skel.rs")));
        if let Err(error) = built {
            println!("cargo::error=bpf/{name}.bpf.c: {error:#}");
        }
    }
}
