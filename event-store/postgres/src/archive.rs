//! The archive of the log, as the log in the database holds it.

use std::sync::Arc;

use kernel::LogId;
use log::{CommitRanges, DetachedCommits, ReadError};

/// Where commits are that have left the database.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    pub commits: Arc<dyn DetachedCommits>,
    /// Whether a reader of single commits waits while they are fetched.
    pub waits: bool,
}

impl Archive {
    pub async fn ranges(&self, log: LogId) -> Result<Arc<dyn CommitRanges>, ReadError> {
        self.commits.ranges(log).await
    }
}
