//! Why a rule refuses a request.

use events::recorded::{self, LimitReached, PayoutTotals};
use kernel::{Minor, TransferId};

/// A business rule's no. Each has a stable public code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The source does not hold that much.
    #[error("the source account does not hold that much")]
    InsufficientFunds {
        /// What it does hold.
        available: Minor,
    },
    /// An account is frozen.
    #[error("the account is frozen")]
    AccountFrozen,
    /// An account that is not frozen cannot be unfrozen.
    #[error("the account is not frozen")]
    AccountNotFrozen,
    /// An account is closed.
    #[error("the account is closed")]
    AccountClosed,
    /// An account that holds money cannot be closed.
    #[error("the account still holds money")]
    AccountNotEmpty,
    /// The accounts and the money are not of one asset.
    #[error("the accounts and the amount are not of one asset")]
    AssetMismatch,
    /// Only more than nothing can be moved.
    #[error("the amount is not more than zero")]
    AmountNotPositive,
    /// Source and destination are one account.
    #[error("source and destination are the same account")]
    SameAccount,
    /// There is no such account.
    #[error("there is no such account")]
    AccountUnknown,
    /// More than may be moved at once.
    #[error("the amount is above the limit for one transfer")]
    LimitExceeded,
    /// A transfer is undone once.
    #[error("the transfer has been reversed already")]
    AlreadyReversed,
    /// Only what was posted can be undone.
    #[error("the transfer was not posted")]
    TransferNotPosted,
    /// The balance would have more than 38 digits.
    #[error("the balance would have more than 38 digits")]
    AmountOverflow,
    /// A hold that was captured or released has no more funds.
    #[error("the hold is not active any more")]
    HoldNotActive,
    /// The time of the hold is over.
    #[error("the hold has expired")]
    HoldExpired,
    /// More than remains of the hold.
    #[error("no more than what remains of a hold can be captured or released")]
    HoldExceeded {
        /// What remains.
        remaining: Minor,
    },
    /// Neither the hold nor the request says where its funds are to go.
    #[error("neither the hold nor the request names a destination")]
    DestinationMissing,
    /// The hold is for another account.
    #[error("the hold is for another destination")]
    DestinationDiffers,
    /// The same principal used the reference before.
    #[error("the reference has been used for another transfer")]
    ReferenceTaken {
        /// For which transfer.
        transfer: TransferId,
    },
    /// Nobody set a rate between the two assets, or it has expired.
    #[error("there is no rate between these assets now")]
    RateUnknown,
    /// There is no such quote, or it is another member's.
    #[error("there is no such quote")]
    QuoteUnknown,
    /// A quote holds for a while.
    #[error("the quote has expired")]
    QuoteExpired,
    /// A quote is used once.
    #[error("the quote has been used")]
    QuoteUsed,
    /// At the rate it comes to less than one minor unit.
    #[error("the amount comes to less than one minor unit")]
    AmountTooSmall,
    /// More than a limit leaves.
    #[error("the limit `{}` leaves no more", .0.name)]
    LimitReached(LimitReached),
    /// The bank has as many limits as a decision can look at.
    #[error("there are as many limits as can be set")]
    TooManyLimits,
    /// A partner has as many accounts as its limits can be set on at once.
    #[error("the partner has as many accounts as it can have")]
    TooManyAccounts,
    /// There is no limit of this name.
    #[error("there is no such limit")]
    LimitUnknown,
    /// The code is unknown, has expired, or was used: which of them is not said.
    #[error("the payment code cannot be used")]
    PaymentCodeInvalid,
    /// More than the code pays.
    #[error("the amount is above the most that the payment code pays")]
    PaymentCodeExceeded,
    /// An item that is offered cannot be given away or offered once more.
    #[error("the item is offered")]
    ItemLocked,
    /// There is one item of a serial.
    #[error("the collection has an item with this serial")]
    SerialTaken,
    /// An offer was accepted or taken back.
    #[error("the offer is not open any more")]
    OfferNotOpen,
    /// The time of the offer is over.
    #[error("the offer has expired")]
    OfferExpired,
    /// Nobody buys from themselves.
    #[error("the offer is the buyer's own")]
    OwnOffer,
    /// No run of the order is ever due.
    #[error("no run of the schedule is due any more")]
    ScheduleEmpty,
    /// An order that is over, or paused, cannot be paused.
    #[error("the standing order is not active")]
    OrderNotActive,
    /// Only a paused order can be resumed.
    #[error("the standing order is not paused")]
    OrderNotPaused,
    /// The run has other rows, or they come to another sum, than whoever starts it says.
    #[error("the run has {rows} rows that come to {total}")]
    ControlTotalMismatch {
        /// How many rows it has.
        rows: u32,
        /// What they come to.
        total: Minor,
    },
    /// Rows are added before a run starts.
    #[error("the payout run has started or is over")]
    PayoutNotOpen,
    /// A run has a million rows at most.
    #[error("the payout run has as many rows as it can have")]
    PayoutFull,
    /// The run is not being paid.
    #[error("the payout run is not running")]
    PayoutNotRunning,
    /// Only a paused run can be resumed.
    #[error("the payout run is not paused")]
    PayoutNotPaused,
    /// A run that is finished or cancelled cannot be cancelled.
    #[error("the payout run is over")]
    PayoutOver,
    /// Rows come in the order of their numbers.
    #[error("the run has a row with this number or a higher one")]
    PayoutRowOutOfOrder,
    /// A principal has so many webhooks at most.
    #[error("there are as many webhooks as one principal can have")]
    TooManyWebhooks,
    /// Nothing is sent to such an address.
    #[error("no event may be sent to the address")]
    UrlNotAllowed,
    /// A payment at a provider tops an account up once.
    #[error("a top-up has been started with this payment")]
    PaymentKeyUsed,
    /// A process that is over goes no way any more.
    #[error("the process is over")]
    ProcessOver,
    /// The process is at a step that cannot be directed in this way.
    #[error("the step of the process does not allow that")]
    ProcessStepFixed,
    /// A name of an operator is given once.
    #[error("an operator has the name, or had it")]
    OperatorNameTaken,
    /// There has to be an admin who is enabled.
    #[error("the operator is the last admin")]
    LastAdmin,
    /// An approval is decided once, in time, and while whoever asked may ask for it.
    #[error("the approval is over")]
    ApprovalOver,
    /// What is approved would undo a change that whoever asked did not know of.
    #[error("it was changed since it was asked for")]
    ChangedSince,
    /// A neighbour in an atomic batch was refused.
    #[error("another transfer of the atomic batch was refused")]
    BatchAborted,
}

impl Refusal {
    /// The public code: the same for ever.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InsufficientFunds { .. } => "insufficient-funds",
            Self::AccountFrozen => "account-frozen",
            Self::AccountNotFrozen => "account-not-frozen",
            Self::AccountClosed => "account-closed",
            Self::AccountNotEmpty => "account-not-empty",
            Self::AssetMismatch => "asset-mismatch",
            Self::AmountNotPositive => "amount-not-positive",
            Self::SameAccount => "same-account",
            Self::AccountUnknown => "account-unknown",
            Self::LimitExceeded => "limit-exceeded",
            Self::AlreadyReversed => "already-reversed",
            Self::TransferNotPosted => "transfer-not-posted",
            Self::AmountOverflow => "amount-overflow",
            Self::HoldNotActive => "hold-not-active",
            Self::HoldExpired => "hold-expired",
            Self::HoldExceeded { .. } => "hold-exceeded",
            Self::DestinationMissing => "hold-destination-missing",
            Self::DestinationDiffers => "hold-destination-differs",
            Self::ReferenceTaken { .. } => "reference-taken",
            Self::RateUnknown => "rate-unknown",
            Self::QuoteUnknown => "quote-unknown",
            Self::QuoteExpired => "quote-expired",
            Self::QuoteUsed => "quote-used",
            Self::AmountTooSmall => "amount-too-small",
            Self::LimitReached(_) => "limit-exceeded",
            Self::TooManyLimits => "too-many-limits",
            Self::TooManyAccounts => "too-many-accounts",
            Self::LimitUnknown => "limit-unknown",
            Self::PaymentCodeInvalid => "payment-code-invalid",
            Self::PaymentCodeExceeded => "payment-code-exceeded",
            Self::ItemLocked => "item-locked",
            Self::SerialTaken => "serial-taken",
            Self::OfferNotOpen => "offer-not-open",
            Self::OfferExpired => "offer-expired",
            Self::OwnOffer => "own-offer",
            Self::ScheduleEmpty => "schedule-empty",
            Self::OrderNotActive => "order-not-active",
            Self::OrderNotPaused => "order-not-paused",
            Self::ControlTotalMismatch { .. } => "control-total-mismatch",
            Self::PayoutNotOpen => "payout-not-open",
            Self::PayoutFull => "payout-full",
            Self::PayoutNotRunning => "payout-not-running",
            Self::PayoutNotPaused => "payout-not-paused",
            Self::PayoutOver => "payout-over",
            Self::PayoutRowOutOfOrder => "payout-row-out-of-order",
            Self::TooManyWebhooks => "too-many-webhooks",
            Self::UrlNotAllowed => "url-not-allowed",
            Self::PaymentKeyUsed => "payment-key-used",
            Self::ProcessOver => "process-over",
            Self::ProcessStepFixed => "process-step-fixed",
            Self::OperatorNameTaken => "operator-name-taken",
            Self::LastAdmin => "last-admin",
            Self::ApprovalOver => "approval-over",
            Self::ChangedSince => "changed-since",
            Self::BatchAborted => "batch-aborted",
        }
    }
}

impl From<Refusal> for recorded::Refusal {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code().to_owned();
        match refusal {
            Refusal::InsufficientFunds { available } => Self { available: Some(available), ..Self::of(code) },
            Refusal::HoldExceeded { remaining } => Self { remaining: Some(remaining), ..Self::of(code) },
            Refusal::LimitReached(limit) => Self { limit: Some(Box::new(limit)), ..Self::of(code) },
            Refusal::ReferenceTaken { transfer } => Self { taken_by: Some(transfer), ..Self::of(code) },
            Refusal::ControlTotalMismatch { rows, total } => {
                Self { totals: Some(PayoutTotals { rows, total }), ..Self::of(code) }
            }
            _ => Self::of(code),
        }
    }
}
