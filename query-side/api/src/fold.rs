//! What the events of a stream come to: the port behind which the rules of the bank are.

use reads::Recorded;
use serde_json::value::RawValue;

/// What a stream comes to with an event: its state as JSON, none if it has none; or why the event cannot follow.
pub type Folded = Result<Option<Box<RawValue>>, String>;

/// Folds streams. What is sealed stays sealed.
pub trait Folder: Send + Sync {
    /// What the stream of an event of this type is the history of.
    fn kind(&self, event_type: &str) -> Option<&'static str>;

    /// For each event of a stream, from its first on, what the stream comes to with it.
    fn fold(&self, events: &[Recorded]) -> Vec<Folded>;
}
