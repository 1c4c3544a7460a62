//! One connection. Every call on it has a limit.

use std::io;

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use sqlx::{
    Connection as _, Either, Error, Execute, Executor, Postgres, SqlStr,
    postgres::{PgConnectOptions, PgConnection, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};
use tokio::time::timeout;

use crate::{
    limits::{Limits, no_answer, within},
    state::State,
    waiting::Waiting,
};

/// A connection to Postgres.
#[derive(Debug)]
pub struct Connection {
    pub(crate) raw: PgConnection,
    pub(crate) state: State,
    pub(crate) limits: Limits,
    /// A rollback is queued, and was not sent yet.
    pub(crate) unsent: bool,
}

impl Connection {
    /// Opens a connection.
    pub async fn open(options: &PgConnectOptions, limits: Limits) -> Result<Self, Error> {
        let raw = within(limits.connect, PgConnection::connect_with(options)).await?;
        Ok(Self { raw, state: State::Ready, limits, unsent: false })
    }

    /// The same connection, with other limits from now on.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Asks whether the server answers, and sends what is queued.
    pub async fn ping(&mut self) -> Result<(), Error> {
        let (raw, state, limits) = self.parts()?;
        settle(state, limits, raw.ping().boxed()).await?;
        self.unsent = false;
        Ok(())
    }

    /// Ends the session. The socket is closed even if the server does not take part.
    pub async fn close(self) -> Result<(), Error> {
        match self.state {
            State::Ready => within(self.limits.connect, self.raw.close()).await,
            State::Busy | State::Broken => Ok(()),
        }
    }

    /// Runs `COPY ... TO STDOUT`.
    pub async fn copy_out<'c>(&'c mut self, statement: &str) -> Result<BoxStream<'c, Result<Bytes, Error>>, Error> {
        let (raw, state, limits) = self.parts()?;
        match timeout(limits.statement, raw.copy_out_raw(statement)).await {
            Ok(Ok(answers)) => Ok(Waiting::new(answers, state, limits).boxed()),
            Ok(Err(error)) => {
                *state = State::after(&error);
                Err(error)
            }
            Err(_) => {
                *state = State::Broken;
                Err(no_answer(limits.statement))
            }
        }
    }

    /// Runs `COPY ... FROM STDIN` and sends the pieces; how many rows were written.
    pub async fn copy_in<'p>(
        &mut self,
        statement: &str,
        pieces: impl IntoIterator<Item = &'p [u8], IntoIter: Send> + Send,
    ) -> Result<u64, Error> {
        let (raw, state, limits) = self.parts()?;
        let copying = async move {
            let mut copy = raw.copy_in_raw(statement).await?;
            for piece in pieces {
                copy.send(piece).await?;
            }
            copy.finish().await
        };
        settle(state, limits, copying.boxed()).await
    }

    pub(crate) fn parts(&mut self) -> Result<(&mut PgConnection, &mut State, Limits), Error> {
        if self.state == State::Broken {
            return Err(broken());
        }
        self.state = State::Busy;
        Ok((&mut self.raw, &mut self.state, self.limits))
    }
}

/// Waits for an answer, and remembers what it leaves of the connection.
pub(crate) async fn settle<T>(
    state: &mut State,
    limits: Limits,
    answer: BoxFuture<'_, Result<T, Error>>,
) -> Result<T, Error> {
    let answered = within(limits.statement, answer).await;
    *state = answered.as_ref().map_or_else(State::after, |_| State::Ready);
    answered
}

fn broken() -> Error {
    Error::Io(io::Error::new(io::ErrorKind::NotConnected, "an earlier call on this connection had no answer"))
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        match self.parts() {
            Ok((raw, state, limits)) => Waiting::new(raw.fetch_many(query), state, limits).boxed(),
            Err(error) => stream::once(ready(Err(error))).boxed(),
        }
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        match self.parts() {
            Ok((raw, state, limits)) => settle(state, limits, raw.fetch_optional(query)).boxed(),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        'c: 'e,
    {
        match self.parts() {
            Ok((raw, state, limits)) => settle(state, limits, raw.prepare_with(sql, parameters)).boxed(),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, Error>>
    where
        'c: 'e,
    {
        match self.parts() {
            Ok((raw, state, limits)) => settle(state, limits, raw.describe(sql)).boxed(),
            Err(error) => ready(Err(error)).boxed(),
        }
    }
}
