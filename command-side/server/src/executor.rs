//! The executor from start to end: gets the server its name, starts the executor under it, and closes both in order.

use std::{error::Error, sync::Arc, time::Duration};

use application::{Bank, ExecutorOptions, RevokedTokens, Running};
use command_api::CommandIds;
use event_store_postgres::{PoolOptions, PostgresLog, ServerLease, WriterEpoch, connect};
use kernel::RandomIds;
use platform::{auth::Revocations, shutdown::Shutdown};
use tokio::{
    runtime::{Builder, Runtime},
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{config::Config, internal::Internal, leading::Leading, router::Router, services::Opened, tokens::Refused};

const RETRY: Duration = Duration::from_secs(1);

/// The thread of the executor, and its way to the log.
///
/// Every client waits for the executor, and it waits for Postgres. On the threads that serve requests it would get
/// Postgres's answer only after whatever requests are in line there: with hundreds of connections a millisecond later. A
/// thread that sleeps most of the time wakes at once. A connection is polled by the runtime it was made on, so the
/// executor has its own pool.
pub(crate) struct ExecutorRuntime {
    /// There until it is dropped.
    thread: Option<Runtime>,
    log: PostgresLog,
    /// Under which it appends.
    epoch: WriterEpoch,
    /// Whose tokens count no more.
    revoked: Arc<dyn RevokedTokens>,
}

impl ExecutorRuntime {
    /// Connections: one for appends and reads, one for what is fetched from the archive meanwhile.
    const CONNECTIONS: u32 = 2;

    /// On a pool of its own, to the log of the others.
    pub(crate) fn new(config: &Config, revocations: &Revocations, log: &PostgresLog) -> anyhow::Result<Self> {
        let options = PoolOptions::log("command-server/executor", Self::CONNECTIONS);
        let thread = Builder::new_multi_thread().worker_threads(1).thread_name("executor").enable_all().build()?;
        let entered = thread.enter();
        let pool = connect(&config.log_writer_url, &options);
        drop(entered);
        match pool {
            Ok(pool) => {
                let revoked = Arc::new(Refused(revocations.clone()));
                let epoch = WriterEpoch::default();
                // Nobody waits for the archive but the commands that need it.
                let log = log.on(pool).without_waiting().with_epoch(epoch.clone());
                Ok(Self { thread: Some(thread), log, epoch, revoked })
            }
            Err(error) => {
                thread.shutdown_background();
                Err(error.into())
            }
        }
    }

    fn start(&self, config: &Config, name: &str) -> (Bank, Running) {
        let _here = self.thread.as_ref().map(Runtime::enter);
        let options = ExecutorOptions { revoked: Some(self.revoked.clone()), ..config.executor(name) };
        Bank::start(Arc::new(self.log.clone()), Arc::new(RandomIds), options)
    }
}

impl Drop for ExecutorRuntime {
    fn drop(&mut self) {
        // A runtime must not be waited for on a thread of another.
        if let Some(thread) = self.thread.take() {
            thread.shutdown_background();
        }
    }
}

/// Runs until no more commands can come, then carries out those that were accepted, and gives the name back.
pub(crate) async fn run(
    config: Config,
    log: PostgresLog,
    workplace: ExecutorRuntime,
    internal: Internal,
    opened: Arc<Opened>,
    closed: Shutdown,
) {
    if let Some(lease) = lease(&config, &log, &closed).await {
        let name = lease.name().to_owned();
        let (bank, executor) = workplace.start(&config, &name);
        let leading = Leading::start(&log, &name, internal, workplace.epoch.clone(), bank, &closed);
        learn_command_ids(&log, &opened).await;
        // Nobody else sets it.
        let _ = opened.bank.set(leading.router());
        tracing::info!(server.name = name, "the bank is open");
        let lease = keep(lease, &name, &config, &log, &opened, &closed).await;
        finish(executor, leading, lease).await;
    }
    workplace.log.pool().close().await;
}

/// A name nobody else holds; asked for until there is one.
async fn lease(config: &Config, log: &PostgresLog, closed: &Shutdown) -> Option<ServerLease> {
    let mut logged = false;
    loop {
        let acquired = tokio::select! {
            () = closed.requested() => return None,
            acquired = ServerLease::acquire(log.pool(), &config.server_name) => acquired,
        };
        match acquired {
            Ok(lease) => return Some(lease),
            Err(error) if !logged => {
                logged = true;
                tracing::warn!(error = &error as &dyn Error, "the server has no name yet; retrying");
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
    opened: &Opened,
    closed: &Shutdown,
) -> Option<ServerLease> {
    let mut gauge = interval(Duration::from_secs(1));
    gauge.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = closed.requested() => return Some(lease),
            _ = gauge.tick() => {
                let waiting = opened.bank.get().map_or(0, Router::waiting);
                metrics::gauge!("executor_waiting_commands").set(waiting as f64);
                // A silent log does not hold up the end.
                tokio::select! { () = closed.requested() => return Some(lease), () = learn_command_ids(log, opened) => {} }
            }
            () = lease.lost() => {
                tracing::warn!(server.name = name, "the connection that holds the server's name broke");
                lease = self::lease(config, log, closed).await?;
                tracing::info!(server.name = name, lease.name = lease.name(), "a name is held again");
            }
        }
    }
}

/// Which ids commands get in this log: asked again and again, because the log may be restored under a running server.
pub(crate) async fn learn_command_ids(log: &PostgresLog, opened: &Opened) {
    opened.learn_command_ids(log.command_ids_ordered_from().await.map(CommandIds::ordered_from));
}

/// The next leader may begin when nothing is under way here.
async fn finish(executor: Running, leading: Leading, lease: Option<ServerLease>) {
    let leading = leading.closed().await;
    executor.drain().await;
    leading.hand_over().await;
    if let Some(lease) = lease {
        lease.release().await;
    }
    tracing::info!("every accepted command is done");
}
