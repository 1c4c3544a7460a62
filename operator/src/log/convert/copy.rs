//! Copying commits into rows of the new tables.

use chrono::{DateTime, Utc};
use event_store_postgres::{EventsEncoder, INDEXED_TYPES, chain_digest, commit_digest};
use kernel::{Actor, CommandId, CorrelationId, MemberId, Position, Role, StreamId, Version};
use log::Fingerprint;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    before::{self, damaged},
    progress::{self, Digest, Progress},
    streams::Streams,
};
use crate::{db::failed, failure::Failure, log_tables::Commit};

/// Copies the next page, up to `until`. The caller's transaction makes the copy and how far it is one.
pub async fn page(connection: &mut PgConnection, progress: &mut Progress, until: i64, page: i64) -> Result<(), Failure> {
    let commits = before::commits(connection, progress.position, until, page).await?;
    let mut streams = Streams::before(&commits, connection).await?;
    let mut rows = Rows::default();
    for commit in &commits {
        let events = encode(commit, &mut streams)?;
        progress.digest = chained(progress.digest, commit, &events)?;
        progress.position = commit.last();
        rows.push(commit, events);
    }
    rows.write(connection).await?;
    streams.write(connection).await?;
    progress::keep(connection, progress).await
}

/// The text of the column `events`.
fn encode(commit: &Commit, streams: &mut Streams) -> Result<String, Failure> {
    let mut encoder = EventsEncoder::new();
    for (event, position) in commit.events.iter().zip(commit.first..) {
        let previous = streams.add(commit, event, position)?;
        let (stream, version) = (StreamId::new(event.stream_id), Version::new(event.version));
        let event_type = (event.event_type.as_str(), event.schema_version);
        let pushed = encoder.push(stream, (version, previous), event_type, &event.payload);
        pushed.map_err(|error| damaged(position, format!("the payload is not JSON: {error}")))?;
    }
    Ok(encoder.finish())
}

/// The chain of digests after one more commit.
pub fn chained(before: Digest, commit: &Commit, events: &str) -> Result<Digest, Failure> {
    let role = match commit.actor_role.as_str() {
        "m" => Role::Member,
        "o" => Role::Operator,
        "s" => Role::Service,
        other => return Err(damaged(commit.first, format!("the actor has the unknown role `{other}`"))),
    };
    let fingerprint = <[u8; 16]>::try_from(commit.fingerprint.as_slice());
    let fingerprint = fingerprint.map_err(|_| damaged(commit.first, "the fingerprint has not sixteen bytes"))?;
    let actor = Actor { role, id: MemberId::new(commit.actor_id) };
    let (command, correlation) = (CommandId::new(commit.command_id), CorrelationId::new(commit.correlation));
    let digest = commit_digest(command, actor, correlation, Fingerprint(fingerprint), events);
    Ok(chain_digest(before, digest, Position::new(commit.first), commit.recorded_at))
}

/// One array for each column.
#[derive(Default)]
struct Rows<'c> {
    firsts: Vec<i64>,
    lasts: Vec<i64>,
    times: Vec<DateTime<Utc>>,
    commands: Vec<Uuid>,
    actors: Vec<Uuid>,
    correlations: Vec<Uuid>,
    fingerprints: Vec<&'c [u8]>,
    roles: Vec<&'c str>,
    followed: Vec<bool>,
    events: Vec<String>,
}

impl<'c> Rows<'c> {
    fn push(&mut self, commit: &'c Commit, events: String) {
        self.firsts.push(commit.first);
        self.lasts.push(commit.last());
        self.times.push(commit.recorded_at);
        self.commands.push(commit.command_id);
        self.actors.push(commit.actor_id);
        self.correlations.push(commit.correlation);
        self.fingerprints.push(&commit.fingerprint);
        self.roles.push(&commit.actor_role);
        self.followed.push(commit.events.iter().any(|event| INDEXED_TYPES.contains(&event.event_type.as_str())));
        self.events.push(events);
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), Failure> {
        sqlx::query!(
            r#"with copied as (
                   insert into log_commits (first_position, last_position, recorded_at, command_id, actor_id, correlation,
                       fingerprint, actor_role, is_followed, events)
                   select c.first, c.last, c.recorded_at, c.command_id, c.actor_id, c.correlation, c.fingerprint,
                       c.actor_role::"char", c.is_followed, c.events::json
                   from unnest($1::int8[], $2::int8[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::uuid[], $7::bytea[],
                       $8::text[], $9::bool[], $10::text[])
                       as c (first, last, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, is_followed,
                           events)
               )
               insert into log_commands (command_id, first_position)
               select c.command_id, c.first from unnest($4::uuid[], $1::int8[]) as c (command_id, first)"#,
            &self.firsts,
            &self.lasts,
            &self.times,
            &self.commands,
            &self.actors,
            &self.correlations,
            &self.fingerprints as &[&[u8]],
            &self.roles as &[&str],
            &self.followed,
            &self.events
        )
        .execute(connection)
        .await
        .map_err(failed("writing copied commits"))
        .map(drop)
    }
}

/// Copies the states of accounts from the snapshots, as far as the copy has their versions. They are a cache: what is missing, or behind,
/// is read from the events.
pub async fn states(connection: &mut PgConnection) -> Result<(), Failure> {
    /// So many rows are changed by one transaction.
    const ROWS: i64 = 10_000;
    let mut after = Uuid::nil();
    loop {
        // The name of the table is gone once the log is taken over, so this statement is not checked when it is compiled.
        let last: Option<Uuid> = sqlx::query_scalar(
            "with page as (
                 select stream_id, version, state_schema, state::text as state from snapshots
                 where stream_id > $1 order by stream_id limit $2
             ), copied as (
                 update log_streams as s
                 set state_version = page.version, state_schema = page.state_schema, state = page.state
                 from page
                 where s.stream_id = page.stream_id and s.kind = 'account' and page.version <= s.version
                     and page.version > coalesce(s.state_version, 0)
             )
             select stream_id from page order by stream_id desc limit 1",
        )
        .bind(after)
        .bind(ROWS)
        .fetch_optional(&mut *connection)
        .await
        .map_err(failed("copying the states of accounts"))?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}
