//! `jangbu archive run`: closed ranges of the log become files.

use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Clock, SystemClock};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use event_archive::{Appended, Chain, Holds, Segment};

use super::{
    live,
    same_log::same_log,
    tail::{self, Tail},
};
use crate::{
    config::Config,
    db::Database,
    failure::Failure,
    log_tables,
    output::{Output, thousands},
};

/// What is archived.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Go to the last commit that ends at or before this position, not to the end of the log
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    to: Option<i64>,

    /// About how many events a file holds: commits stay whole
    #[arg(long, value_name = "EVENTS", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    segment: i64,

    /// Leave what does not fill a file for the next time
    #[arg(long)]
    full_only: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    log_id: Uuid,
    /// The end of the log when it began.
    head: i64,
    /// The last position archived.
    archived: i64,
    /// What this run added.
    segments: u64,
    events: i64,
    bytes: u64,
    /// How often another archiver was faster.
    overtaken: u64,
}

impl Report {
    fn text(&self) -> String {
        let Self { log_id, head, archived, segments, events, bytes, .. } = self;
        let (head, archived, events) = (thousands(*head), thousands(*archived), thousands(*events));
        let bytes = thousands(*bytes);
        format!(
            "log {log_id} at {head}: archived up to {archived}\n{segments} files added, {events} events, {bytes} bytes"
        )
    }
}

/// Archives.
pub async fn run(args: &RunArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    let head = live::head(&mut connection).await?;
    let mut chain = Chain::read(config.archive.open(true)?, head.log_id).await?;
    same_log(&chain, &mut connection).await?;
    chain.know(live::adoptions(&mut connection).await?);
    chain.know_command_ids(head.command_ids_ordered_from);
    let lost = tail::of(&chain, &mut connection).await?;
    if let Tail::Lost(what) = &lost {
        output.remark(format!("{what}; what the log still holds of it is archived again"));
    }
    let target = args.to.map_or(head.position, |to| to.min(head.position));
    let mut report = Report {
        log_id: head.log_id,
        head: head.position,
        archived: 0,
        segments: 0,
        events: 0,
        bytes: 0,
        overtaken: 0,
    };
    let bar = progress(target, "archiving");
    while chain.end() < target {
        let segment = read(&mut connection, chain.end(), target, args.segment).await?;
        let short = segment.events() < args.segment;
        let Some((bytes, digest, about)) = segment.finish()? else { break };
        if args.full_only && short {
            break;
        }
        let (size, events) = (bytes.len() as u64, about.events);
        match chain.append((bytes, digest), Holds::Events(about), SystemClock.now()).await? {
            Appended::Done => {
                report.segments += 1;
                report.events += events;
                report.bytes += size;
                tail::remember(&chain, false, &mut connection).await?;
            }
            Appended::Overtaken => {
                output.remark("another archiver was faster; going on after what it wrote");
                report.overtaken += 1;
                same_log(&chain, &mut connection).await?;
            }
        }
        bar.set_position(chain.end().unsigned_abs());
    }
    bar.finish_and_clear();
    tail::remember(&chain, matches!(lost, Tail::Lost(_)), &mut connection).await?;
    report.archived = chain.end();
    output.show(&report, Report::text)
}

/// Fills a segment with the commits after a position.
async fn read(connection: &mut PgConnection, after: i64, target: i64, events: i64) -> Result<Segment, Failure> {
    let mut segment = Segment::new()?;
    let mut end = after;
    while end < target {
        let commits =
            log_tables::commits(connection, end, target, log_tables::PAGE.min(events - segment.events())).await?;
        if commits.is_empty() {
            break;
        }
        for commit in &commits {
            segment.push(commit)?;
            end = commit.last();
            if segment.events() >= events {
                return Ok(segment);
            }
        }
    }
    Ok(segment)
}

/// A bar on standard error, if someone looks at it.
pub fn progress(events: i64, doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(events.unsigned_abs()).with_message(doing);
    let style = ProgressStyle::with_template("{msg} {bar:40} {human_pos}/{human_len} events, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
