//! The payment code: what a member shows at a till, to pay once from an account.
//!
//! A code holds no funds: whether the account can pay is decided when the code is used.

use chrono::{DateTime, Utc};
use events::recorded::{PaymentCodeEvent, PaymentCodeIssued, UsedFor};
use kernel::{AccountId, Money};

use crate::{Account, EvolveError, Refusal};

/// A payment code as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentCode {
    /// As it was issued.
    pub issued: PaymentCodeIssued,
    /// What it was used for.
    pub used_for: Option<UsedFor>,
}

impl PaymentCode {
    /// The state after an event. A code is used once.
    pub fn evolve(state: Option<Self>, event: &PaymentCodeEvent) -> Result<Self, EvolveError> {
        match (state, event) {
            (None, PaymentCodeEvent::Issued(issued)) => Ok(Self { issued: issued.clone(), used_for: None }),
            (None, PaymentCodeEvent::Used(_)) => Err(EvolveError::NotOpened),
            (Some(_), PaymentCodeEvent::Issued(_)) => Err(EvolveError::OpenedTwice),
            (Some(Self { used_for: Some(_), .. }), PaymentCodeEvent::Used(_)) => Err(EvolveError::AfterTheLast),
            (Some(code), PaymentCodeEvent::Used(used)) => Ok(Self { used_for: Some(used.used_for), ..code }),
        }
    }

    /// Whether it pays at all. `has_expired`: by the log's clock its time is over. The refusal does not say which of both it is.
    pub fn usable(&self, has_expired: bool) -> Result<(), Refusal> {
        if self.used_for.is_some() || has_expired { Err(Refusal::PaymentCodeInvalid) } else { Ok(()) }
    }

    /// Whether it pays so much.
    pub fn covers(&self, money: Money) -> Result<(), Refusal> {
        if money.asset != self.issued.asset {
            return Err(Refusal::AssetMismatch);
        }
        match self.issued.max {
            Some(max) if money.amount > max => Err(Refusal::PaymentCodeExceeded),
            _ => Ok(()),
        }
    }
}

/// Issues a code that pays from this account until then, at most `max`. An account that can pay nothing now has no use for one.
pub fn issue(
    source: AccountId,
    account: Option<&Account>,
    max: Option<Money>,
    expires_at: DateTime<Utc>,
) -> Result<PaymentCodeIssued, Refusal> {
    if max.is_some_and(|max| !max.amount.is_positive()) {
        return Err(Refusal::AmountNotPositive);
    }
    let account = account.filter(|account| account.owner().is_some()).ok_or(Refusal::AccountUnknown)?;
    if max.is_some_and(|max| max.asset != account.asset) {
        return Err(Refusal::AssetMismatch);
    }
    account.debitable()?;
    Ok(PaymentCodeIssued { source, asset: account.asset, max: max.map(|max| max.amount), expires_at })
}
