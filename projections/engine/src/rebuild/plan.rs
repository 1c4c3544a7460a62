//! What a rebuild would have to do.

use chrono::{DateTime, Utc};
use kernel::Position;

use super::{
    Rebuilder, Until,
    error::{RebuildError, doing},
    session::{Session, connect},
};

/// Events a second that a machine of two cores loads by COPY, and that the ordinary writer applies, about: for the first
/// guess. The progress bar knows better as soon as it runs.
const LOADED: i64 = 100_000;
const APPLIED: i64 = 25_000;

/// What a rebuild would have to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The view.
    pub view: &'static str,
    /// The live generation.
    pub live: i32,
    /// The version of the live generation.
    pub live_version: i32,
    /// The version that would be made.
    pub version: i32,
    /// The events that would be read.
    pub events: i64,
    /// The rows of the live generation, as Postgres estimates them.
    pub rows: i64,
    /// The bytes of the live generation, indexes included: as many would be added.
    pub bytes: i64,
    /// Whether it would be loaded in ranges.
    pub bulk: bool,
    /// About how long it would take, in seconds.
    pub seconds: i64,
    /// The generation in the making, if there is one, and its state: it would be gone on with.
    pub resumes: Option<(i32, String)>,
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Says what a rebuild would have to do, and does nothing.
    pub async fn plan(&self, until: &Until) -> Result<Plan, RebuildError> {
        let view = self.projection.name();
        let mut session = Session { connection: connect(&self.database).await?, view, right: None };
        let live = session.live().await?;
        let events = match until {
            Until::Side(position) => position.number().min(self.log.head().await?.position.number()),
            _ => live.position.number(),
        };
        let generations = session.generations().await?;
        let unfinished = ["building", "indexing", "tailing", "comparing", "ready"];
        let resumes = generations
            .iter()
            .find(|making| making.kind == "main" && unfinished.contains(&making.state.as_str()))
            .map(|making| (making.generation, making.state.clone()));
        let size = sqlx::query!(
            r#"select coalesce(sum(greatest(c.reltuples, 0)), 0)::int8 as "rows!",
                   coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 as "bytes!"
               from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
               where n.nspname = $1 and c.relkind = 'r'"#,
            live.schema
        )
        .fetch_one(&mut session.connection)
        .await
        .map_err(doing("weighing the live generation"))?;
        let bulk = self.projection.bulk().is_some();
        let mut rate = if bulk { LOADED } else { APPLIED };
        if let Some(limit) = self.options.rate {
            rate = rate.min(i64::from(limit)).max(1);
        }
        Ok(Plan {
            view,
            live: live.generation,
            live_version: live.version,
            version: self.projection.version(),
            events,
            rows: size.rows,
            bytes: size.bytes,
            bulk,
            seconds: events / rate + 1,
            resumes,
        })
    }

    /// The position that the log had reached at a time.
    pub async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, RebuildError> {
        // The log's clock never goes back, so the first commit after the time is found by halving.
        let (mut before, mut after) = (0, self.log.head().await?.position.number());
        while before < after {
            let middle = before + (after - before) / 2;
            match self.log.recorded_after(Position::new(middle)).await? {
                Some(recorded_at) if recorded_at <= time => before = middle + 1,
                _ => after = middle,
            }
        }
        Ok(Position::new(before))
    }
}
