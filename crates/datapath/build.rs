//! Compiles the C of the data path: for the host always, and for the kernel, with its skeleton, where
//! the feature `kernel` is on.

#[cfg(feature = "kernel")]
#[path = "build/kernel.rs"]
mod kernel;

fn main() {
    println!("cargo:rerun-if-changed=bpf");
    println!("cargo:rerun-if-changed=native");
    println!("cargo:rerun-if-env-changed=CI");
    let strict = std::env::var_os("CI").is_some();
    compile_for_the_host(strict);
    #[cfg(feature = "kernel")]
    kernel::compile(strict);
}

fn compile_for_the_host(strict: bool) {
    cc::Build::new()
        .file("native/engine.c")
        .file("native/histogram.c")
        .include("native")
        .include("bpf")
        .opt_level(3)
        .extra_warnings(true)
        // The data path reads keys a word at a time; and its unroll pragmas are clang's.
        .flag("-fno-strict-aliasing")
        .flag("-Wno-unused-parameter")
        .flag("-Wno-unknown-pragmas")
        .warnings_into_errors(strict)
        .compile("windrow_native");
}
