//! Partners that are created, their quotas and their keys.

use chrono::Duration;
use events::recorded::{
    PartnerAccountAdded, PartnerCreated, PartnerKeyIssued, PartnerKeyRevoked, PartnerKeyUsed, PartnerQuotasSet,
};
use kernel::{CommandId, PartnerId, PartnerKeyId, Scope};
use uuid::Uuid;

use super::Bank;

/// A partner.
pub struct Business {
    id: PartnerId,
    version: i64,
    /// The keys that were not revoked.
    keys: Vec<PartnerKeyId>,
}

impl Bank {
    /// One more thing that can happen to partners.
    pub(super) fn partner(&mut self) {
        if self.partners.is_empty() || self.random.percent(10) {
            self.create_partner();
        }
        let at = self.random.below(self.partners.len());
        match self.random.below(10) {
            0..=2 => self.set_quotas(at),
            3..=5 => self.issue_key(at),
            6 => {
                // Its life begins and ends within one commit.
                self.issue_key(at);
                self.revoke_key(at);
            }
            7 => self.revoke_key(at),
            _ => self.use_key(at),
        }
    }

    fn create_partner(&mut self) {
        let id = PartnerId::new(Uuid::from_u128(self.random.bits()));
        self.partners.push(Business { id, version: 1, keys: Vec::new() });
        let name = ["Hangang Coffee", "서울 | 책방", "'; drop table partners; --"][self.random.below(3)];
        self.record(id.into(), 1, PartnerCreated { name: name.to_owned() });
    }

    fn next_of_partner(&mut self, at: usize) -> (PartnerId, i64) {
        let partner = &mut self.partners[at];
        partner.version += 1;
        (partner.id, partner.version)
    }

    fn set_quotas(&mut self, at: usize) {
        let some = |random: &mut projection_engine::testing::Random| {
            random.percent(60).then(|| 1 + random.below(1_000) as u32)
        };
        let (requests_per_second, burst) = (some(&mut self.random), some(&mut self.random));
        let limits = ["daily", "monthly"].map(str::to_owned).into_iter().take(self.random.below(3)).collect();
        let (id, version) = self.next_of_partner(at);
        self.record(id.into(), version, PartnerQuotasSet { requests_per_second, burst, limits });
    }

    fn issue_key(&mut self, at: usize) {
        let key = PartnerKeyId::new(Uuid::from_u128(self.random.bits()));
        let scopes = Scope::ALL.iter().copied().filter(|_| self.random.percent(40)).collect();
        let expires_at = self.random.percent(50).then(|| self.now + Duration::days(30));
        let partner = self.partners[at].id;
        self.partners[at].keys.push(key);
        self.record(key.into(), 1, PartnerKeyIssued { partner, scopes, expires_at, digest: "0f".repeat(32) });
    }

    fn revoke_key(&mut self, at: usize) {
        let partner = self.partners[at].id;
        if let Some(key) = self.partners[at].keys.pop() {
            self.record(key.into(), 2, PartnerKeyRevoked { partner });
        }
    }

    /// No view shows that.
    fn use_key(&mut self, at: usize) {
        let partner = self.partners[at].id;
        if let Some(key) = self.partners[at].keys.last().copied() {
            let account = self.accounts[0].id;
            let (id, version) = self.next_of_partner(at);
            self.record(id.into(), version, PartnerAccountAdded { account });
            let command = CommandId::new(Uuid::from_u128(self.random.bits()));
            self.record(command.key_use_stream(), 1, PartnerKeyUsed { partner, key });
        }
    }
}
