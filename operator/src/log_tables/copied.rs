//! Writing commits that are not new: those of a log that is restored or converted.

use chrono::{DateTime, Utc};
use event_archive::Commit;
use event_store_postgres::{EventsEncoder, INDEXED_TYPES, chain_digest, commit_digest};
use kernel::{Actor, CommandId, CorrelationId, MemberId, Position, Role, StreamId, Version};
use log::Fingerprint;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{stored::damaged, streams::Streams};
use crate::{db::failed, failure::Failure};

/// The digests of the commits up to one, chained.
pub type Digest = [u8; 32];

/// Writes commits that follow those that are there, in the rows of today: the commits, the ids of commands, and where streams stand. Gives
/// the chain of digests after them.
pub async fn copy_in(connection: &mut PgConnection, commits: &[Commit], before: Digest) -> Result<Digest, Failure> {
    let mut streams = Streams::before(commits, connection).await?;
    let mut rows = Rows::default();
    let mut digest = before;
    for commit in commits {
        let events = encode(commit, &mut streams)?;
        digest = chained(digest, commit, &events)?;
        rows.push(commit, events);
    }
    rows.write(connection).await?;
    streams.write(connection).await?;
    Ok(digest)
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
        "p" => Role::Partner,
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
