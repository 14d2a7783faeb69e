//! A fresh folder below the system's temporary one, gone with everything in it when its value is.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const PREFIX: &str = "windrow-bench-";

/// A folder that exists as long as this value does.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Makes the folder, and removes those of earlier runs that were killed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self> {
        let parent = std::env::temp_dir();
        remove_left_over(&parent);
        let folder = parent.join(format!("{PREFIX}{}", std::process::id()));
        std::fs::create_dir(&folder).with_context(|| {
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
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!(
                "cannot remove {}: {error}; remove it by hand",
                self.folder.display()
            );
        }
    }
}

/// Removes what processes that no longer exist have left. Failures are theirs, not this run's.
fn remove_left_over(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let owner = owner.and_then(|text| text.parse::<u32>().ok());
        if owner.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_goes_with_its_value() -> Result<()> {
        let scratch = Scratch::new()?;
        let folder = scratch.path().to_owned();
        std::fs::write(folder.join("file"), "text")?;
        drop(scratch);
        assert!(!folder.exists());
        Ok(())
    }
}
