//! How an engine is set.

use std::time::Duration;

use super::{MetricNames, Revoked};

/// How an engine is set.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The name of its task.
    pub name: &'static str,
    /// The names of what it counts.
    pub metrics: &'static MetricNames,
    /// Whether the process ends if the engine dies. Else it starts again with nothing in memory; of the commands it had in hand
    /// the outcome is unknown.
    pub is_vital: bool,
    /// How many commands may wait.
    pub queue: usize,
    /// How much one append takes at most; a command of more goes alone.
    pub batch_weight: usize,
    /// How many streams are kept in memory; with 0 everything is read afresh.
    pub cached_streams: usize,
    /// How many recent answers are kept in memory, to answer retries without the log. With 0 none stays in memory.
    pub cached_answers: usize,
    /// The state of a stream goes with an append each time it has grown by this many events, to a log that keeps states with streams;
    /// never with 0.
    pub state_every: i64,
    /// How often a batch is tried again after another process took its streams.
    pub attempts: u32,
    /// How long after its deadline a client still waits for an append under way.
    pub grace: Duration,
    /// Whose tokens count no more: looked at once more when a command is taken from the queue, and before each append.
    pub revoked: Revoked,
}
