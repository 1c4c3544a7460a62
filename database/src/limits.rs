//! How long Postgres may take.

use std::{io, time::Duration};

use sqlx::Error;
use tokio::time::timeout;

/// How long a connection may take to open, and a statement to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) connect: Duration,
    pub(crate) statement: Duration,
    pub(crate) measure: Measure,
}

/// What the limit of a statement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// All the time that Postgres is waited for in one statement.
    Whole,
    /// Each wait by itself: an answer of many rows may take long, if rows keep coming.
    Silence,
}

impl Limits {
    const CONNECT: Duration = Duration::from_secs(3);

    /// Each statement must be answered completely within this time.
    pub const fn whole(statement: Duration) -> Self {
        Self { connect: Self::CONNECT, statement, measure: Measure::Whole }
    }

    /// Postgres must not be silent for longer than this in a statement.
    pub const fn silence(statement: Duration) -> Self {
        Self { connect: Self::CONNECT, statement, measure: Measure::Silence }
    }

    /// The same, with this much time to open a connection.
    #[must_use]
    pub const fn with_connect(self, connect: Duration) -> Self {
        Self { connect, ..self }
    }
}

/// Postgres did not answer in time. It may still carry out what it was sent.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("Postgres did not answer within {limit:?}; the connection is closed")]
pub struct NoAnswer {
    /// How long it was waited for.
    pub limit: Duration,
}

pub(crate) fn no_answer(limit: Duration) -> Error {
    Error::Io(io::Error::new(io::ErrorKind::TimedOut, NoAnswer { limit }))
}

/// Whether the error says that Postgres did not answer in time.
pub fn is_no_answer(error: &Error) -> bool {
    matches!(error, Error::Io(io) if io.get_ref().is_some_and(|inner| inner.is::<NoAnswer>()))
}

pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(no_answer(limit)))
}
