//! Columns under each other, and numbers as they stand in them.

use std::fmt;

/// What stands where there is no figure.
const NOTHING: &str = "–";

/// Rows under a head; the first column begins at the left, the others end at the right.
#[derive(Debug)]
pub struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of no rows yet.
    pub fn new<T: Into<String>>(title: &str, head: impl IntoIterator<Item = T>) -> Self {
        Self {
            title: title.to_owned(),
            rows: vec![head.into_iter().map(Into::into).collect()],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        let row = [name.to_owned()].into_iter().chain(cells);
        self.rows.push(row.collect());
    }

    /// Whether there is a row under the head.
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                let width = self.width(column);
                if column == 0 {
                    write!(f, "  {cell:<width$}")?;
                } else {
                    write!(f, "  {cell:>width$}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A whole number, its thousands apart: `1,000,000`.
pub fn whole(number: impl Into<i128>) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with so many decimals, or a dash.
pub fn decimals(number: impl Into<Option<f64>>, decimals: usize) -> String {
    match number.into() {
        Some(number) => format!("{number:.decimals$}"),
        None => NOTHING.to_owned(),
    }
}

/// A whole number, or a dash.
pub fn whole_or_nothing(number: Option<u64>) -> String {
    number.map_or_else(|| NOTHING.to_owned(), whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new("What it costs", ["", "1", "1,000"]);
        assert!(table.is_empty());
        table.row("floor", [decimals(30.0, 1), decimals(None, 1)]);
        table.row("windrow", [decimals(36.25, 1), whole(-1_234_567)]);
        let expected = "\
What it costs
              1       1,000
  floor    30.0           –
  windrow  36.2  -1,234,567
";
        assert_eq!(table.to_string(), expected);
        assert!(!table.is_empty());
    }

    #[test]
    fn thousands_are_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (100_000, "100,000"),
        ] {
            assert_eq!(whole(number), text);
        }
        assert_eq!(whole_or_nothing(None), "–");
    }
}
