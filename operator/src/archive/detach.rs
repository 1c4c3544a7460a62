//! `jangbu archive detach`: old partitions of the log leave its database, once the archive holds them.

use std::sync::Arc;

use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{chain::Chain, compare::first_difference, error::ArchiveError, live, same_log::same_log, store::Place};
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables::{Partition, partitions},
    output::{Confirm, Output, thousands},
};

/// What is detached.
#[derive(Debug, clap::Args)]
pub struct DetachArgs {
    #[command(flatten)]
    place: Place,

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
            "detached and {left}: {names}\nthe log's database holds commits from position {from} on; the archive holds all before: rebuild \
             with `--from archive`"
        )
    }
}

/// Detaches, oldest first, each partition after it was compared with the archive.
pub async fn run(args: &DetachArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    let head = live::head(&mut connection).await?;
    let chain = Arc::new(Chain::read(args.place.open(false)?, head.log_id).await?);
    same_log(&chain, &mut connection).await?;
    let all = partitions(&mut connection).await?;
    // The end of the log is never detached: appends and readers look there first.
    let old: Vec<&Partition> =
        all.iter().take_while(|partition| partition.to <= args.before.min(head.position)).collect();
    let mut report = Report { detached: Vec::new(), dropped: args.drop, begins_at: 0 };
    if !old.is_empty() {
        args.confirm.ask("old commits leave the log's database: what needs them reads the archive from then on")?;
    }
    for partition in old {
        if let Some((first, last)) = partition.holds {
            if last > chain.end() {
                output.remark(format!("{} is not archived to its end: `jangbu archive run` first", partition.name));
                break;
            }
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

/// Appends and readers go on meanwhile. It cannot stand in a transaction.
async fn detach(partition: &Partition, drop: bool, connection: &mut PgConnection) -> Result<(), Failure> {
    let name = &partition.name;
    sqlx::raw_sql(AssertSqlSafe(format!("alter table log_commits detach partition {name} concurrently")))
        .execute(&mut *connection)
        .await
        .map_err(failed("detaching a partition"))?;
    if drop {
        sqlx::raw_sql(AssertSqlSafe(format!("drop table {name}")))
            .execute(connection)
            .await
            .map_err(failed("dropping a detached partition"))?;
    }
    Ok(())
}
