//! The engine: takes what has queued, decides it in order, appends it at once, answers each.
//!
//! The technique is group commit (Helland et al., "Group Commit Timers and High Volume Transaction Systems", 1987)
//! without a timer: the next batch is whatever queued while the last append was in flight.
//!
//! It knows no command. Money and members run an engine each, on connections of their own, so that a transfer never waits
//! for a member's command.

mod ahead;
mod batch;
mod clock;
mod decided;
mod decision;
mod handle;
mod in_flight;
mod layer;
mod load;
mod look;
mod metric_names;
mod options;
mod outbox;
mod parking;
mod pending_event;
mod queue;
mod read_error;
mod recent;
mod run;
mod serve;
mod spans;
mod state;
mod states;
mod stream;
mod submission;
mod task;
mod unit_of_work;
mod write;

use std::sync::Arc;

pub use decision::Decision;
pub use handle::{Engine, Running};
pub use in_flight::{Claim, InFlight};
pub use load::load;
use log::Appended;
pub use metric_names::MetricNames;
pub use options::EngineOptions;
pub use pending_event::{PendingEvent, position};
pub use read_error::{read_failed, unanswered};
pub use state::State;
pub use stream::{FoldError, Stream};
pub use submission::{Meta, OperatorAct, PresentedToken, Receipt, Submission};
pub use unit_of_work::UnitOfWork;

use crate::ExecuteError;

/// The log as the engine needs it.
pub trait Log: log::Append + log::ReadStreams + log::ReadHead + log::OwnedAccounts {}

impl<T: log::Append + log::ReadStreams + log::ReadHead + log::OwnedAccounts> Log for T {}

/// One thing that can be asked for. All of it may be asked again: after a conflict it decides again, on what was read again.
pub trait Command: Send + Sync + 'static {
    /// What it decides by, besides the log.
    type Rules: Send + Sync + 'static;
    /// What is answered: the outcome, or a refusal that was recorded.
    type Answer: Clone + Send + Sync + 'static;
    /// Why nothing was written.
    type Error: From<ExecuteError> + Send + 'static;

    /// How much of a batch it takes.
    fn weight(&self) -> usize {
        1
    }

    /// Adds the events it comes to. A stream that `work` does not hold yet is read, and then it is asked again; what it comes
    /// to until then counts for nothing. It may come to no event: then it is answered without an append. An error after an event
    /// was added is a defect.
    fn decide(&self, rules: &Self::Rules, work: &mut Decision<'_>) -> Result<(), Self::Error>;

    /// The answer, from the events that were written: the first time and every time after. It may look at streams for what
    /// never changes, or for what was before the events. There is no place if there are no events.
    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Self::Answer, IncompleteEvents>;
}

/// The events do not show an outcome that the command can have.
#[derive(Debug, thiserror::Error)]
#[error("the events of the command show no outcome of it")]
pub struct IncompleteEvents;

/// Whose tokens count no more, if any can be revoked.
type Revoked = Option<Arc<dyn crate::RevokedTokens>>;
