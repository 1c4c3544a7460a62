//! Locks that live as long as a connection: at most one process in the cluster holds each.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgConnection},
};
use tokio::{
    sync::{oneshot, watch},
    time::{sleep, timeout},
};

/// A lock could not be asked for.
#[derive(Debug, thiserror::Error)]
#[error("the lock cannot be asked for")]
pub struct LockError(#[source] sqlx::Error);

/// An advisory lock of a session, on a connection of its own that is watched. It is free again when this is dropped, and
/// when the process or the connection dies.
#[derive(Debug)]
pub struct SessionLock {
    lost: watch::Receiver<bool>,
    release: Option<oneshot::Sender<oneshot::Sender<()>>>,
}

impl SessionLock {
    /// How often the connection is tried, and how long it may take to answer.
    const HEARTBEAT: Duration = Duration::from_secs(1);
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Takes the lock of that name, if nobody holds it.
    pub async fn try_acquire(options: &PgConnectOptions, name: &str) -> Result<Option<Self>, LockError> {
        // If this machine vanishes, the server must notice soon, or nobody can take over.
        let options = options.clone().options([
            ("tcp_keepalives_idle", "5"),
            ("tcp_keepalives_interval", "2"),
            ("tcp_keepalives_count", "3"),
            ("idle_session_timeout", "0"),
        ]);
        let mut connection = options.connect().await.map_err(LockError)?;
        let locked = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "locked!""#, key(name))
            .fetch_one(&mut connection)
            .await
            .map_err(LockError)?;
        if !locked {
            connection.close().await.map_err(LockError)?;
            return Ok(None);
        }
        let (tell_lost, lost) = watch::channel(false);
        let (release, released) = oneshot::channel();
        tokio::spawn(hold(connection, released, tell_lost));
        Ok(Some(Self { lost, release: Some(release) }))
    }

    /// Whether the lock is held, as far as is known.
    pub fn is_held(&self) -> bool {
        !*self.lost.borrow()
    }

    /// Waits until the lock is lost; for ever, while it is held.
    pub async fn lost(&self) {
        // An error means that the holder is gone, and the lock with it.
        let _ = self.lost.clone().wait_for(|lost| *lost).await;
    }

    /// Gives the lock back, and waits until it is free.
    pub async fn release(mut self) {
        let (done, freed) = oneshot::channel();
        if let Some(release) = self.release.take()
            && release.send(done).is_ok()
        {
            let _ = timeout(Self::PATIENCE, freed).await;
        }
    }
}

/// Keeps the connection, and with it the lock, until it is released or breaks.
async fn hold(
    mut connection: PgConnection,
    mut released: oneshot::Receiver<oneshot::Sender<()>>,
    tell_lost: watch::Sender<bool>,
) {
    loop {
        tokio::select! {
            // An error means that the lock was dropped rather than released; it is given back all the same.
            done = &mut released => {
                let _ = timeout(SessionLock::PATIENCE, connection.close()).await;
                tell_lost.send_replace(true);
                if let Ok(done) = done {
                    let _ = done.send(());
                }
                return;
            }
            () = sleep(SessionLock::HEARTBEAT) => {
                if !matches!(timeout(SessionLock::PATIENCE, connection.ping()).await, Ok(Ok(()))) {
                    tell_lost.send_replace(true);
                    return;
                }
            }
        }
    }
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
