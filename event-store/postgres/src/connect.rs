//! Pools of connections, with the time-outs everybody needs.

use std::time::Duration;

use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// How a process holds its connections.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Shown by `pg_stat_activity`.
    pub application_name: String,
    /// At most this many connections.
    pub max_connections: u32,
    /// How long a caller waits for a connection before it is told that there is none.
    pub acquire_timeout: Duration,
    /// Every statement of this pool finds its rows by an index: plan each once, and never scan a table because it was
    /// small or unknown to the planner when the plan was made. Right for the log, wrong for reports.
    pub by_key: bool,
}

impl PoolOptions {
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
            by_key: false,
        }
    }
}

/// The URL of a database cannot be read. It is not repeated here: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("the database URL cannot be read")]
pub struct ConnectError(#[source] sqlx::Error);

/// Options for connections that end soon after their process, or its machine, has gone or stands still. Postgres tries an
/// idle connection after seconds rather than hours, and gives one up that takes nothing it is sent: a listener that stands
/// still would otherwise fill the queue of notifications, which holds up every commit that notifies.
pub fn lively(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("tcp_keepalives_idle", "5"),
        ("tcp_keepalives_interval", "2"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "10s"),
    ])
}

/// A connection that has been idle for longer than this is tried before it is given out.
const TRUSTED_IDLE: Duration = Duration::from_millis(500);

/// A pool of connections to the database at `url`. Nothing is connected before it is needed, so a process starts, and
/// says that it is not ready, while its database is away.
pub fn connect(url: &str, options: &PoolOptions) -> Result<PgPool, ConnectError> {
    let connect: PgConnectOptions = url.parse().map_err(ConnectError)?;
    let mut connect = lively(connect).application_name(&options.application_name).options([
        ("jit", "off"),
        // The process that waits between two statements of a transaction stands still: what it has locked is another's.
        ("idle_in_transaction_session_timeout", "3s"),
    ]);
    if options.by_key {
        connect = connect.options([("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off")]);
    }
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(Duration::from_secs(600))
        .max_lifetime(None)
        // Trying every connection every time would double the round trips of an append; one that was used a moment ago
        // is taken as alive, and if it is not, the answer says so.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(connect);
    Ok(pool)
}
