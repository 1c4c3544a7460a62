//! How often the outside is asked again.

use std::time::Duration;

use application::OutsideOptions;

/// How a process with the outside world waits.
#[derive(Clone, Debug, clap::Args)]
pub struct OutsideConfig {
    /// How often a step of a process with the outside is tried that is not answered; then it is stuck, and an operator says how it goes on
    #[arg(long, env = "JANGBU_OUTSIDE_TRIES", default_value_t = OutsideOptions::default().unanswered, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub outside_tries: u32,
    /// Milliseconds after the first try until the next; twice as long after each further one, up to five minutes
    #[arg(long, env = "JANGBU_OUTSIDE_FIRST_PAUSE_MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub outside_first_pause_ms: u64,
}

impl OutsideConfig {
    pub(crate) fn options(&self) -> OutsideOptions {
        OutsideOptions {
            unanswered: self.outside_tries,
            first_pause: Duration::from_millis(self.outside_first_pause_ms),
            ..OutsideOptions::default()
        }
    }
}
