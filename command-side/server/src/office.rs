//! The back office: gets the server its name, starts the executor under it, and closes both in order.

use std::{error::Error, sync::Arc, time::Duration};

use application::{Bank, Executor};
use event_store_postgres::{PostgresLog, ServerLease};
use kernel::RandomIds;
use platform::shutdown::Shutdown;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::{config::Config, door::Door};

const RETRY: Duration = Duration::from_secs(1);

/// Runs until no more commands can come, then carries out those that were accepted, and gives the name back.
pub(crate) async fn run(config: Config, log: PostgresLog, door: Arc<Door>, closed: Shutdown) {
    let Some(lease) = lease(&config, &log, &closed).await else { return };
    let name = lease.name().to_owned();
    let (bank, executor) = Bank::start(Arc::new(log.clone()), Arc::new(RandomIds), config.executor(&name));
    door.open(bank);
    tracing::info!(server.name = name, "the bank is open");
    let lease = keep(lease, &name, &config, &log, &door, &closed).await;
    finish(executor, lease).await;
}

/// A name nobody else holds; asked for until there is one.
async fn lease(config: &Config, log: &PostgresLog, closed: &Shutdown) -> Option<ServerLease> {
    let mut told = false;
    loop {
        let acquired = tokio::select! {
            () = closed.requested() => return None,
            acquired = ServerLease::acquire(log.pool(), &config.server_name) => acquired,
        };
        match acquired {
            Ok(lease) => return Some(lease),
            Err(error) if !told => {
                told = true;
                tracing::warn!(error = &error as &dyn Error, "the server has no name yet; trying on");
            }
            Err(_) => {}
        }
        tokio::select! { () = closed.requested() => return None, () = sleep(RETRY) => {} }
    }
}

/// Holds a name until no more commands can come. If the connection that holds it breaks, the server goes on under the
/// old one: should another server take it, both write to the same system accounts, and the versions in the log decide.
async fn keep(
    mut lease: ServerLease,
    name: &str,
    config: &Config,
    log: &PostgresLog,
    door: &Door,
    closed: &Shutdown,
) -> Option<ServerLease> {
    let mut gauge = interval(Duration::from_secs(1));
    gauge.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = closed.requested() => return Some(lease),
            _ = gauge.tick() => metrics::gauge!("executor_waiting_commands").set(door.waiting() as f64),
            () = lease.lost() => {
                tracing::warn!(server.name = name, "the connection that holds the server's name broke");
                lease = self::lease(config, log, closed).await?;
                tracing::info!(server.name = name, lease.name = lease.name(), "a name is held again");
            }
        }
    }
}

async fn finish(executor: Executor, lease: Option<ServerLease>) {
    executor.drain().await;
    if let Some(lease) = lease {
        lease.release().await;
    }
    tracing::info!("every accepted command is done");
}
