//! Writing a log that is restored.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    commit::Commit,
    copied::{Digest, copy_in},
    format::{Format, format},
};
use crate::{db::failed, failure::Failure};

/// Locks the log until the transaction ends; what stands in it, if anything does.
pub async fn lock_if_empty(connection: &mut PgConnection) -> Result<Option<String>, Failure> {
    let lock = match format(connection).await? {
        Format::Before => "lock table log_head, commits, events, log_adoptions in access exclusive mode",
        Format::CommitRows => {
            "lock table log_head, log_commits, log_commands, log_streams, log_adoptions in access exclusive mode"
        }
    };
    sqlx::query(lock).execute(&mut *connection).await.map_err(failed("locking the log"))?;
    let found = sqlx::query!(
        r#"select (select position from log_head) as "position!", exists (select from commits) as "commits!",
                  exists (select from events) as "events!", exists (select from log_streams) as "streams!",
                  exists (select from log_adoptions) as "adoptions!""#
    )
    .fetch_one(connection)
    .await
    .map_err(failed("looking whether the log is empty"))?;
    let empty = found.position == 0 && !found.commits && !found.events && !found.streams && !found.adoptions;
    let what = || format!("log_head is at {}, and there are commits, events, streams or adoptions", found.position);
    Ok((!empty).then(what))
}

/// Makes the partitions of all commits up to the head.
pub async fn add_partitions(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query!("select add_earlier_commit_partitions()::text, add_commit_partitions(2)")
        .fetch_one(connection)
        .await
        .map_err(failed("making the partitions of the log"))
        .map(drop)
}

/// A log that is being restored.
#[derive(Default)]
pub struct Restored {
    digest: Digest,
}

impl Restored {
    /// Writes commits that follow those that are there.
    pub async fn insert(&mut self, connection: &mut PgConnection, commits: &[Commit]) -> Result<(), Failure> {
        match format(connection).await? {
            Format::Before => insert_before(connection, commits).await,
            Format::CommitRows => {
                self.digest = copy_in(connection, commits, self.digest).await?;
                Ok(())
            }
        }
    }

    /// Writes the digest of all that was restored; the head is where it ends.
    pub async fn finish(self, connection: &mut PgConnection) -> Result<(), Failure> {
        sqlx::query!("update log_head set digest = $1", &self.digest as &[u8])
            .execute(connection)
            .await
            .map_err(failed("setting the digest of the log"))
            .map(drop)
    }
}

async fn insert_before(connection: &mut PgConnection, commits: &[Commit]) -> Result<(), Failure> {
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
