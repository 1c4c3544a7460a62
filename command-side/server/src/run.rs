//! Everything put together, and taken apart in order.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use application::Providers;
use command_api::{ApiOptions, ApiState, Connected};
use event_archive::ArchivedLog;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use log::ReadHead;
use platform::{
    auth::Verifier,
    http::{self, HttpOptions},
    ops::{self, Probes},
    shutdown::Shutdown,
};
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

use crate::{
    config::Config,
    executor::{self, ExecutorRuntime},
    forwarding,
    internal::Internal,
    leading,
    members::People,
    services::Opened,
};

/// How long a start waits for what a database would tell.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// Serves commands on the listener until asked to stop; then takes no more, carries out every accepted one, and ends.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    application::describe_metrics();
    forwarding::describe_metrics();
    leading::describe_metrics();
    let verifier = Verifier::from_jwks_file(&config.jwks_file).context("the keys for tokens cannot be read")?;
    let pool = connect(&config.log_writer_url, &PoolOptions::log("command-server", config.log_connections))
        .context("JANGBU_LOG_WRITER_URL cannot be used")?;
    database::require_sessions(vec![pool.clone()]);
    let archive = ArchivedLog::at(&config.archive);
    let log = PostgresLog::new(pool.clone()).with_archive(archive.clone());
    let workplace =
        ExecutorRuntime::new(&config, verifier.revocations(), &log).context("the executor cannot be set up")?;
    let internal = Internal::open(&config).await?;
    let opened = Arc::new(Opened::default());
    let probes = probes(&log, &opened);
    let keys = follow_keys(&verifier, &probes);
    // Three moments, in order: not ready; no more requests; no more commands.
    let (closing, closed) = (Shutdown::new(), Shutdown::new());
    let providers = config.providers.providers().context("the providers cannot be used")?;
    let api = api(&config, &providers);
    let parts = (opened.clone(), archive, providers);
    let mut people = People::start(&config, &verifier, parts, &probes, closed.clone())?;
    let state = ApiState::new(opened.clone(), verifier, api);
    let routes = command_api::router(state).merge(ops::routes(probes.clone(), command_api::openapi()));
    let limits = HttpOptions {
        route_body_limits: command_api::BODY_LIMITS.to_vec(),
        cors_origins: config.cors_origins.clone(),
        ..HttpOptions::default()
    };
    let router = http::service(routes, limits);

    shutdown.follow_tasks();
    let delay = Duration::from_secs(config.shutdown_delay);
    let watching = {
        let closing = closing.clone();
        tasks::until_done("shutdown", move || watch(shutdown.clone(), probes.clone(), closing.clone(), delay))
    };
    let running = executor::run(config.clone(), log.clone(), workplace, internal, opened.clone(), closed.clone());
    let bank = tasks::vital("bank", running);
    // Nothing is answered for want of what the databases would have told a moment later.
    let first_look = timeout(FIRST_LOOK, executor::learn_command_ids(&log, &opened));
    let _ = tokio::join!(people.first_look(), first_look);
    tracing::info!(http.addr = %listener.local_addr()?, "listening");
    let served = http::serve_with(listener, router, config.serve, closing).await;
    closed.trigger();
    people.ended().await;
    bank.ended().await;
    drop((watching, keys));
    pool.close().await;
    tasks::outcome()?;
    served.context("serving failed")
}

fn api(config: &Config, providers: &Providers) -> ApiOptions {
    ApiOptions {
        assets: config.assets.clone(),
        zone: config.zone,
        deadline: config.deadline(),
        required_consents: config.members.required_consents(),
        trust_forwarded: config.members.trust_forwarded(),
        connected: Connected {
            payments: providers.payments.iter().map(|(name, _)| name.clone()).collect(),
            bank: providers.bank.is_some(),
            gift_cards: providers.gift_cards.is_some(),
        },
    }
}

fn probes(log: &PostgresLog, opened: &Arc<Opened>) -> Probes {
    let probes = Probes::of_process();
    let asked = log.clone();
    probes.register("log", move || {
        let log = asked.clone();
        async move { log.head().await.map(drop).map_err(|error| error.to_string()) }
    });
    // A full disk leaves the log readable.
    let appending = log.clone();
    probes.register("appends", move || {
        let log = appending.clone();
        async move { log.append_health().check(log.pool()).await }
    });
    let audited = log.clone();
    probes.register("audit", move || {
        let log = audited.clone();
        async move { stopped_by_alarm(&log).await }
    });
    let asked = opened.clone();
    probes.register("executor", move || std::future::ready(asked.check_bank()));
    let asked = opened.clone();
    probes.register("leader", move || std::future::ready(asked.check_leader()));
    probes
}

/// An error text while an alarm of the auditor stops all appends. That the log cannot be asked is what another check says.
async fn stopped_by_alarm(log: &PostgresLog) -> Result<(), String> {
    match log.stopped_by().await {
        Ok(None) | Err(_) => Ok(()),
        Ok(Some(alarm)) => Err(format!(
            "alarm {alarm} of the auditor stops all commands: see `jangbu audit show`, then docs/runbooks/audit-alarm.md"
        )),
    }
}

/// Keeps the keys for tokens as they are in the file.
fn follow_keys(verifier: &Verifier, probes: &Probes) -> tasks::Task {
    let (asked, followed) = (verifier.clone(), verifier.clone());
    probes.register("keys", move || std::future::ready(asked.check_keys()));
    tasks::endless("keys", move || followed.clone().follow_keys())
}

async fn watch(shutdown: Shutdown, probes: Probes, closing: Shutdown, delay: Duration) {
    shutdown.requested().await;
    probes.set_draining();
    sleep(delay).await;
    closing.trigger();
}
