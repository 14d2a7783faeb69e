//! The text of a crate without dependencies that takes a compiler some seconds: a library of modules and
//! a program. There is nothing in it but work.

use std::fmt::Write;

/// Modules of the library.
const MODULES: usize = 12;
/// Items of a module that are alike.
const ITEMS: usize = 24;

const MANIFEST: &str = "\
[package]
name = \"load\"
version = \"0.1.0\"
edition = \"2021\"

[workspace]
";

/// An item: `@` stands for its number.
const ITEM: &str = "
#[derive(Debug, Clone, PartialEq, PartialOrd, Default)]
pub struct Record@ {
    pub name: String,
    pub values: Vec<f64>,
    pub index: BTreeMap<String, u64>,
}

impl Record@ {
    pub fn read(text: &str) -> Result<Self, String> {
        let mut record = Self::default();
        for line in text.lines() {
            let (name, value) = line.split_once('=').ok_or_else(|| format!(\"no value: {line}\"))?;
            record.values.push(value.trim().parse().map_err(|error| format!(\"{value}: {error}\"))?);
            *record.index.entry(name.trim().to_owned()).or_insert(@) += 1;
        }
        record.values.sort_by(f64::total_cmp);
        record.name = record.index.keys().cloned().collect::<Vec<_>>().join(\",\");
        Ok(record)
    }

    pub fn sum(&self) -> f64 {
        let whole: f64 = self.values.iter().map(|value| value.mul_add(@.0, 1.0)).sum();
        whole + self.index.values().filter(|count| **count > @).count() as f64
    }
}
";

/// Names of files in the crate's folder, and what they hold.
pub fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("Cargo.toml".to_owned(), MANIFEST.to_owned()),
        ("src/lib.rs".to_owned(), library()),
        ("src/main.rs".to_owned(), main()),
    ];
    files.extend((0..MODULES).map(|module| (format!("src/part{module}.rs"), part())));
    files
}

fn library() -> String {
    (0..MODULES).fold(String::new(), |mut text, module| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "pub mod part{module};");
        text
    })
}

fn part() -> String {
    let items = (0..ITEMS).map(|item| ITEM.replace('@', &item.to_string()));
    "use std::collections::BTreeMap;\n".to_owned() + &items.collect::<String>()
}

/// Calls something of every module.
fn main() -> String {
    let calls = (0..MODULES).map(|module| {
        format!("    println!(\"{{:?}}\", load::part{module}::Record0::read(\"a = 1\"));\n")
    });
    format!("fn main() {{\n{}}}\n", calls.collect::<String>())
}
