//! The log itself, as people look at it. It needs a login of its own: the one of all other reads sees no event.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, CorrelationId, Position, StreamId, Version};
use log::{BrowseLog, Commit, Picked, ReadError};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Fresh, Page, Reads, ReadsError, cursor::List};

/// How many events of a stream are gone through for one answer.
pub const MOST_EVENTS: i64 = 20_000;

/// Who asked for a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LogActor {
    /// As what.
    #[schema(value_type = String, pattern = "^(member|operator|service|partner)$")]
    pub role: &'static str,
    /// Who.
    pub id: Uuid,
}

impl From<Actor> for LogActor {
    fn from(actor: Actor) -> Self {
        Self { role: actor.role.as_str(), id: actor.id.uuid() }
    }
}

/// What one command wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LogCommit {
    /// The position of its first event.
    #[schema(value_type = i64, minimum = 1)]
    pub first_position: Position,
    /// The position of its last event.
    #[schema(value_type = i64, minimum = 1)]
    pub last_position: Position,
    /// When it was recorded, by the log's clock.
    pub recorded_at: DateTime<Utc>,
    /// The command.
    pub command_id: Uuid,
    /// What the request was followed by through every process.
    pub correlation_id: Uuid,
    /// Who asked.
    pub actor: LogActor,
    /// Its events, in the order of their positions.
    pub events: Vec<LogEvent>,
}

/// An event of a commit, as it was recorded.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LogEvent {
    /// Its place in the log.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// The stream that it stands on.
    pub stream_id: Uuid,
    /// Its place in the stream.
    #[schema(value_type = i64, minimum = 1)]
    pub version: Version,
    /// Which event it is.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The version of the form of its data.
    #[schema(minimum = 1)]
    pub schema_version: i16,
    /// What was recorded. What is sealed stays sealed.
    #[schema(value_type = Object)]
    pub data: Box<RawValue>,
}

/// An event of a stream, with what is known of its commit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StreamEvent {
    /// Its place in the log.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// Its place in the stream.
    #[schema(value_type = i64, minimum = 1)]
    pub version: Version,
    /// Which event it is.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The version of the form of its data.
    #[schema(minimum = 1)]
    pub schema_version: i16,
    /// When it was recorded, by the log's clock.
    pub recorded_at: DateTime<Utc>,
    /// The command that wrote it.
    pub command_id: Uuid,
    /// Who asked.
    pub actor: LogActor,
    /// What was recorded. What is sealed stays sealed.
    #[schema(value_type = Object)]
    pub data: Box<RawValue>,
    /// What the stream comes to with this event, as the rules of the bank see it. There only if it was asked for, and if the stream has a
    /// state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub state: Option<Box<RawValue>>,
    /// Why there is no state: the event cannot follow on those before it. Never there in a log that is sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub state_error: Option<String>,
}

/// Part of a stream.
#[derive(Clone, Debug)]
pub struct StreamPage {
    /// What the stream is the history of, if the log keeps that beside it.
    pub kind: Option<String>,
    /// How many events the stream has.
    pub version: Version,
    /// Some of its events, oldest first.
    pub events: Vec<StreamEvent>,
    /// All events up to the last of those: what a fold of it needs. None if they were not asked for.
    pub all: Option<Vec<Recorded>>,
}

/// An event as a fold takes it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its place in the stream.
    pub version: Version,
    /// Which event it is.
    pub event_type: String,
    /// The version of the form of its data.
    pub schema_version: i16,
    /// What was recorded.
    pub data: Box<RawValue>,
}

/// Which part of a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamPart {
    /// The events after this version; without it the newest ones.
    pub after: Option<Version>,
    /// How many at most.
    pub limit: u16,
    /// Whether all events up to them are wanted too.
    pub with_all: bool,
}

impl From<Commit> for LogCommit {
    fn from(commit: Commit) -> Self {
        let (first_position, last_position) = (commit.first, commit.last());
        let positions = (0..).map(|place| first_position.plus(place));
        let events = commit.events.into_iter().zip(positions).map(|(event, position)| LogEvent {
            position,
            stream_id: event.stream.uuid(),
            version: event.version,
            event_type: event.event_type,
            schema_version: event.schema_version,
            data: event.payload,
        });
        Self {
            first_position,
            last_position,
            recorded_at: commit.recorded_at,
            command_id: commit.command_id.uuid(),
            correlation_id: commit.correlation.uuid(),
            actor: commit.actor.into(),
            events: events.collect(),
        }
    }
}

impl Recorded {
    fn of(picked: &Picked) -> Self {
        Self {
            version: picked.event.version,
            event_type: picked.event.event_type.clone(),
            schema_version: picked.event.schema_version,
            data: picked.event.payload.clone(),
        }
    }
}

impl Reads {
    /// Commits that begin before a position and after another, newest first. Waits for nothing: the log is the newest there is.
    pub async fn log_commits(
        &self,
        (after, before): (Position, Option<Position>),
        cursor: Option<&str>,
        limit: u16,
    ) -> Result<Fresh<Page<LogCommit>>, ReadsError> {
        let list = List::named("log").bound_to(&after.number().to_be_bytes());
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => before.map_or(i64::MAX, Position::number),
        };
        let log = self.inspector.log()?;
        let commits = log.commits_before(Position::new(before), i64::from(limit) + 1).await.map_err(unread)?;
        // Of what has left the database a page may be short, and the list goes on all the same.
        let oldest = commits.last().map_or(Position::ZERO, |commit| commit.first);
        let ended = oldest <= after.next();
        let kept = commits.into_iter().filter(|commit| commit.first > after).map(LogCommit::from);
        let cursor = |last: &LogCommit| list.cursor(last.first_position.number().unsigned_abs().into());
        let mut page = Page::of(kept.collect(), limit, cursor);
        if page.next_cursor.is_none() && !ended {
            page.next_cursor = page.items.last().map(cursor);
        }
        Ok(self.as_of_now(page))
    }

    /// The commit that holds a position; none if the log has not reached it.
    pub async fn log_commit(&self, position: Position) -> Result<Fresh<Option<LogCommit>>, ReadsError> {
        let commit = self.inspector.log()?.commit_holding(position).await.map_err(unread)?;
        Ok(self.as_of_now(commit.map(LogCommit::from)))
    }

    /// The commit of a command; none if it wrote nothing.
    pub(crate) async fn commit_of(&self, command: CommandId) -> Result<Option<LogCommit>, ReadsError> {
        let commits = self.inspector.log()?.find_commits(&[command]).await.map_err(unread)?;
        Ok(commits.into_iter().next().map(LogCommit::from))
    }

    /// The newest commits under a correlation id, of those that have not left the database.
    pub(crate) async fn commits_under(
        &self,
        correlation: CorrelationId,
        limit: i64,
    ) -> Result<Vec<LogCommit>, ReadsError> {
        let commits = self.inspector.log()?.commits_correlated(correlation, limit).await.map_err(unread)?;
        Ok(commits.into_iter().map(LogCommit::from).collect())
    }

    /// What a stream is the history of, if that is known, and how long it is; none if there is no such stream.
    pub(crate) async fn stream_length(
        &self,
        stream: StreamId,
    ) -> Result<Option<(Option<String>, Version)>, ReadsError> {
        let found = self.inspector.log()?.stream_length(stream).await.map_err(unread)?;
        Ok(found.map(|found| (found.kind, found.version)))
    }

    /// Part of a stream; none if there is no such stream.
    pub async fn log_stream(
        &self,
        stream: StreamId,
        part: StreamPart,
    ) -> Result<Fresh<Option<StreamPage>>, ReadsError> {
        let log = self.inspector.log()?;
        let Some(found) = log.stream_length(stream).await.map_err(unread)? else {
            return Ok(self.as_of_now(None));
        };
        let (length, limit) = (found.version.number(), i64::from(part.limit));
        let after = part.after.map_or(length - limit, Version::number).clamp(0, length);
        // A stream is read backwards from its end, so what is read is all that comes after.
        let read_after = if part.with_all { 0 } else { after };
        if length - read_after > MOST_EVENTS {
            return Err(ReadsError::StreamTooLong { from: Version::new((length - MOST_EVENTS).max(0)) });
        }
        let picked = match read_after < length {
            true => log.stream_after(stream, Version::new(read_after)).await.map_err(unread)?,
            false => Vec::new(),
        };
        let is_shown = |picked: &&Picked| (after + 1..=after + limit).contains(&picked.event.version.number());
        let shown: Vec<&Picked> = picked.iter().filter(is_shown).collect();
        let events = described(log, &shown).await?;
        let last = events.last().map_or(Version::ZERO, |event| event.version);
        let up_to_last = picked.iter().take_while(|picked| picked.event.version <= last);
        let all = part.with_all.then(|| up_to_last.map(Recorded::of).collect());
        Ok(self.as_of_now(Some(StreamPage { kind: found.kind, version: found.version, events, all })))
    }

    fn as_of_now<T>(&self, value: T) -> Fresh<T> {
        let position = self.head().map(|head| head.position).unwrap_or_default();
        Fresh { value, position, lag: Duration::ZERO, stale: false, missing: 0 }
    }
}

/// These events, with the commands that wrote them.
async fn described(log: &dyn BrowseLog, shown: &[&Picked]) -> Result<Vec<StreamEvent>, ReadsError> {
    let positions: Vec<Position> = shown.iter().map(|picked| picked.position).collect();
    let commands: HashMap<Position, CommandId> = log.commands_at(&positions).await.map_err(unread)?;
    let events = shown.iter().map(|picked| -> Result<StreamEvent, ReadsError> {
        let command = commands.get(&picked.position).ok_or(ReadsError::Damaged { what: "command of an event" })?;
        Ok(StreamEvent {
            position: picked.position,
            version: picked.event.version,
            event_type: picked.event.event_type.clone(),
            schema_version: picked.event.schema_version,
            recorded_at: picked.recorded_at,
            command_id: command.uuid(),
            actor: picked.actor.into(),
            data: picked.event.payload.clone(),
            state: None,
            state_error: None,
        })
    });
    events.collect()
}

fn unread(error: ReadError) -> ReadsError {
    ReadsError::LogUnavailable(error)
}
