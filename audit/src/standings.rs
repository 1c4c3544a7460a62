//! The rows that say where each stream stands: the lock of an append. They have to say what the events say.

use futures::TryStreamExt;
use sqlx::PgConnection;

use crate::{
    error::{AuditError, failed},
    findings::{Findings, Rule},
    streams::Streams,
};

/// Holds each row against the fold, and looks whether a stream has none that needs one.
pub async fn check(
    connection: &mut PgConnection,
    streams: &Streams,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    let mut rows = sqlx::query!("select stream_id, kind, version, newest_position from log_streams").fetch(connection);
    let mut several = 0;
    while let Some(row) = rows.try_next().await.map_err(failed("reading where the streams stand"))? {
        several += usize::from(row.version > 1);
        let Some(stream) = streams.find(row.stream_id) else {
            findings.require(Rule::Standings, false, || {
                format!("stream {} is to stand at version {}, and the log does not hold it", row.stream_id, row.version)
            });
            continue;
        };
        let same = row.version == stream.version
            && stream.kind.is_none_or(|kind| kind.as_str() == row.kind)
            && (stream.newest == 0 || stream.newest == row.newest_position);
        findings.require(Rule::Standings, same, || {
            let kind = stream.kind.map_or("?", |kind| kind.as_str());
            format!(
                "stream {} is a {} at version {}, last in the commit at {}; its events say: a {kind} at version {}, in the commit at {}",
                row.stream_id, row.kind, row.version, row.newest_position, stream.version, stream.newest
            )
        });
    }
    // One of a single event may be found by the command that has its id.
    let expected = streams.long().filter(|(_, version, _)| *version > 1).count();
    findings.require(Rule::Standings, several == expected, || {
        format!("{expected} streams have more than one event, {several} rows say where such a stream stands")
    });
    Ok(())
}
