//! One publisher is active; the others wait.

use std::{error::Error, sync::Arc, time::Duration};

use async_nats::Client;
use event_store_postgres::{AppendWatch, LockContender, PostgresLog, SessionLock};
use platform::shutdown::Shutdown;
use tokio::time::sleep;

use crate::{
    config::Config,
    pump::Pump,
    status::{self, Status},
};

/// The lock the active publisher holds.
const LOCK: &str = "jangbu/publisher";
/// How often a publisher that stands by tries to become the active one.
const TRY: Duration = Duration::from_millis(200);

/// Stands by, is active, stands by again, until asked to stop.
pub(crate) async fn run(config: Config, log: PostgresLog, client: Client, status: Arc<Status>, shutdown: Shutdown) {
    status::active(false);
    let mut waiting = false;
    let mut contender = LockContender::new(log.pool().connect_options(), LOCK, SessionLock::LEASE);
    while !shutdown.is_requested() {
        match contender.try_take().await {
            Ok(Some(lock)) => {
                waiting = false;
                be_active(&config, &log, &client, &status, &lock, &shutdown).await;
                status::active(false);
                lock.release().await;
            }
            Ok(None) => {
                status.set_well();
                if !waiting {
                    tracing::info!("standing by: another publisher is active");
                }
                waiting = true;
            }
            Err(error) => {
                if status.set_failure(error.to_string()) {
                    tracing::warn!(error = &error as &dyn Error, "cannot ask for the publisher's lock; retrying");
                }
            }
        }
        tokio::select! { () = shutdown.requested() => {}, () = sleep(TRY) => {} }
    }
}

/// Publishes while the lock is held. A publisher that was suspended has lost it: Postgres ends its session within
/// [`SessionLock::LEASE`]. When it goes on, two fences stop it: it asks its own clock before each message, and the sequence its messages
/// must follow is taken in NATS. What it would have sent is what the other one sent: the events follow from the log alone.
async fn be_active(
    config: &Config,
    log: &PostgresLog,
    client: &Client,
    status: &Arc<Status>,
    lock: &SessionLock,
    shutdown: &Shutdown,
) {
    status::active(true);
    tracing::info!("active");
    let options = (*log.pool().connect_options()).clone();
    let mut pump = Pump {
        config: config.clone(),
        log: log.clone(),
        client: client.clone(),
        held: lock.handle(),
        watch: AppendWatch::start(options),
        status: status.clone(),
    };
    tokio::select! {
        biased;
        () = lock.lost() => tracing::warn!("the publisher's lock is lost; standing by"),
        ended = pump.run(shutdown) => {
            if let Err(fenced) = ended {
                tracing::warn!(error = &fenced as &dyn Error, "standing by");
            }
        }
    }
}
