//! What processes know, in tables beside the log, and the leadership: one server runs them.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use database::{Pool, PooledConnection, Transaction};
use kernel::Position;
use log::{InstanceFilter, InstanceState, Leadership, ProcessInstance, ProcessStore, ReadError};
use serde_json::Value;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    classify::read_error,
    lock::{LockContender, LockError, SessionLock},
};

/// The processes of a bank, kept in the log's database.
#[derive(Debug)]
pub struct PostgresProcesses {
    pool: Pool,
    contender: Mutex<LockContender>,
}

/// A leadership: the lock keeps two leaders apart as a rule, the epoch keeps the writes of an older one out for sure.
struct Held {
    epoch: i64,
    lock: SessionLock,
}

#[derive(Debug)]
struct Row {
    process: String,
    instance: Uuid,
    state: String,
    due: Option<DateTime<Utc>>,
    data: Value,
    tries: i32,
    error: Option<String>,
    note: Option<String>,
    started_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

/// A row of the table that no version of this code writes.
#[derive(Debug)]
struct UnknownState(String);

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state {:?} of a process is not known here", self.0)
    }
}

impl std::error::Error for UnknownState {}

impl Row {
    fn into_instance(self) -> Result<ProcessInstance, ReadError> {
        let Some(state) = InstanceState::named(&self.state) else {
            return Err(ReadError::Unavailable(Box::new(UnknownState(self.state))));
        };
        Ok(ProcessInstance {
            process: self.process,
            instance: self.instance,
            state,
            due: self.due,
            data: self.data,
            tries: self.tries.unsigned_abs(),
            error: self.error,
            note: self.note,
            started_at: self.started_at,
            changed_at: self.changed_at,
        })
    }
}

impl PostgresProcesses {
    /// The tables and the lock behind a pool.
    pub fn new(pool: Pool) -> Self {
        let contender = LockContender::new(pool.connect_options(), "jangbu/processes", SessionLock::LEASE);
        Self { pool, contender: Mutex::new(contender) }
    }

    async fn connection(&self) -> Result<PooledConnection, ReadError> {
        self.pool.acquire().await.map_err(read_error)
    }
}

#[async_trait]
impl Leadership for Held {
    fn epoch(&self) -> i64 {
        self.epoch
    }

    fn is_held(&self) -> bool {
        self.lock.is_held()
    }

    async fn release(self: Box<Self>) {
        self.lock.release().await;
    }
}

#[async_trait]
impl ProcessStore for PostgresProcesses {
    async fn try_lead(&self, holder: &str) -> Result<Option<Box<dyn Leadership>>, ReadError> {
        let taken = self.contender.lock().await.try_take().await;
        let Some(lock) = taken.map_err(|error: LockError| ReadError::Unavailable(Box::new(error)))? else {
            return Ok(None);
        };
        let epoch = sqlx::query_scalar!(
            r#"insert into process_leader as old (epoch, holder, renewed_at) values (1, $1, clock_timestamp())
               on conflict (singleton) do update
               set epoch = old.epoch + 1, holder = excluded.holder, renewed_at = excluded.renewed_at
               returning epoch"#,
            holder
        )
        .fetch_one(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(Some(Box::new(Held { epoch, lock })))
    }

    async fn cursor(&self, process: &str) -> Result<Position, ReadError> {
        let position = sqlx::query_scalar!("select position from process_cursors where process = $1", process)
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        Ok(position.map_or(Position::ZERO, Position::new))
    }

    async fn keep(
        &self,
        epoch: i64,
        cursors: &[(&str, Position)],
        instances: &[ProcessInstance],
    ) -> Result<bool, ReadError> {
        let mut connection = self.connection().await?;
        let mut transaction = connection.begin().await.map_err(read_error)?;
        // The row is locked: a new leader waits for this transaction, and what it then reads is all there is.
        let leads = sqlx::query!(
            "update process_leader set renewed_at = clock_timestamp() where epoch = $1 returning epoch",
            epoch
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(read_error)?;
        if leads.is_none() {
            return Ok(false);
        }
        let (names, positions): (Vec<String>, Vec<i64>) =
            cursors.iter().map(|(name, position)| ((*name).to_owned(), position.number())).unzip();
        sqlx::query!(
            "insert into process_cursors (process, position) select * from unnest($1::text[], $2::int8[])
             on conflict (process) do update set position = excluded.position",
            &names,
            &positions
        )
        .execute(&mut *transaction)
        .await
        .map_err(read_error)?;
        write(&mut transaction, instances).await.map_err(read_error)?;
        transaction.commit().await.map_err(read_error)?;
        Ok(true)
    }

    async fn due(&self, process: &str, now: DateTime<Utc>, limit: i64) -> Result<Vec<ProcessInstance>, ReadError> {
        sqlx::query_as!(
            Row,
            "select process, instance, state, due, data, tries, error, note, started_at, changed_at
             from process_instances where process = $1 and due <= $2 order by due limit $3",
            process,
            now,
            limit
        )
        .fetch_all(&mut *self.connection().await?)
        .await
        .map_err(read_error)?
        .into_iter()
        .map(Row::into_instance)
        .collect()
    }

    async fn find(&self, ids: &[(&str, Uuid)]) -> Result<Vec<ProcessInstance>, ReadError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (processes, instances): (Vec<String>, Vec<Uuid>) =
            ids.iter().map(|(process, instance)| ((*process).to_owned(), *instance)).unzip();
        sqlx::query_as!(
            Row,
            "select process, instance, state, due, data, tries, error, note, started_at, changed_at
             from process_instances
             where (process, instance) in (select * from unnest($1::text[], $2::uuid[]))",
            &processes,
            &instances
        )
        .fetch_all(&mut *self.connection().await?)
        .await
        .map_err(read_error)?
        .into_iter()
        .map(Row::into_instance)
        .collect()
    }

    async fn named(&self, instance: Uuid) -> Result<Vec<ProcessInstance>, ReadError> {
        sqlx::query_as!(
            Row,
            "select process, instance, state, due, data, tries, error, note, started_at, changed_at
             from process_instances where instance = $1 order by process",
            instance
        )
        .fetch_all(&mut *self.connection().await?)
        .await
        .map_err(read_error)?
        .into_iter()
        .map(Row::into_instance)
        .collect()
    }

    async fn instances(&self, filter: &InstanceFilter<'_>, limit: i64) -> Result<Vec<ProcessInstance>, ReadError> {
        sqlx::query_as!(
            Row,
            "select process, instance, state, due, data, tries, error, note, started_at, changed_at
             from process_instances
             where ($1::text is null or process = $1) and ($2::text is null or state = $2)
                and ($3::jsonb is null or data @> $3)
             order by changed_at desc, instance limit $4",
            filter.process,
            filter.state.map(InstanceState::as_str),
            filter.data,
            limit
        )
        .fetch_all(&mut *self.connection().await?)
        .await
        .map_err(read_error)?
        .into_iter()
        .map(Row::into_instance)
        .collect()
    }

    async fn count(&self) -> Result<Vec<(String, InstanceState, i64)>, ReadError> {
        let rows = sqlx::query!(
            r#"select process, state, count(*) as "count!" from process_instances
               group by process, state order by process, state"#
        )
        .fetch_all(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        rows.into_iter()
            .map(|row| match InstanceState::named(&row.state) {
                Some(state) => Ok((row.process, state, row.count)),
                None => Err(ReadError::Unavailable(Box::new(UnknownState(row.state)))),
            })
            .collect()
    }

    async fn retry(&self, process: &str, instance: Uuid, note: &str) -> Result<bool, ReadError> {
        let done = sqlx::query!(
            "update process_instances
             set state = 'running', due = clock_timestamp(), tries = 0, changed_at = clock_timestamp(),
                note = $3
             where process = $1 and instance = $2 and state in ('stuck', 'waiting')",
            process,
            instance,
            note
        )
        .execute(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn forget_done(&self, epoch: i64, before: DateTime<Utc>) -> Result<u64, ReadError> {
        let done = sqlx::query!(
            "delete from process_instances where state = 'done' and changed_at < $2
             and exists (select from process_leader where epoch = $1)",
            epoch,
            before
        )
        .execute(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(done.rows_affected())
    }
}

/// Writes all of them with one statement: a page of the log can change some hundreds.
async fn write(transaction: &mut Transaction<'_>, instances: &[ProcessInstance]) -> Result<(), sqlx::Error> {
    if instances.is_empty() {
        return Ok(());
    }
    let column = |value: fn(&ProcessInstance) -> String| -> Vec<String> { instances.iter().map(value).collect() };
    let time = |value: fn(&ProcessInstance) -> DateTime<Utc>| -> Vec<_> { instances.iter().map(value).collect() };
    let due: Vec<Option<DateTime<Utc>>> = instances.iter().map(|instance| instance.due).collect();
    let error: Vec<Option<String>> = instances.iter().map(|instance| instance.error.clone()).collect();
    let tries: Vec<i32> = instances.iter().map(|instance| i32::try_from(instance.tries).unwrap_or(i32::MAX)).collect();
    sqlx::query!(
        "insert into process_instances (process, instance, state, due, data, tries, error, started_at, changed_at)
         select * from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::int4[], $7::text[],
            $8::timestamptz[], $9::timestamptz[])
         on conflict (process, instance) do update set state = excluded.state, due = excluded.due, data = excluded.data,
            tries = excluded.tries, error = excluded.error, changed_at = excluded.changed_at",
        &column(|instance| instance.process.clone()),
        &instances.iter().map(|instance| instance.instance).collect::<Vec<_>>(),
        &column(|instance| instance.state.as_str().to_owned()),
        &due as &[Option<DateTime<Utc>>],
        &instances.iter().map(|instance| instance.data.clone()).collect::<Vec<_>>(),
        &tries,
        &error as &[Option<String>],
        &time(|instance| instance.started_at),
        &time(|instance| instance.changed_at)
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
