//! Rows under their columns' names, for people.

use super::{Row, column};

/// The rows under their columns' names.
pub fn table(rows: &[Row]) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let mut header: Vec<String> = vec!["kernel".into(), "loaded".into(), "residue".into()];
    header.extend(first.hooks.iter().map(|hook| column(hook.0).to_owned()));
    header.extend(["packets", "dropped", "sent"].map(String::from));
    header.extend(first.checks.iter().map(|check| check.0.to_owned()));
    header.extend(["boot", "seconds", "preempt", "release"].map(String::from));
    let mut lines = vec![header];
    for row in rows {
        let mut line = vec![
            row.boot.kernel.name.to_owned(),
            if row.loaded { "yes" } else { "no" }.to_owned(),
            text(row.residue),
        ];
        line.extend(row.hooks.iter().map(|hook| text(hook.1.as_deref())));
        line.extend([text(row.packets), text(row.dropped), text(row.sent)]);
        line.extend(row.checks.iter().map(|check| text(check.1)));
        line.extend([
            format!("{:.1}", row.until_up.as_secs_f64()),
            format!("{:.1}", row.total.as_secs_f64()),
            text(row.preempt.as_deref()),
            text(Some(&row.release).filter(|it| !it.is_empty())),
        ]);
        lines.push(line);
    }
    align(&lines)
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn align(lines: &[Vec<String>]) -> String {
    let mut table = String::new();
    for line in lines {
        let mut row = String::new();
        for (index, cell) in line.iter().enumerate() {
            let width = lines.iter().map(|line| line[index].len()).max();
            row.push_str(&format!("{cell:<width$}  ", width = width.unwrap_or(0)));
        }
        table.push_str(row.trim_end());
        table.push('\n');
    }
    table
}
