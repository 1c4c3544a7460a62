//! Approvals: what an operator asked for, and that a second one approved, and did it by that, or did not.
//!
//! What is asked for is recorded as it was typed, so that it can be done later. Nothing in it is personal.

use chrono::{DateTime, Utc};
use kernel::{AccountId, ApprovalKind, AssetCode, MemberId, OperatorId, PartnerId, PartnerKeyId, Scope, TransferId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{account::FreezeScope, event_type::event_types, limit::LimitSet};

event_types! {
    /// An event of an approval.
    Approval(ApprovalEvent) {
        /// An operator asked for something.
        Requested(ApprovalRequested) = 1, opens;
        /// Another operator approved, and what was asked for was decided.
        Granted(ApprovalGranted) = 1, on;
        /// Another operator said no.
        Rejected(ApprovalRejected) = 1, on;
        /// Whoever asked wants it no more.
        Withdrawn(ApprovalWithdrawn) = 1, on;
    }
}

/// What an operator asks for that a second one has to approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ApprovalAction {
    /// A transfer is undone by another.
    Reversal {
        /// Which.
        transfer: TransferId,
        /// Why; kept as the reversal's memo.
        reason: String,
    },
    /// Many accounts are frozen at once.
    FreezeMany {
        /// Which, each once.
        accounts: Vec<AccountId>,
        /// What the freeze stops.
        scope: FreezeScope,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A member is erased.
    Erasure {
        /// Who.
        member: MemberId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A limit is set.
    LimitSet(Box<LimitSet>),
    /// A limit is deleted.
    LimitDeleted {
        /// Its name.
        name: String,
    },
    /// Limits are assigned to an account.
    LimitsAssigned {
        /// The account.
        account: AccountId,
        /// Their names.
        limits: Vec<String>,
    },
    /// The quotas of a partner are set, and with them the limits of its accounts.
    PartnerQuotas {
        /// The partner.
        partner: PartnerId,
        /// So many requests in a second; the usual number without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requests_per_second: Option<u32>,
        /// So many at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        burst: Option<u32>,
        /// The names of the limits.
        limits: Vec<String>,
    },
    /// A rate of the exchange is set.
    RateSet {
        /// What is sold to the bank.
        from: AssetCode,
        /// What the bank gives for it.
        to: AssetCode,
        /// How many whole units of `to` one whole unit of `from` costs.
        rate: String,
        /// What the bank keeps of it, in hundredths of a percent.
        spread_bps: u32,
        /// For how many seconds it counts, from when it is approved.
        valid_for: u32,
    },
    /// A key is issued to a partner.
    PartnerKey {
        /// To whom.
        partner: PartnerId,
        /// The id that the key gets.
        key: PartnerKeyId,
        /// What it allows.
        scopes: Vec<Scope>,
        /// Until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<DateTime<Utc>>,
        /// The SHA-256 digest of its secret, in hexadecimal digits.
        digest: String,
    },
    /// A generation of a view becomes live although it differs from the live one. The projector does it, after the approval.
    ViewPromotion {
        /// The view.
        view: String,
        /// Which generation.
        generation: i32,
        /// In how many rows it differs, as the requester was shown.
        differences: u64,
        /// Which differences these are: the generation is promoted only while it differs in just these.
        fingerprint: String,
    },
}

impl ApprovalAction {
    /// As which kind the settings of the bank know it.
    pub fn kind(&self) -> ApprovalKind {
        match self {
            Self::Reversal { .. } => ApprovalKind::Reversal,
            Self::FreezeMany { .. } => ApprovalKind::FreezeMany,
            Self::Erasure { .. } => ApprovalKind::Erasure,
            Self::LimitSet(_)
            | Self::LimitDeleted { .. }
            | Self::LimitsAssigned { .. }
            | Self::PartnerQuotas { .. } => ApprovalKind::Limits,
            Self::RateSet { .. } => ApprovalKind::Rates,
            Self::PartnerKey { .. } => ApprovalKind::PartnerKeys,
            Self::ViewPromotion { .. } => ApprovalKind::Promotion,
        }
    }
}

/// An operator asked for something that another one has to approve. First on its stream, which has the id of the command that asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequested {
    /// What is asked for.
    pub action: ApprovalAction,
    /// Who asked; the commit's actor.
    pub requested_by: OperatorId,
    /// Their name.
    pub requested_by_name: String,
    /// The session that it was asked in.
    pub session: Uuid,
    /// Why, in their words.
    pub reason: String,
    /// From this time on, by the log's clock, nobody can approve it any more.
    pub expires_at: DateTime<Utc>,
    /// How often the rate or the limit that it is about had been changed before: approved after another change, it would undo that one. None of
    /// all else, and of a build before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

/// Another operator approved. What was asked for was decided in the same commit, and its events stand before this one. A promotion of a view has
/// none: it is done after this event, by the projector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalGranted {
    /// Who approved; the commit's actor.
    pub approver: OperatorId,
    /// Their name.
    pub approver_name: String,
    /// The session that they approved in.
    pub session: Uuid,
    /// Why, in their words.
    pub reason: String,
    /// The code of the rule that refused what was asked for, if one did: then nothing of it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Another operator said no. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRejected {
    /// Who; the commit's actor.
    pub rejected_by: OperatorId,
    /// Their name.
    pub rejected_by_name: String,
    /// The session that they said it in.
    pub session: Uuid,
    /// Why, in their words.
    pub reason: String,
}

/// Whoever asked wants it no more. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalWithdrawn {
    /// Why, in the words of who asked.
    pub reason: String,
}
