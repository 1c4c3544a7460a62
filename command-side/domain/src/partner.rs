//! Partners: other businesses with accounts, and the keys by which their programs come in.

use chrono::{DateTime, Utc};
use events::recorded::{
    PartnerAccountAdded, PartnerEvent, PartnerKeyEvent, PartnerKeyIssued, PartnerKeyRevoked, PartnerQuotasSet,
};
use kernel::{AccountId, PartnerId, Scopes};

use crate::{EvolveError, Refusal};

/// The most accounts that a partner opens: its limits are set on all of them in one commit.
pub const MOST_ACCOUNTS: usize = 10_000;

/// A partner as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// What people call it.
    pub name: String,
    /// What was set for it last.
    pub quotas: Option<PartnerQuotasSet>,
    /// The accounts that it opened, in this order.
    pub accounts: Vec<AccountId>,
}

impl Partner {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &PartnerEvent) -> Result<Self, EvolveError> {
        match (state, event) {
            (None, PartnerEvent::Created(created)) => {
                Ok(Self { name: created.name.clone(), quotas: None, accounts: Vec::new() })
            }
            (None, PartnerEvent::QuotasSet(_) | PartnerEvent::AccountAdded(_)) => Err(EvolveError::NotOpened),
            (Some(_), PartnerEvent::Created(_)) => Err(EvolveError::OpenedTwice),
            (Some(partner), PartnerEvent::QuotasSet(set)) => Ok(Self { quotas: Some(set.clone()), ..partner }),
            (Some(mut partner), PartnerEvent::AccountAdded(added)) => {
                partner.accounts.push(added.account);
                Ok(partner)
            }
        }
    }

    /// The names of the limits that count for each of its accounts.
    pub fn limits(&self) -> &[String] {
        self.quotas.as_ref().map_or(&[], |quotas| &quotas.limits)
    }

    /// Whether it may open one more account, and what then happens to it.
    pub fn add_account(&self, account: AccountId) -> Result<PartnerAccountAdded, Refusal> {
        match self.accounts.len() < MOST_ACCOUNTS {
            true => Ok(PartnerAccountAdded { account }),
            false => Err(Refusal::TooManyAccounts),
        }
    }
}

/// A key as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerKey {
    /// As it was issued.
    pub issued: PartnerKeyIssued,
    /// Whether it was revoked: for good.
    pub is_revoked: bool,
}

impl PartnerKey {
    /// The state after an event. Nothing follows on a revocation.
    pub fn evolve(state: Option<Self>, event: &PartnerKeyEvent) -> Result<Self, EvolveError> {
        match (state, event) {
            (None, PartnerKeyEvent::Issued(issued)) => Ok(Self { issued: issued.clone(), is_revoked: false }),
            (None, PartnerKeyEvent::Revoked(_)) => Err(EvolveError::NotOpened),
            (Some(_), PartnerKeyEvent::Issued(_)) => Err(EvolveError::OpenedTwice),
            (Some(Self { is_revoked: true, .. }), PartnerKeyEvent::Revoked(_)) => Err(EvolveError::AfterTheLast),
            (Some(key), PartnerKeyEvent::Revoked(_)) => Ok(Self { is_revoked: true, ..key }),
        }
    }

    /// Whose it is.
    pub fn partner(&self) -> PartnerId {
        self.issued.partner
    }

    /// What happens when it is revoked; nothing if it was.
    pub fn revoke(&self) -> Option<PartnerKeyRevoked> {
        (!self.is_revoked).then_some(PartnerKeyRevoked { partner: self.issued.partner })
    }

    /// What a token may allow that is given for it now: what it was issued for, or the part of that which is asked for. None if more is
    /// asked for.
    pub fn scopes(&self, asked: Option<Scopes>) -> Option<Scopes> {
        let own: Scopes = self.issued.scopes.iter().copied().collect();
        let scopes = asked.unwrap_or(own);
        own.contains_all(scopes).then_some(scopes)
    }

    /// Whether it is good for anything at this time.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        !self.is_revoked && self.issued.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}
