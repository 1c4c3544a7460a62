//! Whether what is to be filled fits on the disk.

use std::path::Path;

use anyhow::{Context, Result, ensure};

const GIB: f64 = (1_u64 << 30) as f64;

/// Free bytes of the disk that a folder is on.
fn free(folder: &Path) -> Result<u64> {
    let output = std::process::Command::new("df").args(["--output=avail", "--block-size=1"]).arg(folder).output();
    let output = output.context("cannot run df")?;
    ensure!(output.status.success(), "df failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().and_then(|line| line.trim().parse().ok()).context("df did not say how much is free")
}

/// What a log of so many events and accounts takes at most, with the views that are rebuilt from it, and with what Postgres needs beside it.
pub(crate) fn disk_space(events: i64, accounts: i64, with_views: bool) -> u64 {
    // Measured: 291 bytes of log for an event with its share of the accounts, 170 of views. The WAL and pgbench take 8 GiB.
    let (events, accounts) = (events.unsigned_abs(), accounts.unsigned_abs());
    let views = if with_views { 220 * events } else { 0 };
    (8 << 30) + 320 * events + 400 * accounts + views
}

/// Refuses to begin what the disk cannot hold.
pub(crate) fn require_space(folder: &Path, needed: u64) -> Result<()> {
    let free = free(folder)?;
    ensure!(
        free >= needed,
        "this needs about {:.0} GiB on the disk of {}, and {:.0} GiB are free: choose smaller sizes, or skip the rebuild",
        needed as f64 / GIB,
        folder.display(),
        free as f64 / GIB
    );
    Ok(())
}
