//! The bulk load: ranges of the log, several at once, each in one transaction.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use log::{Commit as Recorded, CommitRanges, PositionRange};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::interval,
};

use super::{
    Phase, Reporter, Workshop,
    error::{RebuildError, doing},
    progress::Rate,
    session::{Making, Session, connect},
};
use crate::{Bulk, Commit, Decode, Fault, Loader, Projection, fault_point::fault_point, registry::run};

/// So many bytes of rows are gathered before they are sent.
const HELD: usize = 8 << 20;
/// How often the registry is told that the load goes on.
const BEAT: Duration = Duration::from_secs(2);

/// What every worker needs.
struct Crew<E: Send + Sync + 'static> {
    projection: Arc<dyn Projection<Event = E>>,
    decoder: Arc<dyn Decode<Event = E>>,
    ranges: Arc<dyn CommitRanges>,
    database: PgConnectOptions,
    making: Making,
    queue: Mutex<VecDeque<PositionRange>>,
    rate: Rate,
    reporter: Reporter,
}

impl<E: Send + Sync + 'static> Workshop<E> {
    /// Loads the ranges that are missing, merges them and goes on to the state `indexing`.
    pub(super) async fn load(
        &self,
        session: &mut Session,
        making: &Making,
        bulk: &dyn Bulk<E>,
    ) -> Result<(), RebuildError> {
        let (open, done) = session.ranges(making.generation).await?;
        self.reporter.phase(Phase::Building, done, making.fence.number());
        let crew = Arc::new(Crew {
            projection: self.projection.clone(),
            decoder: self.decoder.clone(),
            ranges: self.ranges.clone(),
            database: self.database.clone(),
            making: making.clone(),
            queue: Mutex::new(open.into()),
            rate: Rate::new(self.options.rate),
            reporter: self.reporter.clone(),
        });
        let mut workers = JoinSet::new();
        for _ in 0..self.options.connections.max(1) {
            workers.spawn(crew.clone().work());
        }
        let mut beat = interval(BEAT);
        loop {
            tokio::select! {
                ended = workers.join_next() => match ended {
                    None => break,
                    Some(Ok(result)) => result?,
                    Some(Err(panic)) => return Err(RebuildError::Interrupted(panic.to_string())),
                },
                _ = beat.tick() => session.beat(making.generation).await?,
            }
        }
        fault_point("merging");
        self.reporter.phase(Phase::Merging, 0, 0);
        merge(session, making, bulk).await
    }
}

/// Completes the tables; from here on the generation has a position.
async fn merge<E: Send + Sync + 'static>(
    session: &mut Session,
    making: &Making,
    bulk: &dyn Bulk<E>,
) -> Result<(), RebuildError> {
    let failed = || doing("merging the ranges");
    let recorded_at = session.recorded_at(making.generation).await?;
    // Nobody has counted the staging tables yet, and what the planner takes for small it joins row by row.
    session.analyze(&making.schema).await?;
    let view = session.view;
    let mut tx = session.begin().await?;
    run(&mut tx, "set local enable_nestloop to off".to_owned()).await.map_err(failed())?;
    run(&mut tx, format!("set local search_path to {}", making.schema)).await.map_err(failed())?;
    // Sorting and hashing all keys once is worth some memory of the server.
    run(&mut tx, "set local work_mem = '128MB'".to_owned()).await.map_err(failed())?;
    for statement in bulk.merge() {
        run(&mut tx, (*statement).to_owned()).await.map_err(failed())?;
    }
    let moved = sqlx::query!(
        "update registry.generations
         set state = 'indexing', position = $3, recorded_at = $4, updated_at = clock_timestamp(),
            heartbeat_at = clock_timestamp()
         where view = $1 and generation = $2 and state = 'building'",
        view,
        making.generation,
        making.fence.number(),
        recorded_at
    )
    .execute(&mut *tx)
    .await
    .map_err(failed())?;
    if moved.rows_affected() != 1 {
        return Err(RebuildError::Lost(making.generation));
    }
    tx.commit().await.map_err(failed())
}

impl<E: Send + Sync + 'static> Crew<E> {
    /// Takes range after range until there is none.
    async fn work(self: Arc<Self>) -> Result<(), RebuildError> {
        let mut connection = connect(&self.database).await?;
        run(&mut connection, format!("set search_path to {}; set synchronous_commit to off", self.making.schema))
            .await
            .map_err(doing("preparing to write"))?;
        let bulk = self.projection.bulk().ok_or(RebuildError::Lost(self.making.generation))?;
        loop {
            let Some(range) = self.queue.lock().await.pop_front() else { return Ok(()) };
            self.range(&mut connection, range, bulk.loader()).await?;
            fault_point("building");
        }
    }

    async fn range(
        &self,
        connection: &mut PgConnection,
        range: PositionRange,
        mut loader: Box<dyn Loader<E>>,
    ) -> Result<(), RebuildError> {
        let refused = |source| RebuildError::Rows { after: range.after, to: range.to, source };
        let mut commits = self.ahead(range);
        let mut tx = connection.begin().await.map_err(doing("beginning a range"))?;
        let mut recorded_at = None;
        let mut end = range.after;
        while let Some(next) = commits.recv().await {
            let next = next?;
            self.rate.take(next.iter().map(|commit| commit.events.len() as i64).sum()).await;
            let decoded = self.decode(&next)?;
            loader.add(&decoded).map_err(RebuildError::Stuck)?;
            let Some(last) = decoded.last() else { continue };
            recorded_at = Some(last.recorded_at);
            self.reporter.add(last.last().number() - end.number());
            end = last.last();
            if loader.held() > HELD {
                loader.write(&mut tx).await.map_err(refused)?;
            }
        }
        if end != range.to {
            return Err(RebuildError::Interrupted(format!("the log was read up to {end} instead of {}", range.to)));
        }
        loader.write(&mut tx).await.map_err(refused)?;
        let done = sqlx::query!(
            "update registry.ranges set done_at = clock_timestamp(), recorded_at = $4
             where view = $1 and generation = $2 and after_position = $3 and done_at is null",
            self.projection.name(),
            self.making.generation,
            range.after.number(),
            recorded_at
        )
        .execute(&mut *tx)
        .await
        .map_err(doing("ending a range"))?;
        if done.rows_affected() != 1 {
            return Err(RebuildError::Lost(self.making.generation));
        }
        tx.commit().await.map_err(doing("ending a range"))
    }

    /// Reads a range a little ahead of who writes it, so that neither database waits for the other.
    fn ahead(&self, range: PositionRange) -> mpsc::Receiver<Result<Vec<Recorded>, log::ReadError>> {
        let (send, receive) = mpsc::channel(1);
        let ranges = self.ranges.clone();
        tokio::spawn(async move {
            let reading = async {
                let mut reader = ranges.read(range).await?;
                while let Some(commits) = reader.next().await? {
                    if send.send(Ok(commits)).await.is_err() {
                        break;
                    }
                }
                Ok(())
            };
            if let Err(error) = reading.await {
                // If nobody listens any more, nobody needs to know.
                let _ = send.send(Err(error)).await;
            }
        });
        receive
    }

    fn decode(&self, commits: &[Recorded]) -> Result<Vec<Commit<E>>, RebuildError> {
        let mut decoded = Vec::with_capacity(commits.len());
        for commit in commits {
            let commit = Commit::decode_used(commit, self.decoder.as_ref(), |kind| self.projection.uses(kind));
            let fault: Option<&Fault> = commit.faults().first();
            if let Some(fault) = fault {
                return Err(RebuildError::Stuck(fault.clone()));
            }
            decoded.push(commit);
        }
        Ok(decoded)
    }
}
