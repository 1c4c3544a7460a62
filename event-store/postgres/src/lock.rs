//! Locks that live as long as a connection: at most one process in the cluster holds each.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use database::{ConnectOptions, Connection, Limits};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep, timeout},
};

use crate::connect::lively;

/// A lock could not be asked for.
#[derive(Debug, thiserror::Error)]
#[error("the lock cannot be asked for")]
pub struct LockError(#[source] sqlx::Error);

/// An advisory lock of a session, on a connection of its own. It is free again when this is dropped, when the process or
/// the connection dies, and when the process is suspended: Postgres ends the session if it is not renewed in time, so
/// others never depend on the holder noticing anything.
#[derive(Debug)]
pub struct SessionLock {
    held: LockHandle,
    release: Option<oneshot::Sender<oneshot::Sender<()>>>,
}

/// Says whether a lock is held, for the work that is done under it.
#[derive(Clone, Debug)]
pub struct LockHandle {
    lost: watch::Receiver<bool>,
    /// When the last renewal that succeeded was sent.
    renewed: Arc<Mutex<Instant>>,
    lease: Duration,
}

impl LockHandle {
    /// Whether the lock is certainly still held. A process that was suspended finds `false` here when it goes on, before it
    /// has heard anything from Postgres.
    pub fn is_held(&self) -> bool {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.elapsed() < self.lease && !*self.lost.borrow()
    }

    fn renewed(&self, at: Instant) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

impl SessionLock {
    /// A holder that has not renewed the lock for so long has lost it.
    pub const LEASE: Duration = Duration::from_secs(2);
    /// How long connecting and closing may take.
    const CONNECTION_LIMIT: Duration = Duration::from_secs(2);

    /// Takes the lock of that name, if nobody holds it.
    pub async fn try_acquire(options: &ConnectOptions, name: &str) -> Result<Option<Self>, LockError> {
        Self::try_acquire_for(options, name, Self::LEASE).await
    }

    /// The same, with another time after which a suspended holder has lost it.
    pub(crate) async fn try_acquire_for(
        options: &ConnectOptions,
        name: &str,
        lease: Duration,
    ) -> Result<Option<Self>, LockError> {
        let mut contender = LockContender::new(options, name, lease);
        let taken = contender.try_take().await?;
        if let Some(connection) = contender.connection {
            connection.close().await.map_err(LockError)?;
        }
        Ok(taken)
    }

    /// Whether the lock is certainly still held.
    pub fn is_held(&self) -> bool {
        self.held.is_held()
    }

    /// A handle that says whether it is.
    pub fn handle(&self) -> LockHandle {
        self.held.clone()
    }

    /// Waits until the lock is lost; for ever, while it is held.
    pub async fn lost(&self) {
        // An error means that the holder is gone, and the lock with it.
        let _ = self.held.lost.clone().wait_for(|lost| *lost).await;
    }

    /// Gives the lock back, and waits until it is free. (If Postgres does not answer, it is free when the session ends.)
    pub async fn release(mut self) {
        let (done, freed) = oneshot::channel();
        if let Some(release) = self.release.take()
            && release.send(done).is_ok()
        {
            let _ = timeout(Self::CONNECTION_LIMIT, freed).await;
        }
    }
}

/// Asks for a lock again and again, over one connection.
#[derive(Debug)]
pub struct LockContender {
    options: ConnectOptions,
    name: String,
    lease: Duration,
    connection: Option<Connection>,
}

impl LockContender {
    /// Asks for nothing yet. The contender that gets the lock holds it until it is not renewed for `lease`.
    pub fn new(options: &ConnectOptions, name: &str, lease: Duration) -> Self {
        let options = lively(options.clone()).options([("idle_session_timeout", format!("{}ms", lease.as_millis()))]);
        Self { options, name: name.to_owned(), lease, connection: None }
    }

    /// Takes the lock, if nobody holds it.
    pub async fn try_take(&mut self) -> Result<Option<SessionLock>, LockError> {
        let time_limit = self.lease.max(SessionLock::CONNECTION_LIMIT);
        let asked = timeout(time_limit, self.ask()).await;
        let (connection, locked, at) = asked.map_err(|_| LockError(sqlx::Error::PoolTimedOut))??;
        if !locked {
            self.connection = Some(connection);
            return Ok(None);
        }
        let (lost_sender, lost) = watch::channel(false);
        let (release, released) = oneshot::channel();
        let held = LockHandle { lost, renewed: Arc::new(Mutex::new(at)), lease: self.lease };
        // If it breaks, `lost_sender` is dropped, and the lock counts as lost.
        drop(tasks::brief(hold(connection, key(&self.name), held.clone(), released, lost_sender)));
        Ok(Some(SessionLock { held, release: Some(release) }))
    }

    /// The connection comes back only if it answered.
    async fn ask(&mut self) -> Result<(Connection, bool, Instant), LockError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.options, Limits::whole(SessionLock::CONNECTION_LIMIT))
                .await
                .map_err(LockError)?,
        };
        let at = Instant::now();
        let locked = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "locked!""#, key(&self.name))
            .fetch_one(&mut connection)
            .await
            .map_err(LockError)?;
        Ok((connection, locked, at))
    }
}

/// Renews the lock until it is released or lost.
async fn hold(
    mut connection: Connection,
    key: i64,
    held: LockHandle,
    mut released: oneshot::Receiver<oneshot::Sender<()>>,
    lost_sender: watch::Sender<bool>,
) {
    loop {
        tokio::select! {
            // An error means that the lock was dropped rather than released; it is given back all the same.
            done = &mut released => {
                let _ = timeout(SessionLock::CONNECTION_LIMIT, unlock(connection, key)).await;
                lost_sender.send_replace(true);
                if let Ok(done) = done {
                    let _ = done.send(());
                }
                return;
            }
            () = sleep(held.lease / 4) => {
                let at = Instant::now();
                if !matches!(timeout(held.lease, connection.ping()).await, Ok(Ok(()))) {
                    lost_sender.send_replace(true);
                    return;
                }
                held.renewed(at);
            }
        }
    }
}

/// Closing alone is not enough: Postgres ends a session some time after its client has gone, and the lock with it.
async fn unlock(mut connection: Connection, key: i64) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!("select pg_advisory_unlock($1)", key).fetch_one(&mut connection).await?;
    connection.close().await
}

/// The number Postgres knows the lock by: FNV-1a, so that it is the same in every build.
fn key(name: &str) -> i64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_locks_never_change() {
        assert_eq!(key(""), 0xcbf2_9ce4_8422_2325_u64.cast_signed());
        assert_eq!(key("a"), 0xaf63_dc4c_8601_ec8c_u64.cast_signed());
        assert_ne!(key("server-0"), key("server-1"));
    }
}
