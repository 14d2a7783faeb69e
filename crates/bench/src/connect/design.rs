//! What can stand beside connections: the designs that are compared, as one sees them from outside.

use std::path::Path;

use anyhow::Result;

use super::agent::Agent;
use super::floor::{self, Floor};
use super::tool::Tool;
use super::windrow::Windrow;

/// Nothing beside connections.
pub const NONE: &str = "none";
/// A program that returns, where a socket's state changes.
pub const EMPTY_STATE: &str = "empty_state";
/// A program that returns, where a system call ends.
pub const EMPTY_EXIT: &str = "empty_exit";
/// Programs wherever windrow has some, which read the clock and keep the start with the socket.
pub const FLOOR: &str = "floor";
/// The floor, with a program behind it where a socket's state changes, which returns: what it costs that the
/// kernel calls two there, as it must for what interrupts one to be seen.
pub const FLOOR_AND_EMPTY: &str = "floor_and_empty";
/// windrow: attempts and their ends, what was accepted, and how long handshakes took.
pub const WINDROW: &str = "windrow";
/// The same, and what becomes of connections until they are closed.
pub const WINDROW_HEALTH: &str = "windrow_health";
/// `tcpconnect` of libbpf-tools.
pub const TCPCONNECT: &str = "tcpconnect";
/// `tcplife` of libbpf-tools.
pub const TCPLIFE: &str = "tcplife";

/// Something that can be put beside connections again and again.
pub trait Design {
    /// Puts it there.
    ///
    /// # Errors
    /// When it cannot be attached or started.
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>>;
}

/// A design that is in its place; dropping it takes it away.
pub trait Attached {
    /// Takes it away; how many connections it has counted, where it says.
    ///
    /// # Errors
    /// When it does not end, or what it counted does not add up.
    fn detach(self: Box<Self>) -> Result<Option<u64>>;
}

/// A design by name, or why it cannot be had.
pub type Named = (&'static str, Result<Box<dyn Design>>);

/// Those whose work is done where connections are, the ones with the least to do first.
pub fn costly() -> Vec<Named> {
    vec![
        (EMPTY_STATE, boxed(Floor::load(floor::EMPTY_STATE))),
        (EMPTY_EXIT, boxed(Floor::load(floor::EMPTY_EXIT))),
        (FLOOR, boxed(Floor::load(floor::FLOOR))),
        (FLOOR_AND_EMPTY, boxed(Floor::load(floor::FLOOR_AND_EMPTY))),
        (WINDROW, boxed(Windrow::new(false))),
        (WINDROW_HEALTH, boxed(Windrow::new(true))),
        (TCPCONNECT, boxed(Tool::tcpconnect())),
        (TCPLIFE, boxed(Tool::tcplife())),
    ]
}

/// Those that are a whole program, which takes some of the same processors.
pub fn whole(windrow: &Path) -> Vec<Named> {
    vec![
        (WINDROW, boxed(Ok(Agent::new(windrow)))),
        (TCPCONNECT, boxed(Tool::tcpconnect())),
        (TCPLIFE, boxed(Tool::tcplife())),
    ]
}

fn boxed(design: Result<impl Design + 'static>) -> Result<Box<dyn Design>> {
    Ok(Box::new(design?))
}
