//! The rows of a log in which a commit is one row.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use serde_json::value::RawValue;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{
    before::{commit, delete, differing},
    commit::{EditedCommit, EditedEvent},
};
use crate::kit::connection::run;

/// An event as it stands in its commit; the third field is where the version before stands.
type StoredEvent = (Uuid, i64, i64, String, i16, Box<RawValue>);

/// All commits.
pub async fn commits(connection: &mut PgConnection) -> Result<Vec<EditedCommit>> {
    let rows = sqlx::query(
        "select first_position, last_position, recorded_at, command_id, actor_role::text as actor_role, actor_id,
             correlation, fingerprint, events::text as events
         from log_commits order by first_position",
    )
    .fetch_all(connection)
    .await
    .context("cannot read the commits")?;
    rows.iter()
        .map(|row| {
            let mut commit = commit(row)?;
            let stored: Vec<StoredEvent> =
                serde_json::from_str(row.try_get("events")?).context("the events of a commit cannot be read")?;
            commit.events = stored.into_iter().zip(commit.first..).map(event).collect();
            Ok(commit)
        })
        .collect()
}

fn event(((stream, version, _, event_type, schema_version, payload), position): (StoredEvent, i64)) -> EditedEvent {
    EditedEvent { position, stream, version, event_type, schema_version, payload: payload.get().to_owned() }
}

/// Writes what differs, and with it what a writer would have written beside it: the ids of commands, where the streams stand, and the
/// chain of digests.
pub async fn write(connection: &mut PgConnection, before: &[EditedCommit], after: &[EditedCommit]) -> Result<()> {
    let rows = |commits: &[EditedCommit]| -> BTreeMap<i64, EditedCommit> {
        commits.iter().map(|commit| (commit.first, commit.clone())).collect()
    };
    let (old, new) = (rows(before), rows(after));
    let (gone, made) = differing(&old, &new);
    delete(connection, "delete from log_commits where first_position = any($1)", &gone).await?;
    let changed: Vec<i64> = made.iter().map(|commit| commit.first).collect();
    let mut streams = Streams::default();
    for commit in new.values() {
        let events = streams.add(commit);
        if changed.contains(&commit.first) {
            insert(connection, commit, &events).await?;
        }
    }
    run(connection, COMMANDS).await?;
    streams.write(connection, &changed).await?;
    run(connection, DIGEST).await
}

const COMMANDS: &str = "
    delete from log_commands as command where not exists (
        select from log_commits as c where c.first_position = command.first_position and c.command_id = command.command_id
    );
    insert into log_commands (command_id, first_position)
    select command_id, min(first_position) from log_commits group by command_id
    on conflict do nothing";

const DIGEST: &str = "
    do $$
    declare
        chained bytea := decode(repeat('00', 32), 'hex');
        c record;
    begin
        for c in select * from log_commits where first_position > 0 order by first_position loop
            chained := chain_digests(
                chained,
                sha256(
                    uuid_send(c.command_id) || convert_to(c.actor_role::text, 'UTF8') || uuid_send(c.actor_id)
                    || uuid_send(c.correlation) || c.fingerprint || convert_to(c.events::text, 'UTF8')
                ),
                array[c.first_position], 0, c.recorded_at
            );
        end loop;
        update log_head set digest = chained;
    end $$";

async fn insert(connection: &mut PgConnection, commit: &EditedCommit, events: &str) -> Result<()> {
    sqlx::query(
        r#"insert into log_commits (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint,
               actor_role, is_followed, events)
           values ($1, $2, $3, $4, $5, $6, $7, $8::"char", $9, $10::json)"#,
    )
    .bind(commit.first)
    .bind(commit.last)
    .bind(commit.recorded_at)
    .bind(commit.command_id)
    .bind(commit.actor_id)
    .bind(commit.correlation)
    .bind(&commit.fingerprint)
    .bind(&commit.actor_role)
    .bind(commit.events.iter().any(|event| kinds::is_followed(&event.event_type)))
    .bind(events)
    .execute(connection)
    .await
    .with_context(|| format!("refused: {commit:?}"))
    .map(drop)
}

/// Where a stream stands.
struct Stream {
    version: i64,
    first: i64,
    newest: i64,
    kind: &'static str,
    owner: Option<Uuid>,
    is_of_command: bool,
}

/// The streams of the commits so far.
#[derive(Default)]
struct Streams(HashMap<Uuid, Stream>);

impl Streams {
    /// Adds a commit; the text of its events.
    fn add(&mut self, commit: &EditedCommit) -> String {
        let events: Vec<String> = commit.events.iter().map(|event| self.add_event(commit, event)).collect();
        format!("[{}]", events.join(","))
    }

    fn add_event(&mut self, commit: &EditedCommit, event: &EditedEvent) -> String {
        let stream = self.0.entry(event.stream).or_insert_with(|| Stream {
            version: event.version,
            first: commit.first,
            newest: commit.first,
            kind: kinds::of(&event.event_type),
            owner: owner(event),
            is_of_command: event.stream == commit.command_id,
        });
        let previous = if stream.newest == commit.first { 0 } else { stream.newest };
        stream.version = stream.version.max(event.version);
        stream.newest = commit.first;
        let event_type = serde_json::Value::from(event.event_type.as_str());
        let EditedEvent { stream, version, schema_version, payload, .. } = event;
        format!(r#"["{stream}",{version},{previous},{event_type},{schema_version},{payload}]"#)
    }

    /// The rows. A state that may rest on what was edited is gone.
    async fn write(&self, connection: &mut PgConnection, changed: &[i64]) -> Result<()> {
        let listed = || self.0.iter().filter(|(_, stream)| !stream.is_of_command || stream.version > 1);
        let ids: Vec<Uuid> = listed().map(|(id, _)| *id).collect();
        let column = |field: fn(&Stream) -> i64| -> Vec<i64> { listed().map(|(_, stream)| field(stream)).collect() };
        let kinds: Vec<&str> = listed().map(|(_, stream)| stream.kind).collect();
        let owners: Vec<Option<Uuid>> = listed().map(|(_, stream)| stream.owner).collect();
        let gone = "delete from log_streams where stream_id <> all($1)";
        sqlx::query(gone).bind(&ids).execute(&mut *connection).await.context("the streams were not removed")?;
        sqlx::query(
            "insert into log_streams as old (stream_id, version, first_position, newest_position, kind, owner)
             select * from unnest($1::uuid[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::uuid[])
             on conflict (stream_id) do update
             set version = excluded.version, first_position = excluded.first_position,
                 newest_position = excluded.newest_position, kind = excluded.kind, owner = excluded.owner",
        )
        .bind(&ids)
        .bind(column(|stream| stream.version))
        .bind(column(|stream| stream.first))
        .bind(column(|stream| stream.newest))
        .bind(&kinds)
        .bind(&owners)
        .execute(&mut *connection)
        .await
        .context("the streams were not written")?;
        sqlx::query(
            "update log_streams set state = null, state_version = null, state_schema = null
             where state is not null and stream_id in (
                 select (event ->> 0)::uuid from log_commits, json_array_elements(events) as event where first_position = any($1)
             )",
        )
        .bind(changed)
        .execute(connection)
        .await
        .context("states were not removed")
        .map(drop)
    }
}

/// The member whom an event opens an account for.
fn owner(event: &EditedEvent) -> Option<Uuid> {
    if event.event_type != "AccountOpened" {
        return None;
    }
    let payload: serde_json::Value = serde_json::from_str(&event.payload).ok()?;
    payload["holder"]["owner"].as_str()?.parse().ok()
}

#[cfg(feature = "generations")]
mod kinds {
    use event_store_postgres::INDEXED_TYPES;
    use events::recorded::Event;

    /// The kind of the streams that events of a type stand on.
    pub fn of(event_type: &str) -> &'static str {
        Event::TYPES.iter().find(|known| known.name == event_type).map_or("thing", |known| known.kind.as_str())
    }

    /// Whether processes follow events of a type.
    pub fn is_followed(event_type: &str) -> bool {
        INDEXED_TYPES.contains(&event_type)
    }
}

/// Before the crates are built that know of types: nobody edits a log with this.
#[cfg(not(feature = "generations"))]
mod kinds {
    pub fn of(_: &str) -> &'static str {
        "thing"
    }

    pub fn is_followed(_: &str) -> bool {
        false
    }
}
