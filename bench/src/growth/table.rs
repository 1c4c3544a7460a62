//! The results as a person reads them: a column for each size.

use std::io::{self, Write};

use super::results::{AT_LEAST, GrowthResults, SizeFound};

type Cell = fn(&SizeFound) -> Option<String>;

/// A row for each measurement.
const ROWS: [(&str, Cell); 22] = [
    ("accounts", |s| Some(s.accounts.to_string())),
    ("log on disk, GiB", |s| Some(format!("{:.2}", s.log_bytes as f64 / f64::from(1 << 30)))),
    ("filled in, s", |s| Some(format!("{:.0}", s.fill_seconds))),
    ("pgbench, 8 clients, tps", |s| Some(format!("{:.0}", s.yardstick()))),
    ("transfers/s, 10,000 accounts", |s| Some(format!("{:.0}", s.rate()))),
    ("  / pgbench", |s| Some(format!("{:.2}", s.rate() / s.yardstick()))),
    ("  p50, ms", |s| Some(format!("{:.2}", s.p50_ms()))),
    ("  p99, ms", |s| Some(format!("{:.2}", s.p99_ms()))),
    ("transfers/s, all accounts", |s| Some(format!("{:.0}", s.all_accounts.as_ref()?.per_second))),
    ("  p99, ms", |s| Some(format!("{:.2}", s.all_accounts.as_ref()?.latency.p99_ms))),
    ("WAL bytes/transfer after a checkpoint", |s| Some(format!("{:.0}", s.wal_after_checkpoint?))),
    ("  among all accounts", |s| Some(format!("{:.0}", s.wal_all_accounts?))),
    ("disk bytes/transfer, indexes included", |s| Some(format!("{:.0}", s.disk_per_transfer?))),
    ("one client, two cold accounts, p50, ms", |s| Some(format!("{:.3}", s.cold.as_ref()?.cold.latency.p50_ms))),
    ("  the same accounts again", |s| Some(format!("{:.3}", s.cold.as_ref()?.warm.latency.p50_ms))),
    ("  loading one account, us", |s| Some(format!("{:.0}", s.cold.as_ref()?.each().0))),
    ("  of a core", |s| Some(format!("{:.0}", s.cold.as_ref()?.each().1))),
    ("a repeated old command, p50, ms", |s| Some(format!("{:.3}", s.replays.as_ref()?.p50_ms))),
    ("log verify, events/s", |s| Some(format!("{:.0}", s.verified?.per_second))),
    ("  peak memory, MiB", |s| Some((s.verified?.peak_bytes >> 20).to_string())),
    ("accounts + transactions rebuilt, events/s", |s| Some(format!("{:.0}", s.rebuild.as_ref()?.per_second))),
    ("  peak memory, MiB", |s| Some((s.rebuild.as_ref()?.peak_bytes >> 20).to_string())),
];

impl GrowthResults {
    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let machine = &self.hardware;
        writeln!(
            out,
            "Jangbu {} on {}, {} cores, {} MiB, {:.0} fdatasync/s; {}",
            self.revision, machine.cpu, machine.cores, machine.memory_mib, machine.syncs_per_second, self.postgres
        )?;
        writeln!(out, "write path, 256 connections; each load after a run of pgbench; medians")?;
        write!(out, "  {:<42}", "events in the log, millions")?;
        for size in &self.sizes {
            write!(out, " {:>11.2}", size.events as f64 / 1e6)?;
        }
        writeln!(out)?;
        for (name, cell) in ROWS {
            write!(out, "  {name:<42}")?;
            for size in &self.sizes {
                write!(out, " {:>11}", cell(size).unwrap_or_else(|| "-".to_owned()))?;
            }
            writeln!(out)?;
        }
        for size in &self.sizes {
            for why in &size.missing {
                writeln!(out, "  not measured at {:.2} million: {why}", size.events as f64 / 1e6)?;
            }
        }
        let strangers =
            self.sizes.iter().flat_map(|size| &size.strangers).fold(0.0_f64, |most, share| most.max(*share));
        writeln!(out, "  strangers took at most {:.0} % of the machine during a load", strangers * 100.0)?;
        if let Some((raw, ratio)) = self.ratio() {
            let verdict = if self.met() { "met" } else { "MISSED" };
            writeln!(
                out,
                "  rate at the largest size / at the smallest: {raw:.2} ({ratio:.2} as multiples of pgbench), at least {AT_LEAST}: {verdict}"
            )?;
        }
        Ok(())
    }
}
