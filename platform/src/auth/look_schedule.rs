//! When a file is looked at that a task follows: now and then, and when a request asks for it.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::{Interval, MissedTickBehavior, interval, sleep, timeout},
};

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// The least time between two looks, however many requests ask for one.
const PAUSE: Duration = Duration::from_millis(50);

/// The looks at a file, numbered from 1. Until a task follows the file, requests look for themselves.
pub(super) struct LookSchedule {
    followed: AtomicBool,
    wanted: Notify,
    /// The number of the newest look that began.
    begun: AtomicU64,
    /// The number of the newest look of the following task that ended or failed.
    ended: watch::Sender<u64>,
}

impl LookSchedule {
    pub(super) fn new() -> Self {
        let (followed, begun) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { followed, wanted: Notify::new(), begun, ended: watch::Sender::new(0) }
    }

    /// Whether a task looks at the file. Then nothing else does.
    pub(super) fn is_followed(&self) -> bool {
        self.followed.load(Ordering::Acquire)
    }

    /// From now on a task follows the file, and waits with this for each look.
    pub(super) fn follow(&self) -> Interval {
        self.followed.store(true, Ordering::Release);
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    }

    /// Waits until a look is due.
    pub(super) async fn due(&self, ticks: &mut Interval) {
        tokio::select! {
            _ = ticks.tick() => {}
            () = self.wanted.notified() => {}
        }
    }

    /// Begins a look; its number.
    pub(super) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Ends a look of the following task, and waits until another one may begin.
    pub(super) async fn end(&self, number: u64) {
        self.ended.send_replace(number);
        sleep(PAUSE).await;
    }

    /// Asks for a look soon.
    pub(super) fn want(&self) {
        self.wanted.notify_one();
    }

    /// Waits until a look that begins after this call has ended, for this long at most; whether it has. Not blocking. Never,
    /// while nobody follows the file.
    pub(super) async fn next(&self, limit: Duration) -> bool {
        if !self.is_followed() {
            return false;
        }
        let begun = self.begun.load(Ordering::Acquire);
        self.want();
        let mut ended = self.ended.subscribe();
        timeout(limit, ended.wait_for(|number| *number > begun)).await.is_ok_and(|ended| ended.is_ok())
    }
}
