//! `jangbu archive restore`: an empty log database becomes the archived log, to the byte.

use std::{sync::Arc, time::Instant};

use serde::Serialize;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    chain::Chain, compare::first_difference, error::ArchiveError, line::Commit, manifest::Adoption, reader::stream,
    run::progress, store::Place,
};
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    output::{Output, thousands},
};

/// What is restored.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    #[command(flatten)]
    place: Place,

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
    let chain = Arc::new(Chain::of(args.place.open(false)?, args.log).await?);
    let mut connection = Database::Log.connect(config).await?;
    let mut transaction = connection.begin().await.map_err(failed("beginning the restore"))?;
    require_empty(&mut transaction).await?;
    let bar = progress(chain.end(), "restoring");
    let mut commits = 0;
    let mut archived = stream(chain.clone(), 0, chain.end(), |line| line.into_commit());
    while let Some(batch) = archived.recv().await {
        let batch = batch?;
        insert(&mut transaction, &batch).await?;
        commits += batch.len() as i64;
        bar.set_position(batch.last().map_or(0, Commit::last).unsigned_abs());
    }
    insert_adoptions(&mut transaction, chain.adoptions()).await?;
    set_head(&mut transaction, &chain).await?;
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

/// Refuses a database in which there is anything; nobody else gets in until the end.
async fn require_empty(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query!("lock table log_head, commits, events, log_adoptions in access exclusive mode")
        .execute(&mut *connection)
        .await
        .map_err(failed("locking the log"))?;
    let found = sqlx::query!(
        r#"select (select position from log_head) as "position!", exists (select from commits) as "commits!",
                  exists (select from events) as "events!", exists (select from snapshots) as "snapshots!",
                  exists (select from log_adoptions) as "adoptions!""#
    )
    .fetch_one(connection)
    .await
    .map_err(failed("looking whether the log is empty"))?;
    if found.position == 0 && !found.commits && !found.events && !found.snapshots && !found.adoptions {
        return Ok(());
    }
    let what = format!("log_head is at {}, and there are commits, events, snapshots or adoptions", found.position);
    Err(ArchiveError::NotEmpty(what).into())
}

async fn insert(connection: &mut PgConnection, commits: &[Commit]) -> Result<(), Failure> {
    let firsts: Vec<i64> = commits.iter().map(|c| c.first).collect();
    let lasts: Vec<i64> = commits.iter().map(Commit::last).collect();
    let times: Vec<_> = commits.iter().map(|c| c.recorded_at).collect();
    let commands: Vec<Uuid> = commits.iter().map(|c| c.command_id).collect();
    let actors: Vec<Uuid> = commits.iter().map(|c| c.actor_id).collect();
    let correlations: Vec<Uuid> = commits.iter().map(|c| c.correlation).collect();
    let fingerprints: Vec<&[u8]> = commits.iter().map(|c| c.fingerprint.as_slice()).collect();
    let roles: Vec<&str> = commits.iter().map(|c| c.actor_role.as_str()).collect();
    sqlx::query!(
        r#"insert into commits
             (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role)
           select c.first, c.last, c.recorded_at, c.command_id, c.actor_id, c.correlation, c.fingerprint,
             c.actor_role::"char"
           from unnest($1::int8[], $2::int8[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::uuid[], $7::bytea[],
             $8::text[])
             as c (first, last, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role)"#,
        &firsts,
        &lasts,
        &times,
        &commands,
        &actors,
        &correlations,
        &fingerprints as &[&[u8]],
        &roles as &[&str],
    )
    .execute(&mut *connection)
    .await
    .map_err(failed("writing commits"))?;
    insert_events(connection, commits).await
}

async fn insert_events(connection: &mut PgConnection, commits: &[Commit]) -> Result<(), Failure> {
    let events = || commits.iter().flat_map(|c| (c.first..).zip(&c.events));
    let positions: Vec<i64> = events().map(|(position, _)| position).collect();
    let versions: Vec<i64> = events().map(|(_, e)| e.version).collect();
    let streams: Vec<Uuid> = events().map(|(_, e)| e.stream_id).collect();
    let schemas: Vec<i16> = events().map(|(_, e)| e.schema_version).collect();
    let types: Vec<&str> = events().map(|(_, e)| e.event_type.as_str()).collect();
    let payloads: Vec<&str> = events().map(|(_, e)| e.payload.as_str()).collect();
    sqlx::query!(
        "insert into events (position, version, stream_id, schema_version, type, payload)
         select e.position, e.version, e.stream_id, e.schema_version, e.type, e.payload::json
         from unnest($1::int8[], $2::int8[], $3::uuid[], $4::int2[], $5::text[], $6::text[])
           as e (position, version, stream_id, schema_version, type, payload)",
        &positions,
        &versions,
        &streams,
        &schemas,
        &types as &[&str],
        &payloads as &[&str],
    )
    .execute(connection)
    .await
    .map_err(failed("writing events"))?;
    Ok(())
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
