//! Whether relay and views keep up: looked at twice, for being behind is no fault while one moves.

use sqlx::PgConnection;

use super::{DoctorArgs, finding::Finding, servers};
use crate::{
    config::Config,
    db::Database,
    failure::Failure,
    log_tables::{self, Relay},
    views::{self, Standing},
};

/// A running relay writes its cursor every few seconds.
const RELAY_SILENCE_MS: i64 = 15_000;
/// The name of the lock that the active relay holds.
const RELAY_LOCK: &str = "jangbu/relay";

/// One look.
struct Look {
    relay: Result<Option<Relay>, Failure>,
    views: Result<Vec<Standing>, Failure>,
}

/// Looks twice.
pub async fn look(args: &DoctorArgs, config: &Config) -> Vec<Finding> {
    let (log, views) = tokio::join!(Database::Log.connect(config), Database::Views.connect(config));
    // Without the log nothing can be behind it; that it does not answer is reported already.
    let Ok(mut log) = log else { return Vec::new() };
    let mut views = views.ok();
    let before = take(&mut log, views.as_mut()).await;
    let (hangs, ()) = tokio::join!(servers::relay_hangs(config), tokio::time::sleep(args.watch()));
    let after = take(&mut log, views.as_mut()).await;

    let mut findings = vec![match (before.relay, after.relay) {
        (Ok(before), Ok(after)) => relay(before, after, hangs, args.max_lag_ms),
        (_, Err(failure)) | (Err(failure), _) => Finding::failed("relay", &failure),
    }];
    match (before.views, after.views) {
        (Ok(before), Ok(mut after)) if views.is_some() => {
            after.iter_mut().for_each(|view| view.hold_against(config.zone));
            findings.extend(all_views(&before, &after, args.max_lag_ms));
        }
        (Err(failure), _) | (_, Err(failure)) => findings.push(Finding::failed("views", &failure)),
        _ => {}
    }
    findings
}

async fn take(log: &mut PgConnection, views: Option<&mut PgConnection>) -> Look {
    let standings = async |log: &mut PgConnection| {
        let Some(connection) = views else { return Ok(Vec::new()) };
        let mut standings = views::registry(connection).await?;
        views::lag(log, &mut standings).await?;
        Ok(standings)
    };
    Look { views: standings(log).await, relay: read_relay(log).await }
}

async fn read_relay(log: &mut PgConnection) -> Result<Option<Relay>, Failure> {
    log_tables::relay(log, lock_number(RELAY_LOCK)).await
}

/// The number by which Postgres knows a lock (FNV-1a).
pub fn lock_number(name: &str) -> i64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, step).cast_signed()
}

fn relay(before: Option<Relay>, after: Option<Relay>, hangs: bool, max_lag_ms: i64) -> Finding {
    let what = "relay";
    let start = "start outbox-relay (`./justw status`, `./justw logs`)";
    let Some(after) = after else { return Finding::fail(what, "no relay has ever run on this log", start) };
    let moved = before.is_some_and(|before| before.position < after.position);
    let at = format!("{} at position {}, {} events behind", after.holder, after.position, after.lag_events);
    if after.other_history {
        let found = format!("{at}: it has published a commit that the log does not hold");
        return Finding::fail(what, found, super::history::ADOPT);
    }
    // Postgres takes the lock back from one that is suspended, so that another can take over; none has.
    if hangs && (!after.locked || after.silent_ms > RELAY_SILENCE_MS) {
        return Finding::fail(
            what,
            format!("{at}: does not answer, and no other relay has taken over"),
            servers::HANGS,
        );
    }
    if !after.locked {
        return Finding::fail(what, format!("{at}: stopped, no relay holds the lock"), start);
    }
    if after.silent_ms > RELAY_SILENCE_MS {
        return Finding::fail(what, format!("{at}: not heard of for {} s", after.silent_ms / 1000), start);
    }
    match (after.lag_ms > max_lag_ms, moved) {
        (true, false) => {
            let to_do = "it runs but publishes nothing: is NATS reachable for it? see its logs";
            Finding::fail(what, format!("{at} for {} ms, and not moving", after.lag_ms), to_do)
        }
        (true, true) => {
            Finding::warn(what, format!("{at}, {} ms, and catching up", after.lag_ms), "wait; look again in a minute")
        }
        _ => Finding::ok(what, at),
    }
}

fn all_views(before: &[Standing], after: &[Standing], max_lag_ms: i64) -> Vec<Finding> {
    let live = |name: &str| after.iter().find(|s| s.view == name && s.is_live());
    let expected = ::views::all();
    let absent = expected.iter().map(|view| view.name()).filter(|name| live(name).is_none());
    let mut findings: Vec<Finding> = absent
        .map(|name| {
            Finding::fail(format!("view {name}"), "no live generation", "start the projector: it makes the first one")
        })
        .collect();
    for view in after.iter().filter(|s| s.is_live()) {
        let earlier = before.iter().find(|s| (&s.view, s.generation) == (&view.view, view.generation));
        findings.push(one_view(view, earlier.is_some_and(|e| e.position < view.position), max_lag_ms));
    }
    findings
}

fn one_view(view: &Standing, moved: bool, max_lag_ms: i64) -> Finding {
    let what = format!("view {}", view.view);
    let (events, ms) = (view.lag_events.unwrap_or(0), view.lag_ms.unwrap_or(0));
    if let Some(other) = &view.other_history {
        let to_do = format!(
            "make the view from the log: `jangbu views rebuild {} --reason WHY`; parking a key would keep what is wrong \
             (docs/runbooks/restore.md)",
            view.view
        );
        return Finding::fail(what, format!("shows another history than the log: {other}"), to_do);
    }
    if let Some(error) = view.error_line() {
        let at = view.error_position.unwrap_or(view.position + 1);
        let to_do = format!(
            "see the event with `jangbu log show {at}`; correct the projection, then restart the projector; or take its \
                     key aside: `jangbu views parked add {} --position {at} --reason WHY`",
            view.view
        );
        return Finding::fail(what, format!("stuck: {error}"), to_do);
    }
    let at = format!("generation {} at position {}, {events} events behind", view.generation, view.position);
    if let Some(since) = view.paused_since {
        let to_do = format!("when it may go on: `jangbu views resume {} --reason WHY`", view.view);
        return Finding::warn(what, format!("{at}, paused since {}", since.to_rfc3339()), to_do);
    }
    if view.parked_keys > 0 && ms <= max_lag_ms {
        let (keys, waiting) = (view.parked_keys, view.parked_events);
        let to_do = format!(
            "see `jangbu views parked list`; when the cause is fixed: `jangbu views parked retry {} --reason WHY`",
            view.view
        );
        return Finding::warn(what, format!("{at}; {keys} keys are parked, {waiting} events wait behind them"), to_do);
    }
    let late = ms > max_lag_ms;
    if let Some(ours) = view.other_version().filter(|_| moved || !late) {
        return Finding::warn(
            what,
            format!("{at}, of version {}, this program has {ours}", view.version),
            upgrade(view, ours),
        );
    }
    if let (Some(zone), Some(set), false) = (&view.zone, view.zone_due, late) {
        return Finding::warn(what, format!("{at}, counts the days of {zone}"), views::due_zone(&view.view, set));
    }
    match (late, moved) {
        (true, false) => {
            let to_do = view.other_version().map_or_else(
                || "is the projector running? (`./justw status`, `./justw logs`)".to_owned(),
                |ours| format!("no projector of version {} runs: {}", view.version, upgrade(view, ours)),
            );
            Finding::fail(what, format!("{at} for {ms} ms, and not moving"), to_do)
        }
        (true, true) => Finding::warn(what, format!("{at}, {ms} ms, and catching up"), "wait; look again in a minute"),
        _ => Finding::ok(what, at),
    }
}

/// What to do about a view whose live version is not this program's.
fn upgrade(view: &Standing, ours: i32) -> String {
    if view.version < ours {
        "make and promote the new version: `jangbu views upgrade --reason WHY` (docs/runbooks/change-view.md)"
            .to_owned()
    } else {
        format!(
            "use the programs of version {}, or go back: `jangbu views rollback {} --reason WHY`",
            view.version, view.view
        )
    }
}
