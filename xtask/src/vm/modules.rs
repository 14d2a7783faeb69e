//! Modules of a kernel: found by name, unpacked, each after those that it depends on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::vm::image::read;

/// The module files of a kernel, and those of them that were asked for.
pub struct Modules {
    files: Vec<(String, PathBuf)>,
    /// Names and contents, in the order in which they can be loaded.
    pub loaded: Vec<(String, Vec<u8>)>,
}

impl Modules {
    /// Finds the files, at any depth of the folder.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn find(folder: &Path) -> Result<Self> {
        let mut files = Vec::new();
        list_modules(folder, &mut files)?;
        Ok(Self {
            files,
            loaded: Vec::new(),
        })
    }

    /// Adds modules by their names; gives those that are to be loaded for it, in their order.
    ///
    /// # Errors
    /// When the kernel has no such module, or its file cannot be read.
    pub fn load(&mut self, names: &[&str]) -> Result<Vec<String>> {
        let before = self.loaded.len();
        for name in names {
            self.add(name)?;
        }
        let new = &self.loaded[before..];
        Ok(new.iter().map(|module| module.0.clone()).collect())
    }

    fn add(&mut self, name: &str) -> Result<()> {
        if self.loaded.iter().any(|module| module.0 == name) {
            return Ok(());
        }
        let (_, file) = self
            .files
            .iter()
            .find(|module| module.0 == name)
            .with_context(|| format!("this kernel has no module {name}"))?;
        let content = module_content(file)?;
        for needed in dependencies(&content) {
            self.add(&needed)?;
        }
        self.loaded.push((name.to_owned(), content));
        Ok(())
    }
}

/// All modules under a folder by name; in names the kernel takes `-` for `_`.
fn list_modules(folder: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot list {}", folder.display()))?
            .path();
        if path.is_dir() {
            list_modules(&path, files)?;
        } else if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && let Some((stem, "ko" | "ko.xz")) = name.split_once('.')
        {
            files.push((stem.replace('-', "_"), path));
        }
    }
    Ok(())
}

fn module_content(file: &Path) -> Result<Vec<u8>> {
    if file.extension().is_none_or(|ending| ending != "xz") {
        return read(file);
    }
    let output = Command::new("xz")
        .arg("--decompress")
        .arg("--stdout")
        .arg(file)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start `xz`; install the package xz-utils")?;
    if !output.status.success() {
        bail!(
            "cannot decompress {}; remove target/vm, then run this again",
            file.display()
        );
    }
    Ok(output.stdout)
}

/// The names in a module's `depends=` field.
fn dependencies(module: &[u8]) -> Vec<String> {
    const FIELD: &[u8] = b"\0depends=";
    let Some(at) = module.windows(FIELD.len()).position(|bytes| bytes == FIELD) else {
        return Vec::new();
    };
    let value = &module[at + FIELD.len()..];
    let end = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end])
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.replace('-', "_"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_names_what_it_needs() {
        let module = b"\x7fELF\0license=GPL\0depends=nf-tables,nfnetlink\0retpoline=Y\0";
        assert_eq!(dependencies(module), ["nf_tables", "nfnetlink"]);
        assert!(dependencies(b"\x7fELF\0depends=\0").is_empty());
        assert!(dependencies(b"\x7fELF").is_empty());
    }
}
