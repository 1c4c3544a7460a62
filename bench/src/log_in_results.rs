//! The effect of a flood of log-ins, and how it is reported.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{CpuUse, Hardware, results::keep};
use crate::load::{FloodAnswers, FloodSource, Report};

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct LogInResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// The short run.
    pub quick: bool,
    /// On what.
    pub hardware: Hardware,
    /// The version of Postgres.
    pub postgres: String,
    /// Transfers a second at most, if that was looked for.
    pub highest: Option<f64>,
    /// Transfers a second that were sent.
    pub rate: f64,
    /// Log-ins a second that were sent.
    pub flood: f64,
    /// Each run, in order.
    pub runs: Vec<LogInRun>,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct LogInRun {
    /// The flood; none in a quiet run.
    pub flood: Option<Flood>,
    /// The transfers.
    pub transfers: Report,
    /// Where the processor time went.
    pub cpu: CpuUse,
}

/// A flood and its answers.
#[derive(Clone, Debug, Serialize)]
pub struct Flood {
    /// Where it came from.
    pub from: FloodSource,
    /// Passwords verified a second.
    pub verified_per_second: f64,
    /// How it was answered. The name in the files is that of earlier results.
    #[serde(rename = "knocked")]
    pub answers: FloodAnswers,
}

/// What transfers may take in a flood, as a multiple of what they take without one.
const TARGET: f64 = 2.0;

impl LogInRun {
    fn from(&self) -> Option<FloodSource> {
        self.flood.as_ref().map(|flood| flood.from)
    }

    /// In one line.
    pub(super) fn line(&self) -> String {
        let latency = &self.transfers.latency;
        let transfers = format!("transfers p50 {:.2} p99 {:.2} ms", latency.p50_ms, latency.p99_ms);
        let noise = self.cpu.noise();
        match &self.flood {
            None => format!("no log-ins: {transfers}; {noise}"),
            Some(flood) => {
                let (name, verified, statuses) =
                    (name(Some(flood.from)), flood.verified_per_second, &flood.answers.statuses);
                format!("{name}: {transfers}; {verified:.0} passwords/s verified, answers {statuses:?}; {noise}")
            }
        }
    }
}

impl LogInResults {
    /// Medians over the runs of one kind: p50 and p99 of transfers, in milliseconds.
    pub fn medians(&self, from: Option<FloodSource>) -> (f64, f64) {
        let runs: Vec<_> = self.runs.iter().filter(|run| run.from() == from).collect();
        let of = |pick: fn(&LogInRun) -> f64| median(runs.iter().map(|run| pick(run)).collect());
        (of(|run| run.transfers.latency.p50_ms), of(|run| run.transfers.latency.p99_ms))
    }

    /// Whether transfers stay within the target in every flood.
    pub fn met(&self) -> bool {
        let (_, quiet) = self.medians(None);
        [FloodSource::OneAddress, FloodSource::ManyAddresses]
            .into_iter()
            .all(|from| self.medians(Some(from)).1 <= TARGET * quiet)
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(out, "{} transfers/s beside {} log-ins/s, {}", self.rate.round(), self.flood, self.revision)?;
        writeln!(out, "  {cpu}, {cores} cores, {memory_mib} MiB, {}", self.postgres)?;
        if let Some(highest) = self.highest {
            writeln!(out, "  highest rate {highest:.0} transfers/s")?;
        }
        let (_, quiet) = self.medians(None);
        for from in [None, Some(FloodSource::OneAddress), Some(FloodSource::ManyAddresses)] {
            let (p50, p99) = self.medians(from);
            let ratio = p99 / quiet;
            write!(out, "  {:<34} p50 {p50:>7.2} ms  p99 {p99:>7.2} ms  {ratio:>5.2} x", name(from))?;
            writeln!(out, "  {}", self.answers(from))?;
        }
        let verdict = if self.met() { "met" } else { "MISSED" };
        writeln!(out, "  p99 within {TARGET} x: {verdict}")
    }

    /// Answers a second of a kind of flood, by status, and passwords verified.
    fn answers(&self, from: Option<FloodSource>) -> String {
        let floods: Vec<_> =
            self.runs.iter().filter_map(|run| run.flood.as_ref()).filter(|flood| Some(flood.from) == from).collect();
        let Some(first) = floods.first() else { return String::new() };
        let share = |status: u16| {
            let of = |flood: &&Flood| flood.answers.statuses.get(&status).copied().unwrap_or(0) as f64;
            let all = |flood: &&Flood| flood.answers.statuses.values().sum::<u64>() as f64;
            let per_second = floods.iter().map(|f| of(f) / all(f).max(1.0) * f.answers.per_second);
            format!("{status}: {:.1}/s", per_second.sum::<f64>() / floods.len() as f64)
        };
        let mut statuses: Vec<u16> = floods.iter().flat_map(|flood| flood.answers.statuses.keys().copied()).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let shares: Vec<String> = statuses.into_iter().map(share).collect();
        format!("{}; a password p50 {:.0} ms", shares.join(", "), first.answers.verified.p50_ms)
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-logins.json").to_string())
    }
}

fn name(from: Option<FloodSource>) -> &'static str {
    match from {
        None => "no log-ins",
        Some(FloodSource::OneAddress) => "log-ins from one address",
        Some(FloodSource::ManyAddresses) => "log-ins from everywhere",
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
