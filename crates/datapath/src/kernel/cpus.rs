//! Which CPUs there are, by lists as the kernel writes them.

use crate::kernel::Error;

/// The CPUs of this machine.
#[derive(Clone, Debug)]
pub struct Cpus {
    /// How many the kernel may ever run.
    pub possible: u32,
    /// Those that run now, ascending.
    pub online: Vec<u32>,
}

impl Cpus {
    /// Those there are now.
    pub fn now() -> Result<Cpus, Error> {
        let system = |what| move |source| Error::System { what, source };
        let list = |path| {
            let text = std::fs::read_to_string(path).map_err(system(path))?;
            Ok::<_, Error>(cpu_list(&text).collect::<Vec<u32>>())
        };
        // The set may have holes: what counts is the highest number.
        let possible = list("/sys/devices/system/cpu/possible")?;
        let possible = possible.last().map_or(1, |last| last + 1);
        let mut online = list("/sys/devices/system/cpu/online")?;
        online.retain(|cpu| *cpu < possible);
        Ok(Cpus { possible, online })
    }
}

/// The CPUs that `/sys/devices/system/cpu/*` names: `0-3,8`.
fn cpu_list(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.trim()
        .split(',')
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?)
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::cpu_list;

    #[test]
    fn cpu_lists_may_have_holes() {
        assert_eq!(
            cpu_list("0-2,5,7-8\n").collect::<Vec<_>>(),
            [0, 1, 2, 5, 7, 8]
        );
        assert_eq!(cpu_list("0\n").collect::<Vec<_>>(), [0]);
        assert_eq!(cpu_list("\n").count(), 0);
    }
}
