//! Everything put together, and taken apart in order.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use event_archive::ArchivedLog;
use event_store_postgres::{AppendWatch, PoolOptions, PostgresLog, connect};
use kernel::{Position, Zone};
use log::seal::KeyWatch;
use platform::{
    http::{self, HttpOptions},
    nats::NatsClient,
    ops,
    shutdown::Shutdown,
};
use projection_engine::{Runner, Sources, ensure, inbox};
use sqlx::postgres::PgConnectOptions;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};
use views::Decoder;

use crate::{
    config::Config,
    feed::{Feed, Line},
    horizon::{Horizon, Watched},
    operated::Operated,
    probes,
    seal_check::SealCheck,
};

/// Without keys no slice could be believed, and an operator would not notice that every view reads the log alone.
const NO_KEY: &str = "JANGBU_SLICE_KEY_FILE is not set: relay and projector share the keys that slices are sealed with; \
                      `jangbu slice-keys init` makes the file";

const NATS_CLIENT: NatsClient = NatsClient {
    name: "projector",
    inbox_prefix: "_INBOX.projector",
    url_variable: "JANGBU_NATS_PROJECTOR_URL",
    disconnected: "disconnected from NATS; the views follow the log itself",
};
/// Between two tries to ask a database that did not answer.
const PAUSE: Duration = Duration::from_millis(500);
/// How long making the first generations may take; what was done until then is found by the next try.
const ENSURE: Duration = Duration::from_secs(60);
/// How long NATS may take to disconnect.
const NATS_DRAIN: Duration = Duration::from_secs(2);

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
    let client = NATS_CLIENT.connect(nats_url).await.with_context(|| format!("{variable} cannot be used"))?;
    database::require_sessions(vec![log_pool.clone(), views_pool.clone()]);
    let log = PostgresLog::new(log_pool.clone()).with_archive(ArchivedLog::at(&config.archive));

    let line = Line::new();
    let (reachable, reached) = watch::channel(Position::ZERO);
    let mut parts = Vec::new();
    let (mut outlets, mut statuses, mut watched) = (Vec::new(), Vec::new(), Vec::new());
    for view in views::all() {
        // A view that rests for longer has more waiting.
        let (outlet, inbox) = inbox(config.inbox_events * view.rest().max(1) as usize);
        let (recheck, rechecked) = watch::channel(0);
        let sources = Sources {
            inbox,
            reachable: reached.clone(),
            recheck: rechecked,
            log: Arc::new(log.clone()),
            decoder: Arc::new(Decoder),
        };
        let name = view.name();
        let runner = Runner::new(view, &views_options, sources, config.settings());
        outlets.push(outlet);
        statuses.push((name, runner.status()));
        watched.push(Watched { view: name, status: runner.status(), recheck });
        parts.push(tasks::vital(format!("view/{name}"), async move { match runner.run().await {} }));
    }
    let probes = probes::probes(&log, &views_pool, &client, &statuses);
    let Operated { router, openapi, tasks } = Operated::start(&config, &views_options, &probes, &shutdown)?;
    parts.extend(tasks);
    let feed = Feed::new(client.clone(), SealCheck::new(&config.nats_stream, keys), outlets, line.clone());
    let (log_id, identified) = watch::channel(None);
    parts.push(tasks::vital("slices", feed.run(identified)));
    parts.push(tasks::until_done("first-generations", move || prepare(views_options.clone(), config.zone)));
    let appends = AppendWatch::start(log_options.application_name("projector/listen"));
    parts.push(tasks::vital("horizon", Horizon { log, appends, line, reachable, log_id, views: watched }.run()));

    let router = http::service(router.merge(ops::routes(probes.clone(), openapi)), HttpOptions::default());
    tracing::info!(http.addr = %listener.local_addr()?, "listening");
    let closing = Shutdown::new();
    shutdown.follow_tasks();
    let serving = http::serve_in_background(listener, router, closing.clone());
    shutdown.requested().await;
    probes.set_draining();
    drop(parts);
    closing.trigger();
    serving.ended().await;
    let _ = timeout(NATS_DRAIN, client.drain()).await;
    log_pool.close().await;
    views_pool.close().await;
    Ok(tasks::outcome()?)
}

/// Makes the first generation of every view; tried until it is done. The views wait for it.
async fn prepare(database: PgConnectOptions, zone: Zone) {
    let mut logged = String::new();
    loop {
        let text = match timeout(ENSURE, ensure(&database, &views::all(), zone)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => format!("{:#}", anyhow::Error::new(error)),
            Err(_) => "the views database did not answer in time".to_owned(),
        };
        if logged != text {
            tracing::warn!(error = text, "the views are not there yet");
            logged = text;
        }
        sleep(PAUSE).await;
    }
}
