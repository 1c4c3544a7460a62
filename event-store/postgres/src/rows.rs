//! Rows of the log, and what they mean.

use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, CorrelationId, MemberId, Position, Role, StreamId, Version};
use log::{Commit, Event, Fingerprint, ReadError};
use serde_json::value::RawValue;
use uuid::Uuid;

/// A row of `commits`.
pub(crate) struct CommitRow {
    pub first_position: i64,
    pub last_position: i64,
    pub recorded_at: DateTime<Utc>,
    pub command_id: Uuid,
    pub actor_id: Uuid,
    pub correlation: Uuid,
    pub fingerprint: Vec<u8>,
    pub actor_role: i8,
}

/// A row of `commits`, with the id of the log.
pub(crate) struct FollowingRow {
    pub first_position: i64,
    pub last_position: i64,
    pub recorded_at: DateTime<Utc>,
    pub command_id: Uuid,
    pub actor_id: Uuid,
    pub correlation: Uuid,
    pub fingerprint: Vec<u8>,
    pub actor_role: i8,
    pub log_id: Uuid,
}

impl From<FollowingRow> for CommitRow {
    fn from(row: FollowingRow) -> Self {
        Self {
            first_position: row.first_position,
            last_position: row.last_position,
            recorded_at: row.recorded_at,
            command_id: row.command_id,
            actor_id: row.actor_id,
            correlation: row.correlation,
            fingerprint: row.fingerprint,
            actor_role: row.actor_role,
        }
    }
}

/// A row of `events`.
pub(crate) struct EventRow {
    pub position: i64,
    pub version: i64,
    pub stream_id: Uuid,
    pub schema_version: i16,
    pub event_type: String,
    pub payload: String,
}

/// The letter under which a role stands in the log.
pub(crate) fn role_code(role: Role) -> i8 {
    match role {
        Role::Member => b'm' as i8,
        Role::Operator => b'o' as i8,
        Role::Service => b's' as i8,
    }
}

pub(crate) fn role(code: i8) -> Option<Role> {
    [Role::Member, Role::Operator, Role::Service].into_iter().find(|role| role_code(*role) == code)
}

pub(crate) fn damaged(position: i64, what: impl Into<String>) -> ReadError {
    ReadError::Damaged { position: Position::new(position), what: what.into() }
}

impl EventRow {
    pub(crate) fn into_event(self) -> Result<Event, ReadError> {
        let payload =
            RawValue::from_string(self.payload).map_err(|_| damaged(self.position, "a payload is not JSON"))?;
        Ok(Event {
            stream: StreamId::new(self.stream_id),
            version: Version::new(self.version),
            event_type: self.event_type,
            schema_version: self.schema_version,
            payload,
        })
    }
}

/// Puts commits and their events together; both are in the order of their positions. Every commit must have all its
/// events, and no event may be without a commit.
pub(crate) fn assemble(commits: Vec<CommitRow>, events: Vec<EventRow>) -> Result<Vec<Commit>, ReadError> {
    let mut events = events.into_iter();
    let commits = commits.into_iter().map(|row| commit(row, &mut events)).collect::<Result<Vec<_>, _>>()?;
    match events.next() {
        None => Ok(commits),
        Some(stray) => Err(damaged(stray.position, "an event belongs to no commit")),
    }
}

fn commit(row: CommitRow, events: &mut impl Iterator<Item = EventRow>) -> Result<Commit, ReadError> {
    let first = row.first_position;
    let mut taken = Vec::with_capacity(usize::try_from(row.last_position - first + 1).unwrap_or_default());
    for position in first..=row.last_position {
        match events.next() {
            Some(event) if event.position == position => taken.push(event.into_event()?),
            _ => return Err(damaged(position, "an event is missing")),
        }
    }
    let role = role(row.actor_role).ok_or_else(|| damaged(first, "a commit's actor has an unknown role"))?;
    let fingerprint =
        row.fingerprint.try_into().map_err(|_| damaged(first, "a commit's fingerprint is not 16 bytes long"))?;
    Ok(Commit {
        first: Position::new(first),
        command_id: CommandId::new(row.command_id),
        fingerprint: Fingerprint(fingerprint),
        actor: Actor { role, id: MemberId::new(row.actor_id) },
        correlation: CorrelationId::new(row.correlation),
        recorded_at: row.recorded_at,
        events: taken,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit_row(first: i64, last: i64) -> CommitRow {
        CommitRow {
            first_position: first,
            last_position: last,
            recorded_at: DateTime::UNIX_EPOCH,
            command_id: Uuid::nil(),
            actor_id: Uuid::nil(),
            correlation: Uuid::nil(),
            fingerprint: vec![0; 16],
            actor_role: role_code(Role::Service),
        }
    }

    fn event_row(position: i64) -> EventRow {
        let payload = r#"{"a": 1}"#.to_owned();
        EventRow {
            position,
            version: 1,
            stream_id: Uuid::nil(),
            schema_version: 1,
            event_type: "E".to_owned(),
            payload,
        }
    }

    fn damage(commits: Vec<CommitRow>, events: Vec<EventRow>) -> (i64, String) {
        match assemble(commits, events) {
            Err(ReadError::Damaged { position, what }) => (position.number(), what),
            other => panic!("{other:?} is not damage"),
        }
    }

    #[test]
    fn whole_commits_come_together() {
        let commits =
            assemble(vec![commit_row(4, 5), commit_row(6, 6)], vec![event_row(4), event_row(5), event_row(6)]).unwrap();
        assert_eq!(commits.iter().map(|c| (c.first.number(), c.events.len())).collect::<Vec<_>>(), [(4, 2), (6, 1)]);
        assert_eq!(commits[0].actor.role, Role::Service);
        assert_eq!(commits[0].events[0].payload.get(), r#"{"a": 1}"#, "the payload keeps its bytes");
    }

    #[test]
    fn damage_is_reported_with_its_position() {
        assert_eq!(damage(vec![commit_row(4, 6)], vec![event_row(4), event_row(6)]).0, 5);
        assert_eq!(damage(vec![commit_row(4, 5)], vec![event_row(4)]).0, 5);
        assert_eq!(damage(vec![commit_row(4, 4)], vec![event_row(4), event_row(5)]).0, 5);
        let torn = EventRow { payload: r#"{"a":"#.to_owned(), ..event_row(4) };
        assert_eq!(damage(vec![commit_row(4, 4)], vec![torn]), (4, "a payload is not JSON".to_owned()));
        let nobody = CommitRow { actor_role: b'x' as i8, ..commit_row(4, 4) };
        assert_eq!(damage(vec![nobody], vec![event_row(4)]).0, 4);
        let short = CommitRow { fingerprint: vec![1, 2], ..commit_row(4, 4) };
        assert_eq!(damage(vec![short], vec![event_row(4)]).0, 4);
    }
}
