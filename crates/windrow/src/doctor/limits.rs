//! Limits: descriptors, and memory for the tables.

use std::fs;
use std::path::Path;

use nix::sys::resource::{Resource, getrlimit};

use super::{Check, State, read};

/// Descriptors that `monitor` takes while it starts, whatever it watches, and two that are open here while that
/// is tried.
const DESCRIPTORS: u64 = 23;
/// And for each interface: a link a direction.
const DESCRIPTORS_AN_INTERFACE: u64 = 2;
/// `--memory` that is proposed at the least, MiB.
const LEAST_MIB: u64 = 1;

/// Whether there are enough for all interfaces. That there are enough to load programs, loading them
/// shows.
pub fn open_files(interfaces: usize) -> Check {
    let name = "open files";
    let Ok((limit, _)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return Check::new(name, State::Ok, "not told");
    };
    let wanted = DESCRIPTORS + DESCRIPTORS_AN_INTERFACE * interfaces.max(1) as u64;
    let found = match interfaces {
        0 | 1 => format!("{limit}; {wanted} are enough"),
        _ => format!("{limit}; {wanted} are enough for all {interfaces} interfaces at once"),
    };
    if limit >= wanted {
        return Check::new(name, State::Ok, found);
    }
    Check::new(name, State::Degraded, found).remedy(&format!("ulimit -n {wanted}"))
}

/// A limit that stopped older tools, and does not stop this one.
pub fn locked_memory() -> Check {
    let found = match getrlimit(Resource::RLIMIT_MEMLOCK) {
        Ok((nix::libc::RLIM_INFINITY, _)) => "unlimited".to_owned(),
        Ok((limit, _)) => format!(
            "{} KiB, and the kernel does not count tables there but to the control group",
            limit >> 10
        ),
        Err(_) => "not told".to_owned(),
    };
    Check::new("locked memory", State::Ok, found)
}

/// Memory that can be had, and who says so.
pub struct Room {
    /// Bytes; the least of all that limits it.
    bytes: u64,
    /// What has so much.
    whose: String,
}

impl Room {
    /// What the machine and the control groups of this process have left; none where neither tells.
    pub fn now() -> Option<Room> {
        let machine = meminfo("MemAvailable:").map(|bytes| Room {
            bytes,
            whose: "the machine".to_owned(),
        });
        let all = machine.into_iter().chain(control_groups());
        all.min_by_key(|room| room.bytes)
    }
}

/// Whether the tables find room; `refused` where the kernel did not give it.
pub fn memory(room: &Option<Room>, wanted: u64, refused: bool) -> Check {
    let name = "memory";
    let wanted_mib = wanted >> 20;
    let found = match room {
        Some(room) => {
            let (mib, whose) = (room.bytes >> 20, &room.whose);
            format!("{wanted_mib} MiB wanted for tables; {whose} has {mib} MiB")
        }
        None => format!("{wanted_mib} MiB wanted for tables"),
    };
    let enough = room.as_ref().is_none_or(|room| room.bytes >= wanted);
    let state = match (refused, enough) {
        (true, _) => State::Missing,
        (false, false) => State::Degraded,
        (false, true) => return Check::new(name, State::Ok, found),
    };
    let room = room.as_ref().map_or(wanted, |room| room.bytes).min(wanted);
    let remedy = format!("windrow monitor --memory {}M", fitting_mib(room));
    Check::new(name, state, found).remedy(&remedy)
}

/// The largest power of two that leaves at least half of the room to others.
fn fitting_mib(room: u64) -> u64 {
    let half = (room >> 21).max(LEAST_MIB);
    1 << half.ilog2()
}

fn meminfo(name: &str) -> Option<u64> {
    let text = read("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// What the control groups of this process have left, from its own up to the root, of either
/// hierarchy.
fn control_groups() -> Vec<Room> {
    let groups = read("/proc/self/cgroup").unwrap_or_default();
    let mut rooms = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next(), fields.next(), fields.next());
        let (Some(controllers), Some(path)) = (controllers, path) else {
            continue;
        };
        let (root, limit, usage) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max", "memory.current")
        } else if controllers.split(',').any(|it| it == "memory") {
            let (limit, usage) = ("memory.limit_in_bytes", "memory.usage_in_bytes");
            ("/sys/fs/cgroup/memory", limit, usage)
        } else {
            continue;
        };
        for group in Path::new(path).ancestors() {
            let relative = group.strip_prefix("/").unwrap_or(group);
            let folder = Path::new(root).join(relative);
            let left = left_in(&folder, limit, usage);
            rooms.extend(left.map(|bytes| Room {
                bytes,
                whose: format!("control group {}", group.display()),
            }));
        }
    }
    rooms
}

fn left_in(folder: &Path, limit: &str, usage: &str) -> Option<u64> {
    let number = |file: &str| -> Option<u64> {
        let text = fs::read_to_string(folder.join(file)).ok()?;
        // Without a limit there is a word.
        text.trim().parse().ok()
    };
    let (limit, used) = (number(limit)?, number(usage)?);
    let cached = fs::read_to_string(folder.join("memory.stat")).ok();
    let cached = cached.map_or(0, |text| file_cache(&text));
    Some(limit.saturating_sub(used.saturating_sub(cached)))
}

/// Bytes of a group's use that the kernel takes back when it needs them.
fn file_cache(statistics: &str) -> u64 {
    let number = |name: &str| -> Option<u64> {
        let mut lines = statistics.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    };
    // The older hierarchy counts groups below under names of their own.
    let with_below = number("total_inactive_file").zip(number("total_active_file"));
    let own = number("inactive_file").zip(number("active_file"));
    with_below
        .or(own)
        .map_or(0, |(inactive, active)| inactive + active)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proposed_fits_and_is_never_nothing() {
        assert_eq!(fitting_mib(128 << 20), 64);
        assert_eq!(fitting_mib(100 << 20), 32);
        assert_eq!(fitting_mib(0), 1);
    }

    #[test]
    fn too_little_room_is_said_with_what_to_do() {
        let room = |mib: u64| {
            Some(Room {
                bytes: mib << 20,
                whose: "control group /a".to_owned(),
            })
        };
        let check = memory(&room(64), 128 << 20, true);
        assert_eq!(check.state, State::Missing);
        assert_eq!(
            check.found,
            "128 MiB wanted for tables; control group /a has 64 MiB"
        );
        let remedy = check.remedy.expect("something can be done");
        assert_eq!(remedy, "windrow monitor --memory 32M");
        assert_eq!(memory(&room(64), 128 << 20, false).state, State::Degraded);
        assert_eq!(memory(&room(129), 128 << 20, false).state, State::Ok);
        let check = memory(&None, 128 << 20, true);
        assert_eq!(check.state, State::Missing);
    }

    #[test]
    fn caches_are_taken_with_the_groups_below() {
        assert_eq!(file_cache("anon 7\ninactive_file 3\nactive_file 2\n"), 5);
        let older =
            "inactive_file 3\nactive_file 2\ntotal_inactive_file 30\ntotal_active_file 20\n";
        assert_eq!(file_cache(older), 50);
        assert_eq!(file_cache(""), 0);
    }
}
