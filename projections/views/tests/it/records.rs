//! What the oracle remembers of accounts, transfers, holds and members, and how it writes them as lines.

use chrono::{DateTime, Utc};
use events::recorded::{FreezeScope, TransferRejected};
use uuid::Uuid;

#[derive(Clone)]
pub struct Account {
    pub number: String,
    pub owner: String,
    pub name: String,
    pub asset: String,
    pub system: bool,
    pub status: &'static str,
    pub freeze: Option<FreezeScope>,
    pub balance: i128,
    pub held: i128,
    pub version: i64,
    pub opened: i64,
    pub position: i64,
}

pub struct Hold {
    pub source: Uuid,
    pub destination: Option<Uuid>,
    pub asset: String,
    pub amount: i128,
    pub captured: i128,
    pub released: i128,
    /// By what it ended, once nothing remains.
    pub last: &'static str,
    pub expires: i64,
    /// Memo and reference.
    pub texts: [String; 2],
    pub placed_by: Uuid,
    pub placed: i64,
    pub position: i64,
    pub at: i64,
}

pub struct Transfer {
    pub kind: &'static str,
    /// What was asked for, if it was refused.
    pub rejected: Option<TransferRejected>,
    /// The member who asked for it.
    pub asked_by: Option<Uuid>,
    /// The service that gave it its reference.
    pub service: Option<Uuid>,
    /// Account, asset and signed amount.
    pub legs: Vec<(Uuid, String, i128)>,
    /// Memo, reference, and what it reverses.
    pub texts: [String; 3],
    /// The hold, the item, the offer and the order because of which it was posted.
    pub causes: [Option<Uuid>; 4],
    pub despite_freeze: bool,
    pub reversed_by: Option<Uuid>,
    /// Balance and version after each leg.
    pub sides: Vec<(i128, i64)>,
    pub position: i64,
    pub at: i64,
}

/// What a member's row tells; sealed texts with the version of their event.
#[derive(Clone)]
pub struct Member {
    pub status: &'static str,
    pub joined: i64,
    pub erased: Option<i64>,
    pub login_id: Option<String>,
    pub real_name: Option<String>,
    pub contact: Option<String>,
    pub position: i64,
}

impl Account {
    pub fn line(&self, id: &Uuid) -> String {
        let kind = if self.system { "system" } else { "member" };
        let Self { number, owner, name, asset, status, balance, held, version, opened, position, .. } = self;
        let freeze = match self.freeze {
            Some(FreezeScope::All) => "all",
            Some(FreezeScope::Debits) => "debits",
            None => "-",
        };
        format!(
            "{id}|{number}|{owner}|{kind}|{name}|{asset}|{status}|{freeze}|{balance}|{held}|{version}|{opened}|{position}"
        )
    }
}

impl Hold {
    pub fn line(&self, id: &Uuid) -> String {
        let Self { source, asset, amount, captured, released, expires, placed_by, placed, position, at, .. } = self;
        let status = if captured + released < *amount { "active" } else { self.last };
        let (destination, texts) = (or_dash(&self.destination), self.texts.join("|"));
        format!(
            "{id}|{source}|{destination}|{asset}|{amount}|{captured}|{released}|{status}|{expires}|{texts}|{placed_by}|{placed}|{position}|{at}"
        )
    }
}

impl Member {
    pub fn line(&self, id: &Uuid) -> String {
        let texts = [&self.login_id, &self.real_name, &self.contact].map(or_dash).join("|");
        format!("{id}|{}|{}|{}|{texts}|{}", self.status, self.joined, or_dash(&self.erased), self.position)
    }
}

impl Transfer {
    pub fn new(position: i64, time: DateTime<Utc>) -> Self {
        let (kind, rejected, legs, texts, sides, at) =
            ("", None, Vec::new(), Default::default(), Vec::new(), micros(time));
        let (asked_by, service, reversed_by, causes) = (None, None, None, [None; 4]);
        let despite_freeze = false;
        Self {
            kind,
            rejected,
            asked_by,
            service,
            legs,
            texts,
            causes,
            despite_freeze,
            reversed_by,
            sides,
            position,
            at,
        }
    }

    pub fn line(&self, id: &Uuid) -> String {
        // Source, destination, asset and amount.
        let (said, status, code, available) = match (&self.rejected, self.legs.as_slice()) {
            (Some(TransferRejected { facts, refusal, .. }), _) => {
                let accounts = (or_dash(&facts.source), or_dash(&facts.destination));
                let said = [accounts.0, accounts.1, facts.asset.to_string(), facts.amount.to_string()];
                (said, "rejected", refusal.code.clone(), or_dash(&refusal.available))
            }
            (None, [from, to]) => {
                let said = [from.0.to_string(), to.0.to_string(), to.1.clone(), to.2.to_string()];
                (said, "posted", "-".into(), "-".into())
            }
            (None, _) => (["-"; 4].map(Into::into), "posted", "-".into(), "-".into()),
        };
        let sides = match self.sides.as_slice() {
            [debit, credit] => format!("{}|{}|{}|{}", debit.0, debit.1, credit.0, credit.1),
            _ => "-|-|-|-".into(),
        };
        let leg = |((account, asset, amount), (balance, version)): (&(Uuid, String, i128), &(i128, i64))| {
            format!("{account} {asset} {amount} {balance} {version}")
        };
        let legs: Vec<_> = self.legs.iter().zip(&self.sides).map(leg).collect();
        let legs = if legs.len() > 2 { legs.join(", ") } else { "-".into() };
        let (kind, said, texts, position, at) =
            (self.kind, said.join("|"), self.texts.join("|"), self.position, self.at);
        let (by, asked_by, service) = (or_dash(&self.reversed_by), or_dash(&self.asked_by), or_dash(&self.service));
        let (causes, despite_freeze) = (self.causes.map(|cause| or_dash(&cause)).join("|"), self.despite_freeze);
        format!(
            "{id}|{kind}|{status}|{code}|{available}|{said}|{texts}|{by}|{sides}|{position}|{at}|{asked_by}|{service}|{causes}|{despite_freeze}|{legs}"
        )
    }
}

pub fn or_dash<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(|| "-".into(), ToString::to_string)
}

pub fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}
