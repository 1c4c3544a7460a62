//! What the tables of partners and of their keys must hold.

use std::collections::BTreeMap;

use events::recorded::{Event, PartnerEvent, PartnerKeyEvent, PartnerKeyIssued, PartnerQuotasSet};
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::{micros, or_dash};

struct Partner {
    name: String,
    created: Moment,
    set: PartnerQuotasSet,
}

struct Key {
    issued: PartnerKeyIssued,
    moment: Moment,
    revoked: Option<i64>,
}

#[derive(Default)]
pub struct Partners {
    partners: BTreeMap<Uuid, Partner>,
    keys: BTreeMap<Uuid, Key>,
}

impl Partners {
    pub fn event(&mut self, stream: Uuid, moment: Moment, body: &Event) {
        match body {
            Event::Partner(PartnerEvent::Created(created)) => {
                let set = PartnerQuotasSet { requests_per_second: None, burst: None, limits: Vec::new() };
                let partner = Partner { name: created.name.clone(), created: moment, set };
                self.partners.insert(stream, partner);
            }
            Event::Partner(PartnerEvent::QuotasSet(set)) => {
                self.partners.get_mut(&stream).expect("created").set = set.clone();
            }
            Event::PartnerKey(PartnerKeyEvent::Issued(issued)) => {
                self.keys.insert(stream, Key { issued: issued.clone(), moment, revoked: None });
            }
            Event::PartnerKey(PartnerKeyEvent::Revoked(_)) => {
                self.keys.get_mut(&stream).expect("issued").revoked = Some(moment.at);
            }
            _ => {}
        }
    }

    pub fn tables(self) -> Vec<Table> {
        let partners = self.partners.iter().map(|(id, Partner { name, created, set })| {
            let numbers = [set.requests_per_second, set.burst].map(|number| or_dash(&number)).join("|");
            format!("{id}|{name}|{numbers}|{}|{}|{}", set.limits.join(" "), created.position, created.at)
        });
        let keys = self.keys.iter().map(|(id, Key { issued, moment, revoked })| {
            let scopes: Vec<_> = issued.scopes.iter().map(ToString::to_string).collect();
            let times = [issued.expires_at.map(micros), *revoked].map(|time| or_dash(&time)).join("|");
            format!("{id}|{}|{}|{times}|{}|{}", issued.partner, scopes.join(" "), moment.position, moment.at)
        });
        vec![Table::of("partners", SELECT_PARTNERS, partners), Table::of("partner_keys", SELECT_KEYS, keys)]
    }
}

const SELECT_PARTNERS: &str = "select concat_ws('|', partner_id, name, coalesce(requests_per_second::text, '-'),
    coalesce(burst::text, '-'), limits, created_position, (extract(epoch from created_at) * 1000000)::int8)
    from live.partners";
const SELECT_KEYS: &str = "select concat_ws('|', key_id, partner_id, scopes,
    coalesce((extract(epoch from expires_at) * 1000000)::int8::text, '-'),
    coalesce((extract(epoch from revoked_at) * 1000000)::int8::text, '-'), issued_position,
    (extract(epoch from issued_at) * 1000000)::int8) from live.partner_keys";
