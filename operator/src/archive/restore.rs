//! `jangbu archive restore`: an empty log database becomes the archived log, to the byte.

use std::{sync::Arc, time::Instant};

use serde::Serialize;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use event_archive::{Adoption, ArchiveError, Chain, Commit, stream};

use super::{compare::first_difference, run::progress};
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables::{self, Restored},
    output::{Output, thousands},
};

/// What is restored.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// Which log, where the place holds several
    #[arg(long, value_name = "ID")]
    log: Option<Uuid>,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    log_id: Uuid,
    position: i64,
    commits: i64,
    seconds: f64,
}

impl Report {
    fn text(&self) -> String {
        let (position, commits) = (thousands(self.position), thousands(self.commits));
        format!(
            "log {} restored up to position {position}: {commits} commits in {:.1} s, and every row read back and found equal",
            self.log_id, self.seconds
        )
    }
}

/// Restores, in one transaction: a database in which it was broken off is as empty as before.
pub async fn run(args: &RestoreArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let began = Instant::now();
    let chain = Arc::new(Chain::of(config.archive.open(false)?, args.log).await?);
    let mut connection = Database::Log.connect(config).await?;
    let mut transaction = connection.begin().await.map_err(failed("beginning the restore"))?;
    if let Some(what) = log_tables::lock_if_empty(&mut transaction).await? {
        return Err(ArchiveError::NotEmpty(what).into());
    }
    set_head(&mut transaction, &chain).await?;
    log_tables::add_partitions(&mut transaction).await?;
    let bar = progress(chain.end(), "restoring");
    let (mut commits, mut restored) = (0, Restored::default());
    let mut archived = stream(chain.clone(), 0, chain.end(), |line| line.into_commit());
    while let Some(batch) = archived.recv().await {
        let batch = batch?;
        restored.insert(&mut transaction, &batch).await?;
        commits += batch.len() as i64;
        bar.set_position(batch.last().map_or(0, Commit::last).unsigned_abs());
    }
    insert_adoptions(&mut transaction, chain.adoptions()).await?;
    restored.finish(&mut transaction).await?;
    bar.set_message("reading back");
    if let Some(position) = first_difference(&chain, &mut transaction, 0, chain.end()).await? {
        let what = format!("what was restored differs from the archive at position {position}; nothing was kept");
        return Err(ArchiveError::OtherLog(what).into());
    }
    transaction.commit().await.map_err(failed("ending the restore"))?;
    bar.finish_and_clear();
    let seconds = began.elapsed().as_secs_f64();
    let report = Report { log_id: chain.log_id(), position: chain.end(), commits, seconds };
    output.show(&report, Report::text)
}

/// What became of the log's former ids: a program that remembers a commit under one of them finds it here.
async fn insert_adoptions(connection: &mut PgConnection, adoptions: &[Adoption]) -> Result<(), Failure> {
    for adoption in adoptions {
        sqlx::query!(
            "insert into log_adoptions (at, who, reason, old_log_id, new_log_id, position, command_id, recorded_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            adoption.at,
            adoption.who,
            adoption.reason,
            adoption.old_log_id,
            adoption.new_log_id,
            adoption.position,
            adoption.command_id,
            adoption.recorded_at
        )
        .execute(&mut *connection)
        .await
        .map_err(failed("writing the adoptions of the log"))?;
    }
    Ok(())
}

/// The head goes where the archive ends, with the archived log's id and clock. An archive that does not say which ids commands get is of
/// builds that gave the time of no key to an id: the log begins with that a day from now, as after an update.
async fn set_head(connection: &mut PgConnection, chain: &Chain) -> Result<(), Failure> {
    let Some(last) = chain.last_events() else { return Ok(()) };
    sqlx::query!(
        "update log_head set log_id = $1, position = $2, recorded_at = $3,
             command_ids_ordered_from = coalesce($4, clock_timestamp() + interval '1 day')",
        chain.log_id(),
        last.last_position,
        last.last_recorded_at,
        chain.command_ids_ordered_from()
    )
    .execute(connection)
    .await
    .map_err(failed("setting the head of the log"))?;
    Ok(())
}
