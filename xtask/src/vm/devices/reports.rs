//! What the windrows of the check printed.

use serde_json::Value;

use super::sights::Count;

/// What one of them printed.
pub struct Report<'a> {
    pub rows: Vec<&'a Value>,
    pub warnings: Vec<&'a Value>,
    pub summary: &'a Value,
}

/// What they watched, in the order of their output, and what they say that their totals count.
const WATCHED: [(&str, &str); 3] = [
    ("all devices", "sights"),
    ("the parent", "packets"),
    ("the child", "packets"),
];

/// What a summary must say.
const ZERO: [&str; 3] = ["residue_packets", "residue_bytes", "lost"];

/// Cuts the lines into reports: each begins with a start line and ends with a summary.
///
/// # Errors
/// When one is missing, or anything is left over or lost in it.
pub fn reports(lines: &[Value]) -> Result<[Report<'_>; 3], String> {
    let is_start = |line: &Value| line["type"] == "start";
    let mut found = Vec::new();
    let parts = lines.split_inclusive(|line| line["type"] == "summary");
    for ((watched, counts), part) in WATCHED.into_iter().zip(parts) {
        let start = part.iter().find(|line| is_start(line));
        let (Some(start), Some(summary)) = (start, part.last()) else {
            return Err(format!("did not start on {watched}"));
        };
        if let Some(name) = ZERO.into_iter().find(|name| summary[name] != 0) {
            return Err(format!("has {name} at {} on {watched}", summary[name]));
        }
        if start["counts"] != counts {
            return Err(format!(
                "says that it counts {} on {watched}",
                start["counts"]
            ));
        }
        let of_type = |kind: &str| part.iter().filter(|line| line["type"] == kind).collect();
        found.push(Report {
            rows: of_type("flow"),
            warnings: of_type("warning"),
            summary,
        });
    }
    let missing = |_| "did not print three summaries".to_owned();
    found.try_into().map_err(missing)
}

impl Report<'_> {
    /// The sum of some rows.
    pub fn sum(&self, wanted: impl Fn(&Value) -> bool) -> Count {
        let number = |row: &Value, name: &str| row[name].as_u64().unwrap_or(0);
        let rows = self.rows.iter().filter(|row| wanted(row));
        rows.fold(Count::default(), |sum, row| Count {
            packets: sum.packets + number(row, "packets"),
            bytes: sum.bytes + number(row, "bytes"),
        })
    }
}
