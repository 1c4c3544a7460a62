//! The change of the live generation: one transaction, through the gate of the registry.
//!
//! Whether a generation may become live is decided by `registry.why_not_live`, in the transaction that makes it live. The
//! triggers of the registry refuse every other way.

use std::time::Duration;

use kernel::{LogId, Position};
use log::Head;
use sqlx::{PgConnection, postgres::PgDatabaseError};

use super::{
    Accepted, Approved, Phase, Rebuilder,
    error::{RebuildError, doing},
    follow::Tail,
    session::{Generation, Session},
};
use crate::{
    audit::{Operator, audit},
    registry::run,
    status::Report,
};

/// A session that waits for a lock on the live tables makes later readers wait behind it: so it waits for moments only, and tries
/// again.
const LOCK_WAIT: &str = "40ms";
const BREATH: Duration = Duration::from_millis(120);
const TRIES: u32 = 250;

/// The live generation does not move while so many events are applied to the new one. A busy log would never let the new one
/// be level otherwise: each try finds more. The bound grows with each try, so that one succeeds.
const HELD_EVENTS: i64 = 400;

/// How one try ended.
enum Attempt {
    Done,
    /// The new generation must be brought up to here first.
    Behind(Position),
    Locked,
}

/// What is to become of what.
struct Swap<'a> {
    making: &'a Generation,
    live: &'a Generation,
    /// The end of the log, read after both generations were.
    head: Head,
    abandon_live: bool,
    /// So many events may be applied to the new generation while the live one is held.
    held_events: i64,
    /// The differences that were accepted, if the new generation differs.
    accepted: Option<&'a Accepted>,
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Makes a generation live. It is brought level with the live one first, and promoted only when it is at least where
    /// the live one is in the very transaction that promotes it, which holds the live one for the last events: no reader ever sees the view go back.
    pub(super) async fn promote_level(
        &self,
        session: &mut Session,
        making: &Generation,
        operator: &Operator,
        (what, abandon_live): (&str, bool),
        accepted: Option<&Accepted>,
    ) -> Result<(), RebuildError> {
        let report = Report::new(self.projection.name());
        let mut tail = self.tail(making.generation, &report).await?;
        let mut tries = 0;
        loop {
            let live = session.live().await?;
            // A live generation of another history may be anywhere: what the log holds is the goal then.
            tail.to(live.position).await?;
            let head = self.log.head().await?;
            tasks::kill_point("promoting");
            let held_events = HELD_EVENTS * i64::from(tries + 1);
            let swap = Swap { making, live: &live, head, abandon_live, held_events, accepted };
            match attempt(session, &mut tail, &swap, operator, what).await? {
                Attempt::Done => break,
                Attempt::Behind(position) => tail.to(position).await?,
                Attempt::Locked => tokio::time::sleep(BREATH).await,
            }
            tries += 1;
            if tries >= TRIES {
                return Err(RebuildError::Locked(TRIES));
            }
        }
        tasks::kill_point("promoted");
        self.reporter.phase(Phase::Promoted, 1, 1);
        Ok(())
    }
}

async fn attempt<E: Send + Sync + 'static>(
    session: &mut Session,
    tail: &mut Tail<'_, E>,
    swap: &Swap<'_>,
    operator: &Operator,
    what: &str,
) -> Result<Attempt, RebuildError> {
    let view = session.view;
    let mut tx = session.begin().await?;
    let swapped = match hold(&mut tx, view, swap).await {
        Ok(Some(at)) if at.number() - tail.position().number() > swap.held_events => Ok(Some(at)),
        Ok(Some(at)) => {
            tail.catch_up_to(at).await?;
            exchange(&mut tx, view, swap, operator, what).await
        }
        Ok(None) => exchange(&mut tx, view, swap, operator, what).await,
        Err(error) => Err(error),
    };
    match swapped {
        Ok(None) => {}
        Ok(Some(behind)) => {
            tx.rollback().await.map_err(doing("giving the promotion up"))?;
            return Ok(Attempt::Behind(behind));
        }
        Err(error) if is_locked(&error) => {
            tx.rollback().await.map_err(doing("giving the promotion up"))?;
            return Ok(Attempt::Locked);
        }
        Err(error) if code(&error).as_deref() == Some(LOOK_AGAIN) => {
            tx.rollback().await.map_err(doing("giving the promotion up"))?;
            return Ok(Attempt::Behind(swap.live.position));
        }
        Err(source) => return Err(refused(swap.making.generation, source)),
    }
    let (making, details) = (swap.making, details(swap));
    audit(&mut tx, operator, what, view, Some(making.generation), &details)
        .await
        .map_err(doing("writing the audit"))?;
    tasks::kill_point("swapping");
    match tx.commit().await {
        Ok(()) => Ok(Attempt::Done),
        // A transaction that notifies waits at its commit for others that do: nothing is done then.
        Err(error) if is_locked(&error) => Ok(Attempt::Locked),
        Err(source) => Err(RebuildError::Database { doing: "promoting the generation", source }),
    }
}

/// Takes the locks that only the projector waits for; where the live generation stays from here on. None if it is of
/// another history than the log, so that its position means nothing here.
async fn hold(tx: &mut PgConnection, view: &str, swap: &Swap<'_>) -> Result<Option<Position>, sqlx::Error> {
    run(tx, format!("set local lock_timeout = '{LOCK_WAIT}'")).await?;
    sqlx::query!("select from registry.views where view = $1 for update", view).fetch_one(&mut *tx).await?;
    let live = sqlx::query!(
        "select position, log_id from registry.generations where view = $1 and generation = $2 for update",
        view,
        swap.live.generation
    )
    .fetch_one(tx)
    .await?;
    let same_log = live.log_id.is_none_or(|log| LogId::new(log) == swap.head.log);
    let comparable = same_log && swap.live.position <= swap.head.position;
    Ok(comparable.then_some(Position::new(live.position)))
}

/// Takes last, and for the shortest time, the locks that readers wait for. A position that is not reached gives it up.
async fn exchange(
    tx: &mut PgConnection,
    view: &str,
    swap: &Swap<'_>,
    operator: &Operator,
    what: &str,
) -> Result<Option<Position>, sqlx::Error> {
    let Swap { making, live, .. } = *swap;
    let generations = [making.generation, live.generation];
    let rows = sqlx::query!(
        "select generation, position, state, tables, schema_name from registry.generations
         where view = $1 and generation = any($2) order by generation for update",
        view,
        &generations
    )
    .fetch_all(&mut *tx)
    .await?;
    let row = |generation| rows.iter().find(|row| row.generation == generation).ok_or(sqlx::Error::RowNotFound);
    let (new, old) = (row(making.generation)?, row(live.generation)?);
    if old.state != "live" {
        // Somebody promoted yet another one meanwhile: look again.
        return Ok(Some(Position::new(new.position)));
    }
    if swap.accepted.is_some() {
        // Only here: whatever ends this transaction, no generation that differs is left ready.
        sqlx::query!(
            "update registry.generations set state = 'ready' where view = $1 and generation = $2 and state = 'comparing'",
            view,
            making.generation
        )
        .execute(&mut *tx)
        .await?;
    }
    pass_gate(tx, view, swap, operator, what).await?;
    publish(tx, &new.schema_name, &new.tables, &old.tables).await?;
    sqlx::query!(
        "update registry.generations set state = 'retired' where view = $1 and generation = $2",
        view,
        live.generation
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "with promoted as (
            update registry.generations
            set state = 'live', promoted_at = clock_timestamp(), failure = null, differences = null, fingerprint = null
            where view = $1 and generation = $2
            returning view, generation, position
        )
        select pg_notify('view_advanced', format('%s:%s:%s', view, generation, position)) from promoted",
        view,
        making.generation
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(None)
}

/// Writes the promotion down; refused by the registry if the generation must not become live.
async fn pass_gate(
    tx: &mut PgConnection,
    view: &str,
    swap: &Swap<'_>,
    operator: &Operator,
    what: &str,
) -> Result<(), sqlx::Error> {
    let Swap { making, live, head, abandon_live, accepted, .. } = *swap;
    // The live generation may have been moved after the head was read: by what the log holds, so the log holds it.
    sqlx::query!(
        "insert into registry.promotions
            (view, generation, instead_of, log_id, head, version, abandon_live, what, who, reason, differences, fingerprint,
             approval_id)
         select $1, $2, $3, $4, greatest($5::int8, case when $11 and l.log_id = $4 then l.position end), $6, $7, $8, $9, $10,
             $12::int8, $13::text, $14::uuid
         from registry.generations as l where l.view = $1 and l.generation = $3",
        view,
        making.generation,
        live.generation,
        head.log.uuid(),
        head.position.number(),
        making.version,
        abandon_live,
        what,
        operator.who,
        operator.reason,
        live.position <= head.position,
        accepted.map(Accepted::count),
        accepted.map(|accepted| accepted.fingerprint.as_str()),
        accepted.and_then(Accepted::approval)
    )
    .execute(tx)
    .await
    .map(drop)
}

/// What the audit has of a promotion, as JSON.
fn details(swap: &Swap<'_>) -> String {
    let Swap { making, live, abandon_live, accepted, .. } = swap;
    let accepted = accepted.map(|accepted| {
        let Accepted { differences, fingerprint, .. } = accepted;
        let approved =
            |Approved { approval, by }: &Approved| format!(r#","approval":"{approval}","approved_by":"{by}""#);
        let approval = accepted.approved.as_ref().map(approved).unwrap_or_default();
        format!(r#","differences":{differences},"fingerprint":"{fingerprint}"{approval}"#)
    });
    let accepted = accepted.unwrap_or_default();
    let (before, after) = (live.generation, making.generation);
    let change = format!(r#""before":{{"live":{before}}},"after":{{"live":{after}}}"#);
    format!(r#"{{"instead_of":{before},"abandon_live":{abandon_live},{change}{accepted}}}"#)
}

/// Points the live tables at another schema. Where columns were only added, a view is replaced in its place; else it is
/// rebuilt.
async fn publish(tx: &mut PgConnection, schema: &str, tables: &[String], before: &[String]) -> Result<(), sqlx::Error> {
    for table in before.iter().filter(|table| !tables.contains(table)) {
        run(tx, format!("drop view live.{table}")).await?;
    }
    for table in tables {
        let replace = sqlx::query_scalar!(
            r#"select coalesce(bool_and(new.attname is not distinct from old.attname
                       and new.atttypid is not distinct from old.atttypid
                       and new.atttypmod is not distinct from old.atttypmod), true) as "replace!"
               from pg_attribute as old
               left join pg_attribute as new on new.attnum = old.attnum and not new.attisdropped
                   and new.attrelid = to_regclass(format('%I.%I', $1::text, $2::text))
               where old.attrelid = to_regclass(format('live.%I', $2::text)) and old.attnum > 0"#,
            schema,
            table
        )
        .fetch_one(&mut *tx)
        .await?;
        if !replace {
            run(tx, format!("drop view if exists live.{table}")).await?;
        }
        run(tx, format!("create or replace view live.{table} as select * from {schema}.{table}")).await?;
    }
    Ok(())
}

fn is_locked(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| code == "55P03" || code == "40P01")
}

/// What the gate says when something changed meanwhile, or the generation is not level yet.
const LOOK_AGAIN: &str = "JG002";
/// What it says when a generation must not become live.
const REFUSED: &str = "JG001";

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned())
}

/// The error of a promotion that the database refused.
fn refused(generation: i32, source: sqlx::Error) -> RebuildError {
    let refusal = source.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    match refusal {
        Some(refusal) if refusal.code() == REFUSED => RebuildError::Refused {
            generation,
            why: refusal.message().to_owned(),
            advice: refusal.hint().unwrap_or_default().to_owned(),
        },
        _ => RebuildError::Database { doing: "promoting the generation", source },
    }
}
