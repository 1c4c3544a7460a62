//! What the bank answers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{HoldStatus, ItemStatus, OfferStatus, OrderStatus, PayoutStatus, Status};
use events::recorded::{
    FreezeScope, HoldAmounts, HoldPlaced, ItemMinted, LimitSet, OfferOpened, PaymentCodeIssued, PayoutRunOpened,
    ProcessDirected, ProcessStarted, QuoteMade, RateSet, Refusal, StandingOrderPlaced, TransferPosted,
};
use kernel::{
    AccountId, AccountNumber, AssetCode, HoldId, ItemId, MemberId, Minor, OfferId, OrderId, PayoutRunId, Position,
    ProcessId, QuoteId, TransferId, Version, WebhookId,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::approval_answer::ApprovalAnswer;
use super::operator_answer::OperatorAnswer;
use super::partner_answer::{PartnerAnswer, PartnerKeyAnswer, QuotasAnswer};
use super::webhook_answer::{RotatedWebhook, WebhookAnswer};
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
    /// Many accounts were frozen.
    ManyFrozen(FrozenAccounts),
    /// Money moved.
    Posted(TransferAnswer),
    /// Funds were held.
    HoldPlaced(HoldAnswer),
    /// A hold was increased, released or has expired.
    HoldChanged(HoldAnswer),
    /// A rate was set.
    RateSet(RateAnswer),
    /// A quote was made.
    Quoted(QuoteAnswer),
    /// A limit was set.
    LimitSet(LimitAnswer),
    /// A limit was deleted.
    LimitDeleted,
    /// Which limits count for an account was set.
    LimitsAssigned(AssignedLimits),
    /// A payment code was issued.
    PaymentCodeIssued(PaymentCodeAnswer),
    /// An item came to be.
    ItemMinted(ItemAnswer),
    /// An item was given to another member.
    ItemTransferred(ItemAnswer),
    /// An item was offered.
    OfferOpened(OfferAnswer),
    /// An offer was taken back, or its time was over.
    OfferEnded(OfferAnswer),
    /// A standing order was placed.
    OrderPlaced(OrderAnswer),
    /// A standing order was paused, resumed, cancelled or carried out once.
    OrderChanged(OrderAnswer),
    /// A payout run was opened.
    PayoutOpened(PayoutAnswer),
    /// Rows were added to a payout run, or it was started, paused, resumed, cancelled, or paid some rows.
    PayoutChanged(PayoutAnswer),
    /// A webhook was created.
    WebhookCreated(WebhookAnswer),
    /// The settings of a webhook changed.
    WebhookChanged(WebhookAnswer),
    /// A webhook has a new secret.
    WebhookRotated(RotatedWebhook),
    /// An example, a delivery or a recovery was asked for.
    WebhookAsked(WebhookId),
    /// A webhook was deleted.
    WebhookDeleted,
    /// A process with the outside world was started.
    ProcessStarted(ProcessAnswer),
    /// An operator said how a process goes on.
    ProcessDirected(DirectedAnswer),
    /// A partner was created.
    PartnerCreated(PartnerAnswer),
    /// The quotas of a partner were set.
    PartnerQuotasSet(QuotasAnswer),
    /// A key was issued to a partner.
    PartnerKeyIssued(PartnerKeyAnswer),
    /// A key of a partner was revoked.
    PartnerKeyRevoked(PartnerKeyAnswer),
    /// An operator was added.
    OperatorAdded(OperatorAnswer),
    /// An operator has another role.
    OperatorRoleSet(OperatorAnswer),
    /// An operator was disabled, or enabled again.
    OperatorSwitched(OperatorAnswer),
    /// An operator has new credentials.
    OperatorReset(OperatorAnswer),
    /// A session of an operator was ended by another one.
    OperatorSessionEnded(OperatorAnswer),
    /// It waits for a second operator.
    ApprovalRequested(ApprovalAnswer),
    /// What an operator asked for was approved, rejected or withdrawn.
    ApprovalDecided(ApprovalAnswer),
    /// Nothing had to be done.
    Idle,
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
    /// What its freeze stops; none if it is not frozen.
    pub freeze: Option<FreezeScope>,
    /// The balance, in minor units.
    pub balance: Minor,
    /// What of it is held.
    pub held: Minor,
    /// How many events its stream has.
    pub version: Version,
}

/// What became of accounts that were to be frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenAccounts {
    /// Those that were frozen, in the order of the request.
    pub frozen: Vec<AccountId>,
    /// What the freeze stops.
    pub scope: FreezeScope,
    /// How many were frozen so before.
    pub unchanged: usize,
}

/// A hold as a command left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldAnswer {
    /// Which.
    pub hold_id: HoldId,
    /// How it began.
    pub placed: HoldPlaced,
    /// What became of its funds.
    pub amounts: HoldAmounts,
    /// Whether it is over, and how.
    pub status: HoldStatus,
    /// The position of the command's last event: a view at this position shows all of it.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// A rate that was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateAnswer {
    /// What was set.
    pub set: RateSet,
    /// The position of its event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// A quote that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuoteAnswer {
    /// Which.
    pub quote_id: QuoteId,
    /// What it comes to.
    pub made: QuoteMade,
    /// The position of its event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// A limit that was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitAnswer {
    /// What was set.
    pub set: LimitSet,
    /// The position of its event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// Which limits count for an account, beside those for everyone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignedLimits {
    /// The account.
    pub account_id: AccountId,
    /// The names of the limits.
    pub limits: Vec<String>,
}

/// A payment code that was issued. The code itself is not in it: it is derived from the command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentCodeAnswer {
    /// What it pays.
    pub issued: PaymentCodeIssued,
    /// The position of its event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// An item as a command left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemAnswer {
    /// Which.
    pub item_id: ItemId,
    /// How it came to be.
    pub minted: ItemMinted,
    /// Whose it is.
    pub owner: MemberId,
    /// Whether it is offered.
    pub status: ItemStatus,
    /// The position of the command's last event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// An offer as a command left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfferAnswer {
    /// Which.
    pub offer_id: OfferId,
    /// What is offered.
    pub opened: OfferOpened,
    /// Whether it is over, and how.
    pub status: OfferStatus,
    /// The position of the command's last event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// A standing order as a command left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderAnswer {
    /// Which.
    pub order_id: OrderId,
    /// What was ordered.
    pub placed: StandingOrderPlaced,
    /// Whether it is over, and how.
    pub status: OrderStatus,
    /// When its next run is due; none if it is over, or paused.
    pub next_at: Option<DateTime<Utc>>,
    /// How many runs were carried out, posted or refused.
    pub runs_done: u32,
    /// The position of the command's last event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// A payout run as a command left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PayoutAnswer {
    /// Which.
    pub run_id: PayoutRunId,
    /// How it began.
    pub opened: PayoutRunOpened,
    /// What becomes of it.
    pub status: PayoutStatus,
    /// How many rows it has.
    pub rows: u32,
    /// What they come to, in minor units.
    pub total: Minor,
    /// How many rows were posted.
    pub posted: u32,
    /// How many rows were refused.
    pub refused: u32,
    /// What the posted rows come to, in minor units.
    pub paid: Minor,
    /// The position of the command's last event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// A process that was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessAnswer {
    /// Which.
    pub process_id: ProcessId,
    /// How it began.
    pub started: ProcessStarted,
    /// The position of the command's last event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// How an operator had a process go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DirectedAnswer {
    /// Which.
    pub process_id: ProcessId,
    /// What was said.
    pub directed: ProcessDirected,
    /// The position of the command's last event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
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

/// One of the texts that an account's status has.
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusName, D::Error> {
    let text = String::deserialize(deserializer)?;
    let known = [Status::Open, Status::Frozen, Status::Closed].map(Status::as_str);
    known.into_iter().find(|status| *status == text).ok_or_else(|| D::Error::custom("not a status of an account"))
}
