//! Control groups of the unified hierarchy.

use std::{fs, path::PathBuf};

/// A group of our own; gone when it is dropped.
pub struct Group {
    pub path: PathBuf,
    /// From the root of the hierarchy.
    pub name: String,
}

impl Group {
    /// None where there is no hierarchy, or it takes no groups.
    pub fn new(name: &str) -> Option<Group> {
        let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
        let mut mounts = mounts.lines().map(|line| line.split(' '));
        let mount = mounts.find_map(|mut words| {
            let place = words.nth(1)?;
            (words.next() == Some("cgroup2")).then(|| PathBuf::from(place))
        })?;
        let name = format!("windrow-test-{}-{name}", std::process::id());
        let path = mount.join(&name);
        fs::create_dir_all(path.join("below")).ok()?;
        Some(Group {
            path,
            name: format!("/{name}"),
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Nobody is left in them.
        let _ = fs::remove_dir(self.path.join("below"));
        let _ = fs::remove_dir(&self.path);
    }
}
