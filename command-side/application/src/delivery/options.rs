//! How the courier works.

use std::time::Duration;

/// How the courier works.
#[derive(Clone, Debug)]
pub struct CourierOptions {
    /// The queue is looked at after this time even if nobody rang.
    pub poll: Duration,
    /// Messages under way at once.
    pub at_once: usize,
    /// How long a channel may take; then the message counts as not taken.
    pub patience: Duration,
    /// How long a message is ours once taken. Much longer than the patience: the message must be settled by then.
    pub lease: Duration,
}

impl Default for CourierOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            at_once: 32,
            patience: Duration::from_secs(15),
            lease: Duration::from_secs(60),
        }
    }
}
