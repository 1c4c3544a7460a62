//! Why a command has no answer.

use std::time::Duration;

use kernel::OperatorRole;
use serde::{Deserialize, Serialize};

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
    /// The hold in the path does not exist, or is not the actor's to know of.
    #[error("there is no such hold")]
    HoldUnknown,
    /// The actor has a part in the hold, and may not do this with it.
    #[error("the hold is not the actor's to change in this way")]
    HoldNotYours,
    /// The limit in the path does not exist.
    #[error("there is no such limit")]
    LimitUnknown,
    /// The item does not exist.
    #[error("there is no such item")]
    ItemUnknown,
    /// The item is another member's.
    #[error("the item belongs to someone else")]
    ItemNotYours,
    /// The offer in the path does not exist.
    #[error("there is no such offer")]
    OfferUnknown,
    /// The offer is another member's to take back.
    #[error("the offer was made by someone else")]
    OfferNotYours,
    /// The standing order in the path does not exist, or is another member's.
    #[error("there is no such standing order")]
    OrderUnknown,
    /// The payout run in the path does not exist, or is another principal's.
    #[error("there is no such payout run")]
    PayoutUnknown,
    /// The webhook in the path does not exist, was deleted, or is another principal's.
    #[error("there is no such webhook")]
    WebhookUnknown,
    /// The process in the path does not exist.
    #[error("there is no such process")]
    ProcessUnknown,
    /// The partner in the path does not exist.
    #[error("there is no such partner")]
    PartnerUnknown,
    /// The partner in the path has no such key.
    #[error("there is no such key of the partner")]
    KeyUnknown,
    /// The operator in the path does not exist.
    #[error("there is no such operator")]
    OperatorUnknown,
    /// The approval in the path does not exist.
    #[error("there is no such approval")]
    ApprovalUnknown,
    /// Nobody decides about what they asked for themselves.
    #[error("the approval is the operator's own")]
    ApprovalOwn,
    /// One operator let in both who asked and who approves, or one of them the other: they may be one person.
    #[error("the operators who ask and approve are not independent of each other")]
    ApprovalNotIndependent,
    /// Only whoever asked withdraws.
    #[error("another operator asked for it")]
    ApprovalNotOwn,
    /// What was asked for needs a higher role, and so does approving it.
    #[error("it needs an operator of role {0}")]
    OperatorRoleMissing(OperatorRole),
    /// Approvals are for operators who logged in.
    #[error("the token belongs to no account of an operator")]
    NoOperatorAccount,
    /// A partner collects money on accounts of its own only.
    #[error("the destination account belongs to someone else")]
    NotOwnDestination,
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
