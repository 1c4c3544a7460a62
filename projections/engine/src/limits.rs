//! What sessions ask of Postgres, so that a process that stands still holds nothing for long.
//!
//! Only Postgres can judge a process that stands still: it ends a transaction whose process is silent between two
//! statements, and its locks are free. A statement may take as long as it needs. When the process goes on, it finds its
//! connection gone and its checkpoint moved.

use sqlx::postgres::PgConnectOptions;

/// For transactions of a view's worker: readers and other workers wait for their locks.
pub(crate) const WORKER_IDLE: &str = "2s";
/// For transactions that create, promote and drop generations, and that park and retry keys.
pub(crate) const OPERATOR_IDLE: &str = "5s";
/// For transactions that lock nothing but tables in the making, or only read, and in which the log is read for long.
pub(crate) const LOAD_IDLE: &str = "60s";

/// Options with these limits. `idle` is how long a transaction may wait for its process.
pub(crate) fn limited(database: PgConnectOptions, idle: &str) -> PgConnectOptions {
    database.options([
        ("idle_in_transaction_session_timeout", idle),
        // A machine that is gone, or takes nothing it is sent.
        ("tcp_keepalives_idle", "1"),
        ("tcp_keepalives_interval", "1"),
        ("tcp_keepalives_count", "2"),
        ("tcp_user_timeout", "5s"),
    ])
}
