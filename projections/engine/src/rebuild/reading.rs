//! Reading a range of the log a little ahead of who writes it, so that neither database waits for the other.

use std::sync::Arc;

use log::{Commit, CommitRanges, PositionRange, ReadError};
use tokio::sync::mpsc;

/// What is read, in order.
pub(super) type Read = mpsc::Receiver<Result<Vec<Commit>, ReadError>>;

/// Begins to read.
pub(super) fn ahead(ranges: Arc<dyn CommitRanges>, range: PositionRange) -> Read {
    let (send, receive) = mpsc::channel(1);
    tokio::spawn(async move {
        let reading = async {
            let mut reader = ranges.read(range).await?;
            while let Some(commits) = reader.next().await? {
                if send.send(Ok(commits)).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        if let Err(error) = reading.await {
            // If nobody listens any more, nobody needs to know.
            let _ = send.send(Err(error)).await;
        }
    });
    receive
}
