//! Which network interfaces there are, what they have counted, when that changes, and which filters
//! stand at them.
//!
//! Everything asks rtnetlink, with a socket of its own per call, and therefore sees the network
//! namespace of the *calling thread*. Nothing here reads `/sys/class/net`, which shows the
//! namespace that was current when sysfs was mounted, and nothing here changes an interface;
//! [`request::request`] is public so that others can.

#![forbid(unsafe_code)]

pub mod filter;
pub mod list;
pub mod request;
pub mod route;
pub mod watch;

pub use filter::{Filter, Program, filter_qdisc, filters};
pub use list::{Counters, Interface, by_index, by_name, link_name, list};
pub use request::Error;
pub use route::default_route_interface;
pub use watch::{LinkEvent, Watch};
