//! The one session that may make generations of a view, and what the registry remembers of the making.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kernel::{Position, Zone};
use log::{Head, PositionRange};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions, types::Uuid};
use tokio::time::{Instant, sleep};

use super::{
    compare::found::Comparison,
    error::{RebuildError, doing},
    repeated::repeated,
    right::Right,
};
use crate::{
    audit::{Operator, audit},
    checkpoint::zone,
    limits::{self, LOAD_IDLE, OPERATOR_IDLE, OPERATOR_LOCK, limited},
    registry::GENERATIONS_ROLE,
    runner::by_key,
};

const DETECTION: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(100);

/// Reads and changes the registry for one view, with the right to make and promote its generations, or to look only.
pub(crate) struct Session {
    pub(crate) connection: PgConnection,
    pub(crate) view: &'static str,
    /// None if nothing is to be changed.
    pub(crate) right: Option<Right>,
}

/// A generation, as the registry has it.
#[derive(Clone, Debug)]
pub(crate) struct Generation {
    pub(crate) generation: i32,
    pub(crate) version: i32,
    pub(crate) schema: String,
    /// Whose days it counts.
    pub(crate) zone: Zone,
    pub(crate) state: String,
    pub(crate) kind: String,
    pub(crate) position: Position,
    pub(crate) fence: Position,
}

/// How far the bulk load of a generation is.
pub(crate) struct Ranges {
    /// The position after which the first range begins.
    pub(crate) begin_after: Position,
    /// The ranges that are not loaded yet.
    pub(crate) open: Vec<PositionRange>,
    /// How many events the others hold.
    pub(crate) done: i64,
}

/// Connects as the role that owns the generations, for transactions that others wait for.
pub(crate) async fn connect(database: &PgConnectOptions) -> Result<PgConnection, RebuildError> {
    limits::connect(&options(database)).await.map_err(RebuildError::Connect)
}

/// Connects as the role that owns the generations, for transactions over whole tables that nobody waits for.
pub(crate) async fn connect_for_long(database: &PgConnectOptions) -> Result<PgConnection, RebuildError> {
    limits::connect(&named(limited(database.clone(), LOAD_IDLE))).await.map_err(RebuildError::Connect)
}

/// Connects as the role that owns the generations, for writing as the projector does.
pub(crate) async fn connect_by_key(database: &PgConnectOptions) -> Result<PgConnection, RebuildError> {
    limits::connect(&options_by_key(database)).await.map_err(RebuildError::Connect)
}

fn options(database: &PgConnectOptions) -> PgConnectOptions {
    named(limited(database.clone(), OPERATOR_IDLE)).options([("lock_timeout", OPERATOR_LOCK)])
}

fn options_by_key(database: &PgConnectOptions) -> PgConnectOptions {
    named(by_key(database.clone(), OPERATOR_IDLE)).options([("lock_timeout", OPERATOR_LOCK)])
}

fn named(database: PgConnectOptions) -> PgConnectOptions {
    let database = database.application_name("jangbu/rebuild");
    database.options([("role", GENERATIONS_ROLE), ("jit", "off"), ("timezone", "UTC"), ("statement_timeout", "0")])
}

impl Session {
    /// Takes the right, if nobody has it.
    pub(crate) async fn open(database: &PgConnectOptions, view: &'static str) -> Result<Self, RebuildError> {
        let connection = connect(database).await?;
        let lock = options(database);
        // The server takes a moment to notice that somebody who had it was killed or is suspended.
        let give_up = Instant::now() + Right::LEASE + DETECTION;
        loop {
            if let Some(right) = Right::take(&lock, view).await? {
                return Ok(Self { connection, view, right: Some(right) });
            }
            if Instant::now() > give_up {
                return Err(RebuildError::Busy(view));
            }
            sleep(LOOK).await;
        }
    }

    /// Refuses to go on without the right: another process may have it by now.
    fn check(&self) -> Result<(), RebuildError> {
        match &self.right {
            Some(right) if !right.is_held() => Err(RebuildError::Expired(self.view)),
            _ => Ok(()),
        }
    }

    /// The generations of the view, newest first.
    pub(crate) async fn generations(&mut self) -> Result<Vec<Generation>, RebuildError> {
        let rows = sqlx::query!(
            "select generation, version, schema_name, zone, state, kind, position, fence
             from registry.generations where view = $1 order by generation desc",
            self.view
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(doing("reading the registry"))?;
        let making = rows.into_iter().map(|row| -> Result<Generation, sqlx::Error> {
            Ok(Generation {
                generation: row.generation,
                version: row.version,
                schema: row.schema_name,
                zone: zone(&row.zone)?,
                state: row.state,
                kind: row.kind,
                position: Position::new(row.position),
                fence: Position::new(row.fence.unwrap_or(row.position)),
            })
        });
        making.collect::<Result<_, _>>().map_err(doing("reading the registry"))
    }

    /// One generation.
    pub(crate) async fn generation(&mut self, generation: i32) -> Result<Generation, RebuildError> {
        let found = self.generations().await?.into_iter().find(|making| making.generation == generation);
        found.ok_or(RebuildError::Absent { view: self.view, generation })
    }

    /// The live one.
    pub(crate) async fn live(&mut self) -> Result<Generation, RebuildError> {
        let found = self.generations().await?.into_iter().find(|making| making.state == "live");
        found.ok_or(RebuildError::NoLive(self.view))
    }

    /// Moves a generation from one state of its making to the next; someone who cancelled it comes first.
    pub(crate) async fn enter(&mut self, generation: i32, from: &[&str], state: &str) -> Result<(), RebuildError> {
        self.check()?;
        let from: Vec<String> = from.iter().map(|&state| state.to_owned()).collect();
        let moved = sqlx::query!(
            "update registry.generations set state = $4, failure = null, heartbeat_at = clock_timestamp()
             where view = $1 and generation = $2 and state = any($3)",
            self.view,
            generation,
            &from,
            state
        )
        .execute(&mut self.connection)
        .await
        .map_err(doing("writing the state of the rebuild"))?;
        if moved.rows_affected() == 1 { Ok(()) } else { Err(RebuildError::Lost(generation)) }
    }

    /// Says that the making goes on; an error if somebody has cancelled it.
    pub(crate) async fn beat(&mut self, generation: i32) -> Result<(), RebuildError> {
        self.check()?;
        let alive = sqlx::query!(
            "update registry.generations set heartbeat_at = clock_timestamp()
             where view = $1 and generation = $2 and state <> 'failed'",
            self.view,
            generation
        )
        .execute(&mut self.connection)
        .await
        .map_err(doing("writing the heartbeat of the rebuild"))?;
        if alive.rows_affected() == 1 { Ok(()) } else { Err(RebuildError::Lost(generation)) }
    }

    /// Ends a making for good: it can only be dropped.
    pub(crate) async fn fail(&mut self, generation: i32, why: &str) -> Result<(), RebuildError> {
        self.check()?;
        sqlx::query!(
            "update registry.generations set state = 'failed', failure = $3
             where view = $1 and generation = $2 and state not in ('live', 'retired')",
            self.view,
            generation,
            why
        )
        .execute(&mut self.connection)
        .await
        .map_err(doing("writing that the rebuild failed"))
        .map(drop)
    }

    /// Ends a making because the generation differs from the live one. It can be dropped, or promoted by somebody who accepts just these
    /// differences.
    pub(crate) async fn differs(&mut self, generation: i32, found: &Comparison) -> Result<(), RebuildError> {
        self.check()?;
        let why = format!("{} differences from the live generation at position {}", found.unexpected, found.position);
        sqlx::query!(
            "update registry.generations set state = 'failed', failure = $3, differences = $4, fingerprint = $5
             where view = $1 and generation = $2 and state not in ('live', 'retired')",
            self.view,
            generation,
            why,
            i64::try_from(found.unexpected).unwrap_or(i64::MAX),
            found.fingerprint.to_string()
        )
        .execute(&mut self.connection)
        .await
        .map_err(doing("writing the outcome of the comparison"))
        .map(drop)
    }

    /// How many differences the last comparison of a generation found, and which; none if it found none, or if there was none.
    pub(crate) async fn differences(&mut self, generation: i32) -> Result<Option<(i64, String)>, RebuildError> {
        let row = sqlx::query!(
            "select differences, fingerprint from registry.generations where view = $1 and generation = $2",
            self.view,
            generation
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(doing("reading the outcome of the comparison"))?;
        Ok(row.and_then(|row| row.differences.zip(row.fingerprint)))
    }

    /// Which generation became live because of an approval, if one did.
    pub(crate) async fn promoted_by(&mut self, approval: Uuid) -> Result<Option<i32>, RebuildError> {
        sqlx::query_scalar!("select generation from registry.promotions where approval_id = $1", approval)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(doing("reading the promotions"))
    }

    /// The generation that became live by this very request before, if one did.
    pub(crate) async fn repeated(
        &mut self,
        operator: &Operator,
        what: &str,
        generation: Option<i32>,
    ) -> Result<Option<i32>, RebuildError> {
        let before = repeated(&mut self.connection, operator, what, self.view).await?;
        let before = before.and_then(|before| before.generation);
        if before.is_some() && generation.is_some() && before != generation {
            return Err(RebuildError::KeyReused);
        }
        Ok(before)
    }

    /// Remembers where a generation was found equal to the live one.
    pub(crate) async fn compared(&mut self, generation: i32, at: Position) -> Result<(), RebuildError> {
        self.check()?;
        sqlx::query!(
            "update registry.generations set compared_position = $3, differences = null, fingerprint = null
             where view = $1 and generation = $2",
            self.view,
            generation,
            at.number()
        )
        .execute(&mut self.connection)
        .await
        .map_err(doing("writing the outcome of the comparison"))
        .map(drop)
    }

    /// Why the gate would not make a generation live; none if it would, once it is level.
    pub(crate) async fn why_not_live(
        &mut self,
        generation: i32,
        head: &Head,
        version: i32,
    ) -> Result<Option<String>, RebuildError> {
        let why = sqlx::query_scalar!(
            "select why from registry.why_not_live($1, $2, $3, $4, $5, false) where code <> 'behind'",
            self.view,
            generation,
            head.log.uuid(),
            head.position.number(),
            version
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(doing("asking the gate of the registry"))?;
        Ok(why.flatten())
    }

    /// Writes down what an operator did.
    pub(crate) async fn audit(
        &mut self,
        operator: &Operator,
        what: &str,
        generation: Option<i32>,
        details: &str,
    ) -> Result<(), RebuildError> {
        audit(&mut self.connection, operator, what, self.view, generation, details)
            .await
            .map_err(doing("writing the audit"))
    }

    /// What of the ranges of a generation is loaded, and what is not.
    pub(crate) async fn ranges(&mut self, generation: i32) -> Result<Ranges, RebuildError> {
        let rows = sqlx::query!(
            r#"select after_position, to_position, done_at is not null as "done!" from registry.ranges
               where view = $1 and generation = $2 order by after_position"#,
            self.view,
            generation
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(doing("reading the ranges of the rebuild"))?;
        let done = rows.iter().filter(|row| row.done).map(|row| row.to_position - row.after_position).sum();
        let open = rows
            .iter()
            .filter(|row| !row.done)
            .map(|row| PositionRange { after: Position::new(row.after_position), to: Position::new(row.to_position) });
        let begin_after = rows.first().map_or(Position::ZERO, |row| Position::new(row.after_position));
        Ok(Ranges { begin_after, open: open.collect(), done })
    }

    /// When the last commit of the last range was recorded, and which command wrote it; a range of an earlier build does not
    /// know the command.
    pub(crate) async fn last_commit(
        &mut self,
        generation: i32,
    ) -> Result<(Option<DateTime<Utc>>, Option<Uuid>), RebuildError> {
        let row = sqlx::query!(
            "select recorded_at, command_id from registry.ranges where view = $1 and generation = $2
             order by after_position desc limit 1",
            self.view,
            generation
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(doing("reading the ranges of the rebuild"))?;
        Ok(row.map_or((None, None), |row| (row.recorded_at, row.command_id)))
    }

    pub(crate) async fn begin(&mut self) -> Result<sqlx::Transaction<'_, sqlx::Postgres>, RebuildError> {
        self.check()?;
        self.connection.begin().await.map_err(doing("beginning a transaction"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_set_once_because_the_last_one_wins() {
        for options in [options(&PgConnectOptions::new()), options_by_key(&PgConnectOptions::new())] {
            let given = options.get_options().unwrap_or_default();
            let idle = format!("-c idle_in_transaction_session_timeout={OPERATOR_IDLE}");
            assert_eq!(given.matches("idle_in_transaction_session_timeout").count(), 1, "{given}");
            assert!(given.contains(&idle), "{given}");
            assert_eq!(given.matches("lock_timeout").count(), 1, "{given}");
        }
    }
}
