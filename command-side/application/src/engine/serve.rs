//! The loop: wait for work, take what is there, carry it out.

use std::time::Duration;

use tokio::{
    sync::mpsc::{self, error::TryRecvError},
    time::{Interval, MissedTickBehavior, interval},
};

use super::{batch::Work, run::Run};

/// How often an idle server looks whether the log is still the one it knows.
const LOOK: Duration = Duration::from_secs(1);

impl Run {
    /// Executes commands until asked to stop, then those already accepted.
    pub async fn serve(mut self, stop: &mut mpsc::Receiver<()>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut founded = None;
        loop {
            if !matches!(stop.try_recv(), Err(TryRecvError::Empty)) {
                self.queue.close();
            }
            if let Some(ahead) = founded.take() {
                founded = self.carry_out(Work::Ahead(ahead)).await;
                continue;
            }
            if self.undecided.is_empty() && !self.wait(stop, &mut look).await {
                return;
            }
            let batch = self.gather();
            founded = self.carry_out(Work::Undecided(batch)).await;
        }
    }

    /// Waits for commands. `false` if none will come.
    async fn wait(&mut self, stop: &mut mpsc::Receiver<()>, look: &mut Interval) -> bool {
        loop {
            if self.queue.is_empty() {
                self.outbox.send();
            }
            tokio::select! {
                biased;
                _ = stop.recv(), if !self.queue.is_closed() => self.queue.close(),
                is_there_more = self.queue.ready() => return is_there_more,
                _ = look.tick() => self.check_history().await,
            }
        }
    }
}
