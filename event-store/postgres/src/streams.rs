//! Reading streams, and what commands wrote.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{CommandId, Position, StreamId, Version};
use log::{Commit, Event, FromVersion, Picked, ReadError, ReadStreams, StreamRead, Wanted};
use uuid::Uuid;

use crate::{
    classify::read_error,
    detached::wrong,
    rows::{StoredCommit, damaged},
    store::PostgresLog,
    walk::Asked,
};

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
        let rows = sqlx::query_file_as!(FoundCommit, "src/sql/find_commits.sql", &ids)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        let (mut commits, mut detached) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            let (command, first) = (CommandId::new(row.command_id), Position::new(row.first_position));
            match row.stored() {
                Some(stored) => commits.push(stored.into_commit()?),
                None => detached.push((command, first)),
            }
        }
        if !detached.is_empty() {
            commits.extend(self.find_detached(&detached).await?);
            commits.sort_by_key(|commit| commit.first);
        }
        Ok(commits)
    }

    async fn fetch(&self, wanted: Wanted) -> Result<(), ReadError> {
        let log = self.waiting();
        match wanted {
            Wanted::Command(command) => log.find_commits(&[command]).await.map(drop),
            Wanted::Stream(stream, from) => log.read_streams(&[(stream, from)]).await.map(drop),
        }
    }
}

/// The commit of a command; without all that stands in `log_commits` if it has left the database.
struct FoundCommit {
    first_position: i64,
    command_id: Uuid,
    last_position: Option<i64>,
    recorded_at: Option<DateTime<Utc>>,
    actor_id: Option<Uuid>,
    correlation: Option<Uuid>,
    fingerprint: Option<Vec<u8>>,
    actor_role: Option<i8>,
    events: Option<String>,
}

impl FoundCommit {
    fn stored(self) -> Option<StoredCommit> {
        Some(StoredCommit {
            first_position: self.first_position,
            last_position: self.last_position?,
            recorded_at: self.recorded_at?,
            command_id: self.command_id,
            actor_id: self.actor_id?,
            correlation: self.correlation?,
            fingerprint: self.fingerprint?,
            actor_role: self.actor_role?,
            events: self.events?,
        })
    }
}

impl PostgresLog {
    /// The events of a stream after a version, with where they stand.
    pub async fn read_picked_after(&self, stream: StreamId, version: Version) -> Result<Vec<Picked>, ReadError> {
        let asked = Asked { stream, from: FromVersion::After(version), begin: None };
        let walked = self.walk(&[asked], false).await?;
        walked.into_iter().next().map_or(Ok(Vec::new()), |walked| walked.into_picked(stream))
    }

    /// What commands have written that is not in the database.
    async fn find_detached(&self, asked: &[(CommandId, Position)]) -> Result<Vec<Commit>, ReadError> {
        let end = self.detached_end().await?;
        if let Some((command, first)) = asked.iter().find(|(_, first)| *first > end) {
            return Err(damaged(
                first.number(),
                format!("command {command} has written here, and no commit begins here"),
            ));
        }
        let firsts: Vec<Position> = asked.iter().map(|(_, first)| *first).collect();
        let wanted: Vec<Wanted> = asked.iter().map(|(command, _)| Wanted::Command(*command)).collect();
        let found = self.detached_commits(end, &firsts, &[], &wanted).await?;
        let commits =
            found.iter().zip(asked).map(|(found, (command, first))| match found.commit.command_id == *command {
                true => Ok(found.commit.clone()),
                false => Err(wrong(*first, "another command has written there than the log says")),
            });
        commits.collect()
    }

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
