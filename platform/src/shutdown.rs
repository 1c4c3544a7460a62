//! The request to stop, and who sees it.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal as on};
use tokio_util::sync::CancellationToken;

/// How long a process whose task failed may take to end in order.
const LAST_RESORT: Duration = Duration::from_secs(60);

/// A request to stop. Clones share it; it is never taken back.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A request that nobody has made yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to stop.
    pub fn trigger(&self) {
        self.0.cancel();
    }

    /// Whether it was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it is asked for.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Asks everybody to stop when a background task of this process cannot be kept running.
    pub fn follow_tasks(&self) {
        let shutdown_request = self.clone();
        drop(tasks::brief(async move {
            tasks::failed().await;
            shutdown_request.trigger();
            // What broke may be what others wait for.
            tokio::time::sleep(LAST_RESORT).await;
            tracing::error!("the process did not end in order within {LAST_RESORT:?}; it ends now");
            std::process::exit(1);
        }));
    }

    /// A request of its own that also follows this one: for parts that end before the whole does.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }
}

/// Asked for by SIGTERM or SIGINT. Needs a runtime; a second signal ends the process at once.
pub fn signal() -> std::io::Result<Shutdown> {
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    let shutdown = Shutdown::new();
    let shutdown_request = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
        tracing::info!("asked to stop; finishing what was begun");
        shutdown_request.trigger();
        tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
        tracing::warn!("asked to stop a second time; stopping now");
        std::process::exit(130);
    });
    Ok(shutdown)
}
