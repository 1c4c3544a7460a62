//! Applying parked events, in order, after the cause was fixed.
//!
//! An event may belong to several parked keys. It is applied when it is the first that waits in each of them, and a key is
//! lifted when no event that belongs to it waits anywhere: so no later event of a key comes before an earlier one.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use kernel::Position;
use sqlx::{Connection, PgConnection};

use super::{
    actions::{lock_live, raise},
    count::{details, waits},
    order::{Blocked, Waiting, up_to_blocked},
};
use crate::{
    Commit, Operator, Projection, RebuildError, Rebuilder,
    audit::audit,
    error::chain,
    projection::in_zone,
    rebuild::{connect_by_key, doing},
    registry::run,
};

/// Events that are applied in one transaction, at most.
const AT_ONCE: i64 = 500;
/// Commits that begin within so many positions are read at once.
const SPAN: i64 = 2_000;

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

/// The live generation, and the view in its zone.
struct Live<E: Send + Sync + 'static> {
    generation: i32,
    projection: Arc<dyn Projection<Event = E>>,
}

/// How one portion of a key's events went.
enum Portion {
    Applied(u64),
    Lifted,
    /// To be looked at again: other events wait now, or this program reads events that the one before did not, so that they
    /// belong to other keys than it knew.
    Changed,
    /// The first of its events waits for an earlier one of another key.
    Blocked(Blocked),
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Applies the events of parked keys, each key in order, and lifts those keys of which nothing is left.
    pub async fn retry_parked(&self, key: Option<&str>, operator: &Operator) -> Result<Vec<Retried>, RebuildError> {
        let view = self.projection.name();
        let mut connection = connect_by_key(&self.database).await?;
        let live = self.open_live(&mut connection).await?;
        let keys: Vec<String> = self
            .parked()
            .await?
            .into_iter()
            .filter(|parked| (parked.view.as_str(), parked.generation) == (view, live.generation))
            .map(|parked| parked.key)
            .filter(|parked| key.is_none_or(|key| key == parked))
            .collect();
        if keys.is_empty() {
            // Somebody asked and said why, though nothing is there to do.
            audit(&mut connection, operator, "retry parked", view, Some(live.generation), r#"{"keys":0}"#)
                .await
                .map_err(doing("writing the audit"))?;
        }
        let mut results: Vec<Retried> = Vec::new();
        let mut todo = keys;
        // An event of one key may have to wait for another key's: as long as something moves, what failed is tried again.
        while !todo.is_empty() {
            let (mut failed, mut moved) = (Vec::new(), false);
            for key in std::mem::take(&mut todo) {
                let retried = self.retry_key(&mut connection, &live, key, operator).await?;
                moved |= retried.error.is_none() || retried.applied > 0;
                if retried.error.is_some() {
                    failed.push(retried.key.clone());
                }
                remember_result(&mut results, retried);
            }
            if moved {
                todo = failed;
            }
        }
        Ok(results)
    }

    /// The live generation, if this program may write it.
    async fn open_live(&self, connection: &mut PgConnection) -> Result<Live<E>, RebuildError> {
        let view = self.projection.name();
        let found = crate::checkpoint::load(connection, view).await.map_err(doing("reading the registry"))?;
        let live = found.ok_or(RebuildError::NoLive(view))?;
        let (found, ours, generation) = (live.version, self.projection.version(), live.generation);
        if found != ours {
            return Err(RebuildError::OtherVersion { generation, found, ours });
        }
        self.require_history(connection, generation).await?;
        let path = format!("set search_path to {}, registry", live.schema);
        run(connection, path).await.map_err(doing("opening the generation"))?;
        Ok(Live { generation, projection: in_zone(&self.projection, live.zone) })
    }

    async fn retry_key(
        &self,
        connection: &mut PgConnection,
        live: &Live<E>,
        key: String,
        operator: &Operator,
    ) -> Result<Retried, RebuildError> {
        let (view, generation) = (self.projection.name(), live.generation);
        let before = waits(connection, view, generation, &key).await?;
        let mut retried = Retried { key, applied: 0, error: None };
        loop {
            match self.portion(connection, live, &retried.key).await {
                Ok(Portion::Applied(events)) => retried.applied += events,
                Ok(Portion::Changed) => {}
                Ok(Portion::Lifted) => break,
                Ok(Portion::Blocked(Blocked { event, by, key })) => {
                    let why = format!(
                        "the event at position {event} has to wait for the one at position {by}: retry the parked key \
                         {key} too"
                    );
                    self.remember(connection, generation, &retried.key, &why).await?;
                    retried.error = Some(why);
                    break;
                }
                Err(error @ (RebuildError::Stuck(_) | RebuildError::Rows { .. })) => {
                    let why = chain(&error);
                    self.remember(connection, generation, &retried.key, &why).await?;
                    retried.error = Some(why);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let after = waits(connection, view, generation, &retried.key).await?;
        let details = details(&retried.key, (retried.applied, retried.error.is_none()), &before, &after);
        audit(connection, operator, "retry parked", view, Some(generation), &details)
            .await
            .map_err(doing("writing the audit"))?;
        Ok(retried)
    }

    /// Applies the next events of a key, in the transaction that strikes them off; lifts the key when there are none.
    ///
    /// The log is read before the transaction begins: the view does not move as long as that is open.
    async fn portion(&self, connection: &mut PgConnection, live: &Live<E>, key: &str) -> Result<Portion, RebuildError> {
        let (view, generation) = (self.projection.name(), live.generation);
        let failed = || doing("applying parked events");
        let commits = self.commits_of(&waiting(connection, view, generation, key).await?).await?;
        let read: BTreeSet<Position> = commits.iter().map(|commit| commit.first).collect();
        let mut tx = connection.begin().await.map_err(failed())?;
        let (found, _) = lock_live(&mut tx, view).await?;
        if found != generation {
            return Err(RebuildError::Lost(generation));
        }
        // The pending events may have changed meanwhile; the commits have not.
        let mut all = waiting(&mut tx, view, generation, key).await?;
        if all.is_empty() {
            lift(&mut tx, view, generation, key).await?;
            raise(&mut tx, view, generation).await?;
            tx.commit().await.map_err(failed())?;
            return Ok(Portion::Lifted);
        }
        all.truncate(all.iter().take_while(|event| read.contains(&event.commit)).count());
        if all.is_empty() {
            tx.rollback().await.map_err(failed())?;
            return Ok(Portion::Changed);
        }
        if self.rekey(&mut tx, generation, &all, &commits).await? {
            tx.commit().await.map_err(failed())?;
            return Ok(Portion::Changed);
        }
        let firsts = first_of_others(&mut tx, view, generation, key, &all).await?;
        let (free, blocked) = up_to_blocked(all, &firsts);
        let (Some(first), Some(last)) = (free.first(), free.last()) else {
            tx.rollback().await.map_err(failed())?;
            return blocked.map(Portion::Blocked).ok_or(RebuildError::Lost(generation));
        };
        let commits = self.shown(&free, commits)?;
        let commits: Vec<&Commit<E>> = commits.iter().collect();
        let rows = live.projection.fold(&commits).map_err(RebuildError::Stuck)?;
        let range = (Position::new(first.position.number() - 1), last.position);
        rows.write(&mut tx).await.map_err(|source| RebuildError::Rows { after: range.0, to: range.1, source })?;
        strike_off(&mut tx, view, generation, &free).await?;
        tx.commit().await.map_err(failed())?;
        Ok(Portion::Applied(free.len() as u64))
    }

    /// The commits of waiting events, in order. Those that stand near one another in the log are read at once.
    async fn commits_of(&self, waiting: &[Waiting]) -> Result<Vec<Commit<E>>, RebuildError> {
        let mut starts: BTreeSet<Position> = waiting.iter().map(|event| event.commit).collect();
        let mut commits = Vec::new();
        while let Some(first) = starts.first().copied() {
            let last = starts.range(..=first.plus(SPAN)).next_back().copied().unwrap_or(first);
            let events = last.number() - first.number() + AT_ONCE;
            // Where a commit begins, the one before has ended.
            let read = self.log.read_commits(first.plus(-1), events).await?;
            let wanted = read.iter().filter(|commit| starts.remove(&commit.first));
            commits.extend(wanted.map(|commit| Commit::decode(commit, self.decoder.as_ref())));
            if starts.contains(&first) {
                let what = "no commit begins here, where one did when its events were parked".to_owned();
                return Err(RebuildError::Log(log::ReadError::Damaged { position: first, what }));
            }
        }
        Ok(commits)
    }

    /// Writes down all keys of events that could not be read when they were parked, or by an earlier build that did not
    /// write them down; whether there were any. An event that does not belong to the key it waits behind moves to one it
    /// belongs to.
    async fn rekey(
        &self,
        tx: &mut PgConnection,
        generation: i32,
        waiting: &[Waiting],
        commits: &[Commit<E>],
    ) -> Result<bool, RebuildError> {
        let parked = self.parked_keys(tx, generation).await?;
        let mut changed = false;
        for (position, event) in commits.iter().flat_map(|commit| commit.positioned()) {
            let Some(aside) = waiting.iter().find(|aside| aside.position == position) else { continue };
            if event.body.is_none() {
                continue;
            }
            let mut touches = self.projection.keys(event.stream, event.body.as_ref());
            let mut key = &aside.key;
            if !touches.contains(key) {
                match touches.iter().find(|other| parked.contains(*other)) {
                    Some(other) => key = parked.get(other).unwrap_or(key),
                    None => touches.push(key.clone()),
                }
            }
            if touches != aside.touches {
                write_keys(tx, self.projection.name(), generation, aside, key, &touches).await?;
                changed = true;
            }
        }
        Ok(changed)
    }

    /// The commits with nothing in them but waiting events and their context.
    fn shown(&self, waiting: &[Waiting], commits: Vec<Commit<E>>) -> Result<Vec<Commit<E>>, RebuildError> {
        let wanted: BTreeSet<Position> = waiting.iter().map(|event| event.position).collect();
        let starts: BTreeSet<Position> = waiting.iter().map(|event| event.commit).collect();
        let mut shown = Vec::new();
        for mut commit in commits.into_iter().filter(|commit| starts.contains(&commit.first)) {
            let context = |event: &crate::Event<E>| event.body.as_ref().is_some_and(|e| self.projection.is_context(e));
            commit.hide(true, |position, event| !wanted.contains(&position) && !context(event));
            let unread = commit.faults().iter().find(|fault| self.projection.uses(&fault.event_type));
            if let Some(fault) = unread {
                return Err(RebuildError::Stuck(fault.clone()));
            }
            shown.push(commit);
        }
        Ok(shown)
    }

    async fn parked_keys(&self, tx: &mut PgConnection, generation: i32) -> Result<BTreeSet<String>, RebuildError> {
        let keys = sqlx::query_scalar!(
            "select key from registry.parked_keys where view = $1 and generation = $2",
            self.projection.name(),
            generation
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
fn remember_result(results: &mut Vec<Retried>, new: Retried) {
    match results.iter_mut().find(|old| old.key == new.key) {
        Some(old) => {
            old.applied += new.applied;
            old.error = new.error;
        }
        None => results.push(new),
    }
}

/// The first events that belong to a key and wait, whichever parked key they wait behind.
async fn waiting(
    connection: &mut PgConnection,
    view: &str,
    generation: i32,
    key: &str,
) -> Result<Vec<Waiting>, RebuildError> {
    let rows = sqlx::query!(
        r#"select e.key, position, commit_position, coalesce(touches, '{}') as "touches!",
               array(select k.key from registry.parked_keys as k
                     where k.view = $1 and k.generation = $2 and (k.key = e.key or k.key = any(e.touches))
                     order by k.key) as "keys!"
           from registry.parked_events as e
           where view = $1 and generation = $2 and (key = $3 or touches @> array[$3::text])
           order by position limit $4"#,
        view,
        generation,
        key,
        AT_ONCE
    )
    .fetch_all(connection)
    .await
    .map_err(doing("reading the parked events"))?;
    let events = rows.into_iter().map(|row| Waiting {
        position: Position::new(row.position),
        commit: Position::new(row.commit_position),
        key: row.key,
        touches: row.touches,
        keys: row.keys,
    });
    Ok(events.collect())
}

/// For each other parked key that these events belong to, the events of it that wait, as far as these events reach.
async fn first_of_others(
    tx: &mut PgConnection,
    view: &str,
    generation: i32,
    key: &str,
    waiting: &[Waiting],
) -> Result<HashMap<String, Vec<Position>>, RebuildError> {
    let keys: BTreeSet<&String> = waiting.iter().flat_map(|event| &event.keys).filter(|other| *other != key).collect();
    let keys: Vec<String> = keys.into_iter().cloned().collect();
    let Some(last) = waiting.last().filter(|_| !keys.is_empty()) else { return Ok(HashMap::new()) };
    let rows = sqlx::query!(
        r#"select distinct wanted.key as "key!", e.position
           from unnest($3::text[]) as wanted (key)
           join registry.parked_events as e on e.view = $1 and e.generation = $2
                and (e.key = wanted.key or e.touches @> array[wanted.key])
           where e.position <= $4 order by e.position"#,
        view,
        generation,
        &keys,
        last.position.number()
    )
    .fetch_all(tx)
    .await
    .map_err(doing("reading the parked events"))?;
    let mut found: HashMap<String, Vec<Position>> = HashMap::new();
    for row in rows {
        found.entry(row.key).or_default().push(Position::new(row.position));
    }
    Ok(found)
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

async fn write_keys(
    tx: &mut PgConnection,
    view: &str,
    generation: i32,
    aside: &Waiting,
    key: &str,
    touches: &[String],
) -> Result<(), RebuildError> {
    sqlx::query!(
        "update registry.parked_events set key = $5, touches = $6
         where view = $1 and generation = $2 and key = $3 and position = $4",
        view,
        generation,
        aside.key,
        aside.position.number(),
        key,
        touches
    )
    .execute(tx)
    .await
    .map_err(doing("writing the keys of parked events"))
    .map(drop)
}

/// Strikes events off, whichever keys they wait behind.
async fn strike_off(
    tx: &mut PgConnection,
    view: &str,
    generation: i32,
    applied: &[Waiting],
) -> Result<(), RebuildError> {
    let done: Vec<i64> = applied.iter().map(|event| event.position.number()).collect();
    sqlx::query!(
        "delete from registry.parked_events where view = $1 and generation = $2 and position = any($3)",
        view,
        generation,
        &done
    )
    .execute(tx)
    .await
    .map_err(doing("striking off parked events"))
    .map(drop)
}
