//! Everything put together, and taken apart in order.

use std::{error::Error, sync::Arc, time::Duration};

use anyhow::Context;
use event_store_postgres::{AppendWatch, PoolOptions, PostgresLog, connect};
use kernel::{LogId, Position};
use log::{ReadHead, seal::KeyWatch};
use platform::{
    http::{self, HttpOptions},
    ops,
    shutdown::Shutdown,
};
use projection_engine::{Runner, Sources, ensure, inbox};
use sqlx::postgres::PgConnectOptions;
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::sleep};
use views::Decoder;

use crate::{
    config::Config,
    feed::{Feed, Line},
    gatekeeper::Gatekeeper,
    horizon::Horizon,
    nats, probes,
};

/// What the projector's port serves, for programs and people.
const OPENAPI: &str = r#"{"openapi":"3.1.0","info":{"title":"Jangbu projector","version":"1","description":"Probes and metrics of the projector."},"paths":{"/livez":{"get":{"summary":"The process runs","responses":{"200":{"description":"It does"}}}},"/readyz":{"get":{"summary":"Every view follows the log","responses":{"200":{"description":"They do"},"503":{"description":"One does not; the body names the check"}}}},"/metrics":{"get":{"summary":"Metrics in Prometheus' form","responses":{"200":{"description":"The metrics"}}}}}}"#;

/// Without keys no slice could be believed, and an operator would not notice that every view reads the log alone.
const NO_KEY: &str = "JANGBU_SLICE_KEY_FILE is not set: relay and projector share the keys that slices are sealed with; \
                      `jangbu slice-keys init` makes the file";

/// Between two tries to ask a database that did not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// Keeps the views level with the log until asked to stop; probes and metrics are served on the listener.
///
/// Stopping interrupts transactions; they roll back, and the next projector goes on from the views' own positions.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    platform::telemetry::metrics();
    let log_options: PgConnectOptions =
        config.log_projector_url.parse().context("JANGBU_LOG_PROJECTOR_URL cannot be read")?;
    let views_options: PgConnectOptions =
        config.views_projector_url.parse().context("JANGBU_VIEWS_PROJECTOR_URL cannot be read")?;
    let log_pool = connect(&config.log_projector_url, &PoolOptions::log("projector", config.log_connections))
        .context("JANGBU_LOG_PROJECTOR_URL cannot be used")?;
    let views_pool = connect(&config.views_projector_url, &PoolOptions::views("projector/probe", 1))
        .context("JANGBU_VIEWS_PROJECTOR_URL cannot be used")?;
    let keys = KeyWatch::open(config.slice_key_file.as_ref().context(NO_KEY)?)?;
    let (nats_url, variable) = config.nats();
    let client = nats::connect(nats_url).await.with_context(|| format!("{variable} cannot be used"))?;
    let log = PostgresLog::new(log_pool.clone());

    let line = Line::new();
    let (reachable, reached) = watch::channel(Position::ZERO);
    let mut tasks = JoinSet::new();
    let (mut outlets, mut statuses) = (Vec::new(), Vec::new());
    for view in views::all() {
        let (outlet, inbox) = inbox(config.inbox_events);
        let sources =
            Sources { inbox, reachable: reached.clone(), log: Arc::new(log.clone()), decoder: Arc::new(Decoder) };
        let name = view.name();
        let runner = Runner::new(view, &views_options, sources, config.settings());
        outlets.push(outlet);
        statuses.push((name, runner.status()));
        tasks.spawn(async move { match runner.run().await {} });
    }
    let probes = probes::probes(&log, &views_pool, &client, &statuses);
    let feed = Feed::new(client.clone(), Gatekeeper::new(&config.nats_stream, keys), outlets, line.clone());
    let identified = log.clone();
    tasks.spawn(async move { feed.run(identify(&identified).await).await });
    tasks.spawn(prepare(views_options));
    let appends = AppendWatch::start(log_options.application_name("projector/listen"));
    tasks.spawn(Horizon { log, appends, line, reachable, views: statuses }.run());

    let router = http::service(ops::routes(probes.clone(), OPENAPI.to_owned()), HttpOptions::default());
    tracing::info!(http.addr = %listener.local_addr()?, "listening");
    let closing = Shutdown::new();
    let serving = tokio::spawn(http::serve(listener, router, closing.clone()));
    let broken = watch_over(&mut tasks, &shutdown).await;
    probes.set_draining();
    tasks.shutdown().await;
    closing.trigger();
    let served = serving.await.context("serving broke")?;
    let _ = client.drain().await;
    log_pool.close().await;
    views_pool.close().await;
    broken?;
    served.context("serving ended badly")
}

/// Waits for the wish to stop; a part that ends before it has a defect, and the whole is better started anew.
async fn watch_over(tasks: &mut JoinSet<()>, shutdown: &Shutdown) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            () = shutdown.requested() => return Ok(()),
            Some(ended) = tasks.join_next() => ended.context("a part of the projector broke")?,
        }
    }
}

/// The log that is followed; asked until it answers.
async fn identify(log: &PostgresLog) -> LogId {
    loop {
        match log.head().await {
            Ok(head) => return head.log,
            Err(error) => tracing::debug!(error = &error as &dyn Error, "the log does not answer yet"),
        }
        sleep(PAUSE).await;
    }
}

/// Makes the first generation of every view; tried until it is done. The views wait for it.
async fn prepare(database: PgConnectOptions) {
    let mut told = String::new();
    while let Err(error) = ensure(&database, &views::all()).await {
        let text = error.to_string();
        if told != text {
            tracing::warn!(error = &error as &dyn Error, "the views are not there yet");
            told = text;
        }
        sleep(PAUSE).await;
    }
}
