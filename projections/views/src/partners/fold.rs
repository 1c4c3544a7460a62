//! What a run of commits does to partners and to their keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{Event, PartnerCreated, PartnerEvent, PartnerKeyEvent, PartnerKeyIssued, PartnerQuotasSet};
use kernel::{PartnerId, PartnerKeyId, Position};
use projection_engine::Commit;

/// How partners and keys came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) created: Vec<New<PartnerId, PartnerCreated>>,
    /// The last quotas of each.
    pub(super) quotas: BTreeMap<PartnerId, PartnerQuotasSet>,
    pub(super) issued: Vec<New<PartnerKeyId, PartnerKeyIssued>>,
    pub(super) revoked: BTreeMap<PartnerKeyId, DateTime<Utc>>,
}

/// What came to be in these commits.
#[derive(Debug)]
pub(super) struct New<I, E> {
    pub(super) id: I,
    pub(super) event: E,
    pub(super) position: Position,
    pub(super) at: DateTime<Utc>,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Changes {
    let mut changes = Changes::default();
    for commit in commits {
        for (position, event) in commit.positioned() {
            let (stream, at) = (event.stream.uuid(), commit.recorded_at);
            match &event.body {
                Some(Event::Partner(event)) => changes.partner(PartnerId::new(stream), event, position, at),
                Some(Event::PartnerKey(event)) => changes.key(PartnerKeyId::new(stream), event, position, at),
                _ => {}
            }
        }
    }
    changes
}

impl Changes {
    fn partner(&mut self, id: PartnerId, event: &PartnerEvent, position: Position, at: DateTime<Utc>) {
        match event {
            PartnerEvent::Created(created) => {
                self.created.push(New { id, event: created.clone(), position, at });
            }
            PartnerEvent::QuotasSet(set) => drop(self.quotas.insert(id, set.clone())),
            PartnerEvent::AccountAdded(_) => {}
        }
    }

    fn key(&mut self, id: PartnerKeyId, event: &PartnerKeyEvent, position: Position, at: DateTime<Utc>) {
        match event {
            PartnerKeyEvent::Issued(issued) => self.issued.push(New { id, event: issued.clone(), position, at }),
            PartnerKeyEvent::Revoked(_) => drop(self.revoked.insert(id, at)),
        }
    }
}
