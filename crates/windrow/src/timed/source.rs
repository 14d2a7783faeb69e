//! How a source is loaded as a command line asks for it.

use windrow_core::calls::selection::Selection;
use windrow_datapath::Error;
use windrow_datapath::timed::Source;

use crate::timed::counting::Counting;
use crate::timed::output::Face;

/// A source that is loaded as a command line asks for it.
pub trait Load: Source<Subject: Face> + Sized {
    /// Loads the programs, so that they can be attached. `selection` has processes as everybody sees them.
    ///
    /// # Errors
    /// When the kernel does not take them.
    fn load(counting: &Counting<Self::Subject>, selection: Selection) -> Result<Self, Error>;
}
