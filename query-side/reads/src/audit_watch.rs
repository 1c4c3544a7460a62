//! How far the books are proven, looked at in the background.

use std::{sync::Arc, time::Duration};

use kernel::Position;
use log::{AuditStore, ReadCommits};
use tasks::Task;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, timeout},
};

/// How often it is looked how far the books are proven: no read asks for itself.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(2);

/// What is known of the audit, kept up to date in the background.
pub(crate) struct AuditWatch {
    pub(crate) store: Arc<dyn AuditStore>,
    pub(crate) log: Arc<dyn ReadCommits>,
    proven: watch::Receiver<Option<Position>>,
    _looking: Task,
}

impl AuditWatch {
    pub(crate) fn start(store: Arc<dyn AuditStore>, log: Arc<dyn ReadCommits>) -> Self {
        let (known, proven) = watch::channel(None);
        let asked = store.clone();
        let looking = tasks::endless("audited-position", move || look_for_ever(asked.clone(), known.clone()));
        Self { store, log, proven, _looking: looking }
    }

    /// Up to where the books are proven, as last seen.
    pub(crate) fn proven(&self) -> Option<Position> {
        *self.proven.borrow()
    }
}

/// A log that is away leaves what is known.
async fn look_for_ever(store: Arc<dyn AuditStore>, known: watch::Sender<Option<Position>>) {
    let mut clock = interval(LOOK_EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        if let Ok(Ok(proven)) = timeout(LOOK, store.proven()).await {
            known.send_replace(proven);
        }
    }
}
