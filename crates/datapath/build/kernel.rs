//! The kernel programs, an object for packets, one for system calls and one for connections: clang 19 makes the fastest code and is taken where it is installed;
//! everything from 14 on loads.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use libbpf_cargo::SkeletonBuilder;

const CLANGS: [&str; 8] = [
    "clang-19", "clang", "clang-20", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14",
];

/// Compiles them and generates the skeleton.
pub fn compile(strict: bool) {
    println!("cargo:rerun-if-env-changed=CLANG");
    println!("cargo:rerun-if-env-changed=PATH");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let clang = match env::var_os("CLANG") {
        Some(clang) => PathBuf::from(clang),
        None => find_clang().unwrap_or_else(|| {
            panic!(
                "no clang found: the kernel programs are compiled with it. \
                 Install clang-19 or clang (Debian: apt-get install clang-19), or name one in CLANG"
            )
        }),
    };
    // Tests ask: programs differ by what made them.
    let name = clang.file_name().unwrap_or_default().to_string_lossy();
    println!("cargo:rustc-env=WINDROW_CLANG={name}");
    let mut arguments: Vec<OsString> = [
        "-mcpu=v3",
        // As for the host: keys are masked and hashed a word at a time.
        "-fno-strict-aliasing",
        "-Wall",
        "-Wextra",
        "-Wno-unused-parameter",
    ]
    .map(OsString::from)
    .to_vec();
    // The next clang may warn of something new: that stops us, not who builds a release.
    if strict {
        arguments.push("-Werror".into());
    }
    // Debian keeps asm/types.h in a folder that clang does not look into for the BPF target.
    let machine = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets the target");
    let headers = format!("/usr/include/{machine}-linux-gnu");
    if Path::new(&headers).is_dir() {
        arguments.push("-I".into());
        arguments.push(headers.into());
    }
    for source in ["net", "sys", "conn"] {
        let file = format!("bpf/{source}.bpf.c");
        SkeletonBuilder::new()
            .source(&file)
            .clang(&clang)
            .clang_args(&arguments)
            .build_and_generate(out.join(format!("{source}.skel.rs")))
            .unwrap_or_else(|error| panic!("compiling {file}: {error:#}"));
    }
}

fn find_clang() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    CLANGS.iter().find_map(|name| {
        env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
}
