//! Charts: drawn here as SVG with a table beneath; where there are scripts, uPlot draws the same figures.

use askama::Template;
use serde_json::json;

/// The size of a drawing, in its own units; the page scales it.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
/// Room at the left for amounts, at the bottom for times, and around.
const LEFT: f64 = 8.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 18.0;
/// Times that are written beneath.
const MARKS: usize = 6;

/// How figures are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Bars,
    Line,
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// Seconds since 1970.
    pub(crate) at: i64,
    /// The time as it is written beneath.
    pub(crate) label: String,
    pub(crate) value: f64,
    /// The value as people read it.
    pub(crate) shown: String,
}

/// What stands above a chart, and over the columns of its table.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) table: String,
    pub(crate) time: String,
    pub(crate) value: String,
    pub(crate) empty: String,
}

/// A chart.
#[derive(Clone, Debug, Template)]
#[template(path = "_chart.html")]
pub(crate) struct Chart {
    id: &'static str,
    words: Words,
    bars: Vec<Bar>,
    line: String,
    marks: Vec<Mark>,
    /// The line of zero.
    zero: String,
    highest: String,
    points: Vec<Point>,
    /// For uPlot.
    data: String,
}

#[derive(Clone, Debug)]
struct Bar {
    x: String,
    y: String,
    width: String,
    height: String,
    title: String,
}

#[derive(Clone, Debug)]
struct Mark {
    x: String,
    anchor: &'static str,
    text: String,
}

impl Chart {
    pub(crate) fn new(id: &'static str, words: Words, shape: Shape, points: Vec<Point>) -> Self {
        let scale = Scale::of(&points);
        let kind = if shape == Shape::Bars { "bars" } else { "line" };
        let (times, values): (Vec<i64>, Vec<f64>) = points.iter().map(|point| (point.at, point.value)).unzip();
        let data = json!({ "kind": kind, "label": words.value, "x": times, "y": values }).to_string();
        let highest = points.iter().max_by(|a, b| a.value.total_cmp(&b.value)).map(|point| point.shown.clone());
        Self {
            id,
            bars: if shape == Shape::Bars { scale.bars(&points) } else { Vec::new() },
            line: if shape == Shape::Line { scale.line(&points) } else { String::new() },
            marks: scale.marks(&points),
            zero: number(scale.y(0.0)),
            highest: highest.unwrap_or_default(),
            words,
            points,
            data,
        }
    }
}

/// From figures to places.
struct Scale {
    least: f64,
    most: f64,
    count: usize,
}

impl Scale {
    fn of(points: &[Point]) -> Self {
        let values = points.iter().map(|point| point.value);
        let (least, most) = values.fold((0.0_f64, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        Self { least, most: if most > least { most } else { least + 1.0 }, count: points.len().max(1) }
    }

    /// The left end of a figure's place.
    fn x(&self, index: usize) -> f64 {
        LEFT + self.step() * index as f64
    }

    fn step(&self) -> f64 {
        (WIDTH - 2.0 * LEFT) / self.count as f64
    }

    fn y(&self, value: f64) -> f64 {
        let part = (value - self.least) / (self.most - self.least);
        HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)
    }

    fn bars(&self, points: &[Point]) -> Vec<Bar> {
        let bar = |(index, point): (usize, &Point)| {
            let (from, to) = (self.y(point.value.max(0.0)), self.y(point.value.min(0.0)));
            Bar {
                x: number(self.x(index) + self.step() * 0.1),
                y: number(from),
                width: number(self.step() * 0.8),
                height: number(to - from),
                title: format!("{}: {}", point.label, point.shown),
            }
        };
        points.iter().enumerate().filter(|(_, point)| point.value != 0.0).map(bar).collect()
    }

    /// Steps: a balance stays as it is until it changes.
    fn line(&self, points: &[Point]) -> String {
        let mut path = String::new();
        for (index, point) in points.iter().enumerate() {
            let (x, next, y) = (number(self.x(index)), number(self.x(index + 1)), number(self.y(point.value)));
            let begin = if index == 0 { 'M' } else { 'L' };
            path.push_str(&format!("{begin}{x} {y} L{next} {y} "));
        }
        path.trim_end().to_owned()
    }

    fn marks(&self, points: &[Point]) -> Vec<Mark> {
        let every = points.len().div_ceil(MARKS).max(1);
        let mark = |(index, point): (usize, &Point)| Mark {
            x: number(self.x(index)),
            anchor: if index == 0 { "start" } else { "middle" },
            text: point.label.clone(),
        };
        points.iter().enumerate().step_by(every).map(mark).collect()
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let word = |text: &str| text.to_owned();
        Words { title: word("t"), table: word("b"), time: word("time"), value: word("<v>"), empty: word("none") }
    }

    fn points(values: &[f64]) -> Vec<Point> {
        let point = |(index, value): (usize, &f64)| Point {
            at: index as i64,
            label: format!("<{index}>"),
            value: *value,
            shown: value.to_string(),
        };
        values.iter().enumerate().map(point).collect()
    }

    #[test]
    fn figures_are_drawn_within_the_drawing_and_escaped() {
        let chart = Chart::new("c", words(), Shape::Bars, points(&[0.0, 5.0, -5.0]));
        assert_eq!(chart.bars.len(), 2, "nothing is drawn of nothing");
        let html = chart.render().expect("rendered");
        assert!(
            html.contains("<svg") && html.contains("<table") && !html.contains("<1>") && !html.contains("<v>"),
            "{html}"
        );
        let chart = Chart::new("c", words(), Shape::Line, points(&[1.0, 2.0]));
        assert!(chart.line.starts_with("M8.0 "), "{}", chart.line);
    }

    #[test]
    fn no_figures_are_said_to_be_none() {
        let html = Chart::new("c", words(), Shape::Line, Vec::new()).render().expect("rendered");
        assert!(html.contains("none") && !html.contains("NaN"), "{html}");
    }
}
