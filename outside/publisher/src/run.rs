//! Everything put together, and taken apart in order.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use async_nats::{Client, connection::State};
use event_archive::ArchivedLog;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use log::ReadHead;
use platform::{
    http::{self, HttpOptions},
    nats::NatsClient,
    ops::{self, Probes},
    shutdown::Shutdown,
};
use tokio::net::TcpListener;

use crate::{config::Config, standby, status, status::Status};

/// What the publisher's port serves, for programs and people.
const OPENAPI: &str = include_str!("openapi.json");

const NATS_CLIENT: NatsClient = NatsClient {
    name: "event-publisher",
    inbox_prefix: "_INBOX.publisher",
    url_variable: "JANGBU_NATS_PUBLISHER_URL",
    disconnected: "disconnected from NATS",
};
/// A second more than the `statement_timeout` of the role.
const STATEMENT: Duration = Duration::from_secs(11);
/// How long NATS may take to disconnect.
const NATS_DRAIN: Duration = Duration::from_secs(2);

/// Publishes the public events until asked to stop; probes and metrics are served on the listener.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    platform::telemetry::metrics();
    status::describe();
    let options = PoolOptions::log("event-publisher", 4).with_statement_limit(STATEMENT);
    let pool = connect(&config.log_publisher_url, &options).context("JANGBU_LOG_PUBLISHER_URL cannot be used")?;
    database::require_sessions(vec![pool.clone()]);
    let log = PostgresLog::new(pool.clone()).with_archive(ArchivedLog::at(&config.archive));
    let (nats_url, variable) = config.nats();
    let client = NATS_CLIENT.connect(nats_url).await.with_context(|| format!("{variable} cannot be used"))?;
    let status = Arc::new(Status::default());
    let probes = probes(&log, &client, &status);
    let router = http::service(ops::routes(probes.clone(), OPENAPI.to_owned()), HttpOptions::default());
    tracing::info!(http.addr = %listener.local_addr()?, "listening");

    let closing = Shutdown::new();
    shutdown.follow_tasks();
    let serving = http::serve_in_background(listener, router, closing.clone());
    let publishing = {
        let (client, shutdown) = (client.clone(), shutdown.clone());
        let publisher = move || {
            let (log, client) = (log.clone(), client.clone());
            standby::run(config.clone(), log, client, status.clone(), shutdown.clone())
        };
        tasks::until_done("publisher", publisher)
    };
    tokio::join!(publishing.ended(), async {
        shutdown.requested().await;
        probes.set_draining();
    });
    closing.trigger();
    serving.ended().await;
    // Nothing is left to be sent: what the stream has not acknowledged is sent again by the next publisher.
    let _ = tokio::time::timeout(NATS_DRAIN, client.drain()).await;
    pool.close().await;
    Ok(tasks::outcome()?)
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
    probes.register("publisher", move || std::future::ready(status.check()));
    probes
}
