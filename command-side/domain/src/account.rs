//! The account: one asset, one holder, a balance that follows from its events.

use events::recorded::{
    AccountClosed, AccountEvent, AccountFrozen, AccountFundsHeld, AccountFundsReleased, AccountLimitsAssigned,
    AccountUnfrozen, Counted, FreezeScope, Holder, LimitUse,
};
use kernel::{AssetCode, HoldId, MemberId, Minor};
use serde::{Deserialize, Serialize};

use crate::{
    EvolveError, Refusal,
    limit::{Payer, give_back},
};

/// What may be done with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything.
    Open,
    /// Nothing that its freeze stops until it is unfrozen, and no closing.
    Frozen,
    /// Nothing, for good.
    Closed,
}

impl Status {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }
}

/// The shape of [`Account`] in a snapshot and the logic of [`Account::evolve`]. A change of either takes the next number.
///
/// A snapshot of an earlier number is read as long as it says the same here: what it does not mention is as in a new account. A later
/// one is ignored. So an account is written under the lowest number that says all of it ([`Account::state_schema`]).
/// 1: holder, asset, balance, status. 2: also what is held, and a freeze that stops debits only. 3: also its limits.
pub const ACCOUNT_STATE_SCHEMA: i32 = 3;

/// An account as its events left it, and as it stands in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose.
    pub holder: Holder,
    /// The one asset it holds.
    pub asset: AssetCode,
    /// What it holds, in minor units.
    pub balance: Minor,
    /// What may be done with it.
    pub status: Status,
    /// What of the balance is held for holds, in minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: Minor,
    /// What its freeze stops, if it is frozen.
    #[serde(default, skip_serializing_if = "is_all")]
    scope: FreezeScope,
    /// Which limits count for it, beside those for everyone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// What it has used of limits, in the newest window of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::limit::kept")]
    pub used: Vec<LimitUse>,
}

fn is_zero(amount: &Minor) -> bool {
    *amount == Minor::ZERO
}

fn is_all(scope: &FreezeScope) -> bool {
    *scope == FreezeScope::All
}

impl Account {
    /// The state after an event. [`AccountEvent::Opened`] is the first event, and only the first.
    ///
    /// An event with which a command is answered states all that it leaves behind, but for what never changes. So it can be put on a
    /// later state too, and gives the state that it left: the answer is given again that way, without a fold.
    pub fn evolve(state: Option<Self>, event: &AccountEvent) -> Result<Self, EvolveError> {
        Ok(match (state, event) {
            (None, AccountEvent::Opened(opened)) => Self {
                holder: opened.holder.clone(),
                asset: opened.asset,
                balance: Minor::ZERO,
                status: Status::Open,
                held: Minor::ZERO,
                scope: FreezeScope::All,
                limits: Vec::new(),
                used: Vec::new(),
            },
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), AccountEvent::Opened(_)) => return Err(EvolveError::OpenedTwice),
            (Some(account), AccountEvent::Debited(debited)) => {
                Self { balance: debited.balance, ..account.with_used(&debited.used) }
            }
            (Some(account), AccountEvent::Credited(credited)) => {
                Self { balance: credited.balance, ..account.with_used(&credited.used) }
            }
            (Some(account), AccountEvent::FundsHeld(held)) => Self { held: held.held, ..account.with_used(&held.used) },
            (Some(account), AccountEvent::FundsReleased(released)) => {
                Self { held: released.held, ..account.with_used(&released.used) }
            }
            (Some(account), AccountEvent::LimitsAssigned(assigned)) => {
                Self { limits: assigned.limits.clone(), ..account }
            }
            (Some(account), AccountEvent::Frozen(frozen)) => {
                let (status, scope) = (Status::Frozen, frozen.scope);
                Self { status, scope, balance: frozen.balance, held: frozen.held, ..account }
            }
            (Some(account), AccountEvent::Unfrozen(unfrozen)) => {
                let (status, scope) = (Status::Open, FreezeScope::All);
                Self { status, scope, balance: unfrozen.balance, held: unfrozen.held, ..account }
            }
            (Some(account), AccountEvent::Closed(_)) => {
                Self { status: Status::Closed, balance: Minor::ZERO, held: Minor::ZERO, ..account }
            }
        })
    }

    /// The account once so much of its limits is used.
    fn with_used(mut self, used: &[LimitUse]) -> Self {
        for after in used {
            let same = |before: &&mut LimitUse| before.limit == after.limit && before.window == after.window;
            match self.used.iter_mut().find(same) {
                Some(before) => *before = after.clone(),
                None => self.used.push(after.clone()),
            }
        }
        self
    }

    /// The lowest [`ACCOUNT_STATE_SCHEMA`] that says all of it.
    pub fn state_schema(&self) -> i32 {
        match (self.limits.is_empty() && self.used.is_empty(), is_zero(&self.held) && is_all(&self.scope)) {
            (false, _) => 3,
            (true, false) => 2,
            (true, true) => 1,
        }
    }

    /// The member who owns it; none for a system account.
    pub fn owner(&self) -> Option<MemberId> {
        match self.holder {
            Holder::Member { owner, .. } => Some(owner),
            Holder::System { .. } => None,
        }
    }

    /// What its freeze stops; none if it is not frozen.
    pub fn freeze_scope(&self) -> Option<FreezeScope> {
        (self.status == Status::Frozen).then_some(self.scope)
    }

    /// The account as its limits look at it.
    pub fn payer(&self) -> Payer<'_> {
        Payer { asset: self.asset, assigned: &self.limits, used: &self.used }
    }

    /// What can be spent: the balance without what is held.
    pub fn available(&self) -> Minor {
        // Of a member's account no more is held than there is, and of a system account nothing.
        self.balance.minus(self.held).unwrap_or_default()
    }

    /// Whether it may be frozen, and what then happens. A frozen one can be given another scope. The event carries balance and held
    /// funds, so that the answer can be given again without a fold.
    pub fn freeze(&self, scope: FreezeScope, reason: Option<String>) -> Result<AccountEvent, Refusal> {
        match self.status {
            Status::Closed => Err(Refusal::AccountClosed),
            Status::Frozen if self.scope == scope => Err(Refusal::AccountFrozen),
            Status::Open | Status::Frozen => {
                Ok(AccountFrozen { reason, balance: self.balance, held: self.held, scope }.into())
            }
        }
    }

    /// Whether limits may be assigned to it, and what then happens.
    pub fn assign_limits(&self, limits: Vec<String>) -> Result<AccountEvent, Refusal> {
        match self.status {
            Status::Closed => Err(Refusal::AccountClosed),
            Status::Open | Status::Frozen => Ok(AccountLimitsAssigned { limits }.into()),
        }
    }

    /// Whether it may be unfrozen, and what then happens.
    pub fn unfreeze(&self, reason: Option<String>) -> Result<AccountEvent, Refusal> {
        match self.status {
            Status::Frozen => Ok(AccountUnfrozen { reason, balance: self.balance, held: self.held }.into()),
            Status::Open => Err(Refusal::AccountNotFrozen),
            Status::Closed => Err(Refusal::AccountClosed),
        }
    }

    /// Whether it may be closed, and what then happens.
    pub fn close(&self, reason: Option<String>) -> Result<AccountEvent, Refusal> {
        match self.status {
            Status::Open => {}
            Status::Frozen => return Err(Refusal::AccountFrozen),
            Status::Closed => return Err(Refusal::AccountClosed),
        }
        if self.balance != Minor::ZERO || self.held != Minor::ZERO {
            return Err(Refusal::AccountNotEmpty);
        }
        Ok(AccountClosed { reason }.into())
    }

    /// Whether money may go out of it.
    pub fn debitable(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Open => Ok(()),
            Status::Frozen => Err(Refusal::AccountFrozen),
            Status::Closed => Err(Refusal::AccountClosed),
        }
    }

    /// Whether money may come to it.
    pub fn creditable(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Frozen if self.scope == FreezeScope::Debits => Ok(()),
            _ => self.debitable(),
        }
    }

    /// Holds funds of it, if so much can be spent. `used`: what is used of its limits then.
    pub fn hold(&self, hold: HoldId, amount: Minor, used: Vec<LimitUse>) -> Result<AccountEvent, Refusal> {
        self.debitable()?;
        if self.available() < amount {
            return Err(Refusal::InsufficientFunds { available: self.available() });
        }
        let held = self.held.plus(amount).map_err(|_| Refusal::AmountOverflow)?;
        Ok(AccountFundsHeld { hold, amount, held, used }.into())
    }

    /// Held funds of it are held no more. No freeze stops that: no money moves. `back`: what of that was counted for its limits and is
    /// given back.
    pub fn release(&self, hold: HoldId, amount: Minor, back: &[Counted]) -> Result<AccountEvent, Refusal> {
        let held = self.held.minus(amount).map_err(|_| Refusal::AmountOverflow)?;
        Ok(AccountFundsReleased { hold, amount, held, used: give_back(&self.used, back) }.into())
    }

    /// The balance after a signed amount; what a member's account can spend never goes below zero.
    pub(crate) fn after(&self, before: Minor, amount: Minor) -> Result<Minor, Refusal> {
        let overflow = |_| Refusal::AmountOverflow;
        let after = before.plus(amount).map_err(overflow)?;
        match self.holder {
            Holder::Member { .. } if amount.is_negative() && after < self.held => {
                Err(Refusal::InsufficientFunds { available: before.minus(self.held).map_err(overflow)? })
            }
            _ => Ok(after),
        }
    }
}
