//! Holds and offers whose time is over.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::model::Model;

impl Model {
    /// Ends what has expired by then; how many holds and how many offers.
    pub fn expire(&mut self, now: DateTime<Utc>) -> (i64, i64) {
        let is_due = |time: DateTime<Utc>| time <= now;
        let due = self.holds.iter().filter(|(_, hold)| hold.remaining() > 0 && is_due(hold.expires_at));
        let holds: Vec<Uuid> = due.map(|(id, _)| *id).collect();
        for id in &holds {
            let hold = self.holds.get_mut(id).expect("it was found");
            let rest = hold.remaining();
            hold.released += rest;
            let (source, kind, was_used) = (hold.source, hold.kind, hold.captured > 0);
            self.hold(source, -rest);
            self.count(source, kind, -rest, if was_used { 0 } else { -1 });
        }
        let due = self.offers.iter().filter(|(_, offer)| is_due(offer.expires_at));
        let offers: Vec<Uuid> = due.map(|(id, _)| *id).collect();
        for id in &offers {
            let offer = self.offers.remove(id).expect("it was found");
            self.open.remove(&offer.item);
        }
        (i64::try_from(holds.len()).expect("few"), i64::try_from(offers.len()).expect("few"))
    }
}
