//! `jangbu doctor`: what is wrong, and what to do about it.
//!
//! Each file looks at one thing and never stops the others: what cannot be checked is reported as such.

mod audit;
mod channels;
mod clock;
mod disk;
mod durability;
mod finding;
pub(crate) mod history;
mod kek;
mod key_epochs;
mod keys;
mod leader;
mod log_database;
mod log_form;
mod messages;
mod motion;
mod nats;
mod processes;
mod public_events;
mod report;
mod rights;
mod schema;
mod servers;
mod vault_database;
mod views_database;
mod webhooks;

use std::{path::PathBuf, time::Duration};

use self::{
    finding::{Finding, Verdict},
    report::Report,
};
use crate::{
    config::Config,
    failure::Failure,
    output::{Output, wrap},
};

/// From when on something is wrong.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// How long relay, views and public events may be behind the log
    #[arg(long, value_name = "MS", default_value_t = 5000)]
    max_lag_ms: i64,

    /// How far the clocks may be apart
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    max_skew_ms: i64,

    /// How long to watch whether relay, views and publisher move
    #[arg(long, value_name = "MS", default_value_t = 1500)]
    watch_ms: u64,

    /// Also write the report to this file, as JSON, whole or not at all: the console shows it
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Looks at everything; answers whether nothing failed.
pub async fn run(args: &DoctorArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let (log, views, vault, histories, moving, told, sent, nats, servers, keys, kek, channels) = tokio::join!(
        log_database::look(args, config),
        views_database::look(args, config),
        vault_database::look(args, config),
        history::look(config),
        motion::look(args, config),
        public_events::look(args, config),
        webhooks::look(args, config),
        nats::look(config),
        servers::look(config),
        keys::look(config),
        kek::look(config),
        channels::look(config),
    );
    let disk = disk::look([&log.data_folder, &views.data_folder, &vault.data_folder], config).await;
    let databases = [log.findings, views.findings, vault.findings];
    let others = [histories, moving, told, sent, nats, kek, servers, channels, keys, disk];
    let mut findings: Vec<Finding> = databases.into_iter().chain(others).flatten().collect();
    finding::advise_once(&mut findings, kek::PUT_BACK);
    let report = Report::new(findings);
    // It is printed as well where it cannot be written, and written where nobody reads what is printed.
    let written = args.report.as_deref().map_or(Ok(()), |file| report.write(file));
    output.show(&report, text)?;
    written.map(|()| report.healthy)
}

impl DoctorArgs {
    fn watch(&self) -> Duration {
        Duration::from_millis(self.watch_ms)
    }
}

fn text(report: &Report) -> String {
    let mut lines: Vec<String> = Vec::new();
    for finding in &report.findings {
        lines.push(wrap(&format!("{:<4}  ", finding.verdict.word()), &format!("{}: {}", finding.what, finding.found)));
    }
    let notable: Vec<&Finding> = report.findings.iter().filter(|f| f.verdict != Verdict::Ok).collect();
    if !notable.is_empty() {
        lines.extend([String::new(), "to do".to_owned()]);
    }
    for finding in notable {
        let to_do = finding.to_do.as_deref().unwrap_or("nothing at once; keep an eye on it");
        lines.push(wrap(&format!("  {:<4}  ", finding.verdict.word()), &format!("{}: {to_do}", finding.what)));
    }
    lines.extend([String::new(), verdict(&report.findings)]);
    lines.join("\n")
}

/// All of it in one line.
fn verdict(findings: &[Finding]) -> String {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (wrong, warned, unknown) = (count(Verdict::Fail), count(Verdict::Warn), count(Verdict::Unknown));
    let mut parts = Vec::new();
    for (count, what) in [(wrong, "failed"), (warned, "to watch"), (unknown, "not known")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let parts = if parts.is_empty() { "all well".to_owned() } else { parts.join(", ") };
    let word = if wrong > 0 { "unhealthy" } else { "healthy" };
    format!("{word}: {} looked at, {parts}", findings.len())
}
