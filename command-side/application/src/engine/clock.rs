//! The clock of the log, as far as it is known here.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A time of the log, and the moment at which it was heard of. Since then it has gone on as the clock of this process does, which
/// nobody sets. So it is a little behind, by how long the answer was under way; the log checks what rests on it.
#[derive(Clone, Copy, Debug)]
pub struct LogClock {
    time: DateTime<Utc>,
    heard: Instant,
}

impl LogClock {
    /// The log has just told this time.
    pub fn read(time: DateTime<Utc>) -> Self {
        Self { time, heard: Instant::now() }
    }

    /// The time now. The log keeps microseconds: what is decided now is read back the same.
    pub fn now(self) -> DateTime<Utc> {
        let micros = i64::try_from(self.heard.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.time + TimeDelta::microseconds(micros)
    }
}
