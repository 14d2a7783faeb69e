//! The picture of a run: precision of the top 1000 by memory, a panel a workload. An SVG that needs
//! nothing beside it; its ground is white, so that it can be read on a dark page too.

use windrow_figures::axis::Logarithmic;
use windrow_figures::layout::decimals;
use windrow_figures::lines::{self, Field, Line, Look};

use super::figure::{distinct, find, memory};
use crate::counter::Algorithm;
use crate::measure::Outcome;

/// Workloads that are drawn, where they were measured.
const DRAWN: [&str; 6] = [
    "zipf-1.0-1M",
    "zipf-1.1-100k",
    "short-lived",
    "syn-flood",
    "late-elephants",
    "colliding",
];
const COLUMNS: usize = 2;

/// All lengths are in the units of the SVG: pixels, unless it is scaled.
const PANEL_WIDTH: f64 = 580.0;
const PANEL_HEIGHT: f64 = 340.0;
/// The plotted field, within its panel.
const FIELD: Field = Field {
    left: 64.0,
    right: PANEL_WIDTH - 128.0,
    top: 48.0,
    bottom: PANEL_HEIGHT - 56.0,
};
/// Values at the axis of shares.
const SHARES: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// How the line of a counter looks. Colours are those of Okabe and Ito, which people who see fewer
/// colours tell apart too.
fn look(counter: &str) -> Look {
    let (colour, width) = match counter {
        "windrow" => ("#d55e00", 4.0),
        "drop-hash" => ("#0072b2", 1.8),
        "lru" => ("#e69f00", 1.8),
        "space-saving" => ("#009e73", 1.8),
        "count-min" => ("#56b4e9", 1.8),
        "heavykeeper" => ("#cc79a7", 1.8),
        _ => ("#000000", 1.8),
    };
    Look {
        colour,
        width,
        dashes: "",
        bold: counter == Algorithm::Windrow.name(),
    }
}

/// The picture, or nothing where no workload was measured that is drawn.
pub fn svg(outcomes: &[Outcome]) -> Option<String> {
    let measured = distinct(outcomes, |it| it.workload);
    let drawn: Vec<&str> = DRAWN
        .into_iter()
        .filter(|name| measured.contains(name))
        .collect();
    if drawn.is_empty() {
        return None;
    }
    let width = PANEL_WIDTH * drawn.len().min(COLUMNS) as f64;
    let height = PANEL_HEIGHT * drawn.len().div_ceil(COLUMNS) as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" \
         font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"12\" fill=\"#333333\">\n\
         <title>Precision of the top 1000 by memory, windrow and other algorithms</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (place, workload) in drawn.into_iter().enumerate() {
        let across = PANEL_WIDTH * (place % COLUMNS) as f64;
        let down = PANEL_HEIGHT * (place / COLUMNS) as f64;
        let panel = panel(outcomes, workload);
        svg += &format!("<g transform=\"translate({across} {down})\">\n{panel}</g>\n");
    }
    Some(svg + "</svg>\n")
}

/// One field with its axes and lines.
fn panel(outcomes: &[Outcome], workload: &str) -> String {
    let mut memories = distinct(outcomes, |it| it.memory_bytes);
    memories.sort_unstable();
    let ends = (memories.first(), memories.last());
    let (least, most) = (ends.0.copied().unwrap_or(1), ends.1.copied().unwrap_or(1));
    let x = Logarithmic::new((least as f64, most as f64), (FIELD.left, FIELD.right));
    let mut svg = format!(
        "<text x=\"{}\" y=\"26\" font-size=\"15\" font-weight=\"bold\">{workload}</text>\n",
        FIELD.left
    );
    svg += &axes(&x, &memories);
    // windrow is the first of the counters and the last that is drawn, above the others.
    let mut counters = distinct(outcomes, |it| it.counter);
    counters.reverse();
    let lines: Vec<Line<'_>> = counters
        .into_iter()
        .map(|counter| Line {
            name: counter,
            look: look(counter),
            points: memories
                .iter()
                .filter_map(|bytes| {
                    let it = find(outcomes, workload, *bytes, counter)?;
                    Some((x.at(*bytes as f64), down(it.top_1000_precision)))
                })
                .collect(),
        })
        .collect();
    svg + &lines::svg(&lines, &FIELD)
}

/// Where a share stands.
fn down(share: f64) -> f64 {
    FIELD.bottom + (FIELD.top - FIELD.bottom) * share
}

fn axes(x: &Logarithmic, memories: &[u64]) -> String {
    let Field {
        left,
        right,
        top,
        bottom,
    } = FIELD;
    let mut svg = String::new();
    for share in SHARES {
        let at = down(share);
        svg += &format!(
            "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#e4e4e4\"/>\n\
             <text x=\"{:.1}\" y=\"{at:.1}\" dy=\"4\" text-anchor=\"end\">{}</text>\n",
            left - 8.0,
            decimals(share, 1)
        );
    }
    // Others would stand too near to these.
    for &bytes in memories.iter().filter(|bytes| bytes.is_power_of_two()) {
        let at = x.at(bytes as f64);
        svg += &format!(
            "<line x1=\"{at:.1}\" y1=\"{bottom}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"#333333\"/>\n\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
            bottom + 5.0,
            bottom + 20.0,
            memory(bytes)
        );
    }
    let (across, along) = ((left + right) / 2.0, (top + bottom) / 2.0);
    svg + &format!(
        "<line x1=\"{left}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\" stroke=\"#333333\"/>\n\
         <text x=\"{across}\" y=\"{:.1}\" text-anchor=\"middle\">memory (log scale)</text>\n\
         <text transform=\"translate(18 {along}) rotate(-90)\" text-anchor=\"middle\">\
         precision of the top 1000</text>\n",
        bottom + 42.0
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_counter_has_a_line_a_name_and_its_points_in_every_panel() {
        let mut outcomes = Vec::new();
        for workload in ["syn-flood", "short-lived", "colliding"] {
            for memory in [256 << 10, 1 << 20] {
                outcomes.push(sample::windrow(workload, memory, 1.0));
                outcomes.push(sample::peer(workload, "lru", memory, 0.25));
            }
        }
        let svg = svg(&outcomes).unwrap_or_default();
        let count = |what: &str| svg.matches(what).count();
        assert_eq!((count(">windrow</text>"), count(">lru</text>")), (3, 3));
        assert_eq!(count("<circle"), 3 * 2 * 2);
        assert!(svg.contains("viewBox=\"0 0 1160 680\""));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn without_a_workload_that_is_drawn_there_is_no_picture() {
        assert_eq!(svg(&[sample::windrow("round-robin", 1 << 20, 1.0)]), None);
        assert_eq!(svg(&[]), None);
    }
}
