//! Commits that have left the database of the log: they are shown from the archive.

use std::collections::HashSet;

use kernel::{Position, Role, StreamId, Version};
use log::{CommitRanges, Picked, PositionRange, ReadCommits};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    partitions::detached_before,
    view::{CommitView, EventView},
};
use crate::{config::Config, failure::Failure};

/// About how many events are read for so many commits.
const EVENTS: i64 = 4;

/// The position from which on commits are in the database, if the one after `position` is not.
async fn left(connection: &mut PgConnection, position: i64) -> Result<bool, Failure> {
    Ok(detached_before(connection).await?.is_some_and(|begin| position + 1 < begin))
}

/// The oldest commits after a position, if they have left the database.
pub async fn after(
    config: &Config,
    connection: &mut PgConnection,
    position: i64,
    limit: i64,
) -> Result<Option<Vec<CommitView>>, Failure> {
    if !left(connection, position).await? {
        return Ok(None);
    }
    let log = config.whole_log()?;
    // Who asks may stand within a commit.
    let begin = log.commit_end(Position::new(position)).await?;
    let mut commits = log.read_commits(begin, limit.saturating_mul(EVENTS).max(1)).await?;
    commits.retain(|commit| commit.first.number() > position);
    commits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Some(commits.iter().map(view).collect()))
}

/// The commits that these positions lie in, of those that have left the database, and the positions that have not.
pub async fn covering(
    config: &Config,
    connection: &mut PgConnection,
    positions: &[i64],
) -> Result<(Vec<CommitView>, Vec<i64>), Failure> {
    let Some(begin) = detached_before(connection).await? else { return Ok((Vec::new(), positions.to_vec())) };
    let (old, new): (Vec<i64>, Vec<i64>) = positions.iter().partition(|position| (1..begin).contains(*position));
    if old.is_empty() {
        return Ok((Vec::new(), new));
    }
    let old: Vec<Position> = old.into_iter().map(Position::new).collect();
    let commits = config.whole_log()?.detached_holding(&old).await?;
    Ok((commits.iter().map(view).collect(), new))
}

/// The events of a stream after a version, wherever they stand.
pub async fn events_of(config: &Config, stream: Uuid, after: i64) -> Result<Vec<Picked>, Failure> {
    Ok(config.whole_log()?.read_picked_after(StreamId::new(stream), Version::new(after)).await?)
}

/// The events of a stream without those of the types in `without`, but for the first, and the newest of each type.
pub fn needed(events: Vec<Picked>, without: &[&str]) -> Vec<Picked> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut needed: Vec<Picked> = Vec::new();
    for picked in events.into_iter().rev() {
        let is_newest = seen.insert(picked.event.event_type.clone());
        if is_newest
            || picked.event.version == Version::ZERO.next()
            || !without.contains(&picked.event.event_type.as_str())
        {
            needed.push(picked);
        }
    }
    needed.reverse();
    needed
}

/// The first events of the newest commits under this correlation id, of those that have left the database, newest first. All of
/// them are read: the archive has no index.
pub async fn by_correlation(
    config: &Config,
    connection: &mut PgConnection,
    id: Uuid,
    limit: i64,
) -> Result<Vec<i64>, Failure> {
    let Some(begin) = detached_before(connection).await?.filter(|_| limit > 0) else { return Ok(Vec::new()) };
    let log = config.whole_log()?;
    let to = Position::new(begin - 1);
    let mut reader = log.read(PositionRange { after: Position::ZERO, to }).await?;
    let mut found = std::collections::VecDeque::new();
    while let Some(commits) = reader.next().await? {
        for commit in commits.iter().filter(|commit| commit.correlation.uuid() == id) {
            found.push_front(commit.first.number());
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
    }
    Ok(found.into())
}

fn view(commit: &log::Commit) -> CommitView {
    let role = match commit.actor.role {
        Role::Member => "member",
        Role::Operator => "operator",
        Role::Service => "service",
        Role::Partner => "partner",
    };
    let events = commit.positioned().map(|(position, event)| EventView {
        position: position.number(),
        stream_id: event.stream.uuid(),
        version: event.version.number(),
        event_type: event.event_type.clone(),
        schema_version: event.schema_version,
        payload: event.payload.clone(),
    });
    CommitView {
        first_position: commit.first.number(),
        last_position: commit.last().number(),
        recorded_at: commit.recorded_at,
        command_id: commit.command_id.uuid(),
        actor: format!("{role}:{}", commit.actor.id),
        correlation: commit.correlation.uuid(),
        fingerprint: hex::encode(commit.fingerprint.0),
        events: events.collect(),
    }
}
