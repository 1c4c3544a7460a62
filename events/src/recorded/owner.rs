//! Events on the stream of an owner. Opening an account, starting a top-up and leaving append to it, so that one of
//! them conflicts with the other. Members of a bank that was written before these events existed have no such stream, or one that lacks their
//! older accounts.

use kernel::{AccountId, MemberId, ProcessId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event_type::event_types;

event_types! {
    /// An event of a member as the owner of accounts.
    Owner(OwnerEvent) {
        /// An account was opened for a member.
        AccountAdded(OwnerAccountAdded) = 1, on;
        /// A top-up for an account of the member began.
        TopUpStarted(OwnerTopUpStarted) = 1, on;
        /// A top-up is over.
        TopUpEnded(OwnerTopUpEnded) = 1, on;
        /// A member is leaving: no account is opened for them after this. Last on the owner's stream.
        Left(OwnerLeft) = 1, on;
    }
}

/// An account was opened for a member. In the same commit as the account's own first event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerAccountAdded {
    /// The owner; the id of the stream is derived from theirs.
    pub owner: MemberId,
    /// The account.
    pub account: AccountId,
}

/// A top-up for an account of a member began: they do not leave before it is over. In the same commit as the first event of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerTopUpStarted {
    /// The owner; the id of the stream is derived from theirs.
    pub owner: MemberId,
    /// The process.
    pub process: ProcessId,
}

/// A top-up is over, however it ended. In the same commit as the last event of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerTopUpEnded {
    /// The owner; the id of the stream is derived from theirs.
    pub owner: MemberId,
    /// The process.
    pub process: ProcessId,
}

/// A member is leaving: no account is opened for them after this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerLeft {
    /// The owner; the id of the stream is derived from theirs.
    pub owner: MemberId,
    /// The erasure.
    pub erasure: Uuid,
}
