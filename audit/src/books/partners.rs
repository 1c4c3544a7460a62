//! View `partners`: every partner with its quotas, and every key.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
};

use chrono::{DateTime, Utc};
use events::recorded::{Event, PartnerEvent, PartnerKeyEvent, PartnerQuotasSet};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::{self, Commit},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "partners",
    tables: &[
        Table {
            name: "partners",
            columns: &[
                "created_position",
                "created_at",
                "requests_per_second",
                "burst",
                "partner_id",
                "name",
                "limits",
            ],
        },
        Table {
            name: "partner_keys",
            columns: &["issued_position", "issued_at", "expires_at", "revoked_at", "key_id", "partner_id", "scopes"],
        },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [partners, keys] = sinks.try_into().ok()?;
    Some(Box::new(Partners { created: BTreeMap::new(), issued: BTreeMap::new(), partners, keys }))
}

/// A partner.
struct Partner {
    created_position: i64,
    created_at: DateTime<Utc>,
    name: String,
    quotas: Option<PartnerQuotasSet>,
}

/// A key.
struct Key {
    issued_position: i64,
    issued_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    partner: Uuid,
    scopes: String,
}

struct Partners<S> {
    created: BTreeMap<Uuid, Partner>,
    issued: BTreeMap<Uuid, Key>,
    partners: S,
    keys: S,
}

/// A row of `partners`.
struct Row<'a> {
    created_position: i64,
    created_at: DateTime<Utc>,
    requests_per_second: Option<i64>,
    burst: Option<i64>,
    name: &'a str,
    limits: &'a str,
}

impl Row<'_> {
    fn give(&self, partner: Uuid, cells: &mut Cells, partners: &mut dyn Sink) {
        cells.clear().put("created_position", self.created_position).put("created_at", time(self.created_at));
        cells.maybe("requests_per_second", self.requests_per_second).maybe("burst", self.burst);
        partners.row(&partner.to_string(), cells.put("name", self.name).put("limits", self.limits));
    }
}

impl Key {
    fn give(&self, key: Uuid, cells: &mut Cells, keys: &mut dyn Sink) {
        let shown = |at: Option<DateTime<Utc>>| at.map(|at| time(at).to_string());
        let (expires_at, revoked_at) = (shown(self.expires_at), shown(self.revoked_at));
        cells.clear().put("issued_position", self.issued_position).put("issued_at", time(self.issued_at));
        cells.maybe("expires_at", display(expires_at.as_ref())).maybe("revoked_at", display(revoked_at.as_ref()));
        keys.row(&key.to_string(), cells.put("partner_id", self.partner).put("scopes", &self.scopes));
    }
}

fn display(text: Option<&String>) -> Option<&dyn Display> {
    text.map(|text| text as &dyn Display)
}

impl<S> Partners<S> {
    fn partner(&mut self, event: &assemble::Event, partner: &PartnerEvent, at: DateTime<Utc>) {
        match partner {
            PartnerEvent::Created(created) => {
                let (created_position, name) = (event.position, created.name.clone());
                let partner = Partner { created_position, created_at: at, name, quotas: None };
                self.created.insert(event.stream, partner);
            }
            PartnerEvent::QuotasSet(set) => {
                if let Some(partner) = self.created.get_mut(&event.stream) {
                    partner.quotas = Some(set.clone());
                }
            }
            PartnerEvent::AccountAdded(_) => {}
        }
    }

    fn key(&mut self, event: &assemble::Event, key: &PartnerKeyEvent, at: DateTime<Utc>) {
        match key {
            PartnerKeyEvent::Issued(issued) => {
                let names: Vec<&str> = issued.scopes.iter().map(|scope| scope.as_str()).collect();
                let key = Key {
                    issued_position: event.position,
                    issued_at: at,
                    expires_at: issued.expires_at,
                    revoked_at: None,
                    partner: issued.partner.uuid(),
                    scopes: names.join(" "),
                };
                self.issued.insert(event.stream, key);
            }
            PartnerKeyEvent::Revoked(_) => {
                if let Some(key) = self.issued.get_mut(&event.stream) {
                    key.revoked_at = Some(at);
                }
            }
        }
    }
}

impl<S: Sink> Book<S> for Partners<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            match &event.recorded {
                Event::Partner(partner) => self.partner(event, partner, commit.recorded_at),
                Event::PartnerKey(key) => self.key(event, key, commit.recorded_at),
                _ => {}
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        let mut cells = Cells::default();
        for (id, partner) in &self.created {
            let quotas = partner.quotas.as_ref();
            let row = Row {
                created_position: partner.created_position,
                created_at: partner.created_at,
                requests_per_second: quotas.and_then(|set| set.requests_per_second).map(i64::from),
                burst: quotas.and_then(|set| set.burst).map(i64::from),
                name: &partner.name,
                limits: &quotas.map(|set| set.limits.join(" ")).unwrap_or_default(),
            };
            row.give(*id, &mut cells, &mut self.partners);
        }
        self.issued.iter().for_each(|(id, key)| key.give(*id, &mut cells, &mut self.keys));
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.partners, self.keys]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [partners, keys] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select created_position as "created_position!", created_at as "created_at!", requests_per_second, burst,
                  partner_id as "partner_id!", name as "name!", limits as "limits!"
           from live.partners"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            created_position: row.created_position,
            created_at: row.created_at,
            requests_per_second: row.requests_per_second,
            burst: row.burst,
            name: &row.name,
            limits: &row.limits,
        };
        found.give(row.partner_id, &mut cells, partners);
    }
    drop(rows);
    let mut rows = sqlx::query!(
        r#"select issued_position as "issued_position!", issued_at as "issued_at!", expires_at, revoked_at,
                  key_id as "key_id!", partner_id as "partner_id!", scopes as "scopes!"
           from live.partner_keys"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let found = Key {
            issued_position: row.issued_position,
            issued_at: row.issued_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            partner: row.partner_id,
            scopes: row.scopes,
        };
        found.give(row.key_id, &mut cells, keys);
    }
    Ok(())
}
