//! What an auditor reads beside the commits.

use async_trait::async_trait;
use kernel::{CommitRef, LogId, MemberId, Position, StreamId};
use log::{AskedStream, CommitBytes, ReadAudited, ReadError, RowsFrom, StreamRow, StreamRows};
use uuid::Uuid;

use crate::{
    classify::read_error,
    commits::{Following, end_of},
    rows::{StoredCommit, following_bytes},
    store::PostgresLog,
};

#[async_trait]
impl ReadAudited for PostgresLog {
    async fn follow_bytes(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        max_events: i64,
    ) -> Result<Vec<CommitBytes>, ReadError> {
        let after = end_of(commit);
        match self.rows_following(log, commit, max_events).await? {
            Following::Rows(rows) => following_bytes(rows, after.number()),
            Following::Detached(end) => self.detached_bytes(end, after, max_events).await,
        }
    }

    async fn read_bytes(&self, after: Position, max_events: i64) -> Result<Vec<CommitBytes>, ReadError> {
        let rows = sqlx::query_file_as!(StoredCommit, "src/sql/read_commits.sql", after.number(), max_events)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        match self.following(rows, after).await? {
            Following::Rows(rows) => following_bytes(rows, after.number()),
            Following::Detached(end) => self.detached_bytes(end, after, max_events).await,
        }
    }

    async fn stream_rows(&self, asked: &[StreamId], page: Option<RowsFrom>) -> Result<StreamRows, ReadError> {
        let ids: Vec<Uuid> = asked.iter().map(|stream| stream.uuid()).collect();
        let (from, limit) = page.map_or((Uuid::nil(), 0), |page| (page.from.uuid(), page.limit));
        let rows = sqlx::query_file!("src/sql/stream_rows.sql", &ids, from, limit)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        let first = rows.first().ok_or(ReadError::NoLog)?;
        let mut read = StreamRows {
            log: LogId::new(first.log_id),
            position: Position::new(first.position),
            digest: first.digest.clone(),
            asked: Vec::with_capacity(asked.len()),
            page: Vec::new(),
        };
        for row in rows {
            // Nothing was asked, and no row is left: the head stands alone.
            let (Some(is_asked), Some(stream)) = (row.asked, row.stream_id) else { continue };
            let stream = StreamId::new(stream);
            let place = row.kind.zip(row.version).zip(row.first_position.zip(row.newest_position));
            let found = place.map(|((kind, version), (first, newest))| StreamRow {
                stream,
                kind,
                version,
                first,
                newest,
                owner: row.owner.map(MemberId::new),
                state_version: row.state_version,
                state_schema: row.state_schema,
                state: row.state,
            });
            match is_asked {
                true => read.asked.push(AskedStream { stream, row: found, command: row.command }),
                false => read.page.extend(found),
            }
        }
        Ok(read)
    }
}
