//! The executor: takes what has queued, decides it in order, appends it at once, answers each.
//!
//! The technique is group commit (Helland et al., "Group Commit Timers and High Volume Transaction Systems", 1987)
//! without a timer: the next batch is whatever queued while the last append was in flight.

mod bank;
mod batch;
mod decide;
pub(crate) mod in_flight;
pub(crate) mod load;
mod needs;
mod options;
mod outbox;
mod pending_events;
mod recent;
mod replay;
mod run;
mod snapshots;
pub(crate) mod stream;
mod system;
mod unit_of_work;

pub use bank::{Bank, Executor};
pub use options::ExecutorOptions;

use crate::{Answer, ExecuteError, Submission};

/// The log as the executor needs it.
pub trait Log: log::Append + log::ReadStreams + log::ReadHead {}

impl<T: log::Append + log::ReadStreams + log::ReadHead> Log for T {}

/// A submission on its way through the executor. Dropping it frees its command id for the next try.
struct Job {
    submission: Submission,
    queued_at: tokio::time::Instant,
    answer: tokio::sync::oneshot::Sender<Result<Answer, ExecuteError>>,
    claim: in_flight::Claim,
}

impl Job {
    fn finish(self, result: Result<Answer, ExecuteError>) {
        // First the command id, then the answer: whoever has the answer may send the next request at once.
        drop(self.claim);
        // The client may have gone; what was decided stands all the same.
        let _ = self.answer.send(result);
    }
}
