//! What sessions ask of Postgres, so that a suspended process holds nothing for long.
//!
//! Only Postgres can judge a suspended process: it ends a transaction whose process is silent between two
//! statements, and its locks are free. A statement may take as long as it needs. When the process goes on, it finds its
//! connection gone and its checkpoint moved.

use std::{io, time::Duration};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::{sleep, timeout};

/// For transactions of a view's worker: readers and other workers wait for their locks.
pub(crate) const WORKER_IDLE: &str = "2s";
/// For transactions that create, promote and drop generations, and that park and retry keys.
pub(crate) const OPERATOR_IDLE: &str = "5s";
/// For transactions that lock nothing but tables in the making, or only read, and in which the log is read for long. A wait
/// that may be longer is bridged by [`awake`].
pub(crate) const LOAD_IDLE: &str = "60s";
/// How often a transaction with [`LOAD_IDLE`] says that its process lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// An operator's change waits so long for a lock. It is longer than a projector needs to end a session of its own that stands
/// still (about 4 s), and short enough that the view does not wait behind the operator for long.
pub(crate) const OPERATOR_LOCK: &str = "10s";

/// For a connection to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// Connects, or gives up: an address that takes the connection and never answers is an error like any other.
pub(crate) async fn connect(database: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let attempt = timeout(CONNECT, PgConnection::connect_with(database)).await;
    attempt.unwrap_or_else(|_| {
        let silent = format!("no answer within {} seconds", CONNECT.as_secs());
        Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, silent)))
    })
}

/// Waits for something else while a transaction is open on this connection. Now and then it sends an empty statement, so that
/// Postgres does not take the wait for a suspended process; one that is suspended sends nothing.
pub(crate) async fn awake<T>(connection: &mut PgConnection, work: impl Future<Output = T>) -> Result<T, sqlx::Error> {
    awake_every(SIGN_OF_LIFE, connection, work).await
}

async fn awake_every<T>(
    pause: Duration,
    connection: &mut PgConnection,
    work: impl Future<Output = T>,
) -> Result<T, sqlx::Error> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Ok(done),
            () = sleep(pause) => connection.ping().await?,
        }
    }
}

/// Options with these limits. `idle` is how long a transaction may wait for its process.
pub(crate) fn limited(database: PgConnectOptions, idle: &str) -> PgConnectOptions {
    database.options([
        ("idle_in_transaction_session_timeout", idle),
        // A machine that is gone, or takes nothing it is sent.
        ("tcp_keepalives_idle", "1"),
        ("tcp_keepalives_interval", "1"),
        ("tcp_keepalives_count", "2"),
        ("tcp_user_timeout", "5s"),
    ])
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::Scratch;

    #[tokio::test]
    async fn a_transaction_outlasts_a_wait_while_its_process_lives() {
        let scratch = Scratch::new().await;
        let options = limited(scratch.database.clone(), "500ms");
        let mut connection = connect(&options).await.expect("connect");
        let long = || sleep(Duration::from_millis(1_500));
        let mut tx = connection.begin().await.expect("begin");
        awake_every(Duration::from_millis(100), &mut tx, long()).await.expect("it is still there");
        tx.commit().await.expect("commit");
        let tx = connection.begin().await.expect("begin");
        long().await;
        tx.commit().await.expect_err("nobody said that the process lives");
        scratch.close().await;
    }
}
