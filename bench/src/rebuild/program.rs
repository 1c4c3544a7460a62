//! `jangbu` as an operator runs it, watched.

use std::{
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use crate::memory;
use serde::Serialize;
use testkit::kit::{Identity, Pair, Role};

/// How often its memory is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// One rebuild, from the start of the process to its end: load, merge, indexes, tail, comparison and promotion.
#[derive(Clone, Debug, Serialize)]
pub struct RebuildRun {
    /// Which views.
    pub what: String,
    /// `log` or `archive`.
    pub from: &'static str,
    /// How long it took.
    pub took: Duration,
    /// Events of the log for each second of it.
    pub per_second: f64,
    /// The most memory that the process held.
    pub peak_bytes: u64,
    /// When each view was first seen in each phase, in seconds from the start.
    pub phases: Vec<(String, f64)>,
}

/// The program and what it works on.
pub(crate) struct Jangbu<'a> {
    pub(crate) program: PathBuf,
    pub(crate) pair: &'a Pair,
    /// A folder.
    pub(crate) archive: PathBuf,
    pub(crate) events: i64,
}

impl Jangbu<'_> {
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("JANGBU_LOG_DATABASE_URL", self.pair.log.url(Role::Owner)?)
            .env("JANGBU_VIEWS_DATABASE_URL", self.pair.views.url(Role::Owner)?)
            .env("JANGBU_ARCHIVE_URL", format!("file://{}", self.archive.display()))
            .stdout(Stdio::null())
            .kill_on_drop(true);
        Ok(command)
    }

    /// Archives the log.
    pub(crate) async fn archive(&self) -> Result<()> {
        let status = self.command(&["archive", "run"])?.status().await.context("cannot run jangbu")?;
        ensure!(status.success(), "jangbu archive run failed");
        Ok(())
    }

    /// Rebuilds views by one command.
    pub(crate) async fn rebuild(&self, views: &[&str], from: &'static str, more: &[&str]) -> Result<RebuildRun> {
        let what = views.join(" and ");
        let began = Instant::now();
        let fixed = ["--from", from, "--reason", "a benchmark", "--operator", "bench", "--json"];
        let mut child = self
            .command(&[&["views", "rebuild"], views, &fixed, more].concat())?
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run jangbu")?;
        let lines = BufReader::new(child.stderr.take().context("it says nothing")?).lines();
        let reading = tokio::spawn(phases(lines, began));
        let (status, peak_bytes) = watched(&mut child).await?;
        let took = began.elapsed();
        let (phases, last) = reading.await.context("reading what jangbu says")?;
        ensure!(status.success(), "the rebuild of {what} failed: {last}");
        Ok(RebuildRun { what, from, took, per_second: self.events as f64 / took.as_secs_f64(), peak_bytes, phases })
    }
}

/// Waits for a process; the most memory that it held.
pub(crate) async fn watched(child: &mut Child) -> Result<(ExitStatus, u64)> {
    let identity = child.id().and_then(Identity::of);
    let mut peak_bytes = 0;
    loop {
        if let Ok(ended) = tokio::time::timeout(LOOK, child.wait()).await {
            return Ok((ended.context("waiting for jangbu")?, peak_bytes));
        }
        peak_bytes = identity.and_then(memory::peak).unwrap_or_default().max(peak_bytes);
    }
}

/// When each view was first seen in each phase, and the last line.
async fn phases(mut lines: Lines<BufReader<ChildStderr>>, began: Instant) -> (Vec<(String, f64)>, String) {
    let (mut phases, mut last): (Vec<(String, f64)>, String) = (Vec::new(), String::new());
    while let Ok(Some(line)) = lines.next_line().await {
        let report: Value = serde_json::from_str(&line).unwrap_or_default();
        if let (Some(view), Some(phase)) = (report["view"].as_str(), report["phase"].as_str()) {
            let phase = format!("{view} {phase}");
            if phases.iter().all(|(known, _)| *known != phase) {
                phases.push((phase, began.elapsed().as_secs_f64()));
            }
        }
        last = line;
    }
    (phases, last)
}
