//! Writing a log that is restored.

use sqlx::PgConnection;
use uuid::Uuid;

use super::commit::Commit;
use crate::{db::failed, failure::Failure};

/// Locks the log until the transaction ends; what stands in it, if anything does.
pub async fn lock_if_empty(connection: &mut PgConnection) -> Result<Option<String>, Failure> {
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
    let empty = found.position == 0 && !found.commits && !found.events && !found.snapshots && !found.adoptions;
    let what = || format!("log_head is at {}, and there are commits, events, snapshots or adoptions", found.position);
    Ok((!empty).then(what))
}

/// Writes commits that follow those that are there.
pub async fn insert(connection: &mut PgConnection, commits: &[Commit]) -> Result<(), Failure> {
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
