//! Reading what the store keeps an index for: some types of events, and who opened what.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, MemberId, Position, StreamId, Version};

use crate::{Event, ReadError};

/// An event picked out of the log, with what is known of its commit.
#[derive(Clone, Debug)]
pub struct Picked {
    /// Its place in the log.
    pub position: Position,
    /// When its commit was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Who asked for it.
    pub actor: Actor,
    /// The event.
    pub event: Event,
}

/// Reads the log in order, some types of events only. For readers to whom nearly all of the log is nothing.
#[async_trait]
pub trait ReadTyped: Send + Sync {
    /// The events of these types after a position, up to another, oldest first: the first `limit` of them. Where the store
    /// keeps no index for a type it goes through all events in the range, so ask for a bounded one.
    async fn read_typed(
        &self,
        types: &[&str],
        after: Position,
        up_to: Position,
        limit: i64,
    ) -> Result<Vec<Picked>, ReadError>;

    /// One event of any type, with what is known of its commit, if the stream has that version.
    async fn read_picked(&self, stream: StreamId, version: Version) -> Result<Option<Picked>, ReadError>;
}

/// Lists the accounts that were ever opened for a member.
#[async_trait]
pub trait OwnedAccounts: Send + Sync {
    /// All of them, in the order they were opened; closed ones too.
    async fn owned_accounts(&self, owner: MemberId) -> Result<Vec<AccountId>, ReadError>;
}
