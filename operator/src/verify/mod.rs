//! `jangbu log verify`: runs the auditor and shows what it found.

mod archived;
mod text;

use std::sync::Arc;

use audit::{ArchivedCommits, AuditError, Auditor, Connections, Reporter, View};
use event_archive::{ArchiveError, ArchivedLog};
use indicatif::{ProgressBar, ProgressStyle};

use self::archived::Archived;
use crate::{archive, config::Config, db::Database, failure::Failure, log_tables, output::Output};

/// What is verified.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The log alone: leave the views out
    #[arg(long)]
    no_views: bool,
}

/// Verifies; answers whether everything holds, and nothing is parked.
pub async fn run(args: &VerifyArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let mut views = Vec::new();
    for view in View::ALL.into_iter().filter(|_| !args.no_views) {
        views.push((view, Database::Views.connect(config).await?));
    }
    let (mut log, other) = (Database::Log.connect(config).await?, Database::Log.connect(config).await?);
    // It reads the log from its first commit.
    let archived: Option<Arc<dyn ArchivedCommits>> = match log_tables::detached_before(&mut log).await? {
        Some(begin) if !config.archive.is_given() => return Err(ArchiveError::Detached(begin).into()),
        Some(_) => {
            let chain = archive::reader(&config.archive, &mut log).await?.chain().clone();
            Some(Arc::new(Archived { chain, commits: ArchivedLog::new(config.archive.clone()) }))
        }
        None => None,
    };
    let auditor = Auditor::new(Connections { log, other, archived, views }, Box::new(Bar::default()));
    let report = auditor.run().await?;
    output.show(&report, text::text)?;
    Ok(report.sound && report.parked_keys == 0)
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Query { doing, source } => Self::Query { doing, source },
            AuditError::Archive(source) => Self::Archived(source),
            AuditError::Absent(what) => Self::Absent(what.to_owned()),
        }
    }
}

/// A bar on standard error, if someone looks at it; and what this program knows that the auditor does not.
#[derive(Default)]
struct Bar(Option<ProgressBar>);

impl Reporter for Bar {
    fn begin(&mut self, events: u64) {
        let bar = ProgressBar::new(events);
        let style = ProgressStyle::with_template("reading the log {bar:40} {human_pos}/{human_len} events, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        self.0 = Some(bar);
    }

    fn read(&mut self, events: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(events);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }

    fn version_of(&self, view: &str) -> Option<i32> {
        views::all().iter().find(|known| known.name() == view).map(|known| known.version())
    }

    fn explain(&self, error: AuditError) -> String {
        let failure = Failure::from(error);
        let advice = failure.advice().map(|advice| format!("; {advice}")).unwrap_or_default();
        format!("{failure}: {}{advice}", failure.causes().join(": "))
    }
}
