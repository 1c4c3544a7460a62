//! Snapshots, written behind the engine's back: losing one costs a later load some milliseconds, nothing else.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use super::Log;

/// Where the engine drops snapshots.
#[derive(Clone)]
pub struct SnapshotWriter(mpsc::Sender<log::Snapshot>);

impl SnapshotWriter {
    /// Starts writing; ends when the last writer is dropped.
    pub fn start(log: Arc<dyn Log>) -> Self {
        let (sender, receiver) = mpsc::channel(1024);
        let receiver = Arc::new(Mutex::new(receiver));
        tasks::until_done("snapshots", move || save(log.clone(), receiver.clone())).detach();
        Self(sender)
    }

    /// Keeps a snapshot if there is room; the next one comes soon.
    pub fn offer(&self, snapshot: log::Snapshot) {
        let _ = self.0.try_send(snapshot);
    }
}

async fn save(log: Arc<dyn Log>, receiver: Arc<Mutex<mpsc::Receiver<log::Snapshot>>>) {
    let (mut receiver, mut waiting) = (receiver.lock().await, Vec::new());
    while receiver.recv_many(&mut waiting, 256).await > 0 {
        if let Err(error) = log.save_snapshots(&waiting).await {
            metrics::counter!("executor_snapshot_failures_total").increment(1);
            tracing::warn!(error = &error as &dyn std::error::Error, "snapshots could not be saved");
        }
        waiting.clear();
    }
}
