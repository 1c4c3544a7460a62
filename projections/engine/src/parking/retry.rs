//! Applying what was put aside, in order, after the cause was mended.

use std::collections::BTreeSet;

use kernel::Position;
use sqlx::{Connection, PgConnection};

use super::desk::{lock_live, raise};
use crate::{
    Commit, Operator, RebuildError, Workshop,
    audit::audit,
    error::chain,
    rebuild::{connect_by_key, doing},
    registry::run,
};

/// Events that are applied in one transaction, at most.
const AT_ONCE: i64 = 500;

/// What became of a parked key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retried {
    /// The key.
    pub key: String,
    /// How many of its events were applied.
    pub applied: u64,
    /// Why it is still parked; none if it is lifted.
    pub error: Option<String>,
}

/// An event that waits.
struct Waiting {
    position: Position,
    commit: Position,
}

/// How one portion of a key's events went.
enum Portion {
    Applied(u64),
    Lifted,
}

impl<E: Send + Sync + 'static> Workshop<E> {
    /// Applies the events of parked keys, each key in order, and lifts those keys of which nothing is left.
    pub async fn retry_parked(&self, key: Option<&str>, operator: &Operator) -> Result<Vec<Retried>, RebuildError> {
        let view = self.projection.name();
        let mut connection = connect_by_key(&self.database).await?;
        let generation = self.open_live(&mut connection).await?;
        let keys: Vec<String> = self
            .parked()
            .await?
            .into_iter()
            .filter(|parked| (parked.view.as_str(), parked.generation) == (view, generation))
            .map(|parked| parked.key)
            .filter(|parked| key.is_none_or(|key| key == parked))
            .collect();
        let mut told: Vec<Retried> = Vec::new();
        let mut todo = keys;
        // An event of one key may have to wait for another key's: as long as something moves, what failed is tried again.
        while !todo.is_empty() {
            let (mut failed, mut moved) = (Vec::new(), false);
            for key in std::mem::take(&mut todo) {
                let retried = self.retry_key(&mut connection, generation, key, operator).await?;
                moved |= retried.error.is_none() || retried.applied > 0;
                if retried.error.is_some() {
                    failed.push(retried.key.clone());
                }
                remember_result(&mut told, retried);
            }
            if moved {
                todo = failed;
            }
        }
        Ok(told)
    }

    /// The live generation, if this program may write it.
    async fn open_live(&self, connection: &mut PgConnection) -> Result<i32, RebuildError> {
        let view = self.projection.name();
        let found = crate::checkpoint::load(connection, view).await.map_err(doing("reading the registry"))?;
        let live = found.ok_or(RebuildError::NoLive(view))?;
        let (found, ours, generation) = (live.version, self.projection.version(), live.generation);
        if found != ours {
            return Err(RebuildError::OtherVersion { generation, found, ours });
        }
        let path = format!("set search_path to {}, registry", live.schema);
        run(connection, path).await.map_err(doing("opening the generation"))?;
        Ok(generation)
    }

    async fn retry_key(
        &self,
        connection: &mut PgConnection,
        generation: i32,
        key: String,
        operator: &Operator,
    ) -> Result<Retried, RebuildError> {
        let mut retried = Retried { key, applied: 0, error: None };
        loop {
            match self.portion(connection, generation, &retried.key).await {
                Ok(Portion::Applied(events)) => retried.applied += events,
                Ok(Portion::Lifted) => break,
                Err(error @ (RebuildError::Stuck(_) | RebuildError::Rows { .. })) => {
                    let why = chain(&error);
                    self.remember(connection, generation, &retried.key, &why).await?;
                    retried.error = Some(why);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let details = format!(r#"{{"applied":{},"lifted":{}}}"#, retried.applied, retried.error.is_none());
        audit(connection, operator, "retry parked", self.projection.name(), Some(generation), &details)
            .await
            .map_err(doing("writing the audit"))?;
        Ok(retried)
    }

    /// Applies the next events of a key, in the transaction that strikes them off; lifts the key when there are none.
    async fn portion(
        &self,
        connection: &mut PgConnection,
        generation: i32,
        key: &str,
    ) -> Result<Portion, RebuildError> {
        let view = self.projection.name();
        let failed = || doing("applying parked events");
        let mut tx = connection.begin().await.map_err(failed())?;
        let (live, _) = lock_live(&mut tx, view).await?;
        if live != generation {
            return Err(RebuildError::Lost(generation));
        }
        let waiting = waiting(&mut tx, view, generation, key).await?;
        let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else {
            lift(&mut tx, view, generation, key).await?;
            raise(&mut tx, view, generation).await?;
            tx.commit().await.map_err(failed())?;
            return Ok(Portion::Lifted);
        };
        let others = self.other_keys(&mut tx, generation, key).await?;
        let (commits, moved) = self.shown(&waiting, &others).await?;
        let commits: Vec<&Commit<E>> = commits.iter().collect();
        let rows = self.projection.fold(&commits).map_err(RebuildError::Stuck)?;
        let range = (Position::new(first.position.number() - 1), last.position);
        rows.write(&mut tx).await.map_err(|source| RebuildError::Rows { after: range.0, to: range.1, source })?;
        strike_off(&mut tx, view, generation, key, &waiting, &moved).await?;
        tx.commit().await.map_err(failed())?;
        Ok(Portion::Applied(waiting.len() as u64 - moved.len() as u64))
    }

    /// The commits of waiting events, with nothing in them but these and their context; and the events that belong to
    /// another parked key too, behind which they must wait on.
    async fn shown(
        &self,
        waiting: &[Waiting],
        others: &BTreeSet<String>,
    ) -> Result<(Vec<Commit<E>>, Vec<(String, Position)>), RebuildError> {
        let wanted: BTreeSet<Position> = waiting.iter().map(|event| event.position).collect();
        let starts: BTreeSet<Position> = waiting.iter().map(|event| event.commit).collect();
        let (mut commits, mut moved) = (Vec::new(), Vec::new());
        for start in starts {
            let mut commit = self.commit_with(start).await?;
            let mut kept = wanted.clone();
            for (position, event) in commit.positioned().filter(|(position, _)| wanted.contains(position)) {
                let keys = self.projection.keys(event.stream, event.body.as_ref());
                if let Some(other) = keys.into_iter().find(|key| others.contains(key)) {
                    kept.remove(&position);
                    moved.push((other, position));
                }
            }
            let context = |event: &crate::Event<E>| event.body.as_ref().is_some_and(|e| self.projection.is_context(e));
            commit.hide(true, |position, event| !kept.contains(&position) && !context(event));
            let unread = commit.faults().iter().find(|fault| self.projection.uses(&fault.event_type));
            if let Some(fault) = unread {
                return Err(RebuildError::Stuck(fault.clone()));
            }
            commits.push(commit);
        }
        Ok((commits, moved))
    }

    async fn other_keys(
        &self,
        tx: &mut PgConnection,
        generation: i32,
        key: &str,
    ) -> Result<BTreeSet<String>, RebuildError> {
        let keys = sqlx::query_scalar!(
            "select key from registry.parked_keys where view = $1 and generation = $2 and key <> $3",
            self.projection.name(),
            generation,
            key
        )
        .fetch_all(tx)
        .await
        .map_err(doing("reading what is parked"))?;
        Ok(keys.into_iter().collect())
    }

    async fn remember(
        &self,
        connection: &mut PgConnection,
        generation: i32,
        key: &str,
        why: &str,
    ) -> Result<(), RebuildError> {
        sqlx::query!(
            "update registry.parked_keys set error = $4, tried_at = clock_timestamp()
             where view = $1 and generation = $2 and key = $3",
            self.projection.name(),
            generation,
            key,
            why
        )
        .execute(connection)
        .await
        .map_err(doing("writing why a key is still parked"))
        .map(drop)
    }
}

/// Keeps one result for each key.
fn remember_result(told: &mut Vec<Retried>, new: Retried) {
    match told.iter_mut().find(|old| old.key == new.key) {
        Some(old) => {
            old.applied += new.applied;
            old.error = new.error;
        }
        None => told.push(new),
    }
}

async fn waiting(tx: &mut PgConnection, view: &str, generation: i32, key: &str) -> Result<Vec<Waiting>, RebuildError> {
    let rows = sqlx::query!(
        "select position, commit_position from registry.parked_events
         where view = $1 and generation = $2 and key = $3 order by position limit $4",
        view,
        generation,
        key,
        AT_ONCE
    )
    .fetch_all(tx)
    .await
    .map_err(doing("reading the parked events"))?;
    let events = rows
        .into_iter()
        .map(|row| Waiting { position: Position::new(row.position), commit: Position::new(row.commit_position) });
    Ok(events.collect())
}

async fn lift(tx: &mut PgConnection, view: &str, generation: i32, key: &str) -> Result<(), RebuildError> {
    sqlx::query!(
        "delete from registry.parked_keys where view = $1 and generation = $2 and key = $3",
        view,
        generation,
        key
    )
    .execute(tx)
    .await
    .map_err(doing("lifting a parked key"))
    .map(drop)
}

/// Strikes events off the list of a key; those that moved wait behind another.
async fn strike_off(
    tx: &mut PgConnection,
    view: &str,
    generation: i32,
    key: &str,
    waiting: &[Waiting],
    moved: &[(String, Position)],
) -> Result<(), RebuildError> {
    let failed = || doing("striking off parked events");
    let (others, positions): (Vec<String>, Vec<i64>) =
        moved.iter().map(|(other, position)| (other.clone(), position.number())).unzip();
    sqlx::query!(
        "insert into registry.parked_events (view, generation, key, position, commit_position)
         select e.view, e.generation, moved.key, e.position, e.commit_position
         from unnest($4::text[], $5::int8[]) as moved (key, position)
         join registry.parked_events as e
            on e.view = $1 and e.generation = $2 and e.key = $3 and e.position = moved.position
         on conflict do nothing",
        view,
        generation,
        key,
        &others,
        &positions
    )
    .execute(&mut *tx)
    .await
    .map_err(failed())?;
    let done: Vec<i64> = waiting.iter().map(|event| event.position.number()).collect();
    sqlx::query!(
        "delete from registry.parked_events
         where view = $1 and generation = $2 and key = $3 and position = any($4)",
        view,
        generation,
        key,
        &done
    )
    .execute(tx)
    .await
    .map_err(failed())
    .map(drop)
}
