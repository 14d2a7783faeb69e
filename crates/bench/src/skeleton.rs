//! The generated skeleton of `bpf/driver.bpf.c`. Nothing here is written by hand.
#![allow(
    missing_docs,
    unsafe_code,
    unused_imports,
    unused_qualifications,
    clippy::all
)] // generated
#![allow(clippy::undocumented_unsafe_blocks, clippy::unwrap_used)] // generated

include!(concat!(env!("OUT_DIR"), "/driver.skel.rs"));
