//! The partners of the synthetic bank.

use chrono::TimeDelta;
use events::recorded::{PartnerCreated, PartnerKeyIssued, PartnerKeyRevoked, PartnerKeyUsed, PartnerQuotasSet};
use kernel::{PartnerId, PartnerKeyId, Scope};

use super::{
    Bank,
    ids::{command, key, partner},
};

impl Bank {
    /// Two partners: one with quotas and three keys, of which one is used and one is revoked, and one without anything.
    pub(super) fn deal_with_partners(&mut self) {
        for (n, name) in [(1, "Hangang Coffee"), (2, "한강 | 책방")] {
            self.commit(vec![(partner(n), PartnerCreated { name: name.into() }.into())]);
        }
        for (requests_per_second, burst) in [(None, Some(7)), (Some(50), Some(90))] {
            let limits = vec!["daily".into(), "low".into()];
            self.commit(vec![(partner(1), PartnerQuotasSet { requests_per_second, burst, limits }.into())]);
        }
        let owner = PartnerId::new(partner(1));
        for (n, scopes) in [(1, vec![Scope::AccountsRead, Scope::TransfersWrite]), (2, vec![Scope::ItemsWrite])] {
            self.issue(n, owner, scopes);
        }
        self.commit(vec![(key(2), PartnerKeyRevoked { partner: owner }.into())]);
        let used = PartnerKeyUsed { partner: owner, key: PartnerKeyId::new(key(1)) };
        self.commit(vec![(command(0x0e7e_0001), used.into())]);
        self.commits.last_mut().expect("a commit").actor = Some(("p", partner(1)));
        self.issue(3, owner, vec![Scope::RatesWrite]);
    }

    fn issue(&mut self, n: u128, owner: PartnerId, scopes: Vec<Scope>) {
        let expires_at = (!n.is_multiple_of(2)).then(|| self.now + TimeDelta::days(30));
        let issued = PartnerKeyIssued { partner: owner, scopes, expires_at, digest: "0f".repeat(32) };
        self.commit(vec![(key(n), issued.into())]);
    }
}
