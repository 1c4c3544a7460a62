//! Several views rebuilt at once: up to the fence, the log is read and decoded once for all of them.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use kernel::Position;
use log::{CommitRanges, PositionRange, ReadError};

use super::{
    Outcome, Phase, RebuildError, RebuildRequest, Rebuilder,
    creation::{New, create},
    lane::Lane,
    load::load,
    session::Session,
};
use crate::{
    error::chain,
    projection::{in_zone, zone_of},
};

/// Events in one range of the bulk load: few enough to be done again after a crash, many enough to be worth a transaction.
const RANGE: i64 = 100_000;
/// So many views at once are given their indexes, compared and promoted.
const AT_ONCE: usize = 2;

/// A view that is rebuilt, with the right to do so.
struct Job<'w, E: Send + Sync + 'static> {
    shop: &'w Rebuilder<E>,
    session: Session,
    generation: i32,
    /// Why it could not be loaded.
    failed: Option<RebuildError>,
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Makes a generation, or goes on with one whose making was interrupted.
    pub async fn rebuild(&self, request: &RebuildRequest) -> Result<Outcome, RebuildError> {
        let made = rebuild_together(&[self], request).await?.pop();
        made.unwrap_or(Err(RebuildError::NoLive(self.projection.name())))
    }
}

/// Makes a generation of each view, or goes on with those whose making was interrupted.
///
/// Each range of the log is read once for all views that lack it; the first rebuilder says from where and with what bounds.
/// What is loaded is remembered view by view, and after the load each view goes its own way: one may be promoted while
/// another is found wrong. An error of the whole means that it was broken off; all views can be gone on with.
pub async fn rebuild_together<E: Send + Sync + 'static>(
    shops: &[&Rebuilder<E>],
    request: &RebuildRequest,
) -> Result<Vec<Result<Outcome, RebuildError>>, RebuildError> {
    let mut jobs = begin(shops, request).await?;
    tasks::kill_point("planned");
    load_all(&mut jobs).await?;
    Ok(stream::iter(jobs).map(|job| job.finish(request)).buffered(AT_ONCE).collect().await)
}

/// Finds what was interrupted and makes the rest, all with the same ranges as far as they go.
async fn begin<'w, E: Send + Sync + 'static>(
    shops: &[&'w Rebuilder<E>],
    request: &RebuildRequest,
) -> Result<Vec<Job<'w, E>>, RebuildError> {
    let mut begun = Vec::new();
    for &shop in shops {
        let mut session = Session::open(&shop.database, shop.projection.name()).await?;
        let found = shop.find(&mut session, request).await?;
        let wanted = if found.is_none() { Some(shop.wanted(&mut session, request).await?) } else { None };
        begun.push((shop, session, found, wanted));
    }
    let wanted: BTreeSet<Position> = begun.iter().filter_map(|(.., wanted)| *wanted).collect();
    let mut ranges = Vec::new();
    if let Some((shop, ..)) = begun.first() {
        ranges = cut(shop.ranges.as_ref(), wanted, shop.options.connections.max(1)).await?;
    }
    let mut jobs = Vec::new();
    for (shop, mut session, found, wanted) in begun {
        let generation = match (found, wanted) {
            (Some(generation), _) => generation,
            (None, wanted) => {
                create_loaded(shop, &mut session, request, wanted.unwrap_or(Position::ZERO), &ranges).await?
            }
        };
        shop.reporter.generation(generation);
        jobs.push(Job { shop, session, generation, failed: None });
    }
    Ok(jobs)
}

/// Cuts the log into ranges up to the last of the positions. None lies across another of them, so that each view takes
/// whole ranges, the same as the others as far as it goes.
async fn cut(
    log: &dyn CommitRanges,
    wanted: BTreeSet<Position>,
    at_once: usize,
) -> Result<Vec<PositionRange>, ReadError> {
    let mut ranges: Vec<PositionRange> = Vec::new();
    for to in wanted {
        let after = ranges.last().map_or(Position::ZERO, |range| range.to);
        let spread = if ranges.is_empty() { at_once } else { 1 };
        let parts = usize::try_from((to.number() - after.number()) / RANGE).unwrap_or_default() + spread;
        ranges.extend(log.plan(after, to, parts).await?);
    }
    Ok(ranges)
}

async fn create_loaded<E: Send + Sync + 'static>(
    shop: &Rebuilder<E>,
    session: &mut Session,
    request: &RebuildRequest,
    wanted: Position,
    ranges: &[PositionRange],
) -> Result<i32, RebuildError> {
    let head = shop.log.head().await?;
    let ranges = &ranges[..ranges.partition_point(|range| range.to <= wanted)];
    let fence = ranges.last().map_or(Position::ZERO, |range| range.to);
    let zone = zone_of(shop.projection.as_ref(), shop.zone);
    let new = New { log: head.log, zone, side: request.is_side(), fence, ranges, operator: &request.operator };
    create(session, shop.projection.as_ref(), &new).await
}

/// Loads those that are to be loaded.
async fn load_all<E: Send + Sync + 'static>(jobs: &mut [Job<'_, E>]) -> Result<(), RebuildError> {
    let Some(first) = jobs.first().map(|job| job.shop) else { return Ok(()) };
    let (mut lanes, mut loaded) = (Vec::new(), Vec::new());
    for job in jobs {
        let making = job.session.generation(job.generation).await?;
        let projection = in_zone(&job.shop.projection, making.zone);
        if let Some(bulk) = projection.bulk().filter(|_| making.state == "building") {
            lanes.push(Lane::of(projection, bulk, making, &job.shop.reporter));
            loaded.push((&mut job.session, &mut job.failed));
        }
    }
    let (mut sessions, failed): (Vec<_>, Vec<_>) = loaded.into_iter().unzip();
    let outcomes = if lanes.is_empty() { Vec::new() } else { load(first, lanes, &mut sessions).await? };
    failed.into_iter().zip(outcomes).for_each(|(failed, outcome)| *failed = outcome);
    Ok(())
}

impl<E: Send + Sync + 'static> Job<'_, E> {
    /// The rest of the way, by itself.
    async fn finish(mut self, request: &RebuildRequest) -> Result<Outcome, RebuildError> {
        let result = match self.failed {
            Some(error) => Err(error),
            None => self.shop.go_on(&mut self.session, self.generation, request).await,
        };
        if let Err(error @ (RebuildError::Stuck(_) | RebuildError::Rows { .. })) = &result {
            // Trying again with the same program would end in the same way.
            self.session.fail(self.generation, &chain(error)).await?;
        }
        if result.is_err() {
            self.shop.reporter.phase(Phase::Failed, 0, 0);
        }
        result
    }
}
