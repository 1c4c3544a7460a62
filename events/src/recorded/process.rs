//! Events on the stream of a process with the outside world: a top-up, a bank payout, a gift card.
//!
//! Each event states what it leaves, so that a view needs no event before it. What is personal is sealed with the owner's key.

use std::fmt;

use chrono::{DateTime, Utc};
use kernel::{AccountId, HoldId, MemberId, Money, Sealed, TransferId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event_type::event_types;

event_types! {
    /// An event of a process with the outside world.
    Process(ProcessEvent) {
        /// It began.
        Started(ProcessStarted) = 1, opens;
        /// The outside is about to be asked for a step.
        StepBegun(ProcessStepBegun) = 1, on;
        /// A step is done.
        StepTaken(ProcessStepTaken) = 1, on;
        /// A try of a step failed, or the step was refused.
        StepFailed(ProcessStepFailed) = 1, on;
        /// An operator said how it goes on.
        Directed(ProcessDirected) = 1, on;
    }
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessKind {
    /// Money that a member paid to a payment provider comes to an account.
    TopUp,
    /// Money of an account goes to an account at another bank.
    BankPayout,
    /// A gift card is bought with money of an account.
    GiftCard,
}

impl ProcessKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::TopUp, Self::BankPayout, Self::GiftCard];

    /// The kind as it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "top-up",
            Self::BankPayout => "bank-payout",
            Self::GiftCard => "gift-card",
        }
    }
}

/// What a process is for, with what only its kind has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProcessPurpose {
    /// Money that a member paid to a payment provider comes to an account.
    TopUp {
        /// Which provider, by the name that members give.
        provider: String,
        /// What the provider calls the payment. Sealed for version 1 of the stream, field `payment_key`.
        payment_key: Sealed,
    },
    /// Money of an account goes to an account at another bank.
    BankPayout {
        /// Bank, number and holder, as JSON. Sealed for version 1 of the stream, field `bank_account`.
        bank_account: Sealed,
    },
    /// A gift card is bought with money of an account.
    GiftCard {
        /// What the issuer calls the kind of card.
        product: String,
    },
}

impl ProcessPurpose {
    /// The kind of process.
    pub fn kind(&self) -> ProcessKind {
        match self {
            Self::TopUp { .. } => ProcessKind::TopUp,
            Self::BankPayout { .. } => ProcessKind::BankPayout,
            Self::GiftCard { .. } => ProcessKind::GiftCard,
        }
    }
}

impl fmt::Debug for ProcessPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().as_str())
    }
}

/// A step of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessStep {
    /// Funds of the account are held; in the commit that starts the process.
    Hold,
    /// The payment is confirmed at the provider.
    Confirm,
    /// The payment is ordered at the other bank.
    Submit,
    /// The other bank settles it.
    Settle,
    /// The gift card is bought.
    Issue,
    /// The account is credited.
    Credit,
    /// The held funds are paid.
    Capture,
    /// What was asked for outside is taken back there.
    Cancel,
    /// The held funds are given back.
    Release,
}

impl ProcessStep {
    /// Every step.
    pub const ALL: [Self; 9] = [
        Self::Hold,
        Self::Confirm,
        Self::Submit,
        Self::Settle,
        Self::Issue,
        Self::Credit,
        Self::Capture,
        Self::Cancel,
        Self::Release,
    ];

    /// The step as it stands in answers and tables, and in what keys derive from.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Confirm => "confirm",
            Self::Submit => "submit",
            Self::Settle => "settle",
            Self::Issue => "issue",
            Self::Credit => "credit",
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Release => "release",
        }
    }
}

/// What a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessState {
    /// The next step is taken.
    Running,
    /// A try failed and is repeated, or the outside has not decided yet.
    Waiting,
    /// What was done is taken back.
    Compensating,
    /// It has done what it was for. Last.
    Done,
    /// It has taken back what it had done. Last.
    Compensated,
    /// It cannot go on: an operator has to say how.
    Stuck,
}

impl ProcessState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Waiting, Self::Compensating, Self::Done, Self::Compensated, Self::Stuck];

    /// The state as it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Compensating => "compensating",
            Self::Done => "done",
            Self::Compensated => "compensated",
            Self::Stuck => "stuck",
        }
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Compensated)
    }
}

/// How a try failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessFailure {
    /// It was refused for good.
    Refused,
    /// It was certainly not carried out, and is tried again.
    NotDone,
    /// It is not known whether it was carried out: it is asked for.
    Unknown,
    /// The outside contradicts what it was asked, or what it said before.
    Contradiction,
    /// The time of the process is over.
    Late,
}

/// How a process goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessDirection {
    /// The step is tried again.
    Retry,
    /// The step counts as done: somebody has seen to it.
    Skip,
    /// What was done is taken back.
    Compensate,
}

impl ProcessDirection {
    /// Every direction.
    pub const ALL: [Self; 3] = [Self::Retry, Self::Skip, Self::Compensate];

    /// The direction as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Compensate => "compensate",
        }
    }
}

/// A process began. First on its stream. Where money of the account is to go out, it is held in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStarted {
    /// Whose account it is: what is sealed opens with their key.
    pub owner: MemberId,
    /// The account that is credited, or that pays.
    pub account: AccountId,
    /// How much; more than zero.
    pub money: Money,
    /// The hold that it pays from or gives back; none for a top-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// What has not happened outside by then is taken back.
    pub deadline: DateTime<Utc>,
    /// What it is for.
    pub purpose: ProcessPurpose,
}

/// Which process an event is of, for whoever has that event alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessOf {
    /// What it does.
    pub kind: ProcessKind,
    /// The account that is credited, or that pays.
    pub account: AccountId,
    /// Whose account it is.
    pub owner: MemberId,
}

/// The outside is about to be asked for a step: whoever finds this and no outcome does not know whether it was. Once for each step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStepBegun {
    /// Which.
    pub step: ProcessStep,
    /// The key under which it is asked for, now and whenever it is asked again.
    pub key: Uuid,
    /// The process after it.
    pub leaves: ProcessState,
}

/// A step is done. A step that moves money is in the same commit as its transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStepTaken {
    /// Of which process.
    pub of: ProcessOf,
    /// Which.
    pub step: ProcessStep,
    /// How often it was tried, this time included.
    pub tries: u32,
    /// The transfer of the same commit, if it moved money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferId>,
    /// The code of the gift card. Sealed for this event, field `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Sealed>,
    /// The process after it.
    pub leaves: ProcessState,
}

/// A try of a step failed, or the step was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStepFailed {
    /// Of which process.
    pub of: ProcessOf,
    /// Which.
    pub step: ProcessStep,
    /// How often it was tried, this time included.
    pub tries: u32,
    /// How.
    pub failure: ProcessFailure,
    /// Why, as a code: the provider's, or that of a rule of the bank.
    pub code: String,
    /// The process after it.
    pub leaves: ProcessState,
}

/// An operator said how a process goes on. Who it was stands with the commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessDirected {
    /// Of which process.
    pub of: ProcessOf,
    /// How.
    pub direction: ProcessDirection,
    /// The step that it was at.
    pub step: ProcessStep,
    /// How often that was tried.
    pub tries: u32,
    /// Why, in words.
    pub reason: String,
    /// The process after it.
    pub leaves: ProcessState,
}
