//! `jangbu archive verify`: the whole archive is read and proved.

use std::sync::Arc;

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use event_archive::{ArchiveError, Chain, CommitLine, Events, Holds, Manifest, stream};

use super::{
    compare::first_difference,
    live,
    run::progress,
    snapshot,
    tail::{self, Tail},
};
use crate::{
    config::Config,
    db::Database,
    failure::Failure,
    log_tables,
    output::{Output, Table, thousands},
};

/// What is verified.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Which log's archive, where the place holds several
    #[arg(long, value_name = "ID")]
    log: Option<Uuid>,

    /// Also compare every archived row with the log's database
    #[arg(long)]
    against_log: bool,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    sound: bool,
    log_id: Uuid,
    manifests: usize,
    segments: usize,
    snapshots: usize,
    archived: i64,
    commits: i64,
    events: i64,
    bytes: u64,
    /// The end of the log, if the archive was held against it.
    head: Option<i64>,
    /// Why it cannot be known whether the end of the archive is lost; none if it is known.
    end_unknown: Option<String>,
    problems: Vec<String>,
    /// Files that no manifest names: left by archivers that were killed or overtaken. They are in nobody's way.
    unnamed: Vec<String>,
}

impl Report {
    fn of(chain: &Chain) -> Self {
        let segments = || chain.segments().map(|(_, events)| events);
        Self {
            sound: true,
            log_id: chain.log_id(),
            manifests: chain.manifests().len(),
            segments: segments().count(),
            snapshots: chain.manifests().len() - segments().count(),
            archived: chain.end(),
            commits: segments().map(|e| e.commits).sum(),
            events: segments().map(|e| e.events).sum(),
            bytes: chain.manifests().iter().map(|m| m.file.bytes).sum(),
            head: None,
            end_unknown: None,
            problems: Vec::new(),
            unnamed: Vec::new(),
        }
    }

    fn text(&self) -> String {
        let mut table =
            Table::new(["manifests", "segments", "snapshots", "archived up to", "commits", "events", "bytes"]);
        let counts = [self.manifests, self.segments, self.snapshots].map(|n| thousands(n as i128));
        let sums = [self.archived, self.commits, self.events].map(thousands);
        table.row(counts.into_iter().chain(sums).chain([thousands(self.bytes)]));
        let mut text = format!("archive of log {}\n\n{}\n", self.log_id, table.render());
        if let Some(head) = self.head {
            text.push_str(&format!("held against the log, which is at {}\n", thousands(head)));
        }
        if let Some(why) = &self.end_unknown {
            text.push_str(&format!("whether the end of the archive is lost is not known: {why}\n"));
        }
        if !self.unnamed.is_empty() {
            text.push_str(&format!("{} files that no manifest names: in nobody's way\n", self.unnamed.len()));
        }
        self.problems.iter().for_each(|problem| text.push_str(&format!("WRONG: {problem}\n")));
        text.push_str(if self.sound { "Everything holds.\n" } else { "Something is wrong: see above.\n" });
        text
    }
}

/// Verifies; answers whether everything holds. A broken chain ends it at once: what hangs on it cannot be trusted.
pub async fn run(args: &VerifyArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let chain = Arc::new(Chain::of(config.archive.open(false)?, args.log).await?);
    let mut report = Report::of(&chain);
    let mut connection = match args.against_log {
        true => Some(Database::Log.connect(config).await?),
        false => None,
    };
    if let Some(connection) = &mut connection {
        let head = live::head(connection).await?;
        report.head = Some(head.position);
        if head.log_id != chain.log_id() {
            return Err(ArchiveError::OtherLog(format!("the database holds log {}", head.log_id)).into());
        }
    }
    let bar = progress(chain.end(), "verifying");
    for manifest in chain.manifests() {
        let problem = match &manifest.holds {
            Holds::Events(events) => segment(&chain, manifest, events, connection.as_mut()).await?,
            Holds::Accounts(accounts) => finding_of(snapshot::check(&chain, manifest, accounts).await)?,
        };
        report.problems.extend(problem);
        bar.set_position(position(manifest).unsigned_abs());
    }
    bar.finish_and_clear();
    match tail::look(&chain, config).await? {
        Tail::Whole => {}
        Tail::Lost(problem) => report.problems.push(problem),
        Tail::Unknown(why) => report.end_unknown = Some(why),
    }
    report.unnamed = chain.unnamed().await?;
    report.sound = report.problems.is_empty();
    output.show(&report, Report::text)?;
    Ok(report.sound)
}

/// What is wrong with a segment, if something is.
async fn segment(
    chain: &Arc<Chain>,
    manifest: &Manifest,
    events: &Events,
    connection: Option<&mut PgConnection>,
) -> Result<Option<String>, Failure> {
    let (after, to) = (events.first_position - 1, events.last_position);
    let mut lines = stream(chain.clone(), after, to, |line: CommitLine<'_>| line.into_commit().map(drop));
    while let Some(batch) = lines.recv().await {
        if let Some(problem) = finding_of(batch.map(drop))? {
            return Ok(Some(problem));
        }
    }
    let Some(connection) = connection else { return Ok(None) };
    // What has left the database was compared before it did.
    let begin = log_tables::detached_before(connection).await?.unwrap_or(1);
    if to < begin {
        return Ok(None);
    }
    let difference = first_difference(chain, connection, after.max(begin - 1), to).await?;
    Ok(difference.map(|position| {
        format!("the log does not hold what manifest {} archived, from position {position} on", manifest.number)
    }))
}

/// A damaged file is a finding; a store that does not answer is not.
fn finding_of(result: Result<(), ArchiveError>) -> Result<Option<String>, Failure> {
    match result {
        Ok(()) => Ok(None),
        Err(error @ ArchiveError::Damaged { .. }) => Ok(Some(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn position(manifest: &Manifest) -> i64 {
    match &manifest.holds {
        Holds::Events(events) => events.last_position,
        Holds::Accounts(accounts) => accounts.position,
    }
}
