//! The query server: wiring only.

mod config;
mod fold;
mod opener;
mod pending_approvals;
mod probes;
mod revoked;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
pub use config::Config;
use event_archive::ArchivedLog;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::SystemClock;
use live_events::LiveEvents;
use platform::{
    auth::{Quotas, Revocations, Verifier},
    http::{HttpOptions, serve_with, service},
    nats::NatsClient,
    ops::{self, Probes},
    shutdown::Shutdown,
};
use query_api::Api;
use reads::Reads;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};
use vault::{KekWatch, VaultReader};

use crate::{
    fold::DomainFold,
    opener::VaultOpener,
    revoked::{Quoted, Revoked},
};

/// How long the start waits for the list of revoked tokens. After that the server serves and is not ready.
const FIRST_LOOK: Duration = Duration::from_secs(2);

const NATS_CLIENT: NatsClient = NatsClient {
    name: "query-server",
    inbox_prefix: "_INBOX.public",
    url_variable: "JANGBU_NATS_PUBLIC_URL",
    disconnected: "disconnected from NATS; streams of public events wait, and reads go on",
};

/// Serves until asked to stop, then finishes what was begun.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    reads::describe_metrics();
    let (nats_url, variable) = config.nats();
    let nats = NATS_CLIENT.connect(nats_url).await.with_context(|| format!("{variable} cannot be used"))?;
    let live = Arc::new(LiveEvents::start(nats, config.live()));
    let Assembled { router, reads, probes, verifier, revocations, revoked, quoted } = assemble(&config, live.clone())?;
    let read = revoked.read();
    shutdown.follow_tasks();
    let following = {
        let (revoked, shutdown) = (Arc::new(revoked), shutdown.clone());
        tasks::until_done("revocations", move || follow(revocations.clone(), revoked.clone(), shutdown.clone()))
    };
    let counting = {
        let (quotas, quoted, shutdown) = (verifier.quotas().clone(), Arc::new(quoted), shutdown.clone());
        tasks::until_done("quotas", move || count(quotas.clone(), quoted.clone(), shutdown.clone()))
    };
    let keys = tasks::endless("keys", move || verifier.clone().follow_keys());
    let pending = {
        let reads = reads.clone();
        tasks::endless("pending-approvals", move || pending_approvals::watch(reads.clone()))
    };
    // Whether the views are of the log's history should be known before the first answer; a database that is away keeps nobody
    // from starting.
    let _ = timeout(FIRST_LOOK, reads.were_looked_at()).await;
    first_look(read).await;
    tracing::info!(http.addr = %listener.local_addr()?, "listening");
    // Two moments, in order: not ready; no more requests.
    let closing = Shutdown::new();
    let delay = Duration::from_secs(config.shutdown_delay);
    let watching = {
        let closing = closing.clone();
        let live = live.clone();
        tasks::until_done("shutdown", move || {
            watch(shutdown.clone(), probes.clone(), (closing.clone(), live.clone()), delay)
        })
    };
    let served = serve_with(listener, router, config.serve, closing).await;
    drop((watching, following, counting, keys, pending));
    reads.close().await;
    tasks::outcome()?;
    served.context("serving failed")
}

async fn watch(shutdown: Shutdown, probes: Probes, (closing, live): (Shutdown, Arc<LiveEvents>), delay: Duration) {
    shutdown.requested().await;
    probes.set_draining();
    sleep(delay).await;
    closing.trigger();
    // An answer that never ends would be waited for.
    live.close();
}

async fn follow(revocations: Revocations, revoked: Arc<Revoked>, shutdown: Shutdown) {
    revocations.follow(revoked, shutdown).await;
}

async fn count(quotas: Quotas, quoted: Arc<Quoted>, shutdown: Shutdown) {
    quotas.follow(quoted, shutdown).await;
}

/// Before the first request it should be known whose tokens count no more. A vault that is away keeps nobody from starting:
/// readiness makes load balancers wait, and reads are useful without it.
async fn first_look(mut read: watch::Receiver<bool>) {
    if timeout(FIRST_LOOK, read.wait_for(|read| *read)).await.is_err() {
        tracing::warn!("revocations were not read yet: revoked tokens still count, until the vault answers");
    }
}

/// What serves, and what runs beside it.
struct Assembled {
    router: Router,
    reads: Arc<Reads>,
    probes: Probes,
    verifier: Verifier,
    revocations: Revocations,
    revoked: Revoked,
    quoted: Quoted,
}

/// Everything between the socket and the databases. Connects to nothing before it is needed, so the server starts, and
/// says that it is not ready, while a database is away.
fn assemble(config: &Config, live: Arc<LiveEvents>) -> anyhow::Result<Assembled> {
    let clock = Arc::new(SystemClock);
    let log = connect(&config.log_reader_url, &PoolOptions::log("query-server", config.log_connections))
        .context("JANGBU_LOG_READER_URL")?;
    database::require_sessions(vec![log.clone()]);
    let log = Arc::new(PostgresLog::new(log).with_archive(ArchivedLog::at(&config.archive)));
    let reads = Reads::open(&config.reads(), log, clock.clone()).context("JANGBU_VIEWS_READER_URL")?;
    let reads = Arc::new(match inspector(config)? {
        Some(log) => reads.with_inspector(Arc::new(log)),
        None => reads,
    });
    let verifier = Verifier::from_jwks_file_with(&config.jwks_file, clock).context("JANGBU_JWKS_FILE")?;
    let vault = vault_reader(config)?;
    let (revoked, quoted) = (Revoked::new(vault.revocations()), Quoted(vault.clone()));
    let probes = Probes::of_process();
    let asked = verifier.clone();
    probes.register("keys", move || std::future::ready(asked.check_keys()));
    probes::register(&probes, &reads, Duration::from_millis(config.ready_lag_ms));
    probes::register_revocations(&probes, revoked.read());
    let followed = live.clone();
    probes.register_optional("public events", move || std::future::ready(followed.check()));
    let kek = KekWatch::new(vault.clone());
    let asked = kek.clone();
    probes.register_kek(move || asked.clone().is_right(), move || kek.clone().answers());
    let revocations = verifier.revocations().clone();
    let opener = Arc::new(VaultOpener::new(vault, Duration::from_millis(config.vault_timeout_ms)));
    let assets = Arc::new(config.assets.clone());
    let folder = Arc::new(DomainFold);
    let api = Api { reads: reads.clone(), live, assets, opener, folder, verifier: verifier.clone() };
    let routes = query_api::router(api).merge(ops::routes(probes.clone(), query_api::openapi()));
    let options = HttpOptions { cors_origins: config.cors_origins.clone(), ..HttpOptions::default() };
    Ok(Assembled { router: service(routes, options), reads, probes, verifier, revocations, revoked, quoted })
}

/// The log itself, if this server has a login that reads it.
fn inspector(config: &Config) -> anyhow::Result<Option<PostgresLog>> {
    let Some(url) = &config.log_inspector_url else { return Ok(None) };
    let pool = connect(url, &PoolOptions::log("query-server/log", config.inspector_connections))
        .context("JANGBU_LOG_INSPECTOR_URL")?;
    database::require_sessions(vec![pool.clone()]);
    Ok(Some(PostgresLog::new(pool).with_archive(ArchivedLog::at(&config.archive))))
}

fn vault_reader(config: &Config) -> anyhow::Result<VaultReader> {
    let pool = connect(&config.vault_reader_url, &PoolOptions::log("query-server", config.vault_connections))
        .context("JANGBU_VAULT_READER_URL")?;
    database::require_sessions(vec![pool.clone()]);
    let kek = config.kek.open(config.kek_token_file.as_deref()).context("JANGBU_KEK")?;
    Ok(VaultReader::new(pool, kek))
}
