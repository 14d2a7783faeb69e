//! The picture of a run: nanoseconds a packet by number of flows, for IPv4 packets of uniform flows,
//! by program test runs and on live frames. An SVG that needs nothing beside it; its ground is white,
//! so that it can be read on a dark page too.

use std::fmt::Write;

use windrow_figures::axis::{self, Logarithmic};
use windrow_figures::layout::decimals;
use windrow_figures::lines::{self, Field, Look};

use super::costs::{Costs, HOT, Kind, LIVE};
use crate::designs::WINDROW;
use crate::results::Outcome;

/// All lengths are in the units of the SVG: pixels, unless it is scaled.
const PANEL_WIDTH: f64 = 580.0;
const HEIGHT: f64 = 480.0;
/// Of the plotted field, within its panel.
const LEFT: f64 = 64.0;
const RIGHT: f64 = PANEL_WIDTH - 128.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = HEIGHT - 58.0;
/// The same, for what is drawn in it.
const FIELD: Field = Field {
    left: LEFT,
    right: RIGHT,
    top: TOP,
    bottom: BOTTOM,
};
/// Free room above the highest and below the lowest figure, as a factor.
const MARGIN: f64 = 1.15;

/// How the line of a design looks. Colours are those of Okabe and Ito, which people who see fewer
/// colours tell apart too.
fn look(design: &str) -> Look {
    let (colour, width, dashes) = match design {
        "windrow" => ("#d55e00", 4.0, ""),
        "empty" => ("#888888", 1.5, "2 4"),
        "floor" => ("#444444", 1.5, "7 4"),
        "percpu_hash" => ("#56b4e9", 1.8, ""),
        "hash" => ("#0072b2", 1.8, ""),
        "lru_hash" => ("#e69f00", 1.8, ""),
        "textbook" => ("#009e73", 1.8, ""),
        "agent" => ("#cc79a7", 1.8, ""),
        _ => ("#000000", 1.8, ""),
    };
    Look {
        colour,
        width,
        dashes,
        bold: design == WINDROW.name,
    }
}

/// The picture, or nothing where neither kind of packets was measured.
pub fn svg(outcomes: &[Outcome]) -> Option<String> {
    let panels: Vec<String> = [(HOT, "Program test runs"), (LIVE, "Live frames on a veth")]
        .into_iter()
        .filter_map(|(group, title)| {
            let kind = Kind {
                group,
                family: 4,
                dist: "uniform",
            };
            panel(title, &Costs::of(outcomes, kind))
        })
        .collect();
    if panels.is_empty() {
        return None;
    }
    let width = PANEL_WIDTH * panels.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" \
         width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"12\" fill=\"#333333\">\n\
         <title>Nanoseconds a packet by number of flows, windrow and other designs</title>\n\
         <rect width=\"{width}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    for (place, panel) in panels.iter().enumerate() {
        let offset = PANEL_WIDTH * place as f64;
        svg += &format!("<g transform=\"translate({offset} 0)\">\n{panel}</g>\n");
    }
    Some(svg + "</svg>\n")
}

/// One field with its axes and lines; nothing without figures.
fn panel(title: &str, costs: &Costs<'_>) -> Option<String> {
    let flows = costs.flows();
    let lines: Vec<Line> = costs
        .designs()
        .into_iter()
        .map(|design| Line::of(costs, design, &flows))
        .collect();
    let ns = lines.iter().flat_map(|line| &line.points).map(|it| it.1);
    let (least, most) = ns.fold((f64::MAX, f64::MIN), |(least, most), ns| {
        (least.min(ns), most.max(ns))
    });
    let x = Logarithmic::new(
        (f64::from(*flows.first()?), f64::from(*flows.last()?)),
        (LEFT, RIGHT),
    );
    let y = Logarithmic::new((least / MARGIN, most * MARGIN), (BOTTOM, TOP));
    let mut svg = format!(
        "<text x=\"{LEFT}\" y=\"28\" font-size=\"15\" font-weight=\"bold\">{title}: IPv4, uniform flows</text>\n"
    );
    svg += &axes(&x, &y, &flows);
    svg += &designs(&lines, &x, &y);
    Some(svg)
}

/// A design's costs, by flows ascending.
struct Line {
    design: &'static str,
    points: Vec<(u32, f64)>,
}

impl Line {
    fn of(costs: &Costs<'_>, design: &'static str, flows: &[u32]) -> Self {
        let points = flows
            .iter()
            .filter_map(|flows| Some((*flows, costs.ns(design, *flows)?)));
        Self {
            design,
            points: points.collect(),
        }
    }
}

fn axes(x: &Logarithmic, y: &Logarithmic, flows: &[u32]) -> String {
    let mut svg = String::new();
    for ns in y.ticks() {
        let at = y.at(ns);
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{RIGHT}\" y2=\"{at:.1}\" stroke=\"#e4e4e4\"/>\n\
             <text x=\"{:.1}\" y=\"{at:.1}\" dy=\"4\" text-anchor=\"end\">{}</text>\n",
            LEFT - 8.0,
            decimals(ns, 0)
        );
    }
    for &number in flows {
        let at = x.at(f64::from(number));
        let _ = write!(
            svg,
            "<line x1=\"{at:.1}\" y1=\"{BOTTOM}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"#333333\"/>\n\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
            BOTTOM + 5.0,
            BOTTOM + 20.0,
            axis::short(number)
        );
    }
    let (across, along) = ((LEFT + RIGHT) / 2.0, (TOP + BOTTOM) / 2.0);
    svg + &format!(
        "<line x1=\"{LEFT}\" y1=\"{BOTTOM}\" x2=\"{RIGHT}\" y2=\"{BOTTOM}\" stroke=\"#333333\"/>\n\
         <text x=\"{across}\" y=\"{:.1}\" text-anchor=\"middle\">distinct flows (log scale)</text>\n\
         <text transform=\"translate(18 {along}) rotate(-90)\" text-anchor=\"middle\">\
         ns a packet, in all (log scale)</text>\n",
        BOTTOM + 42.0
    )
}

/// The lines and, at their ends, their names; windrow's last, above the others.
fn designs(lines: &[Line], x: &Logarithmic, y: &Logarithmic) -> String {
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by_key(|line| line.design == WINDROW.name);
    let place = |(flows, ns): &(u32, f64)| (x.at(f64::from(*flows)), y.at(*ns));
    let drawn: Vec<lines::Line<'_>> = order
        .into_iter()
        .map(|line| lines::Line {
            name: line.design,
            look: look(line.design),
            points: line.points.iter().map(place).collect(),
        })
        .collect();
    lines::svg(&drawn, &FIELD)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn count(svg: &str, what: &str) -> usize {
        svg.matches(what).count()
    }

    #[test]
    fn every_design_has_a_line_a_name_and_its_points() {
        let svg = svg(&sample::outcomes()).unwrap_or_default();
        for design in ["floor", "windrow", "hash", "textbook", "agent"] {
            assert_eq!(count(&svg, &format!(">{design}</text>")), 1, "{design}");
        }
        assert_eq!(count(&svg, "<circle"), 5 * 2);
        assert!(svg.contains("viewBox=\"0 0 580 480\""), "live was not run");
    }

    #[test]
    fn live_frames_get_a_panel_beside() {
        let mut outcomes = sample::outcomes();
        outcomes.push(Outcome::Cost(sample::cost("live", "windrow", 1_000, 160.0)));
        let svg = svg(&outcomes).unwrap_or_default();
        assert!(svg.contains("viewBox=\"0 0 1160 480\""));
        assert_eq!(count(&svg, ">windrow</text>"), 2);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn without_packets_there_is_no_picture() {
        assert_eq!(svg(&[sample::drain("windrow", 1_000, 8.0, 0)]), None);
    }
}
