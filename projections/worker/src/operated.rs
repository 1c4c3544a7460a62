//! The part of the port that is for operators: who they are, and where views are changed.

use std::{future::ready, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use event_archive::ArchivedLog;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use futures::future::join;
use platform::{
    auth::{Revocations, Verifier},
    http::TrustForwarded,
    ops::Probes,
    shutdown::Shutdown,
};
use sqlx::postgres::PgConnectOptions;
use tasks::Task;
use tokio::sync::Notify;

use crate::{
    api::{self, CommandServer, Revoked, ViewsApi},
    changes::{
        Actions, ApprovalFollower, ChangeThread, PromotionRunner, Promotions, RebuildRunner, Rebuilders, Requests,
    },
    config::Config,
};

/// What the port serves where operators cannot change views, for programs and people.
const OPENAPI: &str = r#"{"openapi":"3.1.0","info":{"title":"Jangbu projector","version":"1","description":"Probes and metrics of the projector."},"paths":{"/livez":{"get":{"summary":"The process runs","responses":{"200":{"description":"It does"}}}},"/readyz":{"get":{"summary":"Every view follows the log","responses":{"200":{"description":"They do"},"503":{"description":"One does not; the body names the check"}}}},"/metrics":{"get":{"summary":"Metrics in Prometheus' form","responses":{"200":{"description":"The metrics"}}}}}}"#;

/// A read of a part of the log for a rebuild that takes longer is given up.
const STATEMENT: Duration = Duration::from_secs(60);
/// Connections to the log for what is changed: ranges that are loaded at once, and some more.
const LOG_CONNECTIONS: u32 = 8;
/// Connections for what operators ask.
const REGISTRY_CONNECTIONS: u32 = 4;

/// What operators reach, and the tasks behind it.
pub(crate) struct Operated {
    pub(crate) router: Router,
    pub(crate) openapi: String,
    pub(crate) tasks: Vec<Task>,
}

impl Operated {
    /// Starts it, if this projector has a login that tells whose tokens are revoked. Nothing is connected before it is needed.
    pub(crate) fn start(
        config: &Config,
        views: &PgConnectOptions,
        probes: &Probes,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let Some(vault_url) = &config.vault_projector_url else {
            return Ok(Self { router: Router::new(), openapi: OPENAPI.to_owned(), tasks: Vec::new() });
        };
        let jwks =
            config.jwks_file.as_ref().context("JANGBU_VAULT_PROJECTOR_URL is set, so JANGBU_JWKS_FILE is needed")?;
        let verifier = Verifier::from_jwks_file(jwks).context("JANGBU_JWKS_FILE")?;
        let vault = connect(vault_url, &PoolOptions::log("projector", 1)).context("JANGBU_VAULT_PROJECTOR_URL")?;
        let registry = registry(config, "projector/requests", REGISTRY_CONNECTIONS)?;
        database::require_sessions(vec![vault.clone(), registry.clone()]);
        let revoked = Arc::new(Revoked::new(&vault));
        register(probes, &verifier, &revoked);
        let tasks = vec![following(&verifier, revoked, shutdown), keys(&verifier)];
        let command_server = config.command_url.as_ref().map(CommandServer::at).transpose();
        let command_server = command_server.context("JANGBU_COMMAND_URL cannot be used")?;
        let (asked, promotion_asked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let log = changed_log(config)?;
        let rebuilders = Rebuilders::new(views, log.clone(), config.zone);
        let thread = thread(config, log, &rebuilders, (&asked, &promotion_asked))?;
        let api = ViewsApi {
            verifier,
            requests: Requests::new(registry.clone()),
            asked,
            promotions: Promotions::new(registry.clone()),
            promotion_asked,
            command_server,
            actions: Actions::new(registry),
            trust_forwarded: TrustForwarded(config.trust_forwarded_for),
            thread,
            rebuilders,
        };
        Ok(Self { router: api::router(api), openapi: api::openapi(), tasks })
    }
}

/// The registry of the views, over connections of its own.
fn registry(config: &Config, name: &str, connections: u32) -> anyhow::Result<database::Pool> {
    connect(&config.views_projector_url, &PoolOptions::views(name, connections))
        .context("JANGBU_VIEWS_PROJECTOR_URL cannot be used")
}

/// The log, as rebuilds read it: much of it at once, and never from the connections of the live views.
fn changed_log(config: &Config) -> anyhow::Result<PostgresLog> {
    let options = PoolOptions::log("projector/changes", LOG_CONNECTIONS).with_statement_limit(STATEMENT);
    let pool = connect(&config.log_projector_url, &options).context("JANGBU_LOG_PROJECTOR_URL cannot be used")?;
    Ok(PostgresLog::new(pool).with_archive(ArchivedLog::at(&config.archive)))
}

/// The thread on which views are changed. What was asked for and is not done is gone on with at once. `asked`: notified of rebuilds, and of
/// promotions.
fn thread(
    config: &Config,
    log: PostgresLog,
    rebuilders: &Rebuilders,
    (asked, promotion_asked): (&Arc<Notify>, &Arc<Notify>),
) -> anyhow::Result<ChangeThread> {
    let requests = Requests::new(registry(config, "projector/rebuilds", 1)?);
    let promotions = Promotions::new(registry(config, "projector/promotions", 1)?);
    let (rebuilders, asked, promotion_asked) = (rebuilders.clone(), asked.clone(), promotion_asked.clone());
    let standing = move || {
        let follower = ApprovalFollower::new(log.clone(), promotions.clone());
        let promoting = PromotionRunner::new(promotions.clone(), follower, rebuilders.clone(), promotion_asked.clone());
        let rebuilding = RebuildRunner::new(requests.clone(), rebuilders.clone(), asked.clone());
        async move {
            join(rebuilding.run(), promoting.run()).await;
        }
    };
    ChangeThread::start(standing).context("the thread on which views are changed cannot be started")
}

/// The views are kept level without either of these.
fn register(probes: &Probes, verifier: &Verifier, revoked: &Revoked) {
    let verifier = verifier.clone();
    probes.register_optional("keys", move || ready(verifier.check_keys()));
    let read = revoked.read();
    probes.register_optional("revocations", move || {
        let read = *read.borrow();
        ready(read.then_some(()).ok_or_else(|| "it was never read whose tokens count no more".to_owned()))
    });
}

fn keys(verifier: &Verifier) -> Task {
    let verifier = verifier.clone();
    tasks::endless("keys", move || verifier.clone().follow_keys())
}

fn following(verifier: &Verifier, revoked: Arc<Revoked>, shutdown: &Shutdown) -> Task {
    let (revocations, shutdown) = (verifier.revocations().clone(), shutdown.clone());
    tasks::until_done("revocations", move || follow(revocations.clone(), revoked.clone(), shutdown.clone()))
}

async fn follow(revocations: Revocations, revoked: Arc<Revoked>, shutdown: Shutdown) {
    revocations.follow(revoked, shutdown).await;
}
