//! Which captures are read, in which order.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use windrow_capture::Capture;

use crate::exit::Failure;
use crate::replay::Stop;

/// How long a wait for a pipe goes on before it looks whether it is to end.
const LOOK_MS: u8 = 100;
/// How long a pipe is still read when it is to end: its writer may have something left to say.
const LINGER: Duration = Duration::from_secs(1);
/// Patterns match what a shell would.
const LIKE_A_SHELL: glob::MatchOptions = glob::MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Where a capture's bytes come from.
pub type Reader = Box<dyn Read>;

/// One capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// What the arguments name: files as they are, the files of folders and those that a pattern
    /// matches in the order of their names, `-` for standard input.
    pub fn all(arguments: &[PathBuf]) -> Result<Vec<Input>, Failure> {
        let mut inputs = Vec::new();
        for argument in arguments {
            inputs.extend(named(argument)?);
        }
        let stdins = inputs.iter().filter(|input| **input == Input::Stdin);
        if stdins.count() > 1 {
            return Err(Failure::usage(
                "`-` may be given once: standard input is read to its end",
            ));
        }
        Ok(inputs)
    }

    /// As it was given.
    pub fn file_name(&self) -> String {
        match self {
            Input::Stdin => "-".to_owned(),
            Input::File(path) => path.display().to_string(),
        }
    }

    /// For people: whatever a name holds, it does not move their cursor.
    pub fn name(&self) -> String {
        match self {
            Input::Stdin => "standard input".to_owned(),
            Input::File(path) => printable(path),
        }
    }

    /// Whether its bytes come as somebody writes them.
    pub fn is_pipe(&self) -> bool {
        match self {
            Input::Stdin => true,
            Input::File(path) => fs::metadata(path).is_ok_and(|metadata| {
                let kind = metadata.file_type();
                !kind.is_file() && !kind.is_dir()
            }),
        }
    }

    /// How large it is, where that is known.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Input::Stdin => None,
            Input::File(path) => {
                let metadata = fs::metadata(path).ok()?;
                metadata.is_file().then_some(metadata.len())
            }
        }
    }

    /// Opens it and reads what comes before the first record. Once `stop` is set, a pipe is soon at
    /// its end.
    pub fn open(&self, stop: &Stop) -> Result<Capture<Reader>, Failure> {
        let opening = || format!("opening {}", self.name());
        let file = match self {
            Input::Stdin => File::from(
                io::stdin()
                    .as_fd()
                    .try_clone_to_owned()
                    .with_context(opening)?,
            ),
            // Without waiting: a pipe that nobody has opened yet is waited for where it is read.
            Input::File(path) => OpenOptions::new()
                .read(true)
                .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
                .open(path)
                .with_context(opening)?,
        };
        let reader: Reader = match self.is_pipe() {
            true => Box::new(Pipe::new(file, stop)),
            false => Box::new(file),
        };
        Capture::new(reader).map_err(|error| self.failure(error))
    }

    /// What the user is told when it cannot be read on.
    pub fn failure(&self, error: windrow_capture::Error) -> Failure {
        anyhow::Error::new(error).context(self.name()).into()
    }
}

fn named(argument: &Path) -> Result<Vec<Input>, Failure> {
    if argument.as_os_str() == "-" {
        return Ok(vec![Input::Stdin]);
    }
    if argument.is_dir() {
        return folder(argument);
    }
    // A file may have a star in its name: what there is comes first. What is no pattern is a name.
    let pattern = argument
        .to_str()
        .filter(|text| text.contains(['*', '?', '[']) && !argument.exists())
        .and_then(|text| glob::glob_with(text, LIKE_A_SHELL).ok());
    match pattern {
        Some(paths) => matching(argument, paths),
        None => Ok(vec![Input::File(argument.to_owned())]),
    }
}

fn folder(folder: &Path) -> Result<Vec<Input>, Failure> {
    let reading = || format!("reading the folder {}", printable(folder));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| OsStr::as_encoded_bytes(name).starts_with(b"."));
        // A link to nowhere is no folder either, and is found missing when it is opened.
        if !hidden && !path.is_dir() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(anyhow!("there is no file in the folder {}", printable(folder)).into());
    }
    files.sort();
    Ok(files.into_iter().map(Input::File).collect())
}

fn matching(pattern: &Path, paths: glob::Paths) -> Result<Vec<Input>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let path = path.with_context(|| format!("looking for {}", printable(pattern)))?;
        if !path.is_dir() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(anyhow!("no file matches {}", printable(pattern)).into());
    }
    files.sort();
    Ok(files.into_iter().map(Input::File).collect())
}

fn printable(path: &Path) -> String {
    path.display().to_string().escape_debug().to_string()
}

/// A pipe, or whatever else is no file: it may have nothing to give for as long as it likes.
struct Pipe {
    /// Without a buffer: what lies in one is not seen by who waits for the descriptor.
    file: File,
    stop: Stop,
    /// When reading ends, once it is to end.
    end: Option<Instant>,
}

impl Pipe {
    fn new(file: File, stop: &Stop) -> Pipe {
        Pipe {
            file,
            stop: stop.clone(),
            end: None,
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.stop.is_asked() {
                let end = *self.end.get_or_insert_with(|| Instant::now() + LINGER);
                if Instant::now() >= end {
                    self.stop.cut();
                    return Ok(0);
                }
            }
            let mut waiting = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
            match poll(&mut waiting, PollTimeout::from(LOOK_MS)) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => match self.file.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read,
                },
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    #[test]
    fn folders_and_patterns_are_taken_in_the_order_of_names() {
        let folder = std::env::temp_dir().join(format!("windrow-inputs-{}", std::process::id()));
        fs::create_dir_all(folder.join("deeper")).unwrap();
        for name in ["b.pcap", "a.pcap", "c[1].pcap", ".h.pcap"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let names = |argument: PathBuf| -> Vec<String> {
            let inputs = Input::all(&[argument]).unwrap();
            let name = |input: &Input| input.name().rsplit('/').next().unwrap().to_owned();
            inputs.iter().map(name).collect()
        };
        assert_eq!(names(folder.clone()), ["a.pcap", "b.pcap", "c[1].pcap"]);
        assert_eq!(names(folder.join("?.pcap")), ["a.pcap", "b.pcap"]);
        assert_eq!(
            names(folder.join("*.pcap")),
            ["a.pcap", "b.pcap", "c[1].pcap"]
        );
        assert_eq!(names(folder.join("c[1].pcap")), ["c[1].pcap"]);
        assert!(Input::all(&[folder.join("*.erf")]).is_err());
        assert!(Input::all(&[folder.join("deeper")]).is_err());
        assert!(Input::all(&["-".into(), "-".into()]).is_err());
        // A file that is not there is found missing when it is opened.
        assert_eq!(names(folder.join("none")), ["none"]);
        assert_eq!(names(folder.join("x[1.pcap")), ["x[1.pcap"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
