//! What was measured of the console, as it is kept and printed.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{live::LiveFound, walk::PageFound};
use crate::{Hardware, results::keep};

/// What a page may take at p95, in milliseconds.
const PAGE_MS: f64 = 100.0;
/// What a first load may have, in bytes.
const FIRST_LOAD: u64 = 200_000;
/// What live pages may take of the rate of transfers.
const LIVE_TAKE: f64 = 0.02;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct ConsoleResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// Accounts that were filled.
    pub accounts: i64,
    /// Transfers that were filled.
    pub transfers: i64,
    /// Each kind of page.
    pub pages: Vec<PageFound>,
    /// Transfers beside live pages.
    pub live: LiveFound,
}

fn median(found: impl Iterator<Item = f64>) -> f64 {
    let mut found: Vec<f64> = found.collect();
    found.sort_unstable_by(f64::total_cmp);
    found.get(found.len() / 2).copied().unwrap_or(f64::NAN)
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

impl PageFound {
    fn is_whole(&self) -> bool {
        self.failed == 0 && self.incomplete == 0 && self.latency.count > 0
    }
}

impl ConsoleResults {
    fn slowest(&self) -> Option<&PageFound> {
        self.pages.iter().max_by(|one, other| one.latency.p95_ms.total_cmp(&other.latency.p95_ms))
    }

    fn largest(&self) -> Option<&PageFound> {
        self.pages.iter().max_by_key(|page| page.first_load_sent)
    }

    /// What live pages take of the rate, one page for each operator and three: the medians of the rounds.
    fn live_takes(&self) -> [f64; 2] {
        [1, 2].map(|window| 1.0 - median(self.live.rounds.iter().map(|rates| rates[window] / rates[0])))
    }

    fn pages_met(&self) -> bool {
        !self.pages.is_empty() && self.pages.iter().all(|page| page.is_whole() && page.latency.p95_ms <= PAGE_MS)
    }

    fn first_load_met(&self) -> bool {
        self.largest().is_some_and(|page| page.first_load_sent < FIRST_LOAD)
    }

    fn live_met(&self) -> bool {
        self.live_takes()[0] <= LIVE_TAKE && self.live.ended == 0 && self.live.parts > 0
    }

    /// Whether every page is fast, whole and small enough, and live pages cost no more than they may.
    pub fn met(&self) -> bool {
        self.pages_met() && self.first_load_met() && self.live_met()
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(out, "console, {} accounts, {} transfers, {}", self.accounts, self.transfers, self.revision)?;
        writeln!(out, "  {cpu}, {cores} cores, {memory_mib} MiB")?;
        writeln!(out, "  {:<46} {:>8} {:>8} {:>8} ms  kB sent (plain)", "page", "p50", "p95", "p99")?;
        for page in &self.pages {
            let PageFound { name, latency, failed, incomplete, first_load, first_load_sent } = page;
            write!(
                out,
                "  {name:<46} {:>8.1} {:>8.1} {:>8.1}     {:>7.1} ({:.1})",
                latency.p50_ms,
                latency.p95_ms,
                latency.p99_ms,
                *first_load_sent as f64 / 1000.0,
                *first_load as f64 / 1000.0
            )?;
            match page.is_whole() {
                true => writeln!(out)?,
                false => writeln!(out, "  {failed} FAILED, {incomplete} INCOMPLETE of {}", latency.count)?,
            }
        }
        if let Some(page) = self.slowest() {
            let (name, p95, met) = (&page.name, page.latency.p95_ms, verdict(self.pages_met()));
            writeln!(out, "  slowest: {name}, p95 {p95:.1} ms, at most {PAGE_MS} ms for each page, all whole: {met}")?;
        }
        if let Some(page) = self.largest() {
            let (name, size, met) = (&page.name, page.first_load_sent, verdict(self.first_load_met()));
            writeln!(out, "  largest first load: {name}, {size} bytes, less than {FIRST_LOAD}: {met}")?;
        }
        let LiveFound { operators, rounds, parts, ended, reader_cpu } = &self.live;
        let ([one, three], met) = (self.live_takes().map(|take| 100.0 * take), verdict(self.live_met()));
        let reading = 100.0 * median(reader_cpu.iter().copied());
        writeln!(
            out,
            "  {operators} operators with a live page each take {one:.1} % of plain transfers by {} rounds, at most 2 %: {met}; with three \
             each, {three:.1} % ({parts} parts, {ended} ended; reading them took {reading:.0} % of a core, which is in it)",
            rounds.len()
        )
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-console.json").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Latencies;

    fn page(p95_ms: f64, first_load_sent: u64) -> PageFound {
        let latency = Latencies { count: 9, p95_ms, ..Latencies::default() };
        PageFound { name: format!("{p95_ms} ms"), latency, first_load_sent, ..PageFound::default() }
    }

    fn results() -> ConsoleResults {
        let rounds = vec![[100.0, 99.0, 96.0], [10.0, 9.9, 9.6], [100.0, 5.0, 5.0]];
        ConsoleResults {
            taken_at: DateTime::UNIX_EPOCH,
            revision: String::new(),
            hardware: Hardware::default(),
            accounts: 10,
            transfers: 100,
            pages: vec![page(20.0, 90_000), page(99.0, 150_000), page(3.0, 199_999)],
            live: LiveFound { operators: 50, rounds, parts: 9, ended: 0, reader_cpu: vec![0.1] },
        }
    }

    #[test]
    fn the_slowest_page_and_the_largest_one_are_named() {
        let found = results();
        assert!(found.met());
        let mut printed = Vec::new();
        found.print(&mut printed).unwrap();
        let printed = String::from_utf8(printed).unwrap();
        assert!(printed.contains("slowest: 99 ms, p95 99.0 ms"), "{printed}");
        assert!(printed.contains("largest first load: 3 ms, 199999 bytes"), "{printed}");
        assert!(
            printed.contains("take 1.0 % of plain transfers by 3 rounds, at most 2 %: met; with three each, 4.0 %"),
            "{printed}"
        );
        assert!(!printed.contains("MISSED"), "{printed}");
    }

    #[test]
    fn each_target_can_be_missed() {
        let changes: [fn(&mut ConsoleResults); 8] = [
            |found| found.pages[1].latency.p95_ms = 100.1,
            |found| found.pages[0].failed = 1,
            |found| found.pages[0].incomplete = 1,
            |found| found.pages[0].latency.count = 0,
            |found| found.pages[2].first_load_sent = 200_000,
            |found| found.live.rounds = vec![[100.0, 97.9, 99.0]],
            |found| found.live.ended = 1,
            |found| found.live.parts = 0,
        ];
        for change in changes {
            let mut found = results();
            change(&mut found);
            assert!(!found.met(), "{found:?}");
        }
    }
}
