//! Versions and kinds of every stream. The server sorts, so this needs no memory here however many streams there are.

use std::collections::HashMap;

use events::recorded::{Event, EventType, StreamKind};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::findings::{Findings, Rule};
use crate::error::{AuditError, failed};

/// An event as far as its place in its stream goes.
struct Row {
    stream_id: Uuid,
    version: i64,
    position: i64,
    event_type: String,
}

/// A stream while its events are gone through.
struct Stream {
    id: Uuid,
    version: i64,
    position: i64,
    /// As the first event says whose type is known.
    kind: Option<StreamKind>,
}

/// Goes through all events by stream and version; answers how many streams there are.
pub async fn check(connection: &mut PgConnection, findings: &mut Findings) -> Result<u64, AuditError> {
    let doing = "reading the versions of all streams";
    let types: HashMap<&str, &EventType> = Event::TYPES.iter().map(|known| (known.name, known)).collect();
    let mut rows = sqlx::query_as!(
        Row,
        "select stream_id, version, position, type as event_type from events order by stream_id, version, position"
    )
    .fetch(connection);
    let (mut streams, mut open): (u64, Option<Stream>) = (0, None);
    while let Some(row) = rows.try_next().await.map_err(failed(doing))? {
        let stream = match &mut open {
            Some(stream) if stream.id == row.stream_id => stream,
            _ => {
                streams += 1;
                open.insert(Stream { id: row.stream_id, version: 0, position: i64::MIN, kind: None })
            }
        };
        stream.check_version(&row, findings);
        // An event of an unknown type is found when it is read.
        if let Some(known) = types.get(row.event_type.as_str()) {
            stream.check_kind(&row, known, findings);
        }
        (stream.version, stream.position) = (row.version, row.position);
    }
    Ok(streams)
}

impl Stream {
    fn check_version(&self, row: &Row, findings: &mut Findings) {
        let Self { id, version, position, .. } = self;
        findings.require(Rule::Versions, row.version == version + 1, || {
            format!("stream {id}: version {} follows {version}", row.version)
        });
        if row.position < *position {
            findings.found(Rule::Versions, || {
                format!("stream {id}: version {} stands at {}, before {position}", row.version, row.position)
            });
        }
    }

    fn check_kind(&mut self, row: &Row, known: &EventType, findings: &mut Findings) {
        let kind = *self.kind.get_or_insert(known.kind);
        findings.require(Rule::Kinds, known.kind == kind, || {
            format!(
                "stream {} of two kinds: it is of kind {kind}, but version {} (position {}, {}) is of kind {}",
                self.id, row.version, row.position, row.event_type, known.kind
            )
        });
        if known.opens_stream {
            findings.require(Rule::Openings, row.version == 1, || {
                format!(
                    "stream {}: {} at position {} opens a stream, and stands at version {}",
                    self.id, row.event_type, row.position, row.version
                )
            });
        }
    }
}
