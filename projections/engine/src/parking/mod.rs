//! Keys that were taken aside because an event of theirs cannot be applied, and the events that wait behind it.

mod desk;
mod retry;

use std::collections::HashSet;

use kernel::Position;
use sqlx::PgConnection;

pub use self::desk::{ParkWhat, ParkedKey};
pub use self::retry::Retried;
use crate::{Commit, Projection, checkpoint::Step};

/// The parked keys of a generation, and the events met since the checkpoint that belong to them.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    keys: HashSet<String>,
    aside: Vec<Aside>,
}

/// An event that is put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Aside {
    key: String,
    position: Position,
    commit: Position,
}

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
    fn first(&self, keys: Vec<String>) -> Option<String> {
        keys.into_iter().find(|key| self.keys.contains(key))
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
                    let key = self.first(projection.keys(event.stream, event.body.as_ref()))?;
                    Some(Aside { key, position, commit: commit.first })
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
            self.aside.iter().filter(|aside| step.from < aside.position && aside.position <= step.to).collect();
        if of_step.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = of_step.iter().map(|aside| aside.key.clone()).collect();
        let positions: Vec<i64> = of_step.iter().map(|aside| aside.position.number()).collect();
        let commits: Vec<i64> = of_step.iter().map(|aside| aside.commit.number()).collect();
        sqlx::query!(
            "insert into registry.parked_events (view, generation, key, position, commit_position)
             select $1, $2, key, position, commit from unnest($3::text[], $4::int8[], $5::int8[])
                as aside (key, position, commit)",
            view,
            generation,
            &keys,
            &positions,
            &commits
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
