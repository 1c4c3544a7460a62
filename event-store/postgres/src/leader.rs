//! Which server leads: a lock that Postgres takes from one that stands still, and an epoch that each new leader raises.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use database::Pool;
use log::ReadError;

use crate::{
    classify::read_error,
    lock::{LockContender, LockError, SessionLock},
};

/// The epoch under which a process appends, shared by all who append for it. It stays when the lead is lost: the log decides
/// whether an append of it still counts.
#[derive(Clone, Debug, Default)]
pub struct WriterEpoch(Arc<AtomicI64>);

impl WriterEpoch {
    /// Of a process that never led.
    pub(crate) const NONE: i64 = 0;

    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::Acquire)
    }

    /// Appends go under this epoch from now on.
    pub fn set(&self, epoch: i64) {
        self.0.store(epoch, Ordering::Release);
    }
}

/// The newest leader, as the log has it. Whether it is alive is not said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderRecord {
    /// Each leader has a higher one than those before it.
    pub epoch: i64,
    /// Its name.
    pub server: String,
    /// Where it takes commands of other servers, if it takes any.
    pub address: Option<String>,
    /// Since when it leads.
    pub since: DateTime<Utc>,
    /// Whether an operator asks it to hand over.
    pub is_asked_to_step_down: bool,
}

/// Asks for the lead, and reads who has it.
#[derive(Debug)]
pub struct LeaderSeat {
    pool: Pool,
    contender: LockContender,
    server: String,
    address: Option<String>,
}

/// The lead. It is lost when the process stands still; given back by [`Lead::release`].
#[derive(Debug)]
pub struct Lead {
    pool: Pool,
    lock: SessionLock,
    epoch: i64,
}

impl LeaderSeat {
    /// For the server of that name, which takes commands of others at that address.
    pub fn new(pool: Pool, server: impl Into<String>, address: Option<String>) -> Self {
        let contender = LockContender::new(pool.connect_options(), "jangbu/leader", SessionLock::LEASE);
        Self { pool, contender, server: server.into(), address }
    }

    /// Takes the lead, if no other server holds it, and raises the epoch.
    pub async fn try_take(&mut self) -> Result<Option<Lead>, ReadError> {
        let taken = self.contender.try_take().await;
        let Some(lock) = taken.map_err(|error: LockError| ReadError::Unavailable(Box::new(error)))? else {
            return Ok(None);
        };
        let epoch = self.raise().await?;
        Ok(Some(Lead { pool: self.pool.clone(), lock, epoch }))
    }

    /// From then on nothing of an older epoch is written.
    async fn raise(&self) -> Result<i64, ReadError> {
        sqlx::query_scalar!(
            r#"with head as (update log_head set epoch = epoch + 1 returning epoch),
               told as (select pg_notify('log_leader', epoch::text) from head)
               insert into log_leader (epoch, server, address, since)
               select epoch, $1, $2, clock_timestamp() from head, told
               on conflict (singleton) do update set epoch = excluded.epoch, server = excluded.server,
                  address = excluded.address, since = excluded.since, step_down_from = null
               returning epoch"#,
            self.server,
            self.address
        )
        .fetch_optional(&mut *self.pool.acquire().await.map_err(read_error)?)
        .await
        .map_err(read_error)?
        .ok_or(ReadError::NoLog)
    }

    /// The newest leader; none if none ever led.
    pub async fn newest(&self) -> Result<Option<LeaderRecord>, ReadError> {
        LeaderRecord::read(&self.pool).await
    }

    /// Forgets that the leader was asked to hand over: there is nobody to hand over to.
    pub async fn refuse_to_step_down(&self) -> Result<(), ReadError> {
        sqlx::query!("update log_leader set step_down_from = null where step_down_from is not null")
            .execute(&mut *self.pool.acquire().await.map_err(read_error)?)
            .await
            .map_err(read_error)?;
        Ok(())
    }
}

impl LeaderRecord {
    /// The newest leader; none if none ever led.
    pub async fn read(pool: &Pool) -> Result<Option<Self>, ReadError> {
        let row = sqlx::query!(
            r#"select head.epoch as "epoch!", server as "server!", address, since as "since!",
                  coalesce(step_down_from = head.epoch, false) as "is_asked_to_step_down!"
               from log_head as head join log_leader as leader on leader.epoch <= head.epoch"#
        )
        .fetch_optional(&mut *pool.acquire().await.map_err(read_error)?)
        .await
        .map_err(read_error)?;
        Ok(row.map(|row| Self {
            epoch: row.epoch,
            server: row.server,
            address: row.address,
            since: row.since,
            is_asked_to_step_down: row.is_asked_to_step_down,
        }))
    }

    /// Asks the leader of this epoch to hand over to another server. `false` if it does not lead any more.
    pub async fn ask_to_step_down(&self, pool: &Pool) -> Result<bool, ReadError> {
        let asked = sqlx::query!(
            "with asked as (update log_leader set step_down_from = epoch where epoch = $1 returning epoch)
             select pg_notify('log_leader', '')::text from asked",
            self.epoch
        )
        .fetch_optional(&mut *pool.acquire().await.map_err(read_error)?)
        .await
        .map_err(read_error)?;
        Ok(asked.is_some())
    }
}

impl Lead {
    /// The number under which this leader appends.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Whether it is certainly still held.
    pub fn is_held(&self) -> bool {
        self.lock.is_held()
    }

    /// Gives the lead back and tells the others, so that one of them takes it at once.
    pub async fn release(self) {
        let Self { pool, lock, .. } = self;
        lock.release().await;
        // A hint: without it, the others look by themselves a moment later.
        if let Ok(mut connection) = pool.acquire().await
            && let Err(error) =
                sqlx::query!("select pg_notify('log_leader', '')::text as notified").fetch_one(&mut *connection).await
        {
            tracing::debug!(error = &error as &dyn Error, "the other servers were not told of the release");
        }
    }
}
