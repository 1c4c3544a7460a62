//! A fold of the log by the simplest means: every rule of the bank is checked on the way, with no code of the bank.

mod agreements;
mod fields;
mod limits;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use self::{
    agreements::Agreements,
    fields::{number, text},
    limits::Limits,
};

/// An account as the events leave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    pub asset: String,
    pub owner: Option<Uuid>,
    pub status: &'static str,
    /// What its freeze stops, if it is frozen.
    pub freeze: Option<String>,
    pub balance: i128,
    pub held: i128,
    pub version: i64,
    /// Every debit and credit: the transfer, the signed amount, the balance after it.
    pub postings: Vec<(Uuid, i128, i128)>,
}

/// A transfer as it was posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Posted {
    pub last_position: i64,
    pub kind: String,
    /// Account and signed amount of each leg, in order.
    pub legs: Vec<(Uuid, i128)>,
    pub memo: Option<String>,
}

/// A hold as the events leave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    pub source: Uuid,
    pub expires_at: DateTime<Utc>,
    pub amount: i128,
    pub captured: i128,
    pub released: i128,
}

impl Hold {
    /// What remains of it.
    pub fn remaining(&self) -> i128 {
        self.amount - self.captured - self.released
    }
}

/// What the log says.
#[derive(Debug, Default)]
pub struct Ledger {
    pub head: i64,
    pub commits: i64,
    pub accounts: BTreeMap<Uuid, Account>,
    pub holds: BTreeMap<Uuid, Hold>,
    pub posted: BTreeMap<Uuid, Posted>,
    /// Refused transfers, with the code.
    pub rejected: BTreeMap<Uuid, String>,
    pub limits: Limits,
    pub agreements: Agreements,
}

struct Event {
    position: i64,
    stream: Uuid,
    version: i64,
    kind: String,
    payload: Value,
    recorded_at: DateTime<Utc>,
}

impl Ledger {
    /// Reads the whole log of this URL; fails at the first event that breaks a rule.
    pub async fn read(url: &str) -> Self {
        let mut log = PgConnection::connect(url).await.unwrap();
        // Processes may go on meanwhile: events and head are read as of one moment.
        sqlx::query("begin isolation level repeatable read").execute(&mut log).await.unwrap();
        let rows = sqlx::query(
            "select c.first_position, c.last_position, c.recorded_at, e.position, e.stream_id, e.version, e.type,
                 e.payload::text as payload
             from events e
             left join lateral (
                 select * from commits where first_position <= e.position order by first_position desc limit 1
             ) c on e.position <= c.last_position
             order by e.position",
        )
        .fetch_all(&mut log)
        .await
        .unwrap();
        let (mut ledger, mut versions, mut commit, mut expected) = (Self::default(), HashMap::new(), Vec::new(), 1);
        for row in rows {
            let (first, last): (i64, i64) = (row.get("first_position"), row.get("last_position"));
            let payload: String = row.get("payload");
            let event = Event {
                position: row.get("position"),
                stream: row.get("stream_id"),
                version: row.get("version"),
                kind: row.get("type"),
                payload: serde_json::from_str(&payload).unwrap(),
                recorded_at: row.get("recorded_at"),
            };
            assert_eq!(event.position, expected, "positions are gapless");
            expected += 1;
            let version = versions.entry(event.stream).or_insert(0);
            *version += 1;
            assert_eq!(event.version, *version, "versions of {} are contiguous", event.stream);
            assert_eq!(first, event.position - commit.len() as i64, "commits follow one another");
            commit.push(event);
            if commit.len() as i64 == last - first + 1 {
                ledger.apply(std::mem::take(&mut commit));
            }
        }
        assert!(commit.is_empty(), "the last commit is whole");
        ledger.agreements.check();
        ledger.head = expected - 1;
        let head: i64 = sqlx::query_scalar("select position from log_head").fetch_one(&mut log).await.unwrap();
        assert_eq!(head, ledger.head, "the head is where the last event is");
        ledger
    }

    /// One commit: whole transfers only, each of them balanced, no member below what is held, and what is held of an account changes
    /// as its holds do.
    fn apply(&mut self, commit: Vec<Event>) {
        self.commits += 1;
        let last_position = commit.last().unwrap().position;
        let mut moved: BTreeMap<Uuid, Vec<(Uuid, i128)>> = BTreeMap::new();
        // By account and hold: what the accounts say, and what the holds say.
        let mut held: [BTreeMap<(Uuid, Uuid), i128>; 2] = Default::default();
        let (mut passes, mut captures): (BTreeSet<Uuid>, Vec<(Uuid, Uuid, i128)>) = Default::default();
        for Event { stream, version, kind, payload, position, recorded_at } in commit {
            if kind.starts_with("Account") {
                self.limits.count(stream, &kind, &payload, recorded_at);
            }
            self.agreements.apply(stream, &kind, &payload, recorded_at);
            match kind.as_str() {
                "LimitSet" | "LimitDeleted" => self.limits.change(&kind, payload),
                "AccountOpened" => self.opened(stream, &payload),
                "AccountDebited" | "AccountCredited" => {
                    let transfer: Uuid = text(&payload, "transfer").parse().unwrap();
                    let amount = number(&payload, "amount");
                    assert!(amount > 0, "an amount is more than nothing at {position}");
                    let signed = if kind == "AccountDebited" { -amount } else { amount };
                    moved.entry(transfer).or_default().push((stream, signed));
                    let is_stopped = !passes.contains(&transfer) && self.account(stream).is_stopped(signed);
                    assert!(!is_stopped, "only accounts that no freeze stops move at {position}");
                    self.post(stream, transfer, signed, number(&payload, "balance"), position);
                }
                "AccountFundsHeld" | "AccountFundsReleased" => {
                    let sign = if kind == "AccountFundsHeld" { 1 } else { -1 };
                    let amount = self.hold(stream, sign, &payload, position);
                    *held[0].entry((stream, text(&payload, "hold").parse().unwrap())).or_default() += amount;
                }
                "AccountFrozen" => self.account(stream).freeze(&payload),
                "AccountUnfrozen" => {
                    let account = self.account(stream);
                    (account.status, account.freeze) = ("open", None);
                }
                "AccountClosed" => {
                    let account = self.account(stream);
                    assert_eq!((account.balance, account.held), (0, 0), "a closed account is empty at {position}");
                    account.status = "closed";
                }
                "TransferPosted" => {
                    if payload["despite_freeze"] == true {
                        let may = payload["kind"] == "reversal" || payload["kind"] == "capture";
                        assert!(may, "only a reversal, or what was paid outside, passes a freeze at {position}");
                        passes.insert(stream);
                    }
                    self.posted.insert(stream, posted(&payload, last_position));
                }
                "TransferRejected" => {
                    self.rejected.insert(stream, text(&payload["refusal"], "code"));
                }
                kind if kind.starts_with("Hold") => {
                    let (source, change) = self.hold_event(stream, kind, &payload, recorded_at);
                    *held[1].entry((source, stream)).or_default() += change;
                    if kind == "HoldCaptured" {
                        let transfer = text(&payload, "transfer").parse().unwrap();
                        captures.push((transfer, source, number(&payload, "paid")));
                    }
                }
                _ => {}
            }
            if let Some(account) = self.accounts.get_mut(&stream) {
                account.version = version;
            }
        }
        assert_eq!(held[0], held[1], "accounts and holds say the same in the commit that ends at {last_position}");
        for (transfer, source, paid) in captures {
            let posted = &self.posted[&transfer];
            assert_eq!((posted.kind.as_str(), posted.legs[0]), ("capture", (source, -paid)), "{transfer} pays that");
        }
        self.check_legs(moved);
    }

    /// The legs of each transfer cancel, and are those that it was posted with.
    fn check_legs(&self, moved: BTreeMap<Uuid, Vec<(Uuid, i128)>>) {
        for (transfer, sides) in moved {
            let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
            for (account, amount) in &sides {
                *sums.entry(&self.accounts[account].asset).or_default() += amount;
            }
            assert!(sums.values().all(|sum| *sum == 0), "the legs of transfer {transfer} cancel: {sums:?}");
            let posted = self.posted.get(&transfer).map(|posted| &posted.legs);
            assert_eq!(posted, Some(&sides), "transfer {transfer} was posted with its legs");
        }
    }

    fn opened(&mut self, stream: Uuid, payload: &Value) {
        let owner = payload["holder"]["owner"].as_str().map(|owner| owner.parse().unwrap());
        let account = Account { asset: text(payload, "asset"), owner, status: "open", ..Account::default() };
        assert!(self.accounts.insert(stream, account).is_none());
    }

    fn post(&mut self, stream: Uuid, transfer: Uuid, amount: i128, balance: i128, position: i64) {
        let account = self.account(stream);
        assert_ne!(account.status, "closed", "no closed account moves at {position}");
        account.balance += amount;
        assert_eq!(account.balance, balance, "the recorded balance is the sum of all before it at {position}");
        assert!(account.owner.is_none() || balance >= account.held, "account {stream} is below zero at {position}");
        account.postings.push((transfer, amount, balance));
    }

    /// What is held of an account changes; by how much.
    fn hold(&mut self, stream: Uuid, sign: i128, payload: &Value, position: i64) -> i128 {
        let account = self.account(stream);
        let amount = number(payload, "amount");
        assert!(amount > 0 && account.status != "closed", "some of an account is held at {position}");
        assert!(sign < 0 || account.status == "open", "only of an open account more is held at {position}");
        account.held += sign * amount;
        assert_eq!(account.held, number(payload, "held"), "what is held is the sum of all before it at {position}");
        assert!((0..=account.balance).contains(&account.held), "no more is held than is there at {position}");
        sign * amount
    }

    /// An event of a hold: whose funds, and how much more of them is held.
    fn hold_event(&mut self, stream: Uuid, kind: &str, payload: &Value, at: DateTime<Utc>) -> (Uuid, i128) {
        if kind == "HoldPlaced" {
            let (source, amount) = (text(payload, "source").parse().unwrap(), number(payload, "amount"));
            let expires_at = text(payload, "expires_at").parse().unwrap();
            let hold = Hold { source, expires_at, amount, captured: 0, released: 0 };
            assert!(amount > 0 && self.holds.insert(stream, hold).is_none(), "hold {stream} is placed once");
            return (source, amount);
        }
        let hold = self.holds.get_mut(&stream).unwrap_or_else(|| panic!("hold {stream} was placed first"));
        let before = hold.clone();
        assert!(before.remaining() > 0, "nothing happens to hold {stream} after it is over");
        let left = |field| number(&payload["left"], field);
        (hold.amount, hold.captured, hold.released) = (left("amount"), left("captured"), left("released"));
        let (more, paid) = (hold.amount - before.amount, hold.captured - before.captured);
        let back = hold.released - before.released;
        let is_right = match kind {
            "HoldIncreased" => more > 0 && more == number(payload, "by") && (paid, back) == (0, 0),
            "HoldCaptured" => more == 0 && paid > 0 && paid == number(payload, "paid") && back >= 0,
            _ => (more, paid) == (0, 0) && back > 0 && back == number(payload, "given_back"),
        };
        assert!(is_right && hold.remaining() >= 0, "what is left of hold {stream} follows: {before:?}, {payload}");
        let is_expiry = kind == "HoldExpired";
        assert_eq!(at >= hold.expires_at, is_expiry, "hold {stream} is used before {} only", hold.expires_at);
        if kind == "HoldCaptured" {
            assert!(back == 0 || payload["is_final"] == true, "only a final capture gives the rest of {stream} back");
        }
        assert!(hold.remaining() == 0 || (!is_expiry && payload["is_final"] != true), "nothing remains of {stream}");
        (hold.source, hold.remaining() - before.remaining())
    }

    fn account(&mut self, stream: Uuid) -> &mut Account {
        self.accounts.get_mut(&stream).unwrap_or_else(|| panic!("{stream} was opened first"))
    }

    /// Every asset adds up to nothing over all accounts.
    pub fn check_sums(&self) {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for account in self.accounts.values() {
            *sums.entry(&account.asset).or_default() += account.balance;
        }
        assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
    }

    /// The posted transfers with this memo.
    pub fn with_memo(&self, memo: &str) -> Vec<Uuid> {
        self.posted.iter().filter(|(_, p)| p.memo.as_deref() == Some(memo)).map(|(id, _)| *id).collect()
    }

    /// Adds a transfer that no log holds, to see whether a check notices.
    pub fn note_transfer(&mut self, id: Uuid, memo: &str) {
        let (kind, memo) = ("transfer".to_owned(), Some(memo.to_owned()));
        let legs = vec![(Uuid::nil(), -1), (Uuid::max(), 1)];
        self.posted.insert(id, Posted { last_position: 0, kind, legs, memo });
    }

    /// The accounts of members.
    pub fn members(&self) -> impl Iterator<Item = (&Uuid, &Account)> {
        self.accounts.iter().filter(|(_, account)| account.owner.is_some())
    }
}

impl Account {
    /// Whether its freeze stops a debit, which is below zero, or a credit.
    fn is_stopped(&self, amount: i128) -> bool {
        self.freeze.as_ref().is_some_and(|scope| scope == "all" || amount < 0)
    }

    fn freeze(&mut self, payload: &Value) {
        self.status = "frozen";
        self.freeze = Some(payload["scope"].as_str().unwrap_or("all").to_owned());
    }
}

/// A transfer as any schema version has it.
fn posted(payload: &Value, last_position: i64) -> Posted {
    let leg = |leg: &Value| (text(leg, "account").parse().unwrap(), number(leg, "amount"));
    let legs = match payload["legs"].as_array() {
        Some(legs) => legs.iter().map(leg).collect(),
        None => {
            let amount = number(payload, "amount");
            let account = |field| text(payload, field).parse().unwrap();
            vec![(account("source"), -amount), (account("destination"), amount)]
        }
    };
    let memo = payload["memo"].as_str().map(str::to_owned);
    Posted { last_position, kind: text(payload, "kind"), legs, memo }
}
