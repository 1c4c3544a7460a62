//! Everything put together, and taken apart in order.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use event_archive::ArchivedLog;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use log::ReadHead;
use platform::{
    http::{self, HttpOptions},
    ops::{self, Probes},
    shutdown::Shutdown,
};
use tokio::net::TcpListener;

use crate::{
    config::Config,
    follow,
    status::{self, Status},
};

/// What the auditor's port serves, for programs and people.
const OPENAPI: &str = include_str!("openapi.json");

/// A second more than the `statement_timeout` of the role.
const STATEMENT: Duration = Duration::from_secs(11);
const CONNECTIONS: u32 = 3;

/// Audits the log until asked to stop; probes and metrics are served on the listener.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    platform::telemetry::metrics();
    status::describe();
    if let Some(dir) = &config.dir {
        std::fs::create_dir_all(dir).with_context(|| format!("JANGBU_AUDITOR_DIR: cannot make {}", dir.display()))?;
    }
    let pool =
        connect(&config.log_auditor_url, &PoolOptions::log("auditor", CONNECTIONS).with_statement_limit(STATEMENT))
            .context("JANGBU_LOG_AUDITOR_URL cannot be used")?;
    database::require_sessions(vec![pool.clone()]);
    let log = PostgresLog::new(pool.clone()).with_archive(ArchivedLog::at(&config.archive));
    let status = Arc::new(Status::default());
    let probes = probes(&log, &status);
    let router = http::service(ops::routes(probes.clone(), OPENAPI.to_owned()), HttpOptions::default());
    tracing::info!(http.addr = %listener.local_addr()?, "listening");

    let closing = Shutdown::new();
    shutdown.follow_tasks();
    let serving = http::serve_in_background(listener, router, closing.clone());
    let auditing = {
        let shutdown = shutdown.clone();
        let audit = move || follow::run(config.clone(), log.clone(), status.clone(), shutdown.clone());
        tasks::until_done("audit", audit)
    };
    tokio::join!(auditing.ended(), async {
        shutdown.requested().await;
        probes.set_draining();
    });
    closing.trigger();
    serving.ended().await;
    pool.close().await;
    Ok(tasks::outcome()?)
}

fn probes(log: &PostgresLog, status: &Arc<Status>) -> Probes {
    let probes = Probes::of_process();
    let log = log.clone();
    probes.register("log", move || {
        let log = log.clone();
        async move { log.head().await.map(drop).map_err(|error| error.to_string()) }
    });
    let status = status.clone();
    probes.register("audit", move || std::future::ready(status.check()));
    probes
}
