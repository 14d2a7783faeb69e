//! Names of system calls, as the kernel's tables have them for the architecture that this was built for.
//!
//! Programs of 32 bits have numbers of their own, and so names that tell: `i386:read`. What has no name,
//! such as what was called with a number that there is not, is called by its number: `syscall_-1`.

use std::borrow::Cow;

use syscalls::Sysno as NativeCall;
#[cfg(target_arch = "aarch64")]
use syscalls::arm::Sysno as CompatCall;
#[cfg(target_arch = "x86_64")]
use syscalls::x86::Sysno as CompatCall;

use crate::nearest::nearest;

/// Whose numbers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Abi {
    /// The architecture's own.
    Native,
    /// Those of 32-bit programs, where the kernel runs them as well.
    Compat,
}

impl Abi {
    /// What its names begin with.
    fn prefix(self) -> &'static str {
        match self {
            Abi::Native => "",
            Abi::Compat => COMPAT_PREFIX,
        }
    }

    /// The name in its table.
    fn known(self, number: i32) -> Option<&'static str> {
        let number = usize::try_from(number).ok()?;
        let name = match self {
            Abi::Native => NativeCall::new(number)?.name(),
            Abi::Compat => CompatCall::new(number)?.name(),
        };
        // Rust's way to write a name that is a word of the language, of which there is one: break.
        Some(name.trim_start_matches("r#"))
    }

    /// All names in its table, and their numbers.
    fn table(self) -> impl Iterator<Item = (&'static str, i32)> {
        let size = match self {
            Abi::Native => NativeCall::table_size(),
            Abi::Compat => CompatCall::table_size(),
        };
        // As many as lie between the first and the last; the first is 0.
        (0..size as i32).filter_map(move |number| Some((self.known(number)?, number)))
    }
}

#[cfg(target_arch = "aarch64")]
const COMPAT_PREFIX: &str = "arm:";
#[cfg(target_arch = "x86_64")]
const COMPAT_PREFIX: &str = "i386:";

/// What numbers without a name are called, before the number.
const UNNAMED: &str = "syscall_";

/// The name of a call by its number, which may be any.
pub fn name(abi: Abi, number: i32) -> Cow<'static, str> {
    match (abi, abi.known(number)) {
        (Abi::Native, Some(name)) => Cow::Borrowed(name),
        (Abi::Compat, Some(name)) => Cow::Owned(format!("{COMPAT_PREFIX}{name}")),
        (_, None) => Cow::Owned(format!("{}{UNNAMED}{number}", abi.prefix())),
    }
}

/// The number of a call by what [`name`] calls it; a name of 32-bit programs may also come without what it
/// begins with.
///
/// # Errors
/// A sentence with the name that may have been meant.
pub fn number(abi: Abi, name: &str) -> Result<i32, String> {
    let own = name.strip_prefix(abi.prefix()).unwrap_or(name);
    if let Some(Ok(number)) = own.strip_prefix(UNNAMED).map(str::parse) {
        return Ok(number);
    }
    let mut table = abi.table();
    if let Some((_, number)) = table.find(|(known, _)| *known == own) {
        return Ok(number);
    }
    let names: Vec<_> = abi.table().map(|(known, _)| known).collect();
    let hint = match nearest(own, &names) {
        Some(near) => format!(": did you mean {}{near}?", abi.prefix()),
        None => String::new(),
    };
    Err(format!("there is no system call {name:?}{hint}"))
}

/// Whether a name is one of 32-bit programs' calls alone.
pub fn is_compat(name: &str) -> bool {
    name.starts_with(COMPAT_PREFIX)
}

/// The number that the call of a name has in 32-bit programs, if it is called so there, too.
pub fn in_compat(name: &str) -> Option<i32> {
    let mut table = Abi::Compat.table();
    table
        .find(|(known, _)| *known == name)
        .map(|(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_call_of_32_bit_programs_is_found() {
        assert_eq!(
            in_compat("read"),
            number(Abi::Compat, "read").ok(),
            "its number there is another"
        );
        assert_eq!(in_compat("syscall_9999"), None);
        assert!(is_compat(&name(Abi::Compat, 3)) && !is_compat("read"));
    }

    #[test]
    fn known_calls_have_their_names() {
        #[cfg(target_arch = "x86_64")]
        let known = [(Abi::Native, 0, "read"), (Abi::Compat, 3, "i386:read")];
        #[cfg(target_arch = "aarch64")]
        let known = [(Abi::Native, 63, "read"), (Abi::Compat, 3, "arm:read")];
        for (abi, number, wanted) in known {
            assert_eq!(name(abi, number), wanted);
        }
        // From here on all architectures have the same numbers.
        assert_eq!(name(Abi::Native, 469), "file_setattr");
        assert!(name(Abi::Compat, 462).ends_with(":mseal"));
    }

    #[test]
    fn numbers_without_a_name_have_one_all_the_same() {
        for number in [-1, 9999, i32::MIN, i32::MAX] {
            assert_eq!(name(Abi::Native, number), format!("syscall_{number}"));
            let compat = name(Abi::Compat, number);
            assert!(compat.ends_with(&format!(":syscall_{number}")), "{compat}");
        }
    }

    #[test]
    fn numbers_come_back_from_their_names() {
        for abi in [Abi::Native, Abi::Compat] {
            for call in (-2..10_000).chain([i32::MIN, i32::MAX]) {
                assert_eq!(number(abi, &name(abi, call)), Ok(call));
            }
            let read = number(abi, "read").map(|read| name(abi, read));
            assert_eq!(read, Ok(format!("{}read", abi.prefix()).into()));
        }
        // A number that has a name may be asked for as well.
        assert_eq!(number(Abi::Native, "syscall_1"), Ok(1));
    }

    #[test]
    fn each_name_stands_for_one_number() {
        for abi in [Abi::Native, Abi::Compat] {
            let mut names: Vec<_> = abi.table().map(|(known, _)| known).collect();
            let count = names.len();
            assert!(count > 300, "{count} calls are known");
            assert!(names.contains(&"file_setattr"), "the last is one of them");
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
            let word = |name: &&str| {
                name.bytes()
                    .all(|it| it == b'_' || it.is_ascii_alphanumeric())
            };
            assert_eq!(names.iter().find(|name| !word(name)), None);
        }
    }

    #[test]
    fn a_name_that_there_is_not_is_answered_by_the_nearest() {
        for (abi, asked, answer) in [
            (
                Abi::Native,
                "futexx",
                "there is no system call \"futexx\": did you mean futex?",
            ),
            (Abi::Native, "wombat", "there is no system call \"wombat\""),
            (
                Abi::Native,
                "syscall_",
                "there is no system call \"syscall_\"",
            ),
            #[cfg(target_arch = "x86_64")]
            (
                Abi::Compat,
                "i386:reed",
                "there is no system call \"i386:reed\": did you mean i386:read?",
            ),
        ] {
            assert_eq!(number(abi, asked), Err(answer.to_string()), "{asked}");
        }
    }
}
