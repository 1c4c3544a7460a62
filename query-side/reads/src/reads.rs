//! The one thing the query API holds.

use std::{str::FromStr, sync::Arc, time::Duration};

use database::{ConnectOptions, Limits, Pool, PoolOptions};
use kernel::{Clock, Position};
use log::{AuditStore, BrowseLog, Head, ReadCommits};

use crate::{
    ReadsError, View,
    audit_watch::AuditWatch,
    freshness::{Board, Feed, Gate, Horizon},
    inspector::Inspector,
};

/// How to reach the views.
#[derive(Clone, Debug)]
pub struct Options {
    /// The views database, as the reader role.
    pub url: String,
    /// At most so many connections, besides the one that listens.
    pub max_connections: u32,
    /// How long a read waits for one of them.
    pub acquire_timeout: Duration,
    /// After this the database gives a query up.
    pub statement_timeout: Duration,
}

/// So much earlier than this process does Postgres give a query up.
const BEFORE_US: Duration = Duration::from_secs(1);

/// Every read, each through the freshness gate.
pub struct Reads {
    pub(crate) pool: Pool,
    pub(crate) gate: Gate,
    pub(crate) clock: Arc<dyn Clock>,
    board: Arc<Board>,
    horizon: Arc<Horizon>,
    pub(crate) audit: AuditWatch,
    pub(crate) inspector: Inspector,
    _feed: Feed,
}

/// Why the reads could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL of the views database is none.
    #[error("the URL of the views database is not one of Postgres")]
    Url(#[source] sqlx::Error),
}

impl Reads {
    /// Opens the reads. Connects when first needed and for as long as it lives, so a database that is not there yet
    /// is no error; needs a running tokio.
    pub fn open<L: ReadCommits + AuditStore + 'static>(
        options: &Options,
        log: Arc<L>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let connect = ConnectOptions::from_str(&options.url)
            .map_err(OpenError::Url)?
            .application_name("query-server")
            // A suspended server keeps neither locks nor the queue of notifications.
            .options([
                ("tcp_keepalives_idle", "5"),
                ("tcp_keepalives_interval", "2"),
                ("tcp_keepalives_count", "3"),
                ("tcp_user_timeout", "10s"),
            ]);
        let pool = PoolOptions {
            max_connections: options.max_connections,
            acquire: options.acquire_timeout,
            // Postgres gives up first, if it can.
            limits: Limits::whole(options.statement_timeout + BEFORE_US),
            settings: vec![
                ("statement_timeout", options.statement_timeout.as_millis().to_string()),
                ("idle_in_transaction_session_timeout", "3s".to_owned()),
            ],
        };
        let pool = Pool::new(connect.clone(), pool);
        database::require_sessions(vec![pool.clone()]);
        let board = Arc::new(Board::new());
        let audit = AuditWatch::start(log.clone(), log.clone());
        let horizon = Arc::new(Horizon::new(log, clock.clone()));
        let gate = Gate::new(board.clone(), horizon.clone());
        let feed = Feed::start(pool.clone(), connect, board.clone(), horizon.clone());
        Ok(Self { pool, gate, clock, board, horizon, audit, inspector: Inspector::default(), _feed: feed })
    }

    /// The same reads, and those of the log itself.
    #[must_use]
    pub fn with_inspector(self, log: Arc<dyn BrowseLog>) -> Self {
        Self { inspector: Inspector::of(log), ..self }
    }

    /// Whether every view can be read: the database answers, each has a live generation, and this role may select it.
    pub async fn check_views(&self) -> Result<(), ReadsError> {
        let live =
            sqlx::query_scalar!(r#"select view as "view!" from registry.live_positions"#).fetch_all(&self.pool).await?;
        if let Some(missing) = View::ALL.into_iter().find(|view| live.iter().all(|name| name != view.name())) {
            return Err(ReadsError::NotLive(missing.name()));
        }
        let closed = sqlx::query_scalar!(
            r#"select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as "relation!"
               from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
               where (n.nspname = 'live' and c.relkind in ('v', 'r', 'm')
                      or n.nspname = 'registry' and c.relname in ('generations', 'missing'))
                 and not (has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))
               order by 1 limit 1"#
        )
        .fetch_optional(&self.pool)
        .await?;
        closed.map_or(Ok(()), |relation| Err(ReadsError::NotGranted { relation }))
    }

    /// Waits until it is known how far the views are, and whether they are of the log's history.
    pub async fn were_looked_at(&self) {
        self.board.was_read().await;
    }

    /// The first view that shows another history than the log holds.
    pub fn of_another_history(&self) -> Option<&'static str> {
        self.board.of_another_history(&View::ALL).map(View::name)
    }

    /// Whether this live view, by name, shows another history than the log holds.
    pub(crate) fn shows_another_history(&self, name: &str) -> bool {
        View::named(name).is_some_and(|view| self.board.of_another_history(&[view]).is_some())
    }

    /// Whether the log could be asked when it last was. Without it reads go on, but nobody knows how far behind.
    pub fn log_is_reachable(&self) -> bool {
        self.horizon.is_reachable()
    }

    /// Whether the views are fed from the same log that they are compared with; true as long as that is unknown.
    pub fn logs_agree(&self) -> bool {
        let fed_from =
            View::ALL.into_iter().filter_map(|view| self.board.latest(view).and_then(|progress| progress.log));
        self.horizon
            .log_id()
            .is_none_or(|log| fed_from.into_iter().all(|fed_from| self.horizon.is_one_log(fed_from, log)))
    }

    /// The end of the log, as last seen.
    pub fn head(&self) -> Option<Head> {
        self.horizon.head()
    }

    /// How far each view had got by the last look, and how long its first unapplied commit has been waiting.
    pub fn lags(&self) -> Vec<(View, Position, Duration)> {
        let known = View::ALL.into_iter().filter_map(|view| self.board.latest(view).map(|p| (view, p.position)));
        known.map(|(view, position)| (view, position, self.horizon.lag(position, None))).collect()
    }

    pub(crate) fn lag(&self, position: Position, applied_at: Option<chrono::DateTime<chrono::Utc>>) -> Duration {
        self.horizon.lag(position, applied_at)
    }

    /// How long ago that was.
    pub(crate) fn since(&self, time: chrono::DateTime<chrono::Utc>) -> Duration {
        self.horizon.since(Some(time))
    }

    /// Lets every connection go.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
