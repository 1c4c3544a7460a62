//! Hearing that the log has grown.

use std::time::Duration;

use database::{ConnectOptions, Limits, Listener};
use tasks::Task;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::connect::lively;

/// Listens to a channel of the log on a connection of its own, and connects again whenever it breaks.
///
/// A notification is a hint: it is lost while there is no connection. So a waiting caller also looks at the log from
/// time to time.
#[derive(Debug)]
pub struct AppendWatch {
    heard: watch::Receiver<u64>,
    _listener: Task,
}

impl AppendWatch {
    const PAUSE: Duration = Duration::from_millis(500);
    /// How long the server may take to answer on the connection that listens.
    const ANSWER: Duration = Duration::from_secs(10);

    /// Starts listening to appends in the database of these options.
    pub fn start(options: ConnectOptions) -> Self {
        Self::listen("log-listener", "log_appended", options)
    }

    /// Starts listening to changes of who leads.
    pub fn of_leaders(options: ConnectOptions) -> Self {
        Self::listen("leader-listener", "log_leader", options)
    }

    fn listen(task: &'static str, channel: &'static str, options: ConnectOptions) -> Self {
        let (notify, heard) = watch::channel(0);
        let options = lively(options);
        let listener = tasks::endless(task, move || listen_for_ever(channel, options.clone(), notify.clone()));
        Self { heard, _listener: listener }
    }

    /// Waits until the log has grown since the last call, or may have, but not for longer than `at_most`. Many appends
    /// since then are one. Says whether something was heard. Nothing is lost if the wait is given up.
    pub async fn wait(&mut self, at_most: Duration) -> bool {
        matches!(timeout(at_most, self.heard.changed()).await, Ok(Ok(())))
    }
}

async fn listen_for_ever(channel: &'static str, options: ConnectOptions, notify: watch::Sender<u64>) {
    loop {
        match Listener::open(&options, channel, Limits::whole(AppendWatch::ANSWER)).await {
            Ok(listener) => listen(listener, &notify).await,
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "cannot listen to the log"),
        }
        sleep(AppendWatch::PAUSE).await;
    }
}

/// Returns when the connection is broken.
async fn listen(mut listener: Listener, notify: &watch::Sender<u64>) {
    // Notifications from before the connection listened are lost.
    notify.send_modify(|times| *times += 1);
    while listener.next().await.is_ok() {
        notify.send_modify(|times| *times += 1);
    }
}
