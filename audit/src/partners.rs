//! The oracle's own book of partners: whatever a partner does names a key that was issued to it.
//!
//! Whether the key was revoked by then is not looked at: servers refuse its tokens within a second, and not in the order of the log.

use std::collections::{HashMap, HashSet};

use events::recorded::{AccountEvent, Event, Holder, KeyUseEvent, PartnerEvent, PartnerKeyEvent};
use kernel::{AccountId, PartnerId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
};

/// All partners and keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Partners {
    known: HashSet<Uuid>,
    /// Whose each key is.
    keys: HashMap<Uuid, Uuid>,
}

impl Partners {
    /// Applies a commit, and notes what it breaks.
    pub fn apply(&mut self, commit: &Commit, findings: &mut Findings) {
        for event in &commit.events {
            let fault = match &event.recorded {
                Event::Partner(PartnerEvent::Created(_)) => {
                    self.known.insert(event.stream);
                    continue;
                }
                Event::Partner(PartnerEvent::QuotasSet(_)) => {
                    (!self.known.contains(&event.stream)).then(|| "was never created".to_owned())
                }
                Event::Partner(PartnerEvent::AccountAdded(added)) => opened(event.stream, added.account, commit),
                Event::PartnerKey(PartnerKeyEvent::Issued(issued)) => self.issue(event, issued.partner),
                Event::PartnerKey(PartnerKeyEvent::Revoked(revoked)) => self.check_owner(event.stream, revoked.partner),
                Event::KeyUse(KeyUseEvent::Used(used)) => {
                    let is_its = commit.partner == Some(used.partner.uuid());
                    let is_last = event.position == commit.last;
                    let wrong = || format!("says that {} sent a command that is not its own", used.partner);
                    (!is_its || !is_last).then(wrong).or_else(|| self.check_owner(used.key.uuid(), used.partner))
                }
                _ => continue,
            };
            findings.require(Rule::Partners, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {} {}", event.stream, fault.unwrap_or_default())
            });
        }
        if let Some(partner) = commit.partner {
            let uses = commit.events.iter().filter(|event| matches!(event.recorded, Event::KeyUse(_))).count();
            // What cannot be read is found by another rule.
            findings.require(Rule::Partners, uses == 1 || !commit.unreadable.is_empty(), || {
                format!("the commit that ends at {} is of partner {partner}, and names {uses} keys", commit.last)
            });
        }
    }

    fn issue(&mut self, event: &assemble::Event, partner: PartnerId) -> Option<String> {
        let is_fresh = self.keys.insert(event.stream, partner.uuid()).is_none();
        let is_right = is_fresh && self.known.contains(&partner.uuid());
        (!is_right).then(|| format!("is issued to {partner}, as version {}", event.version))
    }

    fn check_owner(&self, key: Uuid, partner: PartnerId) -> Option<String> {
        (self.keys.get(&key) != Some(&partner.uuid()))
            .then(|| format!("is of key {key}, which is not one of {partner}"))
    }
}

/// What is wrong with an account that a partner is said to have opened.
fn opened(partner: Uuid, account: AccountId, commit: &Commit) -> Option<String> {
    let is_opened = commit.events.iter().any(|event| match &event.recorded {
        Event::Account(AccountEvent::Opened(opened)) if event.stream == account.uuid() => {
            matches!(&opened.holder, Holder::Member { owner, .. } if owner.uuid() == partner)
        }
        _ => false,
    });
    (!is_opened || commit.partner != Some(partner)).then(|| format!("did not open account {account} in this commit"))
}

#[cfg(test)]
mod tests {
    use events::recorded::{PartnerCreated, PartnerKeyIssued, PartnerKeyRevoked, PartnerKeyUsed};
    use kernel::{PartnerKeyId, Scope};

    use super::*;
    use crate::test_log::{Events, TestLog};

    const PARTNER: u128 = 700;
    const KEY: u128 = 701;

    fn partner(number: u128) -> PartnerId {
        PartnerId::new(Uuid::from_u128(number))
    }

    fn issued(partner: PartnerId) -> Event {
        let scopes = vec![Scope::ItemsWrite];
        PartnerKeyIssued { partner, scopes, expires_at: None, digest: "ab".repeat(32) }.into()
    }

    fn with_key() -> TestLog {
        let mut log = TestLog::new();
        log.sound(vec![(PARTNER, PartnerCreated { name: "Hangang Coffee".into() }.into())]);
        log.sound(vec![(KEY, issued(partner(PARTNER)))]);
        log
    }

    fn used(stream: u128, partner: PartnerId, key: u128) -> Events {
        vec![(stream, PartnerKeyUsed { partner, key: PartnerKeyId::new(Uuid::from_u128(key)) }.into())]
    }

    #[test]
    fn what_a_partner_does_names_its_key() {
        let mut log = with_key();
        log.partner = Some(Uuid::from_u128(PARTNER));
        log.sound(used(800, partner(PARTNER), KEY));
        log.wrong(used(801, partner(PARTNER), KEY + 1), "which is not one of");
        log.wrong(used(802, partner(PARTNER + 5), KEY), "sent a command that is not its own");
        log.wrong(vec![(803, PartnerCreated { name: "x".into() }.into())], "and names 0 keys");
        let twice = [used(804, partner(PARTNER), KEY), used(805, partner(PARTNER), KEY)].concat();
        log.wrong(twice, "and names 2 keys");
        log.partner = None;
        log.wrong(used(806, partner(PARTNER), KEY), "sent a command that is not its own");
    }

    #[test]
    fn keys_are_of_partners_that_are_there() {
        let mut log = with_key();
        log.wrong(vec![(900, issued(partner(PARTNER + 5)))], "is issued to");
        log.wrong(vec![(KEY, issued(partner(PARTNER)))], "as version 2");
        let mut log = with_key();
        log.sound(vec![(KEY, PartnerKeyRevoked { partner: partner(PARTNER) }.into())]);
        log.wrong(vec![(901, PartnerKeyRevoked { partner: partner(PARTNER) }.into())], "which is not one of");
    }
}
