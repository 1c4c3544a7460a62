//! One sender is active; the others wait.

use std::{error::Error, time::Duration};

use database::Pool;
use event_store_postgres::{LockContender, SessionLock};
use platform::shutdown::Shutdown;
use tokio::time::sleep;

use crate::{active::Means, deliver::chain, sender::send, status};

/// The lock that the active sender holds, in the database of the deliveries.
const LOCK: &str = "jangbu/webhooks";
/// How often a sender that stands by tries to become the active one, and the pause after a failure.
const TRY: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_secs(1);

/// Stands by, is active, stands by again, until asked to stop.
pub(crate) async fn run(means: &Means, pool: &Pool, shutdown: &Shutdown) {
    status::active(false);
    let mut is_waiting = false;
    let mut contender = LockContender::new(pool.connect_options(), LOCK, SessionLock::LEASE);
    while !shutdown.is_requested() {
        let mut pause = TRY;
        match contender.try_take().await {
            Ok(Some(lock)) => {
                is_waiting = false;
                status::active(true);
                tokio::select! {
                    biased;
                    () = lock.lost() => tracing::warn!("the lock of the webhook sender is lost; standing by"),
                    sent = send(means, lock.handle(), shutdown) => {
                        if let Err(error) = sent {
                            pause = PAUSE;
                            if means.status.set_failure(chain(&error)) {
                                tracing::warn!(error = &error as &dyn Error, "webhooks cannot be sent now; retrying");
                            }
                        }
                    }
                }
                status::active(false);
                lock.release().await;
            }
            Ok(None) => {
                means.status.set_well();
                if !is_waiting {
                    tracing::info!("standing by: another webhook sender is active");
                }
                is_waiting = true;
            }
            Err(error) => {
                pause = PAUSE;
                if means.status.set_failure(chain(&error)) {
                    tracing::warn!(
                        error = &error as &dyn Error,
                        "cannot ask for the lock of the webhook sender; retrying"
                    );
                }
            }
        }
        tokio::select! { () = shutdown.requested() => {}, () = sleep(pause) => {} }
    }
}
