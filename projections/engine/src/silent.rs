//! Sessions that hold a view, count as running, and wait for a process that sends nothing.
//!
//! Postgres ends a transaction whose process is silent between two statements, but not one whose process is silent within
//! a statement: in the middle of the rows of a COPY, or between the messages of one request. No time-out counts there,
//! and a cancel is ignored. So a worker that such a session keeps waiting looks at it several times, and ends it if
//! nothing of it changes. The process finds its connection gone and its checkpoint moved when it goes on.

use std::{collections::HashMap, convert::Infallible, time::Duration};

use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::time::{sleep, timeout};

use crate::{error::chain, limits};

/// Work that takes longer may be waiting for a lock.
const FIRST_LOOK: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(250);
/// A session is ended after it was seen so often in a row, waiting for its process and unchanged.
const SIGHTINGS: u32 = 5;
/// For one look, connecting included.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// A session that waits for its process, and whether its request is older than what a process may be silent for.
struct Silent {
    pid: i32,
    /// Changes with everything that the session does.
    mark: String,
    long: bool,
    query: String,
}

/// Frees what the sessions of one view wait for.
#[derive(Clone, Debug)]
pub(crate) struct Silence {
    view: &'static str,
    /// What the waiting sessions are called.
    application: String,
    database: PgConnectOptions,
}

impl Silence {
    /// For the sessions that a view's worker opens with these options.
    pub(crate) fn new(view: &'static str, application: String, database: &PgConnectOptions) -> Self {
        let database = database.clone().application_name(&format!("{application}/watch"));
        Self { view, application, database }
    }

    /// Does the work, and ends silent sessions that it has to wait for.
    pub(crate) async fn broken<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = sleep(FIRST_LOOK) => {}
        }
        tokio::select! {
            biased;
            done = &mut work => done,
            never = self.watch() => match never {},
        }
    }

    async fn watch(&self) -> Infallible {
        let mut connection = None;
        let mut seen = HashMap::new();
        loop {
            let looked = timeout(LOOK_TIMEOUT, self.look(&mut connection, &mut seen)).await;
            let failure = match looked {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(chain(&error)),
                Err(_) => Some("no answer in time".to_owned()),
            };
            if let Some(error) = failure {
                tracing::debug!(view.name = self.view, error, "cannot see what the view waits for");
                connection = None;
                seen.clear();
            }
            sleep(LOOK).await;
        }
    }

    /// Looks once, and ends the sessions that were seen often enough.
    async fn look(
        &self,
        kept: &mut Option<PgConnection>,
        seen: &mut HashMap<(i32, String), u32>,
    ) -> Result<(), sqlx::Error> {
        let connection = match kept {
            Some(connection) => connection,
            None => kept.insert(limits::connect(&self.database).await?),
        };
        let before = std::mem::take(seen);
        for Silent { pid, mark, long, query } in blockers(connection, &self.application).await? {
            let times = before.get(&(pid, mark.clone())).map_or(1, |times| times + 1);
            if times >= SIGHTINGS && long {
                end(connection, pid).await?;
                metrics::counter!("projection_silent_sessions_ended_total", "view" => self.view).increment(1);
                tracing::warn!(
                    view.name = self.view,
                    session.pid = pid,
                    session.query = query,
                    "ended a session that held the view and whose process sent nothing: a projector is suspended; \
                     end it or let it go on, it takes its turn again"
                );
            } else {
                seen.insert((pid, mark), times);
            }
        }
        Ok(())
    }
}

/// The sessions of our own login that keep the application's sessions from a lock while they wait, within a request, for
/// their process. Also those behind others that wait, as an operator's that stands first in the queue for the lock.
/// What is silent between two statements is left to `idle_in_transaction_session_timeout`.
async fn blockers(connection: &mut PgConnection, application: &str) -> Result<Vec<Silent>, sqlx::Error> {
    sqlx::query_as!(
        Silent,
        r#"with recursive blocking (pid) as (
               select unnest(pg_blocking_pids(waiting.pid))
               from pg_stat_activity as waiting
               where waiting.datname = current_database() and waiting.application_name = $1
                   and waiting.usename = session_user and waiting.wait_event_type = 'Lock'
               union
               select next.pid from blocking cross join lateral unnest(pg_blocking_pids(blocking.pid)) as next (pid)
           )
           select distinct holder.pid as "pid!",
               concat_ws('/', holder.backend_start, holder.xact_start, holder.query_start, holder.state_change,
                   copied.bytes_processed, copied.tuples_processed) as "mark!",
               holder.query_start < clock_timestamp() - interval '2 seconds' as "long!",
               left(holder.query, 100) as "query!"
           from blocking
           join pg_stat_activity as holder on holder.pid = blocking.pid
           left join pg_stat_progress_copy as copied on copied.pid = holder.pid
           where holder.usename = session_user and holder.state = 'active' and holder.wait_event = 'ClientRead'"#,
        application
    )
    .fetch_all(connection)
    .await
}

async fn end(connection: &mut PgConnection, pid: i32) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!("select pg_terminate_backend($1)", pid).fetch_one(connection).await.map(drop)
}
