//! Which file a command's name means, found before anything is started.
//!
//! execvp tries to execute one candidate after the other, and each failure would be counted as a
//! call of the command.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::unistd::{AccessFlags, faccessat};

use crate::exit::Failure;

/// Where execvp looks if there is no PATH.
const WITHOUT_PATH: &str = "/bin:/usr/bin";

/// Why a file is not executed.
enum Unfit {
    Missing,
    Refused(String),
}

/// The file that `name` means: itself if it has a slash, otherwise the first fit one of that name in
/// the directories of `path`, of which an empty one is the current directory.
///
/// # Errors
/// No such file (exit code 127), or only such as may not be executed (126).
pub fn program(name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, Failure> {
    if name.is_empty() {
        return Err(Failure::not_found("the command's name is empty"));
    }
    if name.as_bytes().contains(&b'/') {
        let file = PathBuf::from(name);
        return match check(&file) {
            Ok(()) => Ok(file),
            Err(Unfit::Missing) => Err(Failure::not_found(format!("{name:?} does not exist"))),
            Err(Unfit::Refused(why)) => Err(Failure::not_executable(why)),
        };
    }
    let mut refused = None;
    for directory in env::split_paths(path.unwrap_or(OsStr::new(WITHOUT_PATH))) {
        // With the dot it has a slash, and is not looked for once more.
        let file = Path::new(".").join(directory).join(name);
        match check(&file) {
            Ok(()) => return Ok(file),
            Err(Unfit::Missing) => {}
            Err(Unfit::Refused(why)) => {
                refused.get_or_insert(why);
            }
        }
    }
    Err(match refused {
        Some(why) => Failure::not_executable(why),
        None => Failure::not_found(format!("no program {name:?} in the directories of PATH")),
    })
}

/// Whether the kernel would execute it, as far as its place, kind and mode tell.
fn check(file: &Path) -> Result<(), Unfit> {
    let refused = |why: &str| Unfit::Refused(format!("{} {why}", file.display()));
    let kind = fs::metadata(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unfit::Missing,
        _ => refused(&format!("cannot be reached: {error}")),
    })?;
    if kind.is_dir() {
        return Err(refused("is a directory"));
    }
    if !kind.is_file() {
        return Err(refused("is no regular file"));
    }
    faccessat(AT_FDCWD, file, AccessFlags::X_OK, AtFlags::AT_EACCESS)
        .map_err(|error| refused(&format!("may not be executed: {}", error.desc())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests

    use std::ffi::OsString;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    /// A directory with files of these names and modes.
    fn directory(files: &[(&str, u32)]) -> TempDir {
        let directory = TempDir::new().unwrap();
        for (name, mode) in files {
            let file = directory.path().join(name);
            fs::write(&file, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&file, Permissions::from_mode(*mode)).unwrap();
        }
        directory
    }

    fn path_of(directories: &[&Path]) -> OsString {
        env::join_paths(directories).unwrap()
    }

    /// What the user reads.
    fn refusal(name: impl AsRef<OsStr>, path: &OsStr) -> String {
        program(name.as_ref(), Some(path)).unwrap_err().to_string()
    }

    #[test]
    fn the_first_fit_file_is_taken_and_unfit_ones_are_passed_over() {
        let unfit = directory(&[("tool", 0o644)]);
        fs::create_dir(unfit.path().join("other")).unwrap();
        let fit = directory(&[("tool", 0o755), ("other", 0o755)]);
        let path = path_of(&[Path::new("/nowhere"), unfit.path(), fit.path()]);
        for name in ["tool", "other"] {
            let found = program(OsStr::new(name), Some(&path)).unwrap();
            assert_eq!(found, fit.path().join(name));
        }
        let path = path_of(&[unfit.path()]);
        assert!(refusal("tool", &path).contains("tool may not be executed"));
        assert!(refusal("other", &path).ends_with("other is a directory"));
        assert!(refusal("third", &path).contains("no program \"third\""));
    }

    #[test]
    fn a_name_with_a_slash_is_the_file_itself() {
        let directory = directory(&[("tool", 0o755), ("text", 0o644)]);
        let path = path_of(&[directory.path()]);
        let there = directory.path().join("tool");
        assert_eq!(program(there.as_os_str(), None).unwrap(), there);
        assert!(refusal("./tool", &path).ends_with("does not exist"));
        assert!(refusal(there.join("below"), &path).ends_with("does not exist"));
        assert!(refusal(directory.path(), &path).ends_with("is a directory"));
        assert!(refusal(directory.path().join("text"), &path).contains("may not be executed"));
        assert!(refusal("/dev/null", &path).ends_with("is no regular file"));
        assert!(refusal("", &path).ends_with("is empty"));
    }

    #[test]
    fn an_empty_directory_of_path_is_the_current_one() {
        // Tests run in the folder of their crate.
        let here = |path: &str| refusal("Cargo.toml", OsStr::new(path));
        assert!(here("").contains("may not be executed"), "{}", here(""));
        assert!(here("/nowhere:").contains("may not be executed"));
        assert!(here("/nowhere").contains("no program"));
    }

    #[test]
    fn without_path_the_usual_directories_are_searched() {
        let found = program(OsStr::new("sh"), None).unwrap();
        assert!(found.ends_with("bin/sh"), "{}", found.display());
    }
}
