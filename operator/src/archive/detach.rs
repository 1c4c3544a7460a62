//! `jangbu archive detach`: old partitions of the log leave its database, once the archive holds them.

use std::sync::Arc;

use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection};

use event_archive::{ArchiveError, Chain, FORMAT};

use super::{compare::first_difference, live, same_log::same_log};
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables::{Partition, half_detached, newest_begins, partitions},
    output::{Confirm, Output, thousands},
};

/// Nobody can know it from here.
const SERVERS: &str = "every server reads old commits from the archive from then on: JANGBU_ARCHIVE_URL must be set for command servers, \
                       query servers, relays, projectors and auditors before this, and they must be able to read there";

/// What is detached.
#[derive(Debug, clap::Args)]
pub struct DetachArgs {
    /// Detach the partitions that hold only commits before this position
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    before: i64,

    /// Drop their tables as well; else they stay in the database, detached
    #[arg(long)]
    drop: bool,

    #[command(flatten)]
    confirm: Confirm,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    detached: Vec<String>,
    dropped: bool,
    /// The log's database holds the commits from here on.
    begins_at: i64,
}

impl Report {
    fn text(&self) -> String {
        if self.detached.is_empty() {
            return "no partition holds only commits before that position and is archived: nothing was detached".into();
        }
        let (names, from) = (self.detached.join(", "), thousands(self.begins_at));
        let left = if self.dropped { "dropped" } else { "kept as tables of their own: drop them when you are sure" };
        format!(
            "detached and {left}: {names}\nthe log's database holds commits from position {from} on; the archive holds all before: programs \
             read them there if JANGBU_ARCHIVE_URL is set for them"
        )
    }
}

/// Detaches, oldest first, each partition after it was compared with the archive.
pub async fn run(args: &DetachArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    let head = live::head(&mut connection).await?;
    let chain = Arc::new(Chain::read(config.archive.open(false)?, head.log_id).await?);
    same_log(&chain, &mut connection).await?;
    let all = partitions(&mut connection).await?;
    // The newest commit is never detached: appends and readers look there first.
    let newest = newest_begins(&mut connection).await?;
    let old: Vec<&Partition> = all.iter().take_while(|partition| partition.to <= args.before.min(newest)).collect();
    let half = half_detached(&mut connection).await?;
    let mut report = Report { detached: Vec::new(), dropped: args.drop, begins_at: 0 };
    if !old.is_empty() || half.is_some() {
        output.remark(SERVERS);
        args.confirm.ask("old commits leave the log's database: what needs them reads the archive from then on")?;
    }
    if let Some(name) = half {
        finish(&name, args.drop, &mut connection).await?;
        report.detached.push(name);
    }
    for partition in old {
        if let Some((first, last)) = partition.holds {
            if last > chain.end() {
                output.remark(format!("{} is not archived to its end: `jangbu archive run` first", partition.name));
                break;
            }
            require_places(&chain, first, last)?;
            if let Some(position) = first_difference(&chain, &mut connection, first - 1, last).await? {
                let what = format!("{} differs from the archive at position {position}", partition.name);
                return Err(ArchiveError::OtherLog(what).into());
            }
        }
        detach(partition, args.drop, &mut connection).await?;
        report.detached.push(partition.name.clone());
    }
    let left = partitions(&mut connection).await?;
    report.begins_at = left.first().map_or(0, |partition| partition.from);
    output.show(&report, Report::text)
}

/// What is read instead of the log must say where the versions of streams stand.
fn require_places(chain: &Chain, first: i64, last: i64) -> Result<(), ArchiveError> {
    let old = chain.segments().find(|(manifest, events)| {
        manifest.format < FORMAT && events.last_position >= first && events.first_position <= last
    });
    match old {
        None => Ok(()),
        Some((manifest, _)) => Err(ArchiveError::Which(format!(
            "manifest {} of the archive was written by an earlier build, and cannot be read instead of the log: let `jangbu archive \
             run` write the log into another place, and name that to the servers and to this command",
            manifest.number
        ))),
    }
}

/// Ends what was broken off: Postgres has taken the partition out of all new statements already.
async fn finish(name: &str, drop: bool, connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(format!("alter table log_commits detach partition {name} finalize")))
        .execute(&mut *connection)
        .await
        .map_err(failed("ending the detachment of a partition"))?;
    if drop { drop_table(name, connection).await } else { Ok(()) }
}

async fn drop_table(name: &str, connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(format!("drop table {name}")))
        .execute(connection)
        .await
        .map_err(failed("dropping a detached partition"))
        .map(|_| ())
}

/// Appends and readers go on meanwhile. It cannot stand in a transaction.
async fn detach(partition: &Partition, drop: bool, connection: &mut PgConnection) -> Result<(), Failure> {
    let name = &partition.name;
    sqlx::raw_sql(AssertSqlSafe(format!("alter table log_commits detach partition {name} concurrently")))
        .execute(&mut *connection)
        .await
        .map_err(failed("detaching a partition"))?;
    if drop { drop_table(name, connection).await } else { Ok(()) }
}
