//! Lists of CPUs as the kernel writes them.

/// The CPUs that `/sys/devices/system/cpu/*` names: `0-3,8`.
pub fn cpu_list(text: &str) -> impl Iterator<Item = u32> + '_ {
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
