//! Everything put together, and taken apart in order.

use std::sync::Arc;

use anyhow::Context;
use async_nats::{Client, connection::State};
use event_archive::ArchivedLog;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use log::{ReadHead, seal::KeyWatch};
use platform::{
    http::{self, HttpOptions},
    nats::NatsClient,
    ops::{self, Probes},
    shutdown::Shutdown,
};
use tokio::net::TcpListener;

use crate::{config::Config, standby, status, status::Status};

/// What the relay's port serves, for programs and people.
const OPENAPI: &str = include_str!("openapi.json");

const NATS_CLIENT: NatsClient = NatsClient {
    name: "outbox-relay",
    inbox_prefix: "_INBOX.relay",
    url_variable: "JANGBU_NATS_RELAY_URL",
    disconnected: "disconnected from NATS",
};
/// A second more than the `statement_timeout` of the role.
const STATEMENT: std::time::Duration = std::time::Duration::from_secs(11);
/// How long NATS may take to disconnect.
const NATS_DRAIN: std::time::Duration = std::time::Duration::from_secs(2);

/// Publishes the log until asked to stop; probes and metrics are served on the listener.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    platform::telemetry::metrics();
    status::describe();
    let pool = connect(&config.log_relay_url, &PoolOptions::log("outbox-relay", 4).with_statement_limit(STATEMENT))
        .context("JANGBU_LOG_RELAY_URL cannot be used")?;
    database::require_sessions(vec![pool.clone()]);
    let log = PostgresLog::new(pool.clone()).with_archive(ArchivedLog::at(&config.archive));
    let keys = keys(&config)?;
    let (nats_url, variable) = config.nats();
    let client = NATS_CLIENT.connect(nats_url).await.with_context(|| format!("{variable} cannot be used"))?;
    let status = Arc::new(Status::default());
    let probes = probes(&log, &client, &status);
    let router = http::service(ops::routes(probes.clone(), OPENAPI.to_owned()), HttpOptions::default());
    tracing::info!(http.addr = %listener.local_addr()?, "listening");

    let closing = Shutdown::new();
    shutdown.follow_tasks();
    let serving = http::serve_in_background(listener, router, closing.clone());
    let relaying = {
        let (client, shutdown) = (client.clone(), shutdown.clone());
        let relay = move || {
            let (log, client, keys) = (log.clone(), client.clone(), keys.clone());
            standby::run(config.clone(), log, client, keys, status.clone(), shutdown.clone())
        };
        tasks::until_done("relay", relay)
    };
    tokio::join!(relaying.ended(), async {
        shutdown.requested().await;
        probes.set_draining();
    });
    closing.trigger();
    serving.ended().await;
    // Nothing is left to be sent: what the stream has not acknowledged is sent again by the next relay.
    let _ = tokio::time::timeout(NATS_DRAIN, client.drain()).await;
    pool.close().await;
    Ok(tasks::outcome()?)
}

/// Without a key a relay would publish what nobody believes.
fn keys(config: &Config) -> anyhow::Result<Arc<KeyWatch>> {
    let file = config.slice_key_file.as_ref().context(
        "JANGBU_SLICE_KEY_FILE is not set: relay and projector share the keys that slices are sealed with; \
         `jangbu slice-keys init` makes the file",
    )?;
    Ok(Arc::new(KeyWatch::open(file)?))
}

fn probes(log: &PostgresLog, client: &Client, status: &Arc<Status>) -> Probes {
    let probes = Probes::of_process();
    let log = log.clone();
    probes.register("log", move || {
        let log = log.clone();
        async move { log.head().await.map(drop).map_err(|error| error.to_string()) }
    });
    let client = client.clone();
    probes.register("nats", move || {
        let connected = client.connection_state() == State::Connected;
        std::future::ready(connected.then_some(()).ok_or_else(|| "not connected".to_owned()))
    });
    let status = status.clone();
    probes.register("relay", move || std::future::ready(status.check()));
    probes
}
