//! The right to make generations of a view: a lock that a suspended process does not keep.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::error::{RebuildError, doing};
use crate::limits;

/// Held while this lives, and renewed in the background on a connection of its own. Postgres ends that connection, and
/// the right with it, if it is not renewed in time.
#[derive(Debug)]
pub(crate) struct Right {
    /// When the last renewal that succeeded was sent; none after the right was lost.
    renewed: Arc<Mutex<Option<Instant>>>,
    renewing: JoinHandle<()>,
}

impl Right {
    /// A holder that has not renewed the right for so long has lost it.
    pub(crate) const LEASE: Duration = Duration::from_secs(3);

    /// Takes the right to a view, if nobody has it.
    pub(crate) async fn take(options: &PgConnectOptions, view: &str) -> Result<Option<Self>, RebuildError> {
        let lease = format!("{}ms", Self::LEASE.as_millis());
        let options = options.clone().options([("idle_session_timeout", lease)]);
        let mut connection = limits::connect(&options).await.map_err(RebuildError::Connect)?;
        let at = Instant::now();
        let taken = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock(hashtext('registry.rebuild'), hashtext($1)) as "taken!""#,
            view
        )
        .fetch_one(&mut connection)
        .await
        .map_err(doing("taking the right to rebuild"))?;
        if !taken {
            // It holds nothing; a failure to close changes nothing.
            let _ = connection.close().await;
            return Ok(None);
        }
        let renewed = Arc::new(Mutex::new(Some(at)));
        let renewing = tokio::spawn(renew(connection, renewed.clone()));
        Ok(Some(Self { renewed, renewing }))
    }

    /// Whether it is certainly still held. A process that was suspended finds `false` before it has heard from Postgres.
    pub(crate) fn is_held(&self) -> bool {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.is_some_and(|at| at.elapsed() < Self::LEASE)
    }
}

impl Drop for Right {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

async fn renew(mut connection: PgConnection, renewed: Arc<Mutex<Option<Instant>>>) {
    loop {
        sleep(Right::LEASE / 4).await;
        let at = Instant::now();
        let is_held = matches!(timeout(Right::LEASE, connection.ping()).await, Ok(Ok(())));
        *renewed.lock().unwrap_or_else(PoisonError::into_inner) = is_held.then_some(at);
        if !is_held {
            return;
        }
    }
}
