//! The events of an account's stream that matter for its state.

use chrono::{DateTime, Utc};
use events::recorded::{self, AccountCredited, AccountDebited, AccountFundsHeld, AccountFundsReleased};
use log::Picked;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    format::{Format, format},
    old,
    partitions::detached_before,
    walk::walk,
};
use crate::{config::Config, db::failed, failure::Failure};

/// One event that changes the account's state, and where it stands.
pub struct StateEvent {
    pub position: i64,
    pub version: i64,
    pub recorded_at: DateTime<Utc>,
    pub event: recorded::Event,
}

/// Only the last event of each of these types is needed: it states the balance or what is held, and changes nothing else but what is used
/// of limits, which is not shown.
const STATING: [&str; 4] =
    [AccountDebited::NAME, AccountCredited::NAME, AccountFundsHeld::NAME, AccountFundsReleased::NAME];

/// What is needed of a stream, however long it is: the first event, the newest of each of these types, and all others.
pub async fn state_events(
    config: &Config,
    connection: &mut PgConnection,
    stream: Uuid,
) -> Result<Vec<StateEvent>, Failure> {
    if format(connection).await? == Format::CommitRows {
        let mut walked = walk(connection, stream, i64::MAX, &STATING).await?;
        let is_whole = walked.last().is_some_and(|oldest| oldest.version == 1);
        if !is_whole && detached_before(connection).await?.is_some() {
            let events = old::events_of(config, stream, 0).await?;
            return old::needed(events, &STATING)
                .into_iter()
                .map(|Picked { position, recorded_at, event, .. }| {
                    let payload = event.payload.get().to_owned();
                    let place = (position.number(), event.version.number(), recorded_at);
                    decoded((place.0, place.1, place.2, event.event_type, event.schema_version, payload))
                })
                .collect();
        }
        walked.reverse();
        return walked
            .into_iter()
            .map(|e| decoded((e.position, e.version, e.recorded_at, e.event_type, e.schema_version, e.payload)))
            .collect();
    }
    let rows = sqlx::query!(
        r#"select events.position as "position!", version as "version!", type as "event_type!",
                  schema_version as "schema_version!", payload::text as "payload!", recorded_at as "recorded_at!"
           from events
           join lateral (
               select recorded_at from commits where first_position <= events.position
               order by first_position desc limit 1
           ) as commit on true
           where stream_id = $1 and (
               version = 1 or type <> all($2)
               or version in (select max(version) from events as newest where newest.stream_id = $1 group by type))
           order by version"#,
        stream,
        &STATING as &[&str]
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the stream of an account"))?;
    rows.into_iter()
        .map(|r| decoded((r.position, r.version, r.recorded_at, r.event_type, r.schema_version, r.payload)))
        .collect()
}

fn decoded(row: (i64, i64, DateTime<Utc>, String, i16, String)) -> Result<StateEvent, Failure> {
    let (position, version, recorded_at, event_type, schema_version, payload) = row;
    let raw = RawValue::from_string(payload).unwrap_or_default();
    let event = recorded::Event::decode(&event_type, schema_version, &raw);
    event
        .map(|event| StateEvent { position, version, recorded_at, event })
        .map_err(|source| Failure::Event { position, source })
}
