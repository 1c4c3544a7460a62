//! Writing the log.

use async_trait::async_trait;
use kernel::{Position, StreamId};
use log::{Append, AppendError, Appended, Basis, HeldStream, NewCommit};
use uuid::Uuid;

use crate::{
    classify::acquire_error,
    columns::{Columns, Failure},
    leader::WriterEpoch,
    plan::{Before, Held, Plan, Unplanned},
    store::PostgresLog,
};

#[async_trait]
impl Append for PostgresLog {
    fn term(&self) -> Option<i64> {
        self.epoch.as_ref().map(WriterEpoch::get)
    }

    async fn append(&self, commits: &[NewCommit]) -> Result<Appended, AppendError> {
        self.append_after(Basis::NONE, commits, &[]).await
    }

    async fn append_after(
        &self,
        basis: Basis,
        commits: &[NewCommit],
        held: &[HeldStream],
    ) -> Result<Appended, AppendError> {
        let plan = self.plan(commits, held).await?;
        let columns = Columns::of(&plan);
        let appended = self.write(basis, &columns).await;
        self.append_health.note(&appended);
        if let Ok(appended) = &appended {
            self.keep_partitions_ahead(appended.first.plus(columns.count));
        }
        appended
    }
}

impl PostgresLog {
    /// What the append comes to. Streams that the caller does not hold are looked up.
    async fn plan<'a>(&self, commits: &'a [NewCommit], held: &'a [HeldStream]) -> Result<Plan<'a>, AppendError> {
        let mut known: Held<'a> = held.iter().map(|held| (held.stream, Before::from(held))).collect();
        let missing = match Plan::of(commits, &known) {
            Ok(plan) => return Ok(plan),
            Err(Unplanned::Refused(error)) => return Err(error),
            Err(Unplanned::Missing(missing)) => missing,
        };
        self.find(&missing, &mut known).await?;
        match Plan::of(commits, &known) {
            Ok(plan) => Ok(plan),
            Err(Unplanned::Refused(error)) => Err(error),
            // It is to be continued, and is not there.
            Err(Unplanned::Missing(_)) => Err(AppendError::Conflict),
        }
    }

    async fn find(&self, missing: &[Uuid], known: &mut Held<'_>) -> Result<(), AppendError> {
        let mut connection = self.pool.acquire().await.map_err(acquire_error)?;
        let found = sqlx::query_file!("src/sql/find_standings.sql", missing)
            .fetch_all(&mut *connection)
            .await
            // Nothing was sent yet that writes.
            .map_err(|error| AppendError::Unavailable(Box::new(error)))?;
        for row in found {
            let stream = StreamId::new(row.stream_id);
            let state = known.get(&stream).and_then(|held| held.state);
            known.insert(stream, Before { newest: Position::new(row.newest), has_row: row.has_row, state });
        }
        Ok(())
    }

    async fn write(&self, basis: Basis, columns: &Columns<'_>) -> Result<Appended, AppendError> {
        let epoch = self.epoch.as_ref().map(WriterEpoch::get);
        // It never led: no append of it can be under way.
        if epoch == Some(WriterEpoch::NONE) {
            return Err(AppendError::NotLeader);
        }
        // It led again since, and another server in between.
        if basis.term.is_some() && basis.term != epoch {
            return Err(AppendError::Conflict);
        }
        let mut connection = self.pool.acquire().await.map_err(acquire_error)?;
        let written = async {
            match columns.write(basis, epoch, &mut connection).await {
                Ok(appended) => Ok(appended),
                Err(Failure::Append(error)) => Err(error),
                Err(Failure::NoPartition(_)) => {
                    self.add_partitions(&mut connection).await?;
                    columns.write(basis, epoch, &mut connection).await.map_err(|failure| match failure {
                        Failure::Append(error) => error,
                        Failure::NoPartition(error) => AppendError::Unavailable(Box::new(error)),
                    })
                }
            }
        };
        match tokio::time::timeout(self.append_timeout, written).await {
            Ok(Ok(appended)) => Ok(appended),
            Ok(Err(error)) => {
                // A connection that ended this way may be one to a standby, or hold a plan of an older schema.
                if !matches!(
                    error,
                    AppendError::Conflict
                        | AppendError::OtherHistory
                        | AppendError::NotLeader
                        | AppendError::Stopped { .. }
                ) {
                    connection.discard();
                }
                Err(error)
            }
            Err(elapsed) => {
                connection.discard();
                Err(AppendError::Unknown(Box::new(elapsed)))
            }
        }
    }
}
