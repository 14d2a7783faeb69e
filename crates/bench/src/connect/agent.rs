//! `windrow connects` beside connections: what users run, with all that it does outside the kernel.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::design::{Attached, Design};
use crate::counting::Counting;

/// The program.
pub struct Agent {
    windrow: PathBuf,
}

impl Agent {
    /// The one in that file.
    pub fn new(windrow: &Path) -> Self {
        Self {
            windrow: windrow.to_owned(),
        }
    }
}

impl Design for Agent {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        Ok(Box::new(Counting::start(&self.windrow, "connects")?))
    }
}

impl Attached for Counting {
    fn detach(self: Box<Self>) -> Result<Option<u64>> {
        self.end().map(|()| None)
    }
}
