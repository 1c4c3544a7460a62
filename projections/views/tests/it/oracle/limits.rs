//! What the tables of limits must hold.

use std::collections::BTreeMap;

use events::recorded::{AccountEvent, Cap, Event, LimitSet, LimitUse, LimitsEvent};
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::{micros, or_dash};

#[derive(Default)]
pub struct Limits {
    /// With the position at which each was set first.
    limits: BTreeMap<String, (i64, LimitSet, Moment)>,
    assigned: BTreeMap<Uuid, (Vec<String>, i64)>,
    used: BTreeMap<(Uuid, String, &'static str), (LimitUse, i64)>,
}

impl Limits {
    pub fn event(&mut self, stream: Uuid, moment: Moment, body: &Event) {
        let used = match body {
            Event::Limits(LimitsEvent::Set(set)) => {
                let first = self.limits.get(&set.name).map_or(moment.position, |before| before.0);
                self.limits.insert(set.name.clone(), (first, set.clone(), moment));
                return;
            }
            Event::Limits(LimitsEvent::Deleted(deleted)) => {
                self.limits.remove(&deleted.name).expect("set");
                return;
            }
            Event::Account(AccountEvent::LimitsAssigned(assigned)) => {
                self.assigned.insert(stream, (assigned.limits.clone(), moment.position));
                return;
            }
            Event::Account(AccountEvent::Debited(debited)) => &debited.used,
            Event::Account(AccountEvent::Credited(credited)) => &credited.used,
            Event::Account(AccountEvent::FundsHeld(held)) => &held.used,
            Event::Account(AccountEvent::FundsReleased(released)) => &released.used,
            _ => return,
        };
        for used in used {
            let key = (stream, used.limit.clone(), used.window.as_str());
            self.used.insert(key, (used.clone(), moment.position));
        }
    }

    pub fn tables(self) -> Vec<Table> {
        let limits = self.limits.values().map(|(first, set, moment)| {
            let cap = |cap: Option<Cap>| match cap {
                Some(Cap { amount, count }) => format!("{}|{}", or_dash(&amount), or_dash(&count)),
                None => "-|-".into(),
            };
            let kinds =
                serde_json::to_string(&set.kinds).expect("kinds").replace(['[', ']', '"'], "").replace(',', " ");
            let LimitSet { name, asset, everyone, per_transfer, per_day, per_month, zone, .. } = set;
            let (most, day, month) = (or_dash(per_transfer), cap(*per_day), cap(*per_month));
            let Moment { position, at, .. } = moment;
            format!("{name}|{asset}|{kinds}|{everyone}|{most}|{day}|{month}|{zone}|{first}|{position}|{at}")
        });
        let assigned = self.assigned.iter().flat_map(|(account, (names, position))| {
            names.iter().map(move |name| format!("{account}|{name}|{position}"))
        });
        let used = self.used.iter().map(|((account, name, per), (used, position))| {
            let until = micros(used.until);
            format!("{account}|{name}|{per}|{until}|{}|{}|{position}", used.amount, used.count)
        });
        vec![
            Table::of("limits", SELECT_LIMITS, limits),
            Table::of("limit_assignments", SELECT_ASSIGNMENTS, assigned),
            Table::of("limit_uses", SELECT_USES, used),
        ]
    }
}

const SELECT_LIMITS: &str =
    "select concat_ws('|', name, asset, kinds, everyone::text, coalesce(per_transfer::text, '-'),
    coalesce(day_amount::text, '-'), coalesce(day_count::text, '-'), coalesce(month_amount::text, '-'),
    coalesce(month_count::text, '-'), zone, first_position, position, (extract(epoch from recorded_at) * 1000000)::int8)
    from live.limits";
const SELECT_ASSIGNMENTS: &str = "select concat_ws('|', account_id, name, position) from live.limit_assignments";
const SELECT_USES: &str = "select concat_ws('|', account_id, name, per, (extract(epoch from until) * 1000000)::int8, amount, count, position) from live.limit_uses";
