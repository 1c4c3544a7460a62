//! What the stream of public events ought to hold, made from the log by the simplest means and with no code of the bank.

use std::collections::HashMap;

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

/// A public event, as far as it is looked at here.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub position: i64,
    pub kind: String,
    pub account: Option<Uuid>,
    pub owner: Option<Uuid>,
    /// The version of the account.
    pub sequence: Option<i64>,
    /// What it must say.
    pub says: Vec<(&'static str, Value)>,
}

struct Recorded {
    position: i64,
    stream: Uuid,
    version: i64,
    kind: String,
    payload: Value,
}

/// What earlier commits said that later ones leave out.
#[derive(Default)]
struct Before {
    /// How many rows a run has.
    rows_of: HashMap<Uuid, u64>,
    /// Whose an offer is.
    sellers: HashMap<Uuid, Value>,
}

struct Commit {
    /// The member who asked, if it was one.
    member: Option<Uuid>,
    events: Vec<Recorded>,
}

/// Everything that ought to be told, in order.
pub async fn ought(log_url: &str) -> Vec<Told> {
    let (mut told, mut before) = (Vec::new(), Before::default());
    for commit in read(log_url).await {
        for event in &commit.events {
            match event.kind.as_str() {
                "PayoutChunkAdded" => {
                    before.rows_of.insert(event.stream, event.payload["rows"].as_u64().unwrap());
                }
                "OfferOpened" => drop(before.sellers.insert(event.stream, event.payload["seller"].clone())),
                _ => {}
            }
            told.extend(of_event(&commit, event, &before));
        }
    }
    told
}

async fn read(log_url: &str) -> Vec<Commit> {
    let mut log = PgConnection::connect(log_url).await.unwrap();
    let rows = sqlx::query(
        "select e.position, e.stream_id, e.version, e.type, e.payload::text as payload, c.first_position,
             c.actor_id, c.actor_role::text as role
         from events e
         join lateral (
             select * from commits where first_position <= e.position order by first_position desc limit 1
         ) c on true
         order by e.position",
    )
    .fetch_all(&mut log)
    .await
    .unwrap();
    let mut commits: Vec<Commit> = Vec::new();
    for row in rows {
        let (position, first): (i64, i64) = (row.get("position"), row.get("first_position"));
        let payload: String = row.get("payload");
        let event = Recorded {
            position,
            stream: row.get("stream_id"),
            version: row.get("version"),
            kind: row.get("type"),
            payload: serde_json::from_str(&payload).unwrap(),
        };
        if position == first {
            let role: String = row.get("role");
            let member = role.starts_with('m').then(|| row.get("actor_id"));
            commits.push(Commit { member, events: Vec::new() });
        }
        commits.last_mut().unwrap().events.push(event);
    }
    commits
}

impl Commit {
    /// The first event of this kind on a stream.
    fn on(&self, stream: &Value, kinds: &[&str]) -> Option<&Recorded> {
        let stream = id(stream)?;
        self.events.iter().find(|event| event.stream == stream && kinds.contains(&event.kind.as_str()))
    }

    fn of_kind(&self, kind: &str) -> &Recorded {
        self.events.iter().find(|event| event.kind == kind).unwrap_or_else(|| panic!("no {kind} in the commit"))
    }
}

fn id(value: &Value) -> Option<Uuid> {
    value.as_str().map(|text| text.parse().unwrap())
}

/// An event in its commit.
struct InCommit<'c> {
    commit: &'c Commit,
    event: &'c Recorded,
}

fn of_event(commit: &Commit, event: &Recorded, before: &Before) -> Vec<Told> {
    let within = InCommit { commit, event };
    match event.kind.as_str() {
        "PayoutRowsPaid" => within.rows_paid(&before.rows_of).into_iter().collect(),
        "TransferRejected" | "CommandRefused" => within.refusal(),
        kind if kind.starts_with("Account") => within.account().into_iter().collect(),
        kind if kind.starts_with("Item") || kind.starts_with("Offer") => within.item(before),
        _ => within.other().into_iter().collect(),
    }
}

impl InCommit<'_> {
    fn told(&self, kind: &str, says: Vec<(&'static str, Value)>) -> Told {
        let (position, kind) = (self.event.position, kind.to_owned());
        Told { position, kind, account: None, owner: None, sequence: None, says }
    }

    /// The account that the event stands on was changed.
    fn changed(&self, kind: &str, says: Vec<(&'static str, Value)>) -> Told {
        Told { account: Some(self.event.stream), sequence: Some(self.event.version), ..self.told(kind, says) }
    }

    fn to(&self, kind: &str, owner: Option<Uuid>, says: Vec<(&'static str, Value)>) -> Told {
        Told { owner, ..self.told(kind, says) }
    }

    /// A field of the payload.
    fn field(&self, name: &str) -> Value {
        self.event.payload[name].clone()
    }

    fn account(&self) -> Option<Told> {
        match self.event.kind.as_str() {
            "AccountOpened" => {
                let owner = id(&self.event.payload["holder"]["owner"]);
                Some(Told { owner, ..self.changed("account.opened", vec![("asset", self.field("asset"))]) })
            }
            "AccountFrozen" => Some(self.changed("account.frozen", vec![("scope", self.field("scope"))])),
            "AccountUnfrozen" => Some(self.changed("account.unfrozen", vec![])),
            "AccountClosed" => Some(self.changed("account.closed", vec![])),
            "AccountDebited" => Some(self.moved("-")),
            "AccountCredited" => Some(self.moved("")),
            "AccountFundsHeld" | "AccountFundsReleased" => {
                let kinds = ["HoldPlaced", "HoldIncreased", "HoldCaptured", "HoldReleased", "HoldExpired"];
                let hold = self.commit.on(&self.event.payload["hold"], &kinds).expect("what became of the hold");
                let says = vec![("hold_id", self.field("hold")), ("held", self.field("held"))];
                let kind = hold.kind.replace("Hold", "hold.").to_lowercase();
                (kind != "hold.increased").then(|| self.changed(&kind, says))
            }
            _ => None,
        }
    }

    fn moved(&self, sign: &str) -> Told {
        let transfer = self.commit.on(&self.event.payload["transfer"], &["TransferPosted"]).expect("a transfer");
        let kind = match transfer.payload["kind"].as_str().unwrap() {
            "reversal" => "transfer.reversed",
            "charge" => "charge.posted",
            "exchange" => "exchange.posted",
            _ => "transfer.posted",
        };
        let amount = format!("{sign}{}", self.event.payload["amount"].as_str().unwrap());
        let says = vec![
            ("transfer_id", self.field("transfer")),
            ("amount", json!(amount)),
            ("balance", self.field("balance")),
            ("kind", transfer.payload["kind"].clone()),
        ];
        self.changed(kind, says)
    }

    fn refusal(&self) -> Vec<Told> {
        let (refusal, account) = (&self.event.payload["refusal"], id(&self.event.payload["source"]));
        let mut all = Vec::new();
        if self.event.kind == "TransferRejected" {
            let says = vec![("code", refusal["code"].clone()), ("amount", self.field("amount"))];
            all.push(Told { account, ..self.told("transfer.rejected", says) });
        }
        if refusal["code"] == "limit-exceeded" {
            let says = vec![("limit", refusal["limit"]["name"].clone())];
            all.push(Told { account, ..self.told("limit.exceeded", says) });
        }
        all
    }

    fn item(&self, before: &Before) -> Vec<Told> {
        let payload = &self.event.payload;
        match self.event.kind.as_str() {
            "ItemMinted" => vec![self.to("item.minted", id(&payload["owner"]), vec![("serial", self.field("serial"))])],
            "ItemTransferred" | "ItemTraded" => [("from", "given"), ("to", "received")]
                .map(|(side, part)| self.to("item.transferred", id(&payload[side]), vec![("part", json!(part))]))
                .into(),
            "OfferOpened" => {
                vec![self.to("offer.opened", id(&payload["seller"]), vec![("price", self.field("price"))])]
            }
            "OfferAccepted" => {
                let seller = &self.commit.of_kind("ItemTraded").payload["from"];
                [(seller, "sold"), (&payload["buyer"], "bought")]
                    .map(|(who, part)| self.to("offer.accepted", id(who), vec![("part", json!(part))]))
                    .into()
            }
            "OfferCancelled" => {
                vec![self.to("offer.ended", self.commit.member, vec![("status", json!("cancelled"))])]
            }
            "OfferExpired" => {
                let seller = id(&before.sellers[&self.event.stream]);
                vec![self.to("offer.ended", seller, vec![("status", json!("expired"))])]
            }
            _ => vec![],
        }
    }

    fn rows_paid(&self, rows_of: &HashMap<Uuid, u64>) -> Option<Told> {
        let payload = &self.event.payload;
        let done = payload["posted"].as_u64().unwrap() + payload["refused"].as_u64().unwrap();
        let asked = self.commit.events.iter().find_map(|event| event.payload.get("asked_by"));
        let owner = asked.filter(|actor| actor["role"] == "member").and_then(|actor| id(&actor["id"]));
        let says = vec![("status", json!("finished")), ("paid", self.field("paid"))];
        (done == rows_of[&self.event.stream]).then(|| self.to("payout.run.finished", owner, says))
    }

    fn other(&self) -> Option<Told> {
        match self.event.kind.as_str() {
            "StandingOrderRan" => {
                let transfer = self.field("transfer");
                let refused = self.commit.on(&transfer, &["TransferRejected"]);
                let account = match refused {
                    Some(refused) => id(&refused.payload["source"]),
                    None => id(&self.commit.on(&transfer, &["TransferPosted"])?.payload["legs"][0]["account"]),
                };
                let kind = if refused.is_some() { "order.refused" } else { "order.run" };
                Some(Told { account, ..self.told(kind, vec![("transfer_id", transfer)]) })
            }
            "PayoutRunStarted" => Some(self.to("payout.run.started", self.commit.member, vec![])),
            "PayoutRunCancelled" => {
                let says = vec![("status", json!("cancelled"))];
                Some(self.to("payout.run.finished", self.commit.member, says))
            }
            "MemberJoined" => Some(self.to("member.joined", Some(self.event.stream), vec![])),
            "MemberErased" => Some(self.to("member.erased", Some(self.event.stream), vec![])),
            _ => None,
        }
    }
}
