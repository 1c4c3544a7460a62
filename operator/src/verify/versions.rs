//! Versions of every stream. The server sorts, so this needs no memory here however many streams there are.

use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::findings::{Findings, Rule};
use crate::{db::failed, failure::Failure};

/// Goes through all events by stream and version; answers how many streams there are.
pub async fn check(connection: &mut PgConnection, findings: &mut Findings) -> Result<u64, Failure> {
    let doing = "reading the versions of all streams";
    let mut rows =
        sqlx::query!("select stream_id, version, position from events order by stream_id, version, position")
            .fetch(connection);
    let (mut streams, mut before): (u64, Option<(Uuid, i64, i64)>) = (0, None);
    while let Some(row) = rows.try_next().await.map_err(failed(doing))? {
        let (version, position) = match before {
            Some((stream, version, position)) if stream == row.stream_id => (version, position),
            _ => {
                streams += 1;
                (0, i64::MIN)
            }
        };
        findings.require(Rule::Versions, row.version == version + 1, || {
            format!("stream {}: version {} follows {version}", row.stream_id, row.version)
        });
        if row.position < position {
            findings.found(Rule::Versions, || {
                format!(
                    "stream {}: version {} stands at {}, before {position}",
                    row.stream_id, row.version, row.position
                )
            });
        }
        before = Some((row.stream_id, row.version, row.position));
    }
    Ok(streams)
}
