//! A server that reads revocations, and shows by a lock how far it has read.

use std::time::Duration;

use database::{ConnectOptions, Connection, Limits, Pool};
use tokio::sync::Mutex;

use super::{classify::failed, reader_locks::LOCKS, revocations::revoked_after};
use crate::{Revocation, VaultError};

/// A call that takes longer has failed: it is made again with another connection.
const LIMITS: Limits = Limits::whole(Duration::from_secs(2));

/// Reads revocations over a connection of its own.
pub struct RevocationReader {
    options: ConnectOptions,
    /// Between two calls. A call that fails or is given up drops it, and Postgres drops the lock.
    session: Mutex<Option<Session>>,
}

struct Session {
    connection: Connection,
    /// The locks of the lists that were read, the last one at the end. Those before it are held until that list is in force.
    locks: Vec<i64>,
}

impl RevocationReader {
    /// Of the database that this pool connects to. Nothing is asked before it is needed.
    pub fn new(pool: &Pool) -> Self {
        // A process that is suspended takes no tokens when it wakes; its lock keeps nobody waiting for long.
        let options = pool.connect_options().clone().options([("idle_session_timeout", "10s")]);
        Self { options, session: Mutex::default() }
    }

    /// See [`crate::Revocations::revoked_after`].
    pub async fn revoked_after(&self, serial: i64) -> Result<Vec<Revocation>, VaultError> {
        let mut held = self.session.lock().await;
        let mut session = match held.take() {
            Some(session) => session,
            None => {
                let connection = Connection::open(&self.options, LIMITS).await.map_err(failed)?;
                Session { connection, locks: Vec::new() }
            }
        };
        let found = session.read(serial).await?;
        *held = Some(session);
        Ok(found)
    }

    /// What was read last is in force: whoever waits for this reader has waited long enough.
    pub async fn applied(&self) -> Result<(), VaultError> {
        let mut held = self.session.lock().await;
        let Some(mut session) = held.take() else { return Ok(()) };
        session.release_former().await?;
        *held = Some(session);
        Ok(())
    }
}

impl Session {
    /// The lock comes before the list: what was revoked before the time of the lock is in it.
    async fn read(&mut self, serial: i64) -> Result<Vec<Revocation>, VaultError> {
        let lock = sqlx::query!(
            r#"with fresh as materialized (
                   select $1::bigint + floor(extract(epoch from clock_timestamp()) * 1000)::bigint as number)
               select number as "number!", pg_advisory_lock_shared(number) from fresh"#,
            LOCKS
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(failed)?
        .number;
        self.locks.push(lock);
        revoked_after(&mut self.connection, serial).await
    }

    async fn release_former(&mut self) -> Result<(), VaultError> {
        let last = self.locks.len().saturating_sub(1);
        let former: Vec<i64> = self.locks.drain(..last).collect();
        sqlx::query!("select pg_advisory_unlock_shared(lock) from unnest($1::bigint[]) as lock", &former)
            .fetch_all(&mut self.connection)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

impl std::fmt::Debug for RevocationReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RevocationReader(..)")
    }
}
