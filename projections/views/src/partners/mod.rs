//! The view `partners`: every partner, its quotas and its keys.

mod fold;
mod rows;

use events::recorded::{Event, PartnerCreated, PartnerKeyEvent, PartnerKeyIssued, PartnerKeyRevoked, PartnerQuotasSet};
use kernel::StreamId;
use projection_engine::{Commit, Fault, Projection, Rows};

/// The view `partners`.
#[derive(Clone, Copy, Debug)]
pub struct Partners;

/// The types whose events change something here. What keys are used for is in the log only.
const USED: &[&str] = &[PartnerCreated::NAME, PartnerQuotasSet::NAME, PartnerKeyIssued::NAME, PartnerKeyRevoked::NAME];

impl Projection for Partners {
    type Event = Event;

    fn name(&self) -> &'static str {
        "partners"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["partners", "partner_keys"]
    }

    fn uses(&self, event_type: &str) -> bool {
        USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::PartnerRows::from(fold::fold(commits))))
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // Whose row is wrong while it is parked.
        let partner = match event {
            // What changes nothing here is never put aside.
            Some(event) if !self.uses(event.event_type().name) => return Vec::new(),
            Some(Event::PartnerKey(PartnerKeyEvent::Issued(issued))) => Some(issued.partner),
            Some(Event::PartnerKey(PartnerKeyEvent::Revoked(revoked))) => Some(revoked.partner),
            _ => None,
        };
        std::iter::once(stream.to_string()).chain(partner.map(|partner| partner.to_string())).collect()
    }
}
