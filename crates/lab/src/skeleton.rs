//! The generated skeletons of `bpf/*.bpf.c`. Nothing here is written by hand.

/// `bpf/generator.bpf.c`.
#[allow(missing_docs, unused_qualifications, clippy::all)] // generated
#[allow(clippy::undocumented_unsafe_blocks, clippy::unwrap_used)] // generated
pub(crate) mod generator {
    include!(concat!(env!("OUT_DIR"), "/generator.skel.rs"));
}

/// `bpf/pass.bpf.c`.
#[allow(missing_docs, unused_qualifications, clippy::all)] // generated
#[allow(clippy::undocumented_unsafe_blocks, clippy::unwrap_used)] // generated
pub(crate) mod pass {
    include!(concat!(env!("OUT_DIR"), "/pass.skel.rs"));
}
