//! The workspace on disk and the commands run in it: where it is, where cargo builds to, which
//! cargo to call. It does not know what is built.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, anyhow, bail};

/// The profile of every check and test: one for all, so that nothing is compiled twice.
pub const TEST_PROFILE: &str = "--profile=test-release";

/// Where the sources are and where cargo puts what it builds; both are absolute paths.
#[derive(Debug)]
pub struct Workspace {
    /// The folder of the root Cargo.toml.
    pub root: PathBuf,
    /// Cargo's target folder, with `CARGO_TARGET_DIR` and cargo's configuration applied.
    pub target: PathBuf,
}

impl Workspace {
    /// Asks cargo for both folders.
    ///
    /// # Errors
    /// When cargo cannot be run, or reads no workspace from the current folder.
    pub fn find() -> Result<Self> {
        let mut metadata = Command::new(cargo_program());
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
        let text = stdout_of(&mut metadata).context("cannot ask cargo for the workspace")?;
        let json: serde_json::Value =
            serde_json::from_str(&text).context("`cargo metadata` printed something else")?;
        let path = |name: &str| {
            json[name]
                .as_str()
                .map(PathBuf::from)
                .ok_or_else(|| anyhow!("`cargo metadata` names no {name}; update cargo"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
        })
    }

    /// A cargo command with the given arguments, run in the root and building to `target`.
    pub fn cargo<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, args: I) -> Command {
        let mut command = Command::new(cargo_program());
        command
            .args(args)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// The command that builds the windrow binary as it is used.
    pub fn build_windrow(&self) -> Command {
        self.cargo(["build", "--release", "--package", "windrow"])
    }

    /// Where [`Workspace::build_windrow`] leaves the binary.
    pub fn windrow(&self) -> PathBuf {
        self.target.join("release/windrow")
    }
}

/// Runs a command with this process's own output and waits for it.
///
/// # Errors
/// When the program cannot be started or does not exit with 0; the text names the command.
pub fn run(command: &mut Command) -> Result<()> {
    let line = words(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`; is the program installed?"))?;
    expect_success(status, &line)
}

/// Runs a command and gives what it printed on stdout; its stderr goes to the terminal.
///
/// # Errors
/// As [`run`].
pub fn stdout_of(command: &mut Command) -> Result<String> {
    let line = words(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{line}`; is the program installed?"))?;
    expect_success(output.status, &line)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command like [`run`] and hands over each line of its stdout as it comes.
///
/// # Errors
/// As [`run`], or when the output cannot be read.
pub fn run_reading(command: &mut Command, mut each: impl FnMut(&str)) -> Result<()> {
    let line = words(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`; is the program installed?"))?;
    if let Some(output) = child.stdout.take() {
        for text in BufReader::new(output).split(b'\n') {
            let text = text.with_context(|| format!("cannot read what `{line}` prints"))?;
            each(&String::from_utf8_lossy(&text));
        }
    }
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for `{line}`"))?;
    expect_success(status, &line)
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// The full path of a program, if a folder of `PATH` has it.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn cargo_program() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn expect_success(status: ExitStatus, line: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    match status.code() {
        Some(code) => bail!("`{line}` exited with {code}; its output above says why"),
        None => bail!("`{line}` was ended by a signal; run it again by hand to see why"),
    }
}

fn words(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut line = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
