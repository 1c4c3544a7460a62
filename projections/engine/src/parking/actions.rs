//! The actions of operators on a live generation: parking keys, pausing, and asking for another try.

use chrono::{DateTime, Utc};
use kernel::Position;
use sqlx::{Connection, PgConnection};

use crate::{
    Commit, Operator, RebuildError, Rebuilder,
    audit::audit,
    checkpoint,
    rebuild::{connect, doing, repeated},
};

/// What is to be parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParkWhat {
    /// The key of the event at this position.
    Event(Position),
    /// The keys of all events of the commit that holds this position.
    Commit(Position),
    /// This key, from the next event on.
    Key(String),
}

/// A parked key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedKey {
    /// The view.
    pub view: String,
    /// The generation.
    pub generation: i32,
    /// The key.
    pub key: String,
    /// The event because of which it was parked.
    pub position: Position,
    /// Why.
    pub reason: String,
    /// By whom.
    pub parked_by: String,
    /// When.
    pub parked_at: DateTime<Utc>,
    /// How many events wait.
    pub events: i64,
    /// Why the last try to apply them failed.
    pub error: Option<String>,
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Takes keys of the live generation aside: from here on their events wait, and the view goes on without them. The
    /// keys that were not parked before.
    pub async fn park(&self, what: &ParkWhat, operator: &Operator) -> Result<Vec<String>, RebuildError> {
        let mut keys = self.keys_of(what).await?;
        keys.dedup();
        let view = self.projection.name();
        let failed = || doing("parking the key");
        let mut connection = connect(&self.database).await?;
        let live =
            checkpoint::load(&mut connection, view).await.map_err(failed())?.ok_or(RebuildError::NoLive(view))?;
        // In a view of another history the position means another event: parking its key would hide what is wrong. The log
        // is asked before the transaction begins: the view does not move as long as that is open.
        self.require_history(&mut connection, live.generation).await?;
        let mut tx = connection.begin().await.map_err(failed())?;
        let (generation, position) = lock_live(&mut tx, view).await?;
        if generation != live.generation {
            return Err(RebuildError::Lost(live.generation));
        }
        let first = match what {
            ParkWhat::Event(at) | ParkWhat::Commit(at) => *at,
            ParkWhat::Key(_) => position.next(),
        };
        if first <= position {
            let (state, advice) = (format!("at {position}"), "that event was applied: there is nothing to take aside");
            return Err(RebuildError::WrongState { generation, state, advice });
        }
        let parked = sqlx::query_scalar!(
            "insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
             select $1, $2, key, $4, $5, $6 from unnest($3::text[]) as wanted (key)
             on conflict do nothing returning key",
            view,
            generation,
            &keys,
            first.number(),
            operator.reason,
            operator.who
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(failed())?;
        raise(&mut tx, view, generation).await?;
        let details = format!(r#"{{"position":{first},"keys":{}}}"#, parked.len());
        audit(&mut tx, operator, "park", view, Some(generation), &details).await.map_err(failed())?;
        tx.commit().await.map_err(failed())?;
        Ok(parked)
    }

    async fn keys_of(&self, what: &ParkWhat) -> Result<Vec<String>, RebuildError> {
        let position = match what {
            ParkWhat::Key(key) => return Ok(vec![key.clone()]),
            ParkWhat::Event(position) | ParkWhat::Commit(position) => *position,
        };
        let commit = self.commit_with(position).await?;
        let wanted = |at: Position| matches!(what, ParkWhat::Commit(_)) || at == position;
        let mut keys = Vec::new();
        for (_, event) in commit.positioned().filter(|(at, _)| wanted(*at)) {
            // The first key of an event is the one it is parked under.
            keys.extend(self.projection.keys(event.stream, event.body.as_ref()).into_iter().next());
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// The commit that holds a position.
    async fn commit_with(&self, position: Position) -> Result<Commit<E>, RebuildError> {
        let before = Position::new(position.number() - 1);
        let ranges = self.ranges.plan(Position::ZERO, before, 1).await?;
        let after = ranges.last().map_or(Position::ZERO, |range| range.to);
        let found = self.log.read_commits(after, 1).await?;
        let commit = found.first().ok_or_else(|| {
            let what = "the log does not hold it".to_owned();
            RebuildError::Log(log::ReadError::Damaged { position, what })
        })?;
        Ok(Commit::decode(commit, self.decoder.as_ref()))
    }

    /// What is parked, of every view of the database.
    pub async fn parked(&self) -> Result<Vec<ParkedKey>, RebuildError> {
        let mut connection = connect(&self.database).await?;
        let rows = sqlx::query!(
            r#"select view, generation, key, position, reason, parked_by, parked_at, error,
                   (select count(*) from registry.parked_events as e
                    where (e.view, e.generation, e.key) = (k.view, k.generation, k.key)) as "events!"
               from registry.parked_keys as k order by view, generation, position, key"#
        )
        .fetch_all(&mut connection)
        .await
        .map_err(doing("reading what is parked"))?;
        let parked = rows.into_iter().map(|row| ParkedKey {
            view: row.view,
            generation: row.generation,
            key: row.key,
            position: Position::new(row.position),
            reason: row.reason,
            parked_by: row.parked_by,
            parked_at: row.parked_at,
            events: row.events,
            error: row.error,
        });
        Ok(parked.collect())
    }

    /// Pauses the view: its writer stops within moments.
    pub async fn pause(&self, operator: &Operator) -> Result<(), RebuildError> {
        self.set_paused(true, operator).await
    }

    /// Lets a paused view go on.
    pub async fn resume(&self, operator: &Operator) -> Result<(), RebuildError> {
        self.set_paused(false, operator).await
    }

    async fn set_paused(&self, paused: bool, operator: &Operator) -> Result<(), RebuildError> {
        let view = self.projection.name();
        let failed = || doing("pausing or resuming the view");
        let mut connection = connect(&self.database).await?;
        let mut tx = connection.begin().await.map_err(failed())?;
        // Once the row is locked, no batch is under way that does not know of the pause.
        let (generation, position) = lock_live(&mut tx, view).await?;
        let what = if paused { "pause" } else { "resume" };
        if repeated(&mut tx, operator, what, view).await?.is_some() {
            return tx.rollback().await.map_err(failed());
        }
        let was_paused = sqlx::query_scalar!(
            r#"select paused_at is not null as "paused!" from registry.views where view = $1"#,
            view
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed())?;
        sqlx::query!(
            "update registry.views
             set paused_at = case when $2 then coalesce(paused_at, clock_timestamp()) end,
                paused_by = case when $2 then $3 end, pause_reason = case when $2 then $4 end
             where view = $1",
            view,
            paused,
            operator.who,
            operator.reason
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        let change = format!(r#""before":{{"paused":{was_paused}}},"after":{{"paused":{paused}}}"#);
        let details = format!(r#"{{"position":{position},{change}}}"#);
        audit(&mut tx, operator, what, view, Some(generation), &details).await.map_err(failed())?;
        tx.commit().await.map_err(failed())
    }

    /// Asks the writer of the view to retry the event at which it is stuck, now.
    pub async fn try_again(&self, operator: &Operator) -> Result<(), RebuildError> {
        let view = self.projection.name();
        let failed = || doing("asking for another try");
        let mut connection = connect(&self.database).await?;
        let mut tx = connection.begin().await.map_err(failed())?;
        let (generation, position) = lock_live(&mut tx, view).await?;
        if repeated(&mut tx, operator, "retry", view).await?.is_some() {
            return tx.rollback().await.map_err(failed());
        }
        let stuck = sqlx::query_scalar!(
            r#"select stuck_since is not null as "stuck!" from registry.generations where view = $1 and generation = $2"#,
            view,
            generation
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed())?;
        raise(&mut tx, view, generation).await?;
        // What comes of it is the writer's: nothing is changed here.
        let details = format!(r#"{{"position":{position},"before":{{"stuck":{stuck}}}}}"#);
        audit(&mut tx, operator, "retry", view, Some(generation), &details).await.map_err(failed())?;
        tx.commit().await.map_err(failed())
    }
}

/// Locks the live generation against its writer; its number and position.
pub(super) async fn lock_live(
    transaction: &mut PgConnection,
    view: &'static str,
) -> Result<(i32, Position), RebuildError> {
    let row = sqlx::query!(
        "select generation, position from registry.generations where view = $1 and state = 'live' for update",
        view
    )
    .fetch_optional(transaction)
    .await
    .map_err(doing("locking the live generation"))?;
    let row = row.ok_or(RebuildError::NoLive(view))?;
    Ok((row.generation, Position::new(row.position)))
}

/// Makes the writer of the generation read again which keys are parked.
pub(super) async fn raise(
    transaction: &mut PgConnection,
    view: &'static str,
    generation: i32,
) -> Result<(), RebuildError> {
    sqlx::query!(
        "update registry.generations set parking = parking + 1 where view = $1 and generation = $2",
        view,
        generation
    )
    .execute(transaction)
    .await
    .map_err(doing("notifying the writer of the view"))
    .map(drop)
}
