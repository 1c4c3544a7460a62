//! Detecting a pooler that gives each transaction another server connection.
//!
//! LISTEN, advisory locks of a session, prepared statements and settings all belong to a session. A pooler in transaction
//! or statement mode loses them, or hands them to somebody else.

use sqlx::{Error, Row, raw_sql};

use crate::connection::Connection;

/// The connection of this URL is not a session of its own.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "the database URL leads to a pooler in transaction or statement mode, which does not keep a session; \
     connect to Postgres itself, or set the pooler to session mode (pgbouncer: pool_mode = session)"
)]
pub struct SharedSessions;

/// Whether the error says that the database URL leads to a pooler that does not keep sessions.
pub fn is_shared_sessions(error: &Error) -> bool {
    matches!(error, Error::Configuration(inner) if inner.is::<SharedSessions>())
}

pub(crate) fn refused() -> Error {
    Error::Configuration(Box::new(SharedSessions))
}

/// The process of the server that serves this connection now.
pub(crate) async fn process(connection: &mut Connection) -> Result<i32, Error> {
    use sqlx::Executor;
    connection.fetch_one(raw_sql("select pg_backend_pid()")).await?.try_get(0)
}

/// Sets what a session is to have; its server process.
pub(crate) async fn begin(connection: &mut Connection, settings: &[(&'static str, String)]) -> Result<i32, Error> {
    let (names, values): (Vec<&str>, Vec<&str>) = settings.iter().map(|(name, value)| (*name, value.as_str())).unzip();
    let statement = "select pg_backend_pid(), count(set_config(name, value, false)) from unnest($1::text[], $2::text[]) as s (name, value)";
    sqlx::query(statement).bind(names).bind(values).persistent(false).fetch_one(connection).await?.try_get(0)
}

/// Whether two open connections are two sessions, and stay what they are.
///
/// A pooler in transaction mode shows itself in one of three ways: both connections have the same server process; or,
/// when both hold a transaction, their processes change with the order in which the transactions begin.
pub(crate) async fn are_kept(one: &mut Connection, other: &mut Connection) -> Result<bool, Error> {
    let (first, second) = (process(one).await?, process(other).await?);
    if first == second || process(one).await? != first {
        return Ok(false);
    }
    // A pooler may give out the server connection used last, or the one used longest ago: try both orders.
    for _ in 0..2 {
        if held(one, other).await? != (first, second) {
            return Ok(false);
        }
        let (late, early) = held(other, one).await?;
        if (early, late) != (first, second) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn held(one: &mut Connection, other: &mut Connection) -> Result<(i32, i32), Error> {
    let mut first = one.begin().await?;
    let mut second = other.begin().await?;
    let found = (process(&mut first).await?, process(&mut second).await?);
    first.rollback().await?;
    second.rollback().await?;
    Ok(found)
}
