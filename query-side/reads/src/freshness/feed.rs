//! What keeps the board and the horizon up to date, in the background.

use std::{sync::Arc, time::Duration};

use kernel::{LogId, Position};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{Board, Horizon, Progress};
use crate::View;

/// The channel on which the projector tells that a checkpoint moved: `<view>:<generation>:<position>`.
const CHANNEL: &str = "view_advanced";
/// How often the registry and the log's head are looked at when nobody notifies: the net.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The least pause between two looks: a rebuild may notify of a generation that is not live hundreds of times a second.
const PAUSE: Duration = Duration::from_millis(50);
/// The pause before listening is tried again. A read-only replica cannot listen at all and lives by the net alone.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

/// The background tasks; they end when this is dropped.
#[derive(Debug)]
pub struct Feed {
    _tasks: JoinSet<()>,
}

impl Feed {
    /// Starts them.
    pub fn start(pool: PgPool, listen: PgConnectOptions, board: Arc<Board>, horizon: Arc<Horizon>) -> Self {
        let look_now = Arc::new(Notify::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(look_at_registry(pool, board.clone(), look_now.clone()));
        tasks.spawn(listen_forever(listen, board.clone(), look_now));
        tasks.spawn(look_at_log(board, horizon));
        Self { _tasks: tasks }
    }
}

/// The net: what the registry says, twice a second and whenever someone says that it must have changed.
async fn look_at_registry(pool: PgPool, board: Arc<Board>, look_now: Arc<Notify>) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reachable = true;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = look_now.notified() => {}
        }
        match refresh(&pool, &board).await {
            Ok(()) if reachable => {}
            Ok(()) => {
                reachable = true;
                tracing::info!("the registry of views can be read again");
            }
            Err(error) => {
                if reachable {
                    tracing::warn!(error = %error, "the registry of views cannot be read");
                }
                reachable = false;
            }
        }
        sleep(PAUSE).await;
    }
}

async fn refresh(pool: &PgPool, board: &Board) -> Result<(), sqlx::Error> {
    let rows = sqlx::query!(
        r#"select view as "view!", generation as "generation!", log_id, position as "position!", state as "state!"
           from registry.live_positions"#
    )
    .fetch_all(pool)
    .await?;
    for view in View::ALL {
        let row = rows.iter().find(|row| row.view == view.name());
        board.set(
            view,
            row.map(|row| Progress {
                generation: row.generation,
                log: row.log_id.map(LogId::new),
                position: Position::new(row.position),
                halted: row.state != "live",
            }),
        );
    }
    Ok(())
}

/// The fast way: one connection that hears of every checkpoint. Whatever was said while it was broken is found by the
/// net, which is asked to look whenever a connection begins.
async fn listen_forever(options: PgConnectOptions, board: Arc<Board>, look_now: Arc<Notify>) {
    let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None).connect_lazy_with(options);
    let mut warned = false;
    loop {
        let begun = Instant::now();
        let Err(error) = listen(&pool, &board, &look_now).await else { return };
        if !warned || begun.elapsed() > LISTEN_AGAIN {
            tracing::warn!(error = %error, "not listening for checkpoints; polling alone for now");
            warned = true;
        }
        sleep(LISTEN_AGAIN).await;
    }
}

async fn listen(pool: &PgPool, board: &Board, look_now: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    look_now.notify_one();
    loop {
        let heard = listener.try_recv().await?;
        let settled = match heard.as_ref().map(|notification| parse(notification.payload())) {
            Some(Some((view, generation, position))) => board.advance(view, generation, position),
            // A view that is not read here.
            Some(None) => true,
            // The connection broke and was made again.
            None => false,
        };
        // Only the registry can tell what was missed, and whether another generation is live now.
        if !settled {
            look_now.notify_one();
        }
    }
}

fn parse(payload: &str) -> Option<(View, i32, Position)> {
    let mut parts = payload.splitn(3, ':');
    let view = View::named(parts.next()?)?;
    let generation = parts.next()?.parse().ok()?;
    let position = parts.next()?.parse().ok()?;
    Some((view, generation, Position::new(position)))
}

/// Where the log ends, and since when each view has been behind it.
async fn look_at_log(board: Arc<Board>, horizon: Arc<Horizon>) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let looked = horizon.look().await;
        let positions = || View::ALL.into_iter().filter_map(|view| board.latest(view).map(|p| (view, p.position)));
        if let Ok(head) = looked {
            let mut behind: Vec<_> = positions().map(|(_, p)| p).filter(|p| *p < head.position).collect();
            behind.sort_unstable();
            behind.dedup();
            horizon.look_behind(behind).await;
        }
        metrics::gauge!("jangbu_query_log_reachable").set(if looked.is_ok() { 1.0 } else { 0.0 });
        for (view, position) in positions() {
            let lag = horizon.lag(position, None);
            metrics::gauge!("jangbu_query_view_lag_seconds", "view" => view.name()).set(lag.as_secs_f64());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_read_or_ignored() {
        assert_eq!(parse("accounts:3:17"), Some((View::Accounts, 3, Position::new(17))));
        for odd in ["", "accounts", "accounts:3", "accounts:x:1", "accounts:1:x", "nobody:1:1", "accounts:1:2:3"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }
}
