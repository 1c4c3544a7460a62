//! Pools of connections, with the time-outs everybody needs.

use std::time::Duration;

use database::{ConnectOptions, Limits, Pool};

/// How a process holds its connections.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Shown by `pg_stat_activity`.
    pub application_name: String,
    /// At most this many connections.
    pub max_connections: u32,
    /// How long a caller waits for a connection before it gets the error that there is none.
    pub acquire_timeout: Duration,
    /// How long a statement may take, as this process counts it: longer than the `statement_timeout` of the role, so that
    /// Postgres gives up first if it can.
    pub statement_limit: Duration,
    /// Every statement of this pool finds its rows by an index: plan each once, and never scan a table because it was
    /// small or unknown to the planner when the plan was made. Right for the log, wrong for reports.
    pub by_key: bool,
}

impl PoolOptions {
    const STATEMENT: Duration = Duration::from_secs(6);

    /// The same pool, with this limit for each statement.
    #[must_use]
    pub fn with_statement_limit(self, statement_limit: Duration) -> Self {
        Self { statement_limit, ..self }
    }

    /// For the log: all its statements go by key.
    pub fn log(application_name: &str, max_connections: u32) -> Self {
        Self { by_key: true, ..Self::views(application_name, max_connections) }
    }

    /// For views: the planner decides.
    pub fn views(application_name: &str, max_connections: u32) -> Self {
        Self {
            application_name: application_name.to_owned(),
            max_connections,
            acquire_timeout: Duration::from_secs(3),
            statement_limit: Self::STATEMENT,
            by_key: false,
        }
    }
}

/// The URL of a database cannot be read. It is not repeated here: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("the database URL cannot be read")]
pub struct ConnectError(#[source] sqlx::Error);

/// Options for connections that end soon after their process, or its machine, has gone or is suspended. Postgres tries an
/// idle connection after seconds rather than hours, and gives one up that takes nothing it is sent: a listener that stands
/// still would otherwise fill the queue of notifications, which holds up every commit that notifies.
pub fn lively(options: ConnectOptions) -> ConnectOptions {
    options.options([
        ("tcp_keepalives_idle", "5"),
        ("tcp_keepalives_interval", "2"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "10s"),
    ])
}

/// A pool of connections to the database at `url`. Nothing is connected before it is needed, so a process starts, and
/// says that it is not ready, while its database is away.
pub fn connect(url: &str, options: &PoolOptions) -> Result<Pool, ConnectError> {
    let connect: ConnectOptions = url.parse().map_err(ConnectError)?;
    let connect = lively(connect);
    let mut settings = vec![
        ("jit", "off".to_owned()),
        // The process that waits between two statements of a transaction is suspended: what it has locked is another's.
        ("idle_in_transaction_session_timeout", "3s".to_owned()),
    ];
    if options.by_key {
        settings.push(("plan_cache_mode", "force_generic_plan".to_owned()));
        settings.push(("enable_seqscan", "off".to_owned()));
        // Both would go through a whole index while it is small, and go on so when it has grown.
        settings.push(("enable_hashjoin", "off".to_owned()));
        settings.push(("enable_mergejoin", "off".to_owned()));
    }
    let pool = database::PoolOptions {
        max_connections: options.max_connections,
        acquire: options.acquire_timeout,
        limits: Limits::whole(options.statement_limit),
        settings,
    };
    Ok(Pool::new(connect.application_name(&options.application_name), pool))
}
