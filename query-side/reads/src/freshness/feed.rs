//! What keeps the board and the horizon up to date, in the background.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use database::{ConnectOptions, Limits, Listener, Pool};
use kernel::{LogId, Position};
use tasks::Task;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use uuid::Uuid;

use super::{
    Board, Horizon, Progress,
    history::{Checkpoint, Histories, OTHER_HISTORY},
};
use crate::View;

/// The channel on which the projector notifies that a checkpoint moved: `<view>:<generation>:<position>`.
const CHANNEL: &str = "view_advanced";
/// How often the registry and the log's head are looked at when nobody notifies: the net.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The least pause between two looks: a rebuild may notify of a generation that is not live hundreds of times a second.
const PAUSE: Duration = Duration::from_millis(50);
/// The pause before listening is tried again. A read-only replica cannot listen at all and lives by the net alone.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);
/// How long the first comparison with the log is waited for. After that the views are read without it.
const FIRST_COMPARISON: Duration = Duration::from_secs(1);
/// How long the server may take to answer on the connection that listens.
const LISTEN_ANSWER: Duration = Duration::from_secs(10);

/// The live checkpoints, view by view.
type Checkpoints = [Option<Checkpoint>; View::ALL.len()];
/// The generation of each view that was compared with the log, and whether it is of another history; none before the first
/// comparison.
type Verdicts = Option<[(i32, bool); View::ALL.len()]>;

/// The background tasks; they end when this is dropped.
#[derive(Debug)]
pub struct Feed {
    _tasks: [Task; 4],
}

impl Feed {
    /// Starts them.
    pub fn start(pool: Pool, listen: ConnectOptions, board: Arc<Board>, horizon: Arc<Horizon>) -> Self {
        let look_now = Arc::new(Notify::new());
        let (listener, wakes) = (board.clone(), look_now.clone());
        let registry = Arc::new(Registry {
            pool,
            board: board.clone(),
            look_now: look_now.clone(),
            checkpoints: watch::Sender::new([None; View::ALL.len()]),
            verdicts: watch::Sender::new(None),
        });
        let (compared, log) = (registry.clone(), horizon.clone());
        let tasks = [
            tasks::endless("views-registry", move || registry.clone().look_for_ever()),
            tasks::endless("views-history", move || compared.clone().compare_for_ever(log.clone())),
            tasks::endless("views-listener", move || listen_forever(listen.clone(), listener.clone(), wakes.clone())),
            tasks::endless("log-head", move || look_at_log(board.clone(), horizon.clone())),
        ];
        Self { _tasks: tasks }
    }
}

/// A live generation, as the registry has it.
struct LiveRow {
    view: String,
    generation: i32,
    log_id: Option<Uuid>,
    position: i64,
    state: String,
    command_id: Option<Uuid>,
    recorded_at: Option<DateTime<Utc>>,
}

/// What the two readers of the views' state share. Each has its own pace: the registry is read while the log does not
/// answer.
struct Registry {
    pool: Pool,
    board: Arc<Board>,
    look_now: Arc<Notify>,
    checkpoints: watch::Sender<Checkpoints>,
    verdicts: watch::Sender<Verdicts>,
}

impl Registry {
    /// The net: what the registry says, twice a second and whenever someone says that it must have changed.
    async fn look_for_ever(self: Arc<Self>) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reachable = true;
        self.wait_for_first_comparison().await;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.look_now.notified() => {}
            }
            match self.look().await {
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

    async fn look(&self) -> Result<(), sqlx::Error> {
        let rows = self.look_at_registry().await?;
        let verdicts = self.verdicts.borrow().unwrap_or_default();
        for (view, (compared, other)) in View::ALL.into_iter().zip(verdicts) {
            let row = rows.iter().find(|row| row.view == view.name());
            self.board.set(
                view,
                row.map(|row| Progress {
                    generation: row.generation,
                    log: row.log_id.map(LogId::new),
                    position: Position::new(row.position),
                    halted: row.state != "live",
                    other_history: (other && compared == row.generation) || row.state == OTHER_HISTORY,
                }),
            );
        }
        self.board.set_read();
        Ok(())
    }

    /// The live generations, whose checkpoints are to be compared with the log.
    async fn look_at_registry(&self) -> Result<Vec<LiveRow>, sqlx::Error> {
        let rows = sqlx::query_as!(
            LiveRow,
            r#"select view as "view!", generation as "generation!", log_id, position as "position!", state as "state!",
                   command_id, recorded_at
               from registry.live_positions"#
        )
        .fetch_all(&self.pool)
        .await?;
        self.checkpoints.send_replace(View::ALL.map(|view| {
            let row = rows.iter().find(|row| row.view == view.name())?;
            let (position, recorded_at) = (Position::new(row.position), row.recorded_at);
            Some(Checkpoint { generation: row.generation, position, command_id: row.command_id, recorded_at })
        }));
        Ok(rows)
    }

    /// At the start, the first comparison is waited for, if the log answers: no view is shown before it is known whether it is
    /// of the log's history.
    async fn wait_for_first_comparison(&self) {
        // Without a registry there is nothing to compare; the loop reports that.
        let _ = self.look_at_registry().await;
        let mut verdicts = self.verdicts.subscribe();
        let _ = timeout(FIRST_COMPARISON, verdicts.wait_for(Option::is_some)).await;
    }

    /// Compares the checkpoints with the log, twice a second and when they have changed.
    async fn compare_for_ever(self: Arc<Self>, horizon: Arc<Horizon>) {
        let mut checkpoints = self.checkpoints.subscribe();
        let mut histories = Histories::default();
        loop {
            let _ = timeout(LOOK_EVERY, checkpoints.changed()).await;
            let looked = *checkpoints.borrow_and_update();
            let other = histories.check(&horizon, looked).await;
            let mut generations = looked.iter().map(|found| found.map_or(0, |found| found.generation));
            let verdicts = Some(other.map(|other| (generations.next().unwrap_or_default(), other)));
            let before = self.verdicts.send_replace(verdicts);
            if before != verdicts {
                self.look_now.notify_one();
            }
            sleep(PAUSE).await;
        }
    }
}

/// The fast way: one connection that is notified of every checkpoint. What was missed while it was broken is found by the
/// net, which is asked to look whenever a connection begins.
async fn listen_forever(options: ConnectOptions, board: Arc<Board>, look_now: Arc<Notify>) {
    let mut warned = false;
    loop {
        let begun = Instant::now();
        let Err(error) = listen(&options, &board, &look_now).await else { return };
        if !warned || begun.elapsed() > LISTEN_AGAIN {
            tracing::warn!(error = %error, "not listening for checkpoints; polling alone for now");
            warned = true;
        }
        sleep(LISTEN_AGAIN).await;
    }
}

async fn listen(options: &ConnectOptions, board: &Board, look_now: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = Listener::open(options, CHANNEL, Limits::whole(LISTEN_ANSWER)).await?;
    look_now.notify_one();
    loop {
        let heard = listener.next().await?;
        let settled = match parse(heard.payload()) {
            Some((view, generation, position)) => board.advance(view, generation, position),
            // A view that is not read here.
            None => true,
        };
        // Only the registry knows what was missed, and whether another generation is live now.
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
