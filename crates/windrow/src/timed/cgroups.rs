//! Control groups of the unified hierarchy: paths and what the kernel calls them.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use windrow_core::calls::selection::Cgroup;

use crate::exit::Failure;

/// Groups are not looked for deeper than that.
const MOST_LEVELS: u32 = 64;

/// The hierarchy, where it is mounted.
#[derive(Clone, Debug)]
pub struct Cgroups {
    mount: Option<PathBuf>,
    /// Paths from its root, by id.
    known: HashMap<u64, Option<String>>,
}

impl Cgroups {
    /// As this process sees it.
    pub fn new() -> Cgroups {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Cgroups {
            mount: mount_of(&mounts),
            known: HashMap::new(),
        }
    }

    /// The group of a path from the root of the hierarchy, or in the file system.
    ///
    /// # Errors
    /// There is no such group, or no hierarchy.
    pub fn find(&self, path: &Path) -> Result<Cgroup, Failure> {
        let Some(mount) = &self.mount else {
            return Err(Failure::usage(
                "--cgroup: the unified hierarchy of control groups (cgroup2) is not mounted here",
            ));
        };
        let below = path.strip_prefix(mount).unwrap_or(path);
        let mut names = PathBuf::new();
        let mut level = 0;
        for part in below.components() {
            match part {
                Component::RootDir | Component::CurDir => {}
                Component::Normal(name) => {
                    names.push(name);
                    level += 1;
                }
                _ => return Err(Failure::usage("--cgroup takes a path without ..")),
            }
        }
        let folder = mount.join(names);
        match fs::metadata(&folder) {
            Ok(it) if it.is_dir() => Ok(Cgroup {
                id: it.ino(),
                level,
            }),
            _ => Err(Failure::usage(format!(
                "there is no control group {}: `systemd-cgls` or `find {} -type d` shows them",
                folder.display(),
                mount.display()
            ))),
        }
    }

    /// The path of a group from the root, printable; `None` where it is gone, or cannot be seen from here.
    pub fn path(&mut self, id: u64) -> Option<String> {
        if !self.known.contains_key(&id) {
            if let Some(mount) = self.mount.clone() {
                self.look(&mount, "/", 0);
            }
            self.known.entry(id).or_insert(None);
        }
        self.known.get(&id).cloned().flatten()
    }

    fn look(&mut self, folder: &Path, path: &str, level: u32) {
        let Ok(it) = fs::metadata(folder) else { return };
        self.known.insert(it.ino(), Some(path.to_owned()));
        let Ok(inside) = fs::read_dir(folder) else {
            return;
        };
        for entry in inside.flatten() {
            if level < MOST_LEVELS && entry.file_type().is_ok_and(|it| it.is_dir()) {
                let name = entry.file_name();
                let name: String = name.to_string_lossy().escape_debug().collect();
                let below = format!("{}/{name}", path.trim_end_matches('/'));
                self.look(&entry.path(), &below, level + 1);
            }
        }
    }
}

/// Where the hierarchy is mounted, by lines as in proc(5).
fn mount_of(mounts: &str) -> Option<PathBuf> {
    let mut lines = mounts.lines();
    lines.find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let kind = after.split(' ').next()?;
        let place = before.split(' ').nth(4)?;
        (kind == "cgroup2").then(|| PathBuf::from(place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hierarchy_is_found_among_others() {
        let mounts = "24 1 0:21 / /sys rw - sysfs sysfs rw\n\
            30 24 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro\n\
            31 30 0:27 / /sys/fs/cgroup/unified rw shared:5 - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(mount_of(mounts), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(mount_of("24 1 0:21 / /sys rw - sysfs sysfs rw\n"), None);
    }
}
