//! The active sender reads the log: what follows, and what is to be read again.

use std::time::{Duration, Instant};

use kernel::{Clock, SystemClock};
use log::{ReadCommits, ReadError};
use public_events::Earlier;

use crate::{
    active::{Active, SendError},
    endpoint::Endpoint,
    follow::Page,
    history::{before_time, position},
    status,
    store::{Order, PageWrite},
};

/// Events read at a time.
const PAGE: i64 = 500;
/// A page that leads to nothing moves the cursor only so often, or when it is so far behind.
const CURSOR_EVERY: Duration = Duration::from_secs(5);
const CURSOR_LAG: i64 = 10_000;

impl Active<'_> {
    /// Follows the next page of the log. Whether there may be more at once.
    pub(crate) async fn advance(&mut self) -> Result<bool, SendError> {
        let commits = self.means.log.read_following(self.log, self.read, PAGE).await?;
        let Some(last) = commits.last() else {
            self.note().await?;
            return Ok(false);
        };
        let reached = last.reference();
        let earlier = Earlier::read(&self.means.log, &commits).await?;
        let page = self.webhooks.follow(&self.means.log, self.log, (&commits, &earlier), self.since).await?;
        self.read = Some(reached);
        if page.deliveries.is_empty() && page.orders.is_empty() && page.changed.is_empty() {
            self.note().await?;
        } else {
            self.write(&page).await?;
            status::made(page.deliveries.len());
            self.may_recover |= page.orders.iter().any(|order| matches!(order, Order::Recover { .. }));
        }
        // Less than half a page is the end of the log: what is appended after this announces itself.
        Ok(commits.iter().map(|commit| commit.events.len()).sum::<usize>() * 2 >= PAGE as usize)
    }

    /// Writes down how far the log was followed, if that is due.
    async fn note(&mut self) -> Result<(), SendError> {
        let behind = position(self.read).number() - position(self.written.0).number();
        if behind >= CURSOR_LAG || (behind > 0 && self.unwritten_for() >= CURSOR_EVERY) {
            self.write(&Page::default()).await?;
        }
        Ok(())
    }

    pub(crate) async fn write(&mut self, page: &Page) -> Result<(), SendError> {
        let is_changed = |endpoint: &&Endpoint| page.changed.contains(&endpoint.id);
        let changed = self.webhooks.all().filter(is_changed).chain(&page.deleted).collect();
        let (deliveries, orders) = (page.deliveries.as_slice(), page.orders.as_slice());
        let write = PageWrite { log: self.log, reached: self.read, changed, deliveries, orders };
        self.means.store.keep_page(self.epoch, &write, SystemClock.now()).await?;
        self.written = (self.read, Instant::now());
        Ok(())
    }

    /// Reads the next part of what has to be read again for a webhook. Whether there may be more.
    pub(crate) async fn recover(&mut self) -> Result<bool, SendError> {
        let (store, log) = (&self.means.store, &self.means.log);
        let next = if self.may_recover { store.next_recovery().await? } else { None };
        let Some(mut recovery) = next else {
            self.may_recover = false;
            return Ok(false);
        };
        let now = SystemClock.now();
        let Some(endpoint) = self.webhooks.get(recovery.webhook).filter(|endpoint| endpoint.is_served()) else {
            store.end_recovery(self.epoch, &recovery).await?;
            return Ok(true);
        };
        if !recovery.begun {
            recovery.reached = before_time(log, recovery.since, recovery.asked).await?;
            recovery.begun = true;
            store.go_on_with(self.epoch, &recovery, &[], now).await?;
            return Ok(true);
        }
        let mut commits = match log.read_following(self.log, recovery.reached, PAGE).await {
            // The log was restored since: the place is looked for again.
            Err(ReadError::OtherHistory { .. }) => {
                recovery.begun = false;
                store.go_on_with(self.epoch, &recovery, &[], now).await?;
                return Ok(true);
            }
            commits => commits?,
        };
        commits.retain(|commit| commit.first < recovery.asked);
        let Some(last) = commits.last() else {
            store.end_recovery(self.epoch, &recovery).await?;
            return Ok(true);
        };
        recovery.reached = Some(last.reference());
        let earlier = Earlier::read(log, &commits).await?;
        let found = self.webhooks.of_one(endpoint, self.log, (&commits, &earlier), recovery.since)?;
        store.go_on_with(self.epoch, &recovery, &found, now).await?;
        Ok(true)
    }
}
