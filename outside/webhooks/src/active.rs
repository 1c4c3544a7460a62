//! What the sender that is active holds. All of it is in the database and the log as well: one that takes over reads it there.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use event_store_postgres::{LockHandle, PostgresLog};
use futures::{future::BoxFuture, stream::FuturesUnordered};
use kernel::{Clock, CommitRef, DeliveryId, LogId, SystemClock, WebhookId};
use log::{ReadError, ReadHead};
use vault::{WebhookKeyReader, WebhookSecrets};

use crate::{
    client::{Client, Outcome},
    config::Config,
    follow::{FollowError, Webhooks},
    history::{HistoryError, go_on},
    status::Status,
    store::{Cursor, DueDelivery, PageWrite, Store, StoreError},
};

/// What a sender works with.
pub(crate) struct Means {
    pub config: Config,
    pub log: PostgresLog,
    pub store: Store,
    pub keys: WebhookKeyReader,
    pub client: Client,
    pub status: Arc<Status>,
}

/// Why a sender has to begin again with what is kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// An attempt that has ended.
pub(crate) struct Landed {
    pub delivery: DueDelivery,
    pub at: DateTime<Utc>,
    pub outcome: Outcome,
}

/// Attempts under way.
pub(crate) type Flights = FuturesUnordered<BoxFuture<'static, Landed>>;

/// The sender that is active.
pub(crate) struct Active<'a> {
    pub means: &'a Means,
    pub held: LockHandle,
    pub epoch: i64,
    pub log: LogId,
    /// Up to this commit the log was followed.
    pub read: Option<CommitRef>,
    /// Up to this commit that is written down, and since when.
    pub written: (Option<CommitRef>, Instant),
    /// Nothing is sent of what was recorded before then.
    pub since: DateTime<Utc>,
    pub webhooks: Webhooks,
    pub secrets: Option<WebhookSecrets>,
    /// The attempts under way.
    pub flights: Flights,
    pub under_way: HashMap<DeliveryId, WebhookId>,
    /// Whether a part of the log may have to be read again.
    pub may_recover: bool,
    /// Counts the rounds, so that each webhook comes first once.
    pub turn: usize,
}

impl<'a> Active<'a> {
    /// Takes over from the sender before.
    pub(crate) async fn open(means: &'a Means, held: LockHandle) -> Result<Self, SendError> {
        let holder = format!("process {}", std::process::id());
        let cursor = match means.store.take_over(&holder).await? {
            Some(cursor) => cursor,
            None => Self::begin(means, &holder).await?,
        };
        let (log, commit) = go_on(&means.log, cursor.log, cursor.commit).await?;
        if (log, commit) != (cursor.log, cursor.commit) {
            let moved = PageWrite { log, reached: commit, changed: Vec::new(), deliveries: &[], orders: &[] };
            means.store.keep_page(cursor.epoch, &moved, SystemClock.now()).await?;
        }
        let webhooks = Webhooks::kept(means.store.endpoints().await?, &means.log).await?;
        tracing::info!(epoch = cursor.epoch, position = crate::history::position(commit).number(), "active");
        Ok(Self {
            means,
            held,
            epoch: cursor.epoch,
            log,
            read: commit,
            written: (commit, Instant::now()),
            since: cursor.deliver_since,
            webhooks,
            secrets: None,
            flights: FuturesUnordered::new(),
            under_way: HashMap::new(),
            may_recover: true,
            turn: 0,
        })
    }

    /// The first sender of a bank; or the first one since what was kept was lost. It reads the log from its first commit: that is how it
    /// learns of webhooks.
    async fn begin(means: &Means, holder: &str) -> Result<Cursor, SendError> {
        let head = means.log.head().await?;
        let since = SystemClock.now() - means.config.backlog();
        tracing::warn!(
            deliver.since = %since,
            "nothing says how far this bank was followed: events are sent that were recorded since then. If deliveries were lost with \
             their database, see \"Lost deliveries\" in docs/operations.md"
        );
        means.store.begin_at(head.log, None, since).await?;
        Ok(means.store.take_over(holder).await?.ok_or(StoreError::Fenced)?)
    }

    /// How long ago the place up to which the log was followed was written down.
    pub(crate) fn unwritten_for(&self) -> Duration {
        self.written.1.elapsed()
    }
}
