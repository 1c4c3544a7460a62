//! Keys that are parked because an event of theirs cannot be applied, and the events that wait behind it.

mod actions;
mod count;
mod order;
mod retry;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use kernel::Position;
use sqlx::PgConnection;

pub use self::actions::{ParkWhat, ParkedKey};
pub use self::retry::Retried;
use crate::{Commit, Projection, checkpoint::Step};

/// The parked keys of a generation, and the events met since the checkpoint that belong to them.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    keys: HashSet<String>,
    aside: Vec<Aside>,
}

/// A parked event.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Aside {
    key: String,
    position: Position,
    commit: Position,
    recorded_at: DateTime<Utc>,
    /// All its keys: what is read by one of them lacks this event.
    touches: Vec<String>,
}

/// Between keys, where many of them are one text.
const SEPARATOR: &str = "\u{1f}";

impl Parked {
    /// Reads which keys of a generation are parked.
    pub(crate) async fn load(connection: &mut PgConnection, view: &str, generation: i32) -> Result<Self, sqlx::Error> {
        let keys = sqlx::query_scalar!(
            "select key from registry.parked_keys where view = $1 and generation = $2",
            view,
            generation
        )
        .fetch_all(connection)
        .await?;
        Ok(Self { keys: keys.into_iter().collect(), aside: Vec::new() })
    }

    /// How many keys are parked.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing is parked.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The first of these keys that is parked.
    fn first(&self, keys: &[String]) -> Option<String> {
        keys.iter().find(|key| self.keys.contains(*key)).cloned()
    }

    /// Hides the events that have a parked key, and remembers them until their step is taken.
    pub(crate) fn hide<E: Send + Sync + 'static>(
        &mut self,
        projection: &dyn Projection<Event = E>,
        commits: &mut [Commit<E>],
    ) {
        self.aside.clear();
        if self.keys.is_empty() {
            return;
        }
        for commit in commits {
            let found: Vec<Aside> = commit
                .positioned()
                .filter_map(|(position, event)| {
                    let touches = projection.keys(event.stream, event.body.as_ref());
                    let key = self.first(&touches)?;
                    Some(Aside { key, position, commit: commit.first, recorded_at: commit.recorded_at, touches })
                })
                .collect();
            if !found.is_empty() {
                commit.hide(false, |position, _| found.iter().any(|aside| aside.position == position));
                self.aside.extend(found);
            }
        }
    }

    /// Writes down the hidden events of a step, in its transaction.
    pub(crate) async fn record(
        &self,
        transaction: &mut PgConnection,
        view: &str,
        generation: i32,
        step: Step,
    ) -> Result<(), sqlx::Error> {
        let of_step: Vec<&Aside> =
            self.aside.iter().filter(|a| step.after() < a.position && a.position <= step.to.position).collect();
        if of_step.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = of_step.iter().map(|aside| aside.key.clone()).collect();
        let positions: Vec<i64> = of_step.iter().map(|aside| aside.position.number()).collect();
        let commits: Vec<i64> = of_step.iter().map(|aside| aside.commit.number()).collect();
        let recorded_at: Vec<DateTime<Utc>> = of_step.iter().map(|aside| aside.recorded_at).collect();
        let touches: Vec<String> = of_step.iter().map(|aside| aside.touches.join(SEPARATOR)).collect();
        sqlx::query!(
            "insert into registry.parked_events (view, generation, key, position, commit_position, recorded_at, touches)
             select $1, $2, key, position, commit, recorded_at, string_to_array(touches, $8)
             from unnest($3::text[], $4::int8[], $5::int8[], $6::timestamptz[], $7::text[])
                as aside (key, position, commit, recorded_at, touches)",
            view,
            generation,
            &keys,
            &positions,
            &commits,
            &recorded_at,
            &touches,
            SEPARATOR
        )
        .execute(transaction)
        .await
        .map(drop)
    }

    /// Forgets what has been written down.
    pub(crate) fn forget(&mut self, up_to: Position) {
        self.aside.retain(|aside| aside.position > up_to);
    }
}
