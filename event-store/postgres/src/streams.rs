//! Reading streams, and what commands wrote.

use async_trait::async_trait;
use kernel::{CommandId, StreamId, Version};
use log::{Commit, Event, FromVersion, Picked, ReadError, ReadStreams, StreamRead};
use uuid::Uuid;

use crate::{classify::read_error, rows::StoredCommit, store::PostgresLog, walk::Asked};

#[async_trait]
impl ReadStreams for PostgresLog {
    async fn read_streams(&self, streams: &[(StreamId, FromVersion)]) -> Result<Vec<StreamRead>, ReadError> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<Asked> =
            streams.iter().map(|(stream, from)| Asked { stream: *stream, from: *from, begin: None }).collect();
        let walked = self.walk(&asked, false).await?;
        walked.into_iter().zip(streams).map(|(walked, (stream, _))| walked.into_read(*stream)).collect()
    }

    async fn read_event(&self, stream: StreamId, version: Version) -> Result<Option<Event>, ReadError> {
        Ok(self.pick(stream, version).await?.map(|picked| picked.event))
    }

    async fn find_commits(&self, commands: &[CommandId]) -> Result<Vec<Commit>, ReadError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = commands.iter().map(|id| id.uuid()).collect();
        let rows = sqlx::query_file_as!(StoredCommit, "src/sql/find_commits.sql", &ids)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        rows.into_iter().map(StoredCommit::into_commit).collect()
    }
}

impl PostgresLog {
    /// One event. The first of a stream is looked up; another is walked to from the newest.
    pub(crate) async fn pick(&self, stream: StreamId, version: Version) -> Result<Option<Picked>, ReadError> {
        if version <= Version::ZERO {
            return Ok(None);
        }
        let from = FromVersion::After(Version::new(version.number() - 1));
        let from_opening = version == Version::ZERO.next();
        let walked = self.walk(&[Asked { stream, from, begin: None }], from_opening).await?;
        let picked = walked.into_iter().flat_map(|walked| walked.picked);
        Ok(picked.into_iter().find(|picked| picked.event.version == version))
    }
}
