//! Rows of `log_commits`, and what they mean.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, CommitRef, CorrelationId, MemberId, Position, Role, StreamId, Version};
use log::{Commit, CommitBytes, Event, Fingerprint, ReadError};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use uuid::Uuid;

/// A row of `log_commits`.
pub(crate) struct StoredCommit {
    pub first_position: i64,
    pub last_position: i64,
    pub recorded_at: DateTime<Utc>,
    pub command_id: Uuid,
    pub actor_id: Uuid,
    pub correlation: Uuid,
    pub fingerprint: Vec<u8>,
    pub actor_role: i8,
    pub events: String,
}

/// An event as it stands in its commit: stream, version, where the version before is, type, schema version, payload.
#[derive(Deserialize)]
pub(crate) struct StoredEvent<'a>(
    pub Uuid,
    pub i64,
    IgnoredAny,
    #[serde(borrow)] pub Cow<'a, str>,
    pub i16,
    #[serde(borrow)] pub &'a RawValue,
);

impl From<StoredEvent<'_>> for Event {
    fn from(StoredEvent(stream, version, _, event_type, schema_version, payload): StoredEvent<'_>) -> Self {
        Self {
            stream: StreamId::new(stream),
            version: Version::new(version),
            event_type: event_type.into_owned(),
            schema_version,
            payload: payload.to_owned(),
        }
    }
}

/// The events of a commit that begins at `first`, or some of them.
pub(crate) fn decode(first: i64, events: &str) -> Result<Vec<StoredEvent<'_>>, ReadError> {
    serde_json::from_str(events)
        .map_err(|error| damaged(first, format!("the events of a commit cannot be read: {error}")))
}

/// The letter under which a role stands in the log.
pub(crate) fn role_code(role: Role) -> i8 {
    match role {
        Role::Member => b'm' as i8,
        Role::Operator => b'o' as i8,
        Role::Service => b's' as i8,
        Role::Partner => b'p' as i8,
    }
}

pub(crate) fn role(code: i8) -> Option<Role> {
    [Role::Member, Role::Operator, Role::Service, Role::Partner].into_iter().find(|role| role_code(*role) == code)
}

pub(crate) fn damaged(position: i64, what: impl Into<String>) -> ReadError {
    ReadError::Damaged { position: Position::new(position), what: what.into() }
}

/// Who asked for the commit that begins there.
pub(crate) fn actor(first: i64, code: i8, id: Uuid) -> Result<Actor, ReadError> {
    let role = role(code).ok_or_else(|| damaged(first, "a commit's actor has an unknown role"))?;
    Ok(Actor { role, id: MemberId::new(id) })
}

impl StoredCommit {
    pub fn into_commit(self) -> Result<Commit, ReadError> {
        self.into_bytes().map(|bytes| bytes.commit)
    }

    /// The commit, with the text of its events.
    pub fn into_bytes(self) -> Result<CommitBytes, ReadError> {
        let first = self.first_position;
        let events = decode(first, &self.events)?;
        let expected = usize::try_from(self.last_position - first + 1).unwrap_or_default();
        if events.len() != expected || events.is_empty() {
            let what = format!("a commit of {expected} positions has {} events", events.len());
            return Err(damaged(first, what));
        }
        let fingerprint =
            self.fingerprint.try_into().map_err(|_| damaged(first, "a commit's fingerprint has not sixteen bytes"))?;
        let commit = Commit {
            first: Position::new(first),
            command_id: CommandId::new(self.command_id),
            fingerprint: Fingerprint(fingerprint),
            actor: actor(first, self.actor_role, self.actor_id)?,
            correlation: CorrelationId::new(self.correlation),
            recorded_at: self.recorded_at,
            events: events.into_iter().map(Event::from).collect(),
        };
        Ok(CommitBytes { commit, events: self.events })
    }

    /// The name of the commit.
    pub fn reference(&self) -> CommitRef {
        CommitRef {
            position: Position::new(self.last_position),
            command_id: CommandId::new(self.command_id),
            recorded_at: self.recorded_at,
        }
    }
}

/// Commits that follow one another from the one after `after` on.
pub(crate) fn following(rows: Vec<StoredCommit>, after: i64) -> Result<Vec<Commit>, ReadError> {
    each_following(rows, after, StoredCommit::into_commit)
}

/// The same, with the text of their events.
pub(crate) fn following_bytes(rows: Vec<StoredCommit>, after: i64) -> Result<Vec<CommitBytes>, ReadError> {
    each_following(rows, after, StoredCommit::into_bytes)
}

fn each_following<C>(
    rows: Vec<StoredCommit>,
    after: i64,
    read: impl Fn(StoredCommit) -> Result<C, ReadError>,
) -> Result<Vec<C>, ReadError> {
    let mut due = after + 1;
    let mut commits = Vec::with_capacity(rows.len());
    for row in rows {
        if row.first_position != due {
            return Err(damaged(due, "no commit begins here"));
        }
        due = row.last_position + 1;
        commits.push(read(row)?);
    }
    Ok(commits)
}
