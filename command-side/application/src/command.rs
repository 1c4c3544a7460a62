//! What can be asked for.

use kernel::{AccountId, AccountNumber, Actor, AssetCode, CommandId, CorrelationId, MemberId, Money, TransferId};
use log::Fingerprint;
use tokio::time::Instant;
use uuid::Uuid;

use crate::RevokedTokens;

/// A command with everything that belongs to the request it came in.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Who asks; verified.
    pub actor: Actor,
    /// Derived from actor and idempotency key: the same request has the same id for ever.
    pub command_id: CommandId,
    /// What was asked for, as digest: tells a retry from another request under a used key.
    pub fingerprint: Fingerprint,
    /// Follows the request through every process.
    pub correlation: CorrelationId,
    /// After this the command is dropped undecided.
    pub deadline: Instant,
    /// The token it came with, if it came with one that can be revoked.
    pub token: Option<PresentedToken>,
    /// What to do.
    pub command: Command,
}

/// Whose access token a command came with, and of which session. It is looked at again right before the command is
/// decided: a command may have waited, and what was revoked in the meantime moves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentedToken {
    /// Whose it is.
    pub subject: MemberId,
    /// The session it belongs to, if it does to one.
    pub session: Option<Uuid>,
}

impl PresentedToken {
    /// Whether it was revoked.
    pub fn is_refused(&self, revoked: &dyn RevokedTokens) -> bool {
        revoked.contains(self.subject.uuid()) || self.session.is_some_and(|session| revoked.contains(session))
    }

    /// Whether it is not known now if its session has ended.
    pub fn is_unsure(&self, revoked: &dyn RevokedTokens) -> bool {
        self.session.is_some() && revoked.are_outdated()
    }
}

/// Everything the bank can be told to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Open an account for the actor.
    OpenAccount {
        /// The asset it is to hold; known to this bank.
        asset: AssetCode,
    },
    /// Close an empty account; by its owner.
    CloseAccount {
        /// Which.
        account: AccountId,
        /// Why.
        reason: Option<String>,
    },
    /// Freeze an account; by an operator.
    FreezeAccount {
        /// Which.
        account: AccountId,
        /// Why.
        reason: Option<String>,
    },
    /// Lift a freeze; by an operator.
    UnfreezeAccount {
        /// Which.
        account: AccountId,
        /// Why.
        reason: Option<String>,
    },
    /// Money comes in from outside; by an operator or a service.
    Deposit {
        /// Where to.
        account: AccountId,
        /// How much.
        money: Money,
        /// The outside's reference.
        reference: String,
    },
    /// Money goes outside; by an operator or a service.
    Withdraw {
        /// Where from.
        account: AccountId,
        /// How much.
        money: Money,
        /// The outside's reference.
        reference: String,
    },
    /// One transfer between accounts; by the source's owner or an operator.
    Transfer(TransferOrder),
    /// Up to a thousand transfers in one commit; by an operator or a service.
    TransferBatch {
        /// All or none.
        atomic: bool,
        /// In this order.
        orders: Vec<TransferOrder>,
    },
    /// Undo a posted transfer by another; by an operator.
    Reverse {
        /// Which.
        transfer: TransferId,
        /// Why; kept as the reversal's memo.
        reason: String,
    },
}

/// An order to move money.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferOrder {
    /// From.
    pub source: AccountId,
    /// To.
    pub destination: Destination,
    /// How much.
    pub money: Money,
    /// The payer's words.
    pub memo: Option<String>,
}

/// Where money is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// By id.
    Account(AccountId),
    /// By what people type.
    Number(AccountNumber),
}
