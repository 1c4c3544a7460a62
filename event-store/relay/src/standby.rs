//! One relay is active; the others wait.

use std::{error::Error, sync::Arc, time::Duration};

use async_nats::Client;
use event_store_postgres::{AppendWatch, CursorError, LockContender, PostgresLog, RelayCursor, SessionLock};
use log::seal::KeyWatch;
use platform::shutdown::Shutdown;
use tokio::time::sleep;

use crate::{config::Config, cursor_writer::CursorWriter, pump::Pump, status::Status};

/// The lock the active relay holds.
const LOCK: &str = "jangbu/relay";
/// How often a relay that stands by tries to become the active one.
const TRY: Duration = Duration::from_millis(200);

/// Stands by, is active, stands by again, until asked to stop.
pub(crate) async fn run(
    config: Config,
    log: PostgresLog,
    client: Client,
    keys: Arc<KeyWatch>,
    status: Arc<Status>,
    shutdown: Shutdown,
) {
    status.set_active(false);
    let mut waiting = false;
    let mut contender = LockContender::new(log.pool().connect_options(), LOCK, SessionLock::LEASE);
    while !shutdown.is_requested() {
        match contender.try_take().await {
            Ok(Some(lock)) => {
                waiting = false;
                if let Err(error) = be_active(&config, &log, (&client, &keys), &status, &lock, &shutdown).await
                    && status.set_failure(error.to_string())
                {
                    tracing::warn!(error = &error as &dyn Error, "cannot take over");
                }
                status.set_active(false);
                lock.release().await;
            }
            Ok(None) => {
                status.set_well();
                if !waiting {
                    tracing::info!("standing by: another relay is active");
                }
                waiting = true;
            }
            Err(error) => {
                if status.set_failure(error.to_string()) {
                    tracing::warn!(error = &error as &dyn Error, "cannot ask for the relay's lock; retrying");
                }
            }
        }
        tokio::select! { () = shutdown.requested() => {}, () = sleep(TRY) => {} }
    }
}

/// Publishes while the lock is held. A relay that was suspended has lost it: Postgres ends its session within
/// [`SessionLock::LEASE`]. When it goes on, three fences stop it: it asks its own clock before each message, its epoch is
/// over in Postgres, and the sequence its messages must follow is taken in NATS.
async fn be_active(
    config: &Config,
    log: &PostgresLog,
    (client, keys): (&Client, &Arc<KeyWatch>),
    status: &Arc<Status>,
    lock: &SessionLock,
    shutdown: &Shutdown,
) -> Result<(), CursorError> {
    let cursor = RelayCursor::new(log.pool().clone());
    let taken = cursor.take_over(&config.holder()).await?;
    status.set_active(true);
    tracing::info!(relay.epoch = taken.epoch, position = taken.position.number(), "active");
    let options = (*log.pool().connect_options()).clone();
    let mut pump = Pump {
        config: config.clone(),
        log: log.clone(),
        client: client.clone(),
        keys: keys.clone(),
        held: lock.handle(),
        watch: AppendWatch::start(options),
        cursor: CursorWriter::new(cursor, taken.epoch),
        status: status.clone(),
    };
    tokio::select! {
        biased;
        () = lock.lost() => tracing::warn!("the relay's lock is lost; standing by"),
        ended = pump.run(taken.commit, shutdown) => {
            if let Err(fenced) = ended {
                tracing::warn!(error = &fenced as &dyn Error, "standing by");
            }
        }
    }
    Ok(())
}
