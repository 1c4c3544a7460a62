//! How far each live view has got, as last heard.

use kernel::{LogId, Position};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use crate::View;

/// How far the live generation of a view has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which generation is live.
    pub generation: i32,
    /// The log it is fed from; none until a projector has run.
    pub log: Option<LogId>,
    /// The last position it has applied.
    pub position: Position,
    /// Whether it has stopped on an event it cannot apply.
    pub halted: bool,
    /// Whether its tables are of another history than the log's: nothing in them may be shown.
    pub other_history: bool,
}

/// How a wait for a view ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// All of them are there.
    Reached,
    /// This one was not, when the time was up.
    TimedOut(View),
    /// This one has stopped short of it.
    Halted(View),
}

/// One slot per view; a waiting read sleeps on the slot and is woken by its change, so nothing polls per request.
#[derive(Debug)]
pub struct Board {
    slots: [watch::Sender<Option<Progress>>; View::ALL.len()],
    /// Whether the registry was ever read.
    read: watch::Sender<bool>,
}

impl Board {
    /// A board on which nothing is known yet.
    pub fn new() -> Self {
        Self { slots: View::ALL.map(|_| watch::Sender::new(None)), read: watch::Sender::new(false) }
    }

    /// What is known of a view.
    pub fn latest(&self, view: View) -> Option<Progress> {
        *self.slots[view.index()].borrow()
    }

    /// The registry was read, and all that is known of the views is from then or later.
    pub fn set_read(&self) {
        self.read.send_if_modified(|read| !std::mem::replace(read, true));
    }

    /// Waits until the registry was read once.
    pub async fn was_read(&self) {
        // The sender lives as long as the board.
        let _ = self.read.subscribe().wait_for(|read| *read).await;
    }

    /// The first of these views whose tables are of another history than the log's.
    pub fn of_another_history(&self, views: &[View]) -> Option<View> {
        views.iter().copied().find(|view| self.latest(*view).is_some_and(|progress| progress.other_history))
    }

    /// What a look into the registry found: it replaces what was known, even if that was more. None: no generation
    /// of the view is live.
    pub fn set(&self, view: View, found: Option<Progress>) {
        self.slots[view.index()].send_if_modified(|slot| {
            let changed = *slot != found;
            *slot = found;
            changed
        });
    }

    /// What a notification claims. It can only move the generation known to be live forward; false if it is about
    /// another one, which may or may not have become the live one.
    pub fn advance(&self, view: View, generation: i32, position: Position) -> bool {
        let mut known = false;
        self.slots[view.index()].send_if_modified(|slot| match slot {
            Some(progress) if progress.generation == generation => {
                known = true;
                let forward = position > progress.position;
                if forward {
                    progress.position = position;
                    // It applies again, whatever stopped it.
                    progress.halted = false;
                }
                forward
            }
            _ => false,
        });
        known
    }

    /// Sleeps until all these views have reached the position, one of them has stopped short of it, or the time is up.
    pub async fn reached(&self, views: &[View], position: Position, deadline: Instant) -> Waited {
        for &view in views {
            let mut slot = self.slots[view.index()].subscribe();
            let there = |p: &Option<Progress>| p.is_some_and(|p| p.position >= position || p.halted);
            // The sender lives as long as the board, so the wait cannot end because it is gone.
            match timeout_at(deadline, slot.wait_for(there)).await {
                Ok(Ok(progress)) if progress.is_some_and(|p| p.position >= position) => {}
                Ok(Ok(_)) => return Waited::Halted(view),
                Ok(Err(_)) | Err(_) => return Waited::TimedOut(view),
            }
        }
        Waited::Reached
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;

    fn at(generation: i32, position: i64) -> Option<Progress> {
        Some(Progress { generation, log: None, position: Position::new(position), halted: false, other_history: false })
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_read_wakes_when_the_last_of_its_views_arrives() {
        let board = Arc::new(Board::new());
        board.set(View::Accounts, at(1, 4));
        let waiting = tokio::spawn({
            let board = board.clone();
            async move { board.reached(&[View::Accounts, View::Transactions], Position::new(5), soon()).await }
        });
        tokio::task::yield_now().await;
        assert!(board.advance(View::Accounts, 1, Position::new(5)));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        board.set(View::Transactions, at(1, 9));
        assert_eq!(waiting.await.expect("no panic"), Waited::Reached);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_in_time_and_names_the_view() {
        let board = Board::new();
        board.set(View::Accounts, at(1, 5));
        let begun = Instant::now();
        let waited = board.reached(&[View::Accounts, View::Overview], Position::new(5), soon()).await;
        assert_eq!(waited, Waited::TimedOut(View::Overview));
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopped_view_is_not_waited_for_unless_it_is_there_already() {
        let board = Board::new();
        board.set(View::Accounts, at(1, 5).map(|progress| Progress { halted: true, ..progress }));
        assert_eq!(board.reached(&[View::Accounts], Position::new(5), soon()).await, Waited::Reached);
        let begun = Instant::now();
        assert_eq!(board.reached(&[View::Accounts], Position::new(6), soon()).await, Waited::Halted(View::Accounts));
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[test]
    fn notifications_of_other_generations_and_of_the_past_change_nothing() {
        let board = Board::new();
        assert!(!board.advance(View::Accounts, 1, Position::new(9)));
        board.set(View::Accounts, at(2, 5));
        assert!(!board.advance(View::Accounts, 1, Position::new(9)));
        assert!(board.advance(View::Accounts, 2, Position::new(3)));
        assert_eq!(board.latest(View::Accounts), at(2, 5));
    }
}
