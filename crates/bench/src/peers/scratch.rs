//! A fresh folder below the system's temporary one, gone with everything in it when its value is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result};

/// A folder that exists as long as this value does.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Makes the folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("windrow-peers-{}-{name}", process::id()));
        fs::create_dir(&folder).with_context(|| {
            format!(
                "cannot make {}; TMPDIR names another place",
                folder.display()
            )
        })?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            let folder = self.folder.display();
            eprintln!("cannot remove {folder}: {error}; remove it by hand");
        }
    }
}
