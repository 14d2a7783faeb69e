//! A network laboratory on one machine: anonymous network namespaces, veth pairs between them, and
//! traffic whose amount is known exactly. For `windrow demo`, the tests and the benchmarks.
//!
//! Nothing here touches an interface of the namespace that the process was started in, nothing is
//! pinned or named in a file system: whatever was made is gone when its owner is dropped or the
//! process dies, by SIGKILL too.
//!
//! A measurement reads: two [`Namespace`]s, a [`VethPair`] between them, [`napi_on`] at the
//! receiving end unless an XDP program is attached there, [`Generator::run`] in the sending one.

pub mod address;
pub mod burst;
pub mod error;
pub mod frame;
pub mod generator;
pub mod mix;
pub mod namespace;
pub mod offload;
pub mod peer;
pub mod raw;
pub mod running;
mod skeleton;
pub mod snmp;
mod sys;
pub mod tap;
pub mod udp;
pub mod veth;
pub mod virtio;

pub use address::{add_address, add_neighbour};
pub use burst::Burst;
pub use error::Error;
pub use frame::frame;
pub use generator::{Generator, Plan};
pub use mix::{Flow, Mix};
pub use namespace::Namespace;
pub use peer::{Napi, napi_on};
pub use raw::RawSocket;
pub use running::{Running, Sent};
pub use snmp::Snmp;
pub use tap::{Tap, TapKind};
pub use udp::udp_segment;
pub use veth::{End, VethOptions, VethPair};
pub use virtio::{Gso, GsoKind};
