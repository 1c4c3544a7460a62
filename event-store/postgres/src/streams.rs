//! Reading streams, and what commands wrote.

use async_trait::async_trait;
use kernel::{CommandId, StreamId, Version};
use log::{Commit, Event, FromVersion, ReadError, ReadStreams, Snapshot, StreamRead};
use uuid::Uuid;

use crate::{
    classify::read_error,
    rows::{CommitRow, EventRow, assemble, damaged},
    store::PostgresLog,
};

#[async_trait]
impl ReadStreams for PostgresLog {
    async fn read_streams(&self, streams: &[(StreamId, FromVersion)]) -> Result<Vec<StreamRead>, ReadError> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = streams.iter().map(|(stream, _)| stream.uuid()).collect();
        let (after, schemas): (Vec<i64>, Vec<Option<i32>>) = streams.iter().map(|(_, from)| asked(*from)).unzip();
        let rows = sqlx::query_file_as!(TailRow, "src/sql/read_streams.sql", &ids, &after, &schemas as &[Option<i32>])
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        let mut loaded: Vec<StreamRead> = streams.iter().map(|_| StreamRead::default()).collect();
        for row in rows {
            let index = (row.ordinal - 1) as usize;
            let (stream, from) = streams[index];
            row.add_to(&mut loaded[index], stream, from)?;
        }
        Ok(loaded)
    }

    async fn read_event(&self, stream: StreamId, version: Version) -> Result<Option<Event>, ReadError> {
        sqlx::query_as!(
            EventRow,
            r#"select position, version, stream_id, schema_version, type as event_type, payload::text as "payload!"
               from events where stream_id = $1 and version = $2"#,
            stream.uuid(),
            version.number()
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)?
        .map(EventRow::into_event)
        .transpose()
    }

    async fn find_commits(&self, commands: &[CommandId]) -> Result<Vec<Commit>, ReadError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = commands.iter().map(|id| id.uuid()).collect();
        let mut connection = self.connection().await?;
        let commits = sqlx::query_file_as!(CommitRow, "src/sql/find_commits.sql", &ids)
            .fetch_all(&mut *connection)
            .await
            .map_err(read_error)?;
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let firsts: Vec<i64> = commits.iter().map(|c| c.first_position).collect();
        let lasts: Vec<i64> = commits.iter().map(|c| c.last_position).collect();
        let events = sqlx::query_file_as!(EventRow, "src/sql/read_ranges.sql", &firsts, &lasts)
            .fetch_all(&mut *connection)
            .await
            .map_err(read_error)?;
        assemble(commits, events)
    }
}

/// The version to read after if there is no snapshot, and the state schema of the snapshot if one is wanted.
fn asked(from: FromVersion) -> (i64, Option<i32>) {
    match from {
        FromVersion::Snapshot { state_schema } => (0, Some(state_schema)),
        FromVersion::After(version) => (version.number(), None),
    }
}

/// A row of `read_streams.sql`: an event of a tail, or none if the tail is empty.
struct TailRow {
    ordinal: i64,
    snapshot_version: Option<i64>,
    state: Option<String>,
    position: Option<i64>,
    version: Option<i64>,
    r#type: Option<String>,
    schema_version: Option<i16>,
    payload: Option<String>,
}

impl TailRow {
    fn add_to(self, loaded: &mut StreamRead, stream: StreamId, from: FromVersion) -> Result<(), ReadError> {
        let StreamRead { state: snapshot, events, .. } = loaded;
        if let (None, Some(version), Some(state), (_, Some(state_schema))) =
            (&snapshot, self.snapshot_version, self.state, asked(from))
        {
            *snapshot = Some(Snapshot { stream, version: Version::new(version), state_schema, state });
        }
        let (Some(position), Some(version), Some(event_type), Some(schema_version), Some(payload)) =
            (self.position, self.version, self.r#type, self.schema_version, self.payload)
        else {
            return Ok(());
        };
        let start = snapshot.as_ref().map_or(asked(from).0, |s| s.version.number());
        if version != start + events.len() as i64 + 1 {
            return Err(damaged(
                position,
                format!("stream {stream} has version {version} where an earlier one is due"),
            ));
        }
        let row = EventRow { position, version, stream_id: stream.uuid(), schema_version, event_type, payload };
        events.push(row.into_event()?);
        Ok(())
    }
}
