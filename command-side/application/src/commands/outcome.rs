//! What the bank answers.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::Status;
use events::recorded::{Refusal, TransferPosted};
use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, Position, TransferId, Version};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::engine::Receipt;

/// What is answered to a command that moves money.
pub type Answer = Receipt<Arc<Outcome>>;

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "an outcome lives behind one Arc")]
pub enum Outcome {
    /// An account was opened.
    Opened(AccountAnswer),
    /// An account was frozen, unfrozen or closed.
    Changed(AccountAnswer),
    /// Money moved.
    Posted(TransferAnswer),
    /// A batch was decided: for each order in turn.
    Batch(Vec<Result<TransferAnswer, Refused>>),
    /// A business rule refused the command; recorded.
    Refused(Refused),
}

/// A recorded refusal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The code and what belongs to it.
    pub refusal: Refusal,
    /// The refused transfer, if the command was one.
    pub transfer: Option<TransferId>,
}

/// A status as it stands in answers. (A name for the type, since serde would borrow a `&str` from what it reads.)
pub type StatusName = &'static str;

/// An account as a command left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountAnswer {
    /// Which.
    pub account_id: AccountId,
    /// What people type.
    pub account_number: AccountNumber,
    /// Whose.
    pub owner: MemberId,
    /// The asset it holds.
    pub asset: AssetCode,
    /// `open`, `frozen` or `closed`.
    #[serde(deserialize_with = "status")]
    pub status: StatusName,
    /// The balance, in minor units.
    pub balance: Minor,
    /// How many events its stream has.
    pub version: Version,
}

/// A posted transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferAnswer {
    /// Which.
    pub transfer_id: TransferId,
    /// What was moved, from where to where, and why.
    pub posted: TransferPosted,
    /// One for each leg, in order.
    pub postings: Vec<Posting>,
    /// The position of the transfer's last event: a view at this position shows all of it.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// What a leg of a transfer did to its account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posting {
    /// The account.
    pub account_id: AccountId,
    /// The asset of leg and account.
    pub asset: AssetCode,
    /// Whose it is; none for a system account. For deciding who may see the balance; not for showing.
    pub owner: Option<MemberId>,
    /// Signed: negative is a debit.
    pub amount: Minor,
    /// The balance after it.
    pub balance_after: Minor,
    /// The version of the account after it.
    pub version: Version,
}

/// Why there is no answer. Nothing was written, but for [`ExecuteError::OutcomeUnknown`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ExecuteError {
    /// The queue is full.
    #[error("too many commands are waiting")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The deadline passed before the command was decided.
    #[error("the deadline passed before the command was decided")]
    DeadlinePassed,
    /// The token was revoked while the command waited.
    #[error("the token was revoked while the command waited")]
    TokenRefused,
    /// The same command id is being decided now.
    #[error("a command with the same idempotency key is being decided")]
    InFlight,
    /// The command id was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The account in the path does not exist, or is not the actor's to know of.
    #[error("there is no such account")]
    AccountUnknown,
    /// The transfer in the path does not exist.
    #[error("there is no such transfer")]
    TransferUnknown,
    /// The source is another member's account.
    #[error("the source account belongs to someone else")]
    NotOwner,
    /// The actor is leaving or has left: no account is opened for them.
    #[error("the member is leaving or has left")]
    OwnerLeft,
    /// Other command servers kept taking the same accounts.
    #[error("the accounts are too contended")]
    Contended,
    /// This server does not lead. Nothing was written, and nothing of it will be: it may be executed by the one that does.
    #[error("another server leads, and cannot be reached")]
    NotLeader,
    /// The log cannot be reached. Nothing was written.
    #[error("the log cannot be reached")]
    LogUnavailable,
    /// The auditor found something wrong with the log: nothing is written until an operator says so. Nothing was written.
    #[error("an alarm of the auditor stops all commands")]
    Stopped,
    /// It is not known whether the command was written; a retry with the same idempotency key finds out.
    #[error("it is not known whether the command was carried out")]
    OutcomeUnknown,
    /// The bank is shutting down.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// A defect; logged with its cause.
    #[error("the command met a defect")]
    Internal,
}

/// One of the texts that an account's status has.
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusName, D::Error> {
    let text = String::deserialize(deserializer)?;
    let known = [Status::Open, Status::Frozen, Status::Closed].map(Status::as_str);
    known.into_iter().find(|status| *status == text).ok_or_else(|| D::Error::custom("not a status of an account"))
}
