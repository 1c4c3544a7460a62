//! Reading a log in which a commit is one row: its events stand inside it, and the digests of all commits are chained.

use events::recorded::DecodeError;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    archived::ArchivedRow,
    chain::{self, Covered, Digest},
    error::{AuditError, failed},
    piece::{CommitRow, EventRow, Piece, decode, type_named},
};

/// How many commits are read at a time.
const PIECE: i64 = 5_000;

/// Stream, version, where the version before is, type, schema version, payload.
#[derive(Deserialize)]
struct Stored<'a>(
    Uuid,
    i64,
    #[allow(dead_code, reason = "a field of the array")] i64,
    #[serde(borrow)] std::borrow::Cow<'a, str>,
    i16,
    #[serde(borrow)] &'a RawValue,
);

/// Whether the log is of this form: then `events` is a view.
pub async fn is_form_of(connection: &mut PgConnection) -> Result<bool, AuditError> {
    sqlx::query_scalar!(
        r#"select coalesce((select relkind = 'v' from pg_class where oid = to_regclass('events')), false) as "view!""#
    )
    .fetch_one(connection)
    .await
    .map_err(failed("looking how the log is stored"))
}

/// A log that is being read.
#[derive(Default)]
pub struct Reading {
    after: Option<i64>,
    /// The digests of the commits that were read, chained.
    pub chain: Digest,
}

impl Reading {
    /// The next commits; an empty piece at the end.
    pub async fn next(&mut self, connection: &mut PgConnection, digest: &mut Sha256) -> Result<Piece, AuditError> {
        let rows = sqlx::query!(
            r#"select first_position, last_position, recorded_at, command_id, actor_role::text as "role!", actor_id, correlation,
                      fingerprint, events::text as "events!"
               from log_commits where first_position > $1 order by first_position limit $2"#,
            self.after.unwrap_or(i64::MIN),
            PIECE
        )
        .fetch_all(connection)
        .await
        .map_err(failed("reading the commits"))?;
        let rows = rows.into_iter().map(|row| ArchivedRow {
            first_position: row.first_position,
            last_position: row.last_position,
            recorded_at: row.recorded_at,
            command_id: row.command_id,
            role: row.role,
            actor_id: row.actor_id,
            correlation: row.correlation,
            fingerprint: row.fingerprint,
            events: row.events,
        });
        Ok(self.take(rows, digest))
    }

    /// The next commits, from wherever.
    pub fn take(&mut self, rows: impl IntoIterator<Item = ArchivedRow>, digest: &mut Sha256) -> Piece {
        let mut piece = Piece::default();
        for row in rows {
            self.after = Some(row.first_position);
            digest.update(row.first_position.to_be_bytes());
            digest.update(row.last_position.to_be_bytes());
            digest.update(row.recorded_at.timestamp_micros().to_be_bytes());
            for id in [row.command_id, row.actor_id, row.correlation] {
                digest.update(id);
            }
            digest.update(&row.role);
            digest.update(&row.fingerprint);
            let own = Covered {
                command: row.command_id,
                role: row.role.as_bytes(),
                actor: row.actor_id,
                correlation: row.correlation,
                fingerprint: &row.fingerprint,
                events: &row.events,
            };
            self.chain = chain::after(&self.chain, &own.digest(), row.first_position, row.recorded_at);
            let asked_by = |roles: &[&str]| roles.contains(&row.role.as_str()).then_some(row.actor_id);
            piece.commits.push(CommitRow {
                first: row.first_position,
                last: row.last_position,
                command: row.command_id,
                recorded_at: row.recorded_at,
                member: asked_by(&["m", "p"]),
                service: asked_by(&["s", "p"]),
                partner: asked_by(&["p"]),
                operator: asked_by(&["o"]),
            });
            piece.events.extend(events_of(row.first_position, &row.events, digest));
        }
        piece
    }
}

/// Where the commits in the database begin.
pub async fn begin(connection: &mut PgConnection) -> Result<i64, AuditError> {
    let begin = sqlx::query_scalar!("select min(first_position) from log_commits where first_position > 0")
        .fetch_one(connection)
        .await
        .map_err(failed("reading where the commits begin"))?;
    Ok(begin.unwrap_or(1))
}

/// Where the commits begin that opened these streams.
pub async fn first_places(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>, AuditError> {
    let rows = sqlx::query!(
        r#"select asked.id as "id!", coalesce(s.first_position, k.first_position) as "first!"
           from unnest($1::uuid[]) as asked (id)
           left join log_streams as s on s.stream_id = asked.id
           left join log_commands as k on s.stream_id is null and k.command_id = asked.id
           where coalesce(s.first_position, k.first_position) is not null"#,
        ids
    )
    .fetch_all(connection)
    .await
    .map_err(failed("looking up what was reversed"))?;
    Ok(rows.into_iter().map(|row| (row.id, row.first)).collect())
}

/// Where the versions before are is left out of the digest: a restored log may say so otherwise, and is the same log.
fn events_of(first: i64, text: &str, digest: &mut Sha256) -> Vec<EventRow> {
    let stored: Vec<Stored<'_>> = match serde_json::from_str(text) {
        Ok(stored) => stored,
        // What cannot be taken apart is one event that cannot be read.
        Err(source) => {
            let event_type = "?".to_owned();
            let event = Err(DecodeError::Payload { event_type, schema_version: 0, source });
            return vec![EventRow { position: first, stream: Uuid::nil(), version: 0, event_type: None, event }];
        }
    };
    let row = |(Stored(stream, version, _, event_type, schema_version, payload), position): (Stored<'_>, i64)| {
        digest.update(stream);
        digest.update(version.to_be_bytes());
        digest.update(schema_version.to_be_bytes());
        for text in [event_type.as_ref(), payload.get()] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        let event = decode(&event_type, schema_version, payload.get());
        let known = event.is_err().then(|| type_named(&event_type)).flatten();
        EventRow { position, stream, version, event_type: known, event }
    };
    stored.into_iter().zip(first..).map(row).collect()
}

/// The first events of these streams: type, schema version, payload.
pub async fn first_events(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, String, i16, String)>, AuditError> {
    let rows = sqlx::query!(
        r#"select asked.id as "id!", event.item ->> 3 as "event_type!", (event.item ->> 4)::int2 as "schema_version!",
                  (event.item -> 5)::text as "payload!"
           from unnest($1::uuid[]) as asked (id)
           left join log_streams as s on s.stream_id = asked.id
           left join log_commands as k on s.stream_id is null and k.command_id = asked.id
           join log_commits as c on c.first_position = coalesce(s.first_position, k.first_position)
           cross join lateral json_array_elements(c.events) as event (item)
           where (event.item ->> 0)::uuid = asked.id and (event.item ->> 1)::int8 = 1"#,
        ids
    )
    .fetch_all(connection)
    .await
    .map_err(failed("looking up what was reversed"))?;
    Ok(rows.into_iter().map(|row| (row.id, row.event_type, row.schema_version, row.payload)).collect())
}

/// How many commits there are, and how many ids of commands, counted by other ways than in the order of positions.
pub async fn counts(connection: &mut PgConnection) -> Result<(i64, i64), AuditError> {
    let row = sqlx::query!(
        r#"select (select count(*) from log_commits) as "commits!", (select count(*) from log_commands) as "commands!""#
    )
    .fetch_one(connection)
    .await
    .map_err(failed("counting the commits"))?;
    Ok((row.commits, row.commands))
}
