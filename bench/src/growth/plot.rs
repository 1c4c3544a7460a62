//! The results as a picture: four small plots beside each other, drawn by hand, for a crate that plots would be larger than all the rest of
//! the benchmark.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::results::{GrowthResults, SizeFound};

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 260.0;
/// Left, right, top and bottom of the lines within a plot.
const FRAME: [f64; 4] = [60.0, 425.0, 40.0, 220.0];
const COLOURS: [&str; 2] = ["#1b6ca8", "#c8553d"];

/// One line: its name and its value at each size.
type Line = (&'static str, fn(&SizeFound) -> Option<f64>);

/// A plot: its title and its lines.
const PLOTS: [(&str, &[Line]); 4] = [
    (
        "transfers/s, as multiples of pgbench",
        &[
            ("10,000 accounts", |s| Some(s.rate() / s.yardstick())),
            ("all accounts", |s| Some(s.all_accounts.as_ref()?.per_second / s.yardstick())),
        ],
    ),
    (
        "p99 of a transfer, ms",
        &[
            ("10,000 accounts", |s| Some(s.p99_ms())),
            ("all accounts", |s| Some(s.all_accounts.as_ref()?.latency.p99_ms)),
        ],
    ),
    (
        "WAL of a transfer after a checkpoint, bytes",
        &[("10,000 accounts", |s| s.wal_after_checkpoint), ("all accounts", |s| s.wal_all_accounts)],
    ),
    (
        "one client, p50, ms",
        &[
            ("two cold accounts", |s| Some(s.cold.as_ref()?.cold.latency.p50_ms)),
            ("a repeated old command", |s| Some(s.replays.as_ref()?.p50_ms)),
        ],
    ),
];

impl GrowthResults {
    /// Draws them into a file of this folder.
    pub fn plot(&self, folder: &Path) -> Result<PathBuf> {
        let file = folder.join("growth.svg");
        std::fs::write(&file, self.svg()).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }

    fn svg(&self) -> String {
        let (width, height) = (2.0 * WIDTH, 2.0 * HEIGHT);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
        );
        for (place, (title, lines)) in PLOTS.iter().enumerate() {
            let (x, y) = (WIDTH * (place % 2) as f64, HEIGHT * (place / 2) as f64);
            let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
            let _ = writeln!(svg, "<text x=\"{}\" y=\"20\" font-weight=\"bold\">{title}</text>", FRAME[0]);
            self.draw(&mut svg, lines);
            svg.push_str("</g>\n");
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn draw(&self, svg: &mut String, lines: &[Line]) {
        let [left, right, top, bottom] = FRAME;
        let sizes = || self.sizes.iter();
        let events: Vec<f64> = sizes().map(|size| (size.events.max(1) as f64).log10()).collect();
        let (low, high) = bounds(&events);
        let x = |events: f64| left + (events - low) / (high - low).max(1e-9) * (right - left);
        let values = || lines.iter().flat_map(|(_, value)| sizes().filter_map(value));
        let most = values().filter(|value| value.is_finite()).fold(0.0, f64::max) * 1.1;
        // From zero on: what looks like a fall is one.
        let y = |value: f64| bottom - value / most.max(1e-9) * (bottom - top);
        let _ = writeln!(svg, "<path d=\"M{left} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#444\"/>");
        for tick in [0.0, most / 2.0, most] {
            let (at, places) = (y(tick), if most < 20.0 { 2 } else { 0 });
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{tick:.places$}</text>",
                left - 5.0,
                at + 4.0
            );
            let _ = writeln!(svg, "<path d=\"M{left} {at:.1}H{right}\" stroke=\"#ddd\"/>");
        }
        for (size, at) in sizes().zip(&events) {
            let (at, millions) = (x(*at), size.events as f64 / 1e6);
            let places = if millions < 9.5 { 1 } else { 0 };
            let _ = writeln!(
                svg,
                "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{millions:.places$} M</text>",
                bottom + 16.0
            );
        }
        for (number, ((name, value), colour)) in lines.iter().zip(COLOURS).enumerate() {
            let points: Vec<(f64, f64)> = (sizes().zip(&events))
                .filter_map(|(size, events)| Some((x(*events), y(value(size).filter(|value| value.is_finite())?))))
                .collect();
            let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            if path.is_empty() {
                continue;
            }
            let _ =
                writeln!(svg, "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", path.join("L"));
            for (x, y) in points {
                let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
            }
            let at = left + 170.0 * number as f64;
            let _ = writeln!(svg, "<text x=\"{at}\" y=\"{}\" fill=\"{colour}\">{name}</text>", bottom + 34.0);
        }
    }
}

fn bounds(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{Hardware, PgbenchRun, load::Report};

    #[test]
    fn what_was_not_measured_is_not_drawn() {
        let size = |events, rate| SizeFound {
            events,
            loads: vec![Report { per_second: rate, ..Report::default() }],
            pgbench: vec![PgbenchRun { when: "beside", clients: 8, tps: 10.0, average_ms: 1.0 }],
            ..SizeFound::default()
        };
        let results = GrowthResults {
            taken_at: DateTime::UNIX_EPOCH,
            revision: String::new(),
            quick: true,
            hardware: Hardware::default(),
            postgres: String::new(),
            sizes: vec![size(1_000_000, 50.0), size(100_000_000, 25.0)],
        };
        let svg = results.svg();
        // Two plots have a line of two points; the rate ends at half the height at which it begins.
        assert_eq!(svg.matches("<circle").count(), 4, "{svg}");
        assert!(svg.contains("M60.0 56.4L425.0 138.2"), "{svg}");
        assert!(svg.contains(">100 M<") && !svg.contains("NaN"), "{svg}");
    }
}
