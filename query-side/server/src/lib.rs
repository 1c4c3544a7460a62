//! The query server: wiring only.

mod config;
mod probes;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
pub use config::Config;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::SystemClock;
use platform::{
    auth::Verifier,
    http::{HttpOptions, serve_with, service},
    ops::{self, Probes},
    shutdown::Shutdown,
};
use query_api::Api;
use reads::Reads;
use tokio::{net::TcpListener, time::sleep};

/// Serves until asked to stop, then finishes what was begun.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    let (router, reads, probes) = assemble(&config)?;
    tracing::info!(http.addr = %listener.local_addr()?, "listening");
    // Two moments, in order: not ready; no more requests.
    let closing = Shutdown::new();
    let delay = Duration::from_secs(config.shutdown_delay);
    let watching = tokio::spawn({
        let closing = closing.clone();
        async move {
            shutdown.requested().await;
            probes.set_draining();
            sleep(delay).await;
            closing.trigger();
        }
    });
    let served = serve_with(listener, router, config.serve, closing).await;
    watching.abort();
    reads.close().await;
    served.context("serving ended badly")
}

/// Everything between the socket and the databases. Connects to nothing before it is needed, so the server starts, and
/// says that it is not ready, while a database is away.
fn assemble(config: &Config) -> anyhow::Result<(Router, Arc<Reads>, Probes)> {
    let clock = Arc::new(SystemClock);
    let log = connect(&config.log_reader_url, &PoolOptions::log("query-server", config.log_connections))
        .context("JANGBU_LOG_READER_URL")?;
    let reads = Reads::open(&config.reads(), Arc::new(PostgresLog::new(log)), clock.clone())
        .context("JANGBU_VIEWS_READER_URL")?;
    let reads = Arc::new(reads);
    let verifier = Verifier::from_jwks_file_with(&config.jwks_file, clock).context("JANGBU_JWKS_FILE")?;
    let probes = Probes::new();
    probes::register(&probes, &reads, Duration::from_millis(config.ready_lag_ms));
    let api = Api { reads: reads.clone(), assets: Arc::new(config.assets.clone()), verifier };
    let routes = query_api::router(api).merge(ops::routes(probes.clone(), query_api::openapi()));
    Ok((service(routes, HttpOptions::default()), reads, probes))
}
