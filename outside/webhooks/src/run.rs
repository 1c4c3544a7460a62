//! Everything put together, and taken apart in order.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use database::Pool;
use event_archive::ArchivedLog;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use log::ReadHead;
use platform::{
    http::{self, HttpOptions},
    ops::{self, Probes},
    shutdown::Shutdown,
};
use tokio::net::TcpListener;
use vault::WebhookKeyReader;

use crate::{
    active::Means,
    client::{Client, ClientOptions},
    config::Config,
    names::SystemNames,
    standby,
    status::{self, Status},
    store::Store,
};

/// What the sender's port serves, for programs and people.
const OPENAPI: &str = include_str!("openapi.json");

const NAME: &str = "webhook-sender";
/// A second more than the `statement_timeout` of the role.
const STATEMENT: Duration = Duration::from_secs(11);

/// Sends until asked to stop; probes and metrics are served on the listener.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    platform::telemetry::metrics();
    status::describe();
    let options = |connections| PoolOptions::log(NAME, connections).with_statement_limit(STATEMENT);
    let log_pool = connect(&config.log_webhooks_url, &options(3)).context("JANGBU_LOG_WEBHOOKS_URL cannot be used")?;
    let pool = connect(&config.views_webhooks_url, &options(4)).context("JANGBU_VIEWS_WEBHOOKS_URL cannot be used")?;
    let vault = connect(&config.vault_webhooks_url, &PoolOptions::log(NAME, 2))
        .context("JANGBU_VAULT_WEBHOOKS_URL cannot be used")?;
    database::require_sessions(vec![log_pool.clone(), pool.clone(), vault.clone()]);
    let kek = config.kek.open(config.kek_token_file.as_deref()).context("JANGBU_KEK")?;
    let client = Client::new(ClientOptions {
        addresses: config.allow.clone(),
        names: Arc::new(SystemNames),
        authorities: config.ca.as_deref(),
        limit: config.timeout(),
    })?;
    let means = Arc::new(Means {
        log: PostgresLog::new(log_pool.clone()).with_archive(ArchivedLog::at(&config.archive)),
        store: Store::new(pool.clone()),
        keys: WebhookKeyReader::new(vault.clone(), kek),
        client,
        status: Arc::new(Status::default()),
        config,
    });
    let probes = probes(&means);
    let router = http::service(ops::routes(probes.clone(), OPENAPI.to_owned()), HttpOptions::default());
    tracing::info!(http.addr = %listener.local_addr()?, "listening");

    let closing = Shutdown::new();
    shutdown.follow_tasks();
    let serving = http::serve_in_background(listener, router, closing.clone());
    let sending = {
        let (means, pool, shutdown) = (means.clone(), pool.clone(), shutdown.clone());
        tasks::until_done("webhooks", move || stand_by(means.clone(), pool.clone(), shutdown.clone()))
    };
    tokio::join!(sending.ended(), async {
        shutdown.requested().await;
        probes.set_draining();
    });
    closing.trigger();
    serving.ended().await;
    for pool in [log_pool, pool, vault] {
        pool.close().await;
    }
    Ok(tasks::outcome()?)
}

async fn stand_by(means: Arc<Means>, pool: Pool, shutdown: Shutdown) {
    standby::run(&means, &pool, &shutdown).await;
}

fn probes(means: &Arc<Means>) -> Probes {
    let probes = Probes::of_process();
    let log = means.log.clone();
    probes.register("log", move || {
        let log = log.clone();
        async move { log.head().await.map(drop).map_err(|error| error.to_string()) }
    });
    let status = means.status.clone();
    probes.register("webhooks", move || std::future::ready(status.check()));
    probes
}
