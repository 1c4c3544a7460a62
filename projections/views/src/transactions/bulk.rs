//! Entries and ticks from ranges of the log: rows that never change, in whatever order.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::Event;
use kernel::Position;
use projection_engine::{Bulk, Commit, Fault, Loader, WriteError};
use sqlx::PgConnection;

use super::{fold::fold_commit, rows::COPY_ENTRIES};
use crate::copy::CopyRows;

pub(super) struct InOrder;

const COPY_TICKS: &str = "copy ticks (recorded_at, position) from stdin (format binary)";

impl Bulk<Event> for InOrder {
    fn merge(&self) -> &'static [&'static str] {
        // The commits of one append have one time, and two ranges may have them.
        &["delete from ticks using ticks as later
           where ticks.recorded_at = later.recorded_at and ticks.position < later.position"]
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        let (entries, ticks) = (CopyRows::new(COPY_ENTRIES, 12), CopyRows::new(COPY_TICKS, 2));
        Box::new(Gathered { entries, ticks, tick: None })
    }
}

struct Gathered {
    entries: CopyRows,
    ticks: CopyRows,
    /// The time that the next commit may have too.
    tick: Option<(DateTime<Utc>, Position)>,
}

impl Gathered {
    fn end_tick(&mut self) {
        if let Some((recorded_at, position)) = self.tick.take() {
            self.ticks.row().time(recorded_at).int8(position.number());
        }
    }
}

#[async_trait]
impl Loader<Event> for Gathered {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        for commit in commits {
            fold_commit(commit, |entry| entry.write(&mut self.entries))?;
            if self.tick.is_some_and(|(recorded_at, _)| recorded_at != commit.recorded_at) {
                self.end_tick();
            }
            self.tick = Some((commit.recorded_at, commit.last()));
        }
        Ok(())
    }

    fn held(&self) -> usize {
        self.entries.held() + self.ticks.held()
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.end_tick();
        self.entries.flush(connection).await?;
        self.ticks.flush(connection).await
    }
}
