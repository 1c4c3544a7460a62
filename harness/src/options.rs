//! How the providers run.

use std::{path::PathBuf, time::Duration};

/// How the providers run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bearer token that calls must come with; any will do if there is none.
    pub api_key: Option<String>,
    /// Where each keeps its book, so that it is there after a restart; in memory only if there is none.
    pub folder: Option<PathBuf>,
    /// How long a late answer takes.
    pub late: Duration,
    /// How long a payout takes to settle or to come back, and a slow gift card to be issued.
    pub settle: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { api_key: None, folder: None, late: Duration::from_secs(5), settle: Duration::from_millis(300) }
    }
}
