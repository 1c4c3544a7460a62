//! Listening for notifications, on a connection of its own.

use std::time::Duration;

use sqlx::{
    Error, Executor,
    postgres::{PgConnectOptions, PgListener, PgNotification, PgPool, PgPoolOptions},
};
use tokio::time::timeout;

use crate::{Limits, limits::within};

/// Hears notifications. An error means that it has to be opened again; what was said in between is lost.
#[derive(Debug)]
pub struct Listener {
    // Dropped first: it gives its connection back to the pool.
    listener: PgListener,
    _pool: PgPool,
    limits: Limits,
}

impl Listener {
    /// After so much silence the connection is tried: a listener cannot distinguish a quiet server from a dead one.
    const QUIET: Duration = Duration::from_secs(10);

    /// Listens to a channel.
    pub async fn open(options: &PgConnectOptions, channel: &str, limits: Limits) -> Result<Self, Error> {
        // A pool for each try: a connection of an earlier one that hangs must not stand in the way.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(limits.connect)
            .connect_lazy_with(options.clone());
        let mut listener = within(limits.connect, PgListener::connect_with(&pool)).await?;
        listener.eager_reconnect(false);
        within(limits.statement, listener.listen(channel)).await?;
        Ok(Self { listener, _pool: pool, limits })
    }

    /// The next notification.
    pub async fn next(&mut self) -> Result<PgNotification, Error> {
        loop {
            match timeout(Self::QUIET, self.listener.try_recv()).await {
                Ok(Ok(Some(heard))) => return Ok(heard),
                Ok(Ok(None)) => return Err(Error::Io(std::io::ErrorKind::ConnectionAborted.into())),
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    within(self.limits.statement, (&mut self.listener).execute("select 1")).await?;
                }
            }
        }
    }
}
