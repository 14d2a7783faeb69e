//! The generated skeletons: the compiled objects and the types that they declare.
#![allow(
    missing_docs,
    unused_imports,
    unused_qualifications,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    clippy::unwrap_used
)]

include!(concat!(env!("OUT_DIR"), "/net.skel.rs"));

/// Of the programs for system calls.
pub mod sys {
    include!(concat!(env!("OUT_DIR"), "/sys.skel.rs"));
}

/// Of the programs for TCP connections.
pub mod conn {
    include!(concat!(env!("OUT_DIR"), "/conn.skel.rs"));
}
