//! A fold of the log by the simplest means: every rule of the bank is checked on the way, with no code of the bank.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

/// An account as the events leave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    pub asset: String,
    pub owner: Option<Uuid>,
    pub status: &'static str,
    pub balance: i128,
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

/// What the log says.
#[derive(Debug, Default)]
pub struct Ledger {
    pub head: i64,
    pub commits: i64,
    pub accounts: BTreeMap<Uuid, Account>,
    pub posted: BTreeMap<Uuid, Posted>,
    /// Refused transfers, with the code.
    pub rejected: BTreeMap<Uuid, String>,
}

struct Event {
    position: i64,
    stream: Uuid,
    version: i64,
    kind: String,
    payload: Value,
}

impl Ledger {
    /// Reads the whole log of this URL; fails at the first event that breaks a rule.
    pub async fn read(url: &str) -> Self {
        let mut log = PgConnection::connect(url).await.unwrap();
        let rows = sqlx::query(
            "select c.first_position, c.last_position, e.position, e.stream_id, e.version, e.type,
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
        ledger.head = expected - 1;
        let head: i64 = sqlx::query_scalar("select position from log_head").fetch_one(&mut log).await.unwrap();
        assert_eq!(head, ledger.head, "the head is where the last event is");
        ledger
    }

    /// One commit: whole transfers only, each of them balanced, and no member below zero.
    fn apply(&mut self, commit: Vec<Event>) {
        self.commits += 1;
        let last_position = commit.last().unwrap().position;
        let mut moved: BTreeMap<Uuid, Vec<(Uuid, i128)>> = BTreeMap::new();
        for Event { stream, version, kind, payload, position } in commit {
            match kind.as_str() {
                "AccountOpened" => self.opened(stream, &payload),
                "AccountDebited" | "AccountCredited" => {
                    let transfer: Uuid = text(&payload, "transfer").parse().unwrap();
                    let amount = number(&payload, "amount");
                    assert!(amount > 0, "an amount is more than nothing at {position}");
                    let signed = if kind == "AccountDebited" { -amount } else { amount };
                    moved.entry(transfer).or_default().push((stream, signed));
                    self.post(stream, transfer, signed, number(&payload, "balance"), position);
                }
                "AccountFrozen" => self.account(stream).status = "frozen",
                "AccountUnfrozen" => self.account(stream).status = "open",
                "AccountClosed" => {
                    assert_eq!(self.account(stream).balance, 0, "a closed account is empty at {position}");
                    self.account(stream).status = "closed";
                }
                "TransferPosted" => {
                    self.posted.insert(stream, posted(&payload, last_position));
                }
                "TransferRejected" => {
                    self.rejected.insert(stream, text(&payload["refusal"], "code"));
                }
                _ => {}
            }
            if let Some(account) = self.accounts.get_mut(&stream) {
                account.version = version;
            }
        }
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
        assert_eq!(account.status, "open", "only open accounts move at {position}");
        account.balance += amount;
        assert_eq!(account.balance, balance, "the recorded balance is the sum of all before it at {position}");
        assert!(account.owner.is_none() || balance >= 0, "account {stream} is below zero at {position}");
        account.postings.push((transfer, amount, balance));
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

/// A transfer as either schema version has it.
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

fn text(payload: &Value, field: &str) -> String {
    payload[field].as_str().unwrap_or_else(|| panic!("no {field} in {payload}")).to_owned()
}

fn number(payload: &Value, field: &str) -> i128 {
    text(payload, field).parse().unwrap()
}
