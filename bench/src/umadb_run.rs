//! What UmaDB did under load.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::CpuUse;

/// One load.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct UmaDbLoad {
    /// How many clients, each with a connection of its own.
    pub clients: usize,
    /// Appends that were answered, warm-up included.
    pub appended: u64,
    /// Appends a second, of three events each.
    pub per_second: f64,
    /// The mean latency.
    pub mean_ms: f64,
    /// Half were no slower.
    pub p50_ms: f64,
    /// Ninety-nine of a hundred were no slower.
    pub p99_ms: f64,
}

/// What UmaDB did.
#[derive(Clone, Debug, Serialize)]
pub struct UmaDbRun {
    /// Of which version.
    pub version: &'static str,
    /// One load after the other on one store.
    pub loads: Vec<UmaDbLoad>,
    /// Events in the store afterwards: as many as were answered.
    pub events: u64,
    /// What the store took on the disk; its file grows in large steps.
    pub disk_bytes: u64,
    /// The most memory that the server held.
    pub peak_bytes: u64,
    /// Where the processor time of all loads went.
    pub cpu: CpuUse,
}

impl UmaDbRun {
    /// A line for each load, and what they took.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\nUmaDB {}, conditional appends of three events, gRPC, fdatasync, same disk", self.version)?;
        for UmaDbLoad { clients, per_second, p50_ms, p99_ms, .. } in &self.loads {
            writeln!(
                out,
                "  {clients:>4} clients {per_second:>9.0} appends/s  p50 {p50_ms:>8.2}  p99 {p99_ms:>8.2} ms"
            )?;
        }
        let appended = self.loads.iter().map(|load| load.appended).sum();
        let cpu: Vec<_> = self.cpu.per_transfer(appended).map(|(name, micros)| format!("{name} {micros:.0}")).collect();
        writeln!(
            out,
            "  microseconds of a core for each append: {}; {}; {} events, each answered once; {} MiB of memory",
            cpu.join(", "),
            self.cpu.noise(),
            self.events,
            self.peak_bytes >> 20
        )
    }
}
