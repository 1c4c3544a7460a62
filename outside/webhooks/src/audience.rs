//! Who hears what: operators and services hear of everything, a partner of its own accounts and of itself.

use std::collections::{HashMap, HashSet};

use kernel::{AccountId, MemberId, Role};
use log::{OwnedAccounts, ReadError};
use public_events::{EventType, PublicEvent};

use crate::endpoint::Endpoint;

/// The accounts of those who have a webhook and do not hear of everything.
#[derive(Debug, Default)]
pub struct Audience {
    accounts: HashMap<MemberId, HashSet<AccountId>>,
}

impl Audience {
    /// Learns which accounts the owner of a webhook has now; [`Self::follow`] learns of later ones. Those that are opened later than
    /// what is followed do no harm: nothing is heard of an account before it is opened.
    pub async fn learn(&mut self, log: &dyn OwnedAccounts, endpoint: &Endpoint) -> Result<(), ReadError> {
        let owner = endpoint.owner.id;
        if !hears_everything(endpoint.owner.role) {
            let accounts = log.owned_accounts(owner).await?;
            self.accounts.insert(owner, accounts.into_iter().collect());
        }
        Ok(())
    }

    /// Follows an event: an account that is opened has an owner.
    pub fn follow(&mut self, event: &PublicEvent) {
        let (Some(account), EventType::AccountOpened) = (event.account, event.event_type) else { return };
        let owner = event.event.data["owner"].as_str().and_then(|owner| owner.parse().ok());
        if let Some(accounts) = owner.and_then(|owner: MemberId| self.accounts.get_mut(&owner)) {
            accounts.insert(account);
        }
    }

    /// Whether the owner of a webhook may hear of an event.
    pub fn may_be_told(&self, endpoint: &Endpoint, event: &PublicEvent) -> bool {
        let owner = endpoint.owner.id;
        let owns = |account| self.accounts.get(&owner).is_some_and(|accounts| accounts.contains(&account));
        hears_everything(endpoint.owner.role) || event.may_be_told(owner, owns)
    }
}

fn hears_everything(role: Role) -> bool {
    matches!(role, Role::Operator | Role::Service)
}
