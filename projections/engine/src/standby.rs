//! A program whose version of a view is not the live one's: it stands by until a generation of its own version is live.

use log::ReadCommits;
use sqlx::PgConnection;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::{
    Settings, State,
    checkpoint::{self, Checkpoint},
    status::Report,
};

/// Waits in place of a program that has nothing to do for now.
pub(crate) struct Standby<'a> {
    pub(crate) view: &'static str,
    pub(crate) version: i32,
    pub(crate) settings: &'a Settings,
    pub(crate) report: &'a Report,
    pub(crate) log: &'a dyn ReadCommits,
    /// Raised when the view has to be checked again.
    pub(crate) recheck: &'a mut watch::Receiver<u64>,
}

impl Standby<'_> {
    /// Returns when another version is live, or when that cannot be found out: opening the view then reports why.
    ///
    /// The connection is kept, so that looking often costs little: for as long as a promotion goes unnoticed, nobody
    /// moves the view.
    pub(crate) async fn wait(&mut self, mut connection: PgConnection, mut live: Checkpoint) {
        let mut moved = Instant::now();
        self.report.at(live.position, live.commit);
        self.report.state(State::Standby(self.reason(&live)));
        tracing::info!(
            view.name = self.view,
            view.generation = live.generation,
            view.version = live.version,
            program.version = self.version,
            "another version of the view is live; standing by"
        );
        while live.version != self.version {
            tokio::select! {
                () = sleep(self.settings.version_wait) => {}
                Ok(()) = self.recheck.changed() => return,
            }
            let look = timeout(self.settings.time_limit, checkpoint::load(&mut connection, self.view)).await;
            let Ok(Ok(Some(now))) = look else { return };
            if (now.generation, now.position) != (live.generation, live.position) || now.paused {
                moved = Instant::now();
                self.report.at(now.position, now.commit);
                if now.version != self.version {
                    self.report.state(State::Standby(self.reason(&now)));
                }
            } else if moved.elapsed() >= self.settings.version_stall {
                moved = Instant::now();
                self.judge(&now).await;
            }
            live = now;
        }
    }

    /// Nothing has moved for long: either there is nothing to do, or nobody who does it.
    async fn judge(&self, live: &Checkpoint) {
        // A view that is stuck is reported by its own writer.
        let Ok(head) = self.log.head().await else { return };
        if live.stuck || head.position <= live.position {
            return;
        }
        let reason =
            format!("{}, and nobody moves it: {}", self.reason(live), advice(self.view, live.version, self.version));
        if self.report.is_news(&reason) {
            tracing::warn!(view.name = self.view, error = reason, "the view does not move");
        }
        self.report.state(State::Waiting(reason));
    }

    fn reason(&self, live: &Checkpoint) -> String {
        let Checkpoint { generation, version, .. } = live;
        format!("generation {generation} of version {version} is live, this program has version {}", self.version)
    }
}

/// What an operator does about a view that is live in a version nobody follows.
fn advice(view: &str, live: i32, ours: i32) -> String {
    if live < ours {
        format!("`jangbu views upgrade` makes version {ours} of {view} and promotes it")
    } else {
        format!("start the projector of version {live}, or go back with `jangbu views rollback {view}`")
    }
}
