//! Why no public events can be made.

use events::recorded::DecodeError;
use kernel::Position;

/// Why a commit cannot be told. Nothing of it is told then, and nothing after it: an event is never left out because it is not understood.
#[derive(Debug, thiserror::Error)]
pub enum TranslateError {
    /// An event cannot be read here.
    #[error("the event at position {position} cannot be told: if a later build wrote it, update this program")]
    Unreadable {
        /// Where it stands.
        position: Position,
        /// Why not.
        #[source]
        source: DecodeError,
    },
    /// The commit lacks an event that belongs to another of it.
    #[error("the event at position {position} cannot be told: its commit does not say {what}")]
    Incomplete {
        /// Where it stands.
        position: Position,
        /// What is missing.
        what: &'static str,
    },
    /// The data cannot be written as JSON.
    #[error("the event at position {position} cannot be written")]
    Json {
        /// Where it stands.
        position: Position,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
}
