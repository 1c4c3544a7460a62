//! All rows that say where streams stand, held against one reading of the log.

use std::collections::HashMap;

use futures::TryStreamExt;
use kernel::{MemberId, StreamId};
use log::StreamRow;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    error::{AuditError, failed},
    findings::{Findings, Rule},
    fold::Fold,
    ledger::Noted,
    standings::{self, StateCheck},
};

/// The states that are of an earlier version than their stream: they are compared with what the fold is at that version.
pub async fn earlier_states(connection: &mut PgConnection) -> Result<HashMap<Uuid, Noted>, AuditError> {
    let rows =
        sqlx::query!(r#"select stream_id, state_version as "version!" from log_streams where state_version < version"#)
            .fetch_all(connection)
            .await
            .map_err(failed("reading which states are kept"))?;
    Ok(rows.into_iter().map(|row| (row.stream_id, Noted { version: row.version, left: None })).collect())
}

/// Holds each row against the fold, and looks whether a stream has none that needs one.
pub async fn check(connection: &mut PgConnection, fold: &Fold, findings: &mut Findings) -> Result<(), AuditError> {
    let mut rows = sqlx::query!(
        "select stream_id, kind, version, first_position, newest_position, owner, state_version, state_schema, state from log_streams"
    )
    .fetch(connection);
    let mut found = 0;
    while let Some(row) = rows.try_next().await.map_err(failed("reading where the streams stand"))? {
        let row = StreamRow {
            stream: StreamId::new(row.stream_id),
            kind: row.kind,
            version: row.version,
            first: row.first_position,
            newest: row.newest_position,
            owner: row.owner.map(MemberId::new),
            state_version: row.state_version,
            state_schema: row.state_schema,
            state: row.state,
        };
        found += u64::from(fold.streams.find(row.stream.uuid()).is_some_and(|stream| stream.needs_row()));
        let wrong = standings::check_place(&row, fold);
        findings.require(Rule::Standings, wrong.is_none(), || wrong.map_or_else(String::new, |wrong| wrong.what));
        check_state(&row, fold, findings);
    }
    let expected = fold.streams.rows();
    findings.require(Rule::Standings, found == expected, || {
        format!("{expected} streams need a row that says where they stand, and {found} have one")
    });
    Ok(())
}

fn check_state(row: &StreamRow, fold: &Fold, findings: &mut Findings) {
    let wrong = match standings::check_state(row, fold) {
        // A state of another schema is a cache that nobody of this build reads.
        StateCheck::Absent | StateCheck::UnknownSchema => return,
        StateCheck::Right => None,
        StateCheck::Wrong(wrong) => Some(wrong.what),
        StateCheck::Earlier { version, state } => {
            let left = fold.ledger.noted.get(&row.stream.uuid()).filter(|noted| noted.version == version);
            let differs = match left.and_then(|noted| noted.left.as_ref()) {
                Some(left) => state.differs(left),
                None => Some("what no event says".to_owned()),
            };
            differs.map(|differs| format!("stream {}: {}", row.stream, standings::wrong_state(version, &differs)))
        }
    };
    findings.require(Rule::States, wrong.is_none(), || wrong.unwrap_or_default());
}
