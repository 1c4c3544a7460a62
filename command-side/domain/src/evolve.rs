//! Why an event cannot follow on a state. Only a damaged log holds such an event, and no decision ever makes one.

/// An event that cannot follow on the state it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvolveError {
    /// The event opens what is open already.
    #[error("it is opened a second time")]
    OpenedTwice,
    /// The event happens to what was never opened.
    #[error("it was never opened")]
    NotOpened,
    /// The event follows on one that is the last of its kind.
    #[error("nothing can follow on the last event")]
    AfterTheLast,
    /// The event rests on another state than the one before it.
    #[error("it does not follow on the state before it")]
    OutOfOrder,
}
