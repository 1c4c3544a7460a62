//! A batch that was decided and is to be written.

use log::NewCommit;

use super::{PendingEvent, task::Job};

/// A batch that was decided.
#[derive(Default)]
pub struct Batch {
    /// With what they write.
    pub writing: Vec<(Job, Vec<PendingEvent>)>,
    /// Those that write nothing. They may rest on what the others write, so they are answered when that is durable.
    pub idle: Vec<Job>,
    /// What the log is given, if it is encoded already.
    pub commits: Option<Vec<NewCommit>>,
}

impl Batch {
    pub fn jobs(self) -> impl Iterator<Item = Job> {
        self.writing.into_iter().map(|(job, _)| job).chain(self.idle)
    }
}
