//! When a task is started again, and when that is given up.

use std::{any::Any, time::Duration};

use tokio::time::Instant;

use crate::Backoff;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
/// So many restarts in a row are tried: about 15 seconds.
const TRIES: u32 = 8;
/// A task that ran for this long has recovered.
const RECOVERED: Duration = Duration::from_secs(60);

/// When a task that broke is started again: after waits that grow, a few times in a row.
pub(crate) struct Restarts {
    tries: u32,
    last: Instant,
    backoff: Backoff,
}

impl Default for Restarts {
    fn default() -> Self {
        Self { tries: 0, last: Instant::now(), backoff: Backoff::new(FIRST, LONGEST) }
    }
}

impl Restarts {
    /// The pause before the next start; none if it was tried often enough.
    pub fn next(&mut self) -> Option<Duration> {
        if self.last.elapsed() > RECOVERED {
            self.tries = 0;
            self.backoff.reset();
        }
        self.last = Instant::now();
        if self.tries == TRIES {
            return None;
        }
        self.tries += 1;
        Some(self.backoff.next_wait())
    }
}

/// What a panic said.
pub(crate) fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}
