//! Lines of a picture, each with its name at its end.

use std::fmt::Write;

use crate::labels;

/// Between the end of a line and its name.
const LEADER: f64 = 22.0;
/// From the middle of a name to that of the next.
const LINE_HEIGHT: f64 = 15.0;

/// Where lines are drawn, in units of the picture; names stand to the right of it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its left edge.
    pub left: f64,
    /// Its right edge.
    pub right: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its lower edge.
    pub bottom: f64,
}

/// How a line looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// As SVG takes it.
    pub colour: &'static str,
    /// Of the line, in units of the picture.
    pub width: f64,
    /// As SVG takes them; empty for a whole line.
    pub dashes: &'static str,
    /// Whether the name is bold.
    pub bold: bool,
}

/// A line through points that are places in the picture, from left to right.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// What stands at its end.
    pub name: &'a str,
    /// How it looks.
    pub look: Look,
    /// Where it goes.
    pub points: Vec<(f64, f64)>,
}

/// The lines as SVG, those that come later above the others; one without points is left out.
pub fn svg(lines: &[Line<'_>], field: &Field) -> String {
    let ends: Vec<f64> = lines
        .iter()
        .map(|line| line.points.last().map_or(field.bottom, |(_, y)| *y))
        .collect();
    let places = labels::apart(&ends, LINE_HEIGHT, (field.top, field.bottom));
    lines
        .iter()
        .zip(places)
        .map(|(line, place)| draw(line, place, field))
        .collect()
}

fn draw(line: &Line<'_>, place: f64, field: &Field) -> String {
    let Look {
        colour,
        width,
        dashes,
        bold,
    } = line.look;
    let Some(&(end_x, end_y)) = line.points.last() else {
        return String::new();
    };
    let path: Vec<String> = line
        .points
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let mut svg = format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
         stroke-dasharray=\"{dashes}\" stroke-linejoin=\"round\"/>\n",
        path.join(" ")
    );
    for (x, y) in &line.points {
        let radius = width / 2.0 + 1.5;
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\"/>"
        );
    }
    let weight = if bold { "bold" } else { "normal" };
    svg + &format!(
        "<polyline points=\"{:.1},{end_y:.1} {:.1},{place:.1}\" fill=\"none\" stroke=\"{colour}\"/>\n\
         <text x=\"{:.1}\" y=\"{place:.1}\" dy=\"4\" font-weight=\"{weight}\">{}</text>\n",
        end_x + 5.0,
        field.right + LEADER - 4.0,
        field.right + LEADER,
        line.name
    )
}
