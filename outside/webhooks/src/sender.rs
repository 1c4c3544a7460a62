//! The loop of the active sender.

use std::{
    future::{pending, ready},
    time::Duration,
};

use chrono::{DateTime, Utc};
use event_store_postgres::{AppendWatch, LockHandle};
use futures::{FutureExt, StreamExt};
use kernel::{Clock, SystemClock};
use log::ReadCommits;
use platform::shutdown::Shutdown;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use crate::{
    active::{Active, Flights, Landed, Means, SendError},
    endpoint::{Endpoint, Wanted},
    follow::Page,
    health::StopReason,
    history::position,
    status,
};

/// Between two rounds, at least: what was appended and what was answered meanwhile is read and written at once. A round for each answer, and
/// two hundred events a second, slowed transfers down a lot (docs/benchmarks, `bench streams`).
const ROUND: Duration = Duration::from_millis(50);
/// How often it is asked what has become due.
const DUE: Duration = Duration::from_millis(100);
/// How often what is pending is counted and what is old forgotten.
const HOUSEKEEPING: Duration = Duration::from_secs(10);
/// How long attempts under way are waited for at the end.
const LAST_ATTEMPTS: Duration = Duration::from_secs(5);
/// Attempts whose results are written at once.
const RESULTS: usize = 500;

/// Sends until asked to stop, or until something fails.
pub(crate) async fn send(means: &Means, held: LockHandle, shutdown: &Shutdown) -> Result<(), SendError> {
    let mut active = Active::open(means, held).await?;
    let mut watch = AppendWatch::start((*means.log.pool().connect_options()).clone());
    let (mut due, mut housekeeping) = (ticker(DUE), ticker(HOUSEKEEPING));
    let (mut look, mut recovers, mut round, mut looked) = (true, true, Instant::now(), Instant::now());
    // A webhook with all its places taken is sent nothing until some of them are free.
    let most = means.config.in_flight_each.div_ceil(2).clamp(1, RESULTS);
    loop {
        let mut landed = Vec::new();
        let heard = async {
            sleep_until(round + ROUND).await;
            // Counted from the last look: this begins again with each tick of the others.
            watch.wait((looked + means.config.poll()).saturating_duration_since(Instant::now())).await
        };
        tokio::select! {
            biased;
            () = shutdown.requested() => return finish(active).await,
            _ = housekeeping.tick() => keep_house(&mut active).await?,
            () = ready(()), if look || recovers => {}
            () = gather(&mut active.flights, &mut landed, round + ROUND, most) => {}
            _ = due.tick() => {}
            _ = heard => look = true,
        }
        round = Instant::now();
        while landed.len() < RESULTS
            && let Some(Some(one)) = active.flights.next().now_or_never()
        {
            landed.push(one);
        }
        if !landed.is_empty() {
            active.record(landed).await?;
        }
        if look {
            looked = round;
            look = active.advance().await?;
        }
        recovers = active.recover().await?;
        active.dispatch().await?;
    }
}

/// Takes what lands until then, or until it is so many; never ends while nothing does.
async fn gather(flights: &mut Flights, landed: &mut Vec<Landed>, until: Instant, most: usize) {
    match flights.next().await {
        Some(one) => landed.push(one),
        None => pending().await,
    }
    while landed.len() < most {
        tokio::select! {
            biased;
            Some(one) = flights.next() => landed.push(one),
            () = sleep_until(until) => return,
        }
    }
}

/// Waits for what is under way, and writes down where it ended. What did not end is sent again by the next sender.
async fn finish(mut active: Active<'_>) -> Result<(), SendError> {
    let mut landed: Vec<Landed> = Vec::new();
    let landing = async {
        while let Some(one) = active.flights.next().await {
            landed.push(one);
        }
    };
    let _ = timeout(LAST_ATTEMPTS, landing).await;
    if !landed.is_empty() {
        active.record(landed).await?;
    }
    active.write(&Page::default()).await
}

async fn keep_house(active: &mut Active<'_>) -> Result<(), SendError> {
    let (means, now) = (active.means, SystemClock.now());
    let behind = means.log.recorded_after(position(active.read)).await?;
    let age = |since: DateTime<Utc>| (now - since).to_std().unwrap_or_default();
    status::followed(position(active.read), behind.map_or(Duration::ZERO, age));
    let backlog = means.store.backlog().await?;
    status::pending(backlog, backlog.oldest.map_or(Duration::ZERO, age));
    for reason in StopReason::ALL {
        let is_stopped = |endpoint: &&Endpoint| {
            endpoint.wanted == Wanted::Enabled && endpoint.health.stopped.is_some_and(|(_, because)| because == reason)
        };
        status::stopped_now(reason, active.webhooks.all().filter(is_stopped).count());
    }
    means.store.forget(active.epoch, now - means.config.keep()).await?;
    Ok(())
}

fn ticker(every: Duration) -> tokio::time::Interval {
    let mut ticker = interval(every);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}
