//! Hearing that the log has grown.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::connect::lively;

/// Listens to `log_appended` on a connection of its own, and connects again whenever it breaks.
///
/// What it tells is a hint: notifications are lost while it is not connected. Whoever waits also looks by themselves from
/// time to time.
#[derive(Debug)]
pub struct AppendWatch {
    heard: watch::Receiver<u64>,
    listener: JoinHandle<()>,
}

impl AppendWatch {
    const PAUSE: Duration = Duration::from_millis(500);

    /// Starts listening to the database of these options.
    pub fn start(options: PgConnectOptions) -> Self {
        let (tell, heard) = watch::channel(0);
        Self { heard, listener: tokio::spawn(listen_for_ever(lively(options), tell)) }
    }

    /// Waits until the log has grown since the last call, or may have, but not for longer than `at_most`. Many appends
    /// since then are one. Says whether something was heard. Nothing is lost if the wait is given up.
    pub async fn wait(&mut self, at_most: Duration) -> bool {
        matches!(timeout(at_most, self.heard.changed()).await, Ok(Ok(())))
    }
}

impl Drop for AppendWatch {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn listen_for_ever(options: PgConnectOptions, tell: watch::Sender<u64>) {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with(options);
    loop {
        match PgListener::connect_with(&pool).await {
            Ok(listener) => listen(listener, &tell).await,
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "cannot listen to the log"),
        }
        sleep(AppendWatch::PAUSE).await;
    }
}

/// Returns when the connection is broken.
async fn listen(mut listener: PgListener, tell: &watch::Sender<u64>) {
    listener.eager_reconnect(false);
    if listener.listen("log_appended").await.is_err() {
        return;
    }
    // What came before the ear was open was not heard.
    tell.send_modify(|times| *times += 1);
    while let Ok(Some(_)) = listener.try_recv().await {
        tell.send_modify(|times| *times += 1);
    }
}
