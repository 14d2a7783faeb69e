//! What `windrow syscalls --json` and `connects --json` wrote: the lines that both have, how a run is made of
//! them, and the rows of its windows.

use std::{collections::HashMap, fmt::Debug};

use serde::{Deserialize, de::DeserializeOwned};

use super::counting::Written;

/// What one of them writes.
pub trait Kind: Debug + Sized {
    /// Windrow's word for it.
    const COMMAND: &'static str;
    /// The type of the lines that are rows.
    const ROW: &'static str;
    type Start: DeserializeOwned + Debug;
    type Window: DeserializeOwned + Debug;
    type Row: DeserializeOwned + Debug;
    type Summary: DeserializeOwned + Debug;

    /// How long windows are that are counted; there may be longer ones that are made of these.
    fn window_ns(start: &Self::Start) -> u64;
    /// Length and number of a window.
    fn window(window: &Self::Window) -> (u64, u64);
    /// The same of a row's.
    fn window_of(row: &Self::Row) -> (u64, u64);
    /// Checks what is true of every run.
    fn check(run: &Run<Self>);
    /// And of one that saw all tasks of the host.
    fn check_whole(_: &Run<Self>) {}
}

/// Events that are in no row.
#[derive(Debug, Clone, Deserialize)]
pub struct Other {
    pub seq: u64,
    pub window_ns: u64,
    pub reason: String,
    pub events: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Warning {
    pub code: String,
    #[allow(dead_code)] // no more is asked for than that it is there
    pub text: String,
}

/// A run that came to its end.
#[derive(Debug)]
pub struct Run<K: Kind> {
    pub code: Option<i32>,
    /// What was printed beside the lines.
    pub stdout: String,
    pub stderr: String,
    pub start: K::Start,
    pub windows: Vec<K::Window>,
    pub rows: Vec<K::Row>,
    pub others: Vec<Other>,
    pub warnings: Vec<Warning>,
    pub summary: K::Summary,
}

/// A window, and what is in it.
pub struct Filled<'a, K: Kind> {
    pub window: &'a K::Window,
    pub rows: Vec<&'a K::Row>,
    /// Events that are in none of these.
    pub others: u64,
}

/// What all lines begin with.
#[derive(Deserialize)]
struct Tag {
    #[serde(rename = "type")]
    of: String,
}

fn read<T: DeserializeOwned>(line: &str) -> T {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

impl<K: Kind> Run<K> {
    /// Reads the lines and checks all that is true of every run.
    pub fn read(written: Written) -> Run<K> {
        let (code, stderr) = (written.code, written.stderr);
        assert!(!stderr.contains("panicked"), "{stderr}");
        let (mut start, mut summary) = (None, None);
        let (mut windows, mut rows, mut others, mut warnings) = (vec![], vec![], vec![], vec![]);
        for line in written.lines.lines() {
            assert!(summary.is_none(), "a line behind the summary: {line}");
            match &read::<Tag>(line).of[..] {
                "start" => start = Some(read(line)),
                "window" => windows.push(read(line)),
                "other" => others.push(read(line)),
                "warning" => warnings.push(read(line)),
                "summary" => summary = Some(read(line)),
                row if row == K::ROW => rows.push(read(line)),
                _ => panic!("of no known type: {line}"),
            }
        }
        let run = Run {
            code,
            start: start.unwrap_or_else(|| panic!("no start line; {code:?}: {stderr}")),
            summary: summary.unwrap_or_else(|| panic!("no summary; {code:?}: {stderr}")),
            stdout: written.stdout,
            stderr,
            windows,
            rows,
            others,
            warnings,
        };
        K::check(&run);
        run
    }

    /// Rows of the windows that were counted, not of longer ones.
    pub fn counted(&self) -> impl Iterator<Item = &K::Row> {
        let length = K::window_ns(&self.start);
        let is_counted = move |row: &&K::Row| K::window_of(row).0 == length;
        self.rows.iter().filter(is_counted)
    }

    /// All windows; every row is in one of them.
    pub fn by_window(&self) -> Vec<Filled<'_, K>> {
        let mut rows: HashMap<(u64, u64), Vec<&K::Row>> = HashMap::new();
        for row in &self.rows {
            rows.entry(K::window_of(row)).or_default().push(row);
        }
        let windows = self.windows.iter().map(|window| {
            let place = K::window(window);
            let others = self.others.iter();
            let others = others.filter(|it| (it.window_ns, it.seq) == place);
            Filled {
                window,
                rows: rows.remove(&place).unwrap_or_default(),
                others: others.map(|it| it.events).sum(),
            }
        });
        let windows = windows.collect();
        assert!(rows.is_empty(), "rows without a window: {rows:?}");
        windows
    }
}
