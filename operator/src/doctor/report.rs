//! Everything that was looked at, and the file in which the console finds it.

use std::path::Path;

use chrono::{DateTime, Utc};
use kernel::{Clock, SystemClock};
use serde::Serialize;
use tasks::files;

use super::finding::{Finding, Verdict};
use crate::failure::Failure;

/// The console, which shows the file, may be another user. No finding holds a secret.
const MODE: u32 = 0o644;

/// Everything that was looked at.
#[derive(Serialize)]
pub struct Report {
    made_at: DateTime<Utc>,
    pub healthy: bool,
    pub findings: Vec<Finding>,
}

impl Report {
    /// The report of now.
    pub fn new(findings: Vec<Finding>) -> Self {
        // What is unknown is not wrong.
        let healthy = findings.iter().all(|finding| finding.verdict != Verdict::Fail);
        Self { made_at: SystemClock.now(), healthy, findings }
    }

    /// Puts the report in the place of the one before: who reads the file finds one of them, whole.
    pub fn write(&self, file: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| Failure::Output(error.into()))?;
        files::replace(file, &text, MODE).map_err(|source| Failure::Report { file: file.display().to_string(), source })
    }
}
