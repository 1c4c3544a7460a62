//! The bulk load: ranges of the log, several at once, each read once for all views that lack it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use log::{CommitRanges, PositionRange, ReadError};
use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::{sync::Mutex, task::JoinSet, time::interval};

use super::{
    Phase, Rebuilder,
    error::{RebuildError, doing},
    lane::Lane,
    part::{Part, decode, trim},
    progress::Rate,
    reading::{Read, ahead},
    session::{Ranges, Session, connect_for_long},
    writing::Writing,
};
use crate::{Decode, registry::run};

/// So many bytes of rows are gathered by all workers together before they are sent.
const HELD: usize = 48 << 20;
/// How often the registry records that the load goes on.
const BEAT: Duration = Duration::from_secs(2);

/// What every worker needs.
struct Crew<E: Send + Sync + 'static> {
    lanes: Vec<Lane<E>>,
    decoder: Arc<dyn Decode<Event = E>>,
    ranges: Arc<dyn CommitRanges>,
    database: PgConnectOptions,
    /// The ranges that are missing, each with the places of the lanes that lack it.
    queue: Mutex<VecDeque<(PositionRange, Vec<usize>)>>,
    held: usize,
    rate: Rate,
}

/// Loads the ranges that are missing; why each view could not be loaded, if it could not. An error of the whole says
/// nothing against the views: what is loaded stays, and is gone on with by the next try.
pub(super) async fn load<E: Send + Sync + 'static>(
    shop: &Rebuilder<E>,
    lanes: Vec<Lane<E>>,
    sessions: &mut [&mut Session],
) -> Result<Vec<Option<RebuildError>>, RebuildError> {
    let mut missing: BTreeMap<PositionRange, Vec<usize>> = BTreeMap::new();
    for (place, (lane, session)) in lanes.iter().zip(&mut *sessions).enumerate() {
        let Ranges { open, done, .. } = session.ranges(lane.making.generation).await?;
        lane.reporter.phase(Phase::Building, done, lane.making.fence.number());
        open.into_iter().for_each(|range| missing.entry(range).or_default().push(place));
    }
    let at_once = shop.options.connections.max(1);
    let crew = Arc::new(Crew {
        lanes,
        decoder: shop.decoder.clone(),
        ranges: shop.ranges.clone(),
        database: shop.database.clone(),
        queue: Mutex::new(missing.into_iter().collect()),
        held: HELD / at_once,
        rate: Rate::new(shop.options.rate),
    });
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        workers.spawn(crew.clone().work());
    }
    let mut beat = interval(BEAT);
    loop {
        tokio::select! {
            ended = workers.join_next() => match ended {
                None => break,
                Some(Ok(result)) => result?,
                Some(Err(panic)) => return Err(RebuildError::Interrupted(panic.to_string())),
            },
            _ = beat.tick() => crew.beat(sessions).await?,
        }
    }
    drop(workers);
    let crew = Arc::into_inner(crew).ok_or_else(|| RebuildError::Interrupted("a worker did not end".to_owned()))?;
    Ok(crew.lanes.into_iter().map(Lane::into_error).collect())
}

impl<E: Send + Sync + 'static> Crew<E> {
    /// Says that the making goes on; a view whose making was cancelled is left.
    async fn beat(&self, sessions: &mut [&mut Session]) -> Result<(), RebuildError> {
        for (lane, session) in self.lanes.iter().zip(sessions).filter(|(lane, _)| lane.goes_on()) {
            match session.beat(lane.making.generation).await {
                Err(lost @ RebuildError::Lost(_)) => lane.give_up(lost),
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// Takes range after range until there is none.
    async fn work(self: Arc<Self>) -> Result<(), RebuildError> {
        let mut connection = connect_for_long(&self.database).await?;
        let asynchronously = "set synchronous_commit to off".to_owned();
        run(&mut connection, asynchronously).await.map_err(doing("preparing to write"))?;
        loop {
            let Some((range, lacking)) = self.queue.lock().await.pop_front() else { return Ok(()) };
            let lanes = lacking.into_iter().filter_map(|place| self.lanes.get(place));
            let parts = lanes.filter(|lane| lane.goes_on()).map(Part::of).collect();
            self.range(&mut connection, range, parts).await?;
            tasks::kill_point("building");
        }
    }

    /// Loads one range for those who lack it, in one transaction.
    async fn range(
        &self,
        connection: &mut PgConnection,
        range: PositionRange,
        mut parts: Vec<Part<'_, E>>,
    ) -> Result<(), RebuildError> {
        let mut commits = ahead(self.ranges.clone(), range);
        let mut writing = Writing::on(connection);
        let mut reached = None;
        let mut end = range.after;
        loop {
            parts.retain(Part::goes_on);
            if parts.is_empty() {
                return Ok(());
            }
            let Some(next) = writing.awake(self.next(&mut commits)).await?.transpose()? else { break };
            let decoded = decode(&next, self.decoder.as_ref(), &parts);
            let Some(last) = decoded.last() else { continue };
            let events = last.last().number() - end.number();
            parts.iter_mut().for_each(|part| part.add(&decoded, events));
            (reached, end) = (Some(last.reference()), last.last());
            trim(&mut parts, self.held, &mut writing, range).await?;
        }
        if end != range.to {
            return Err(RebuildError::Interrupted(format!("the log was read up to {end} instead of {}", range.to)));
        }
        for part in &mut parts {
            part.write(writing.begun().await?, range).await?;
            part.done(writing.begun().await?, range, reached).await?;
        }
        writing.commit().await
    }

    /// The next commits, as fast as the rate allows; none at the end of the range.
    async fn next(&self, commits: &mut Read) -> Option<Result<Vec<log::Commit>, ReadError>> {
        let next = commits.recv().await;
        if let Some(Ok(next)) = &next {
            self.rate.take(next.iter().map(|commit| commit.events.len() as i64).sum()).await;
        }
        next
    }
}
