//! What the tables must hold, found from the log by plain means: one event after the other, no batches, no SQL.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use events::recorded::{
    AccountEvent, Channel, Event, Holder, MemberEvent, TransferEvent, TransferPosted, TransferRejected,
};
use kernel::{Position, Sealed};
use log::Commit;
use uuid::Uuid;

use crate::sum::Sum;

/// Bucket, its start, asset and kind.
type Bucket = (&'static str, i64, String, &'static str);

#[derive(Clone)]
struct Account {
    number: String,
    owner: String,
    name: String,
    asset: String,
    system: bool,
    status: &'static str,
    balance: i128,
    version: i64,
    opened: i64,
    position: i64,
}

struct Transfer {
    kind: &'static str,
    /// What was asked for, if it was refused.
    rejected: Option<TransferRejected>,
    /// Account, asset and signed amount.
    legs: Vec<(Uuid, String, i128)>,
    /// Memo, reference, and what it reverses.
    texts: [String; 3],
    reversed_by: Option<Uuid>,
    /// Balance and version after each leg.
    sides: Vec<(i128, i64)>,
    position: i64,
    at: i64,
}

/// What a member's row tells; sealed texts with the version of their event.
#[derive(Clone)]
struct Member {
    status: &'static str,
    joined: i64,
    erased: Option<i64>,
    login_id: Option<String>,
    real_name: Option<String>,
    contact: Option<String>,
    position: i64,
}

/// Every table, as lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Tables {
    pub accounts: Vec<String>,
    pub entries: Vec<String>,
    pub ticks: Vec<String>,
    pub transfers: Vec<String>,
    pub totals: Vec<String>,
    pub activity: Vec<String>,
    pub members: Vec<String>,
    pub member_counts: Vec<String>,
    pub movers: Vec<String>,
}

#[derive(Default)]
struct Oracle {
    accounts: BTreeMap<Uuid, Account>,
    transfers: BTreeMap<Uuid, Transfer>,
    members: BTreeMap<Uuid, Member>,
    entries: BTreeMap<(Uuid, i64), String>,
    ticks: BTreeMap<i64, i64>,
    /// Posted, rejected, and the volume posted.
    activity: BTreeMap<Bucket, (u64, u64, Sum)>,
    /// By asset, day and account: in how many transfers between members, and how much.
    movers: BTreeMap<(String, String, Uuid), (u64, Sum)>,
}

/// The tables after every commit that ends at or before a position.
pub fn tables(commits: &[Commit], up_to: Position) -> Tables {
    let mut oracle = Oracle::default();
    for commit in commits.iter().filter(|commit| commit.last() <= up_to) {
        let at = micros(commit.recorded_at);
        for (position, event) in commit.positioned() {
            let body = Event::decode(&event.event_type, event.schema_version, &event.payload).expect("a valid history");
            oracle.event(event.stream.uuid(), event.version.number(), position.number(), commit.recorded_at, &body);
        }
        oracle.ticks.insert(at, commit.last().number());
    }
    oracle.tables()
}

impl Oracle {
    fn event(&mut self, stream: Uuid, version: i64, position: i64, time: DateTime<Utc>, body: &Event) {
        let at = micros(time);
        match body {
            Event::Account(AccountEvent::Opened(opened)) => {
                let (number, owner, name, system) = match &opened.holder {
                    Holder::Member { owner, number } => (number.to_string(), owner.to_string(), "-".into(), false),
                    Holder::System { name } => ("-".into(), "-".into(), name.clone(), true),
                };
                let account = Account {
                    number,
                    owner,
                    name,
                    system,
                    asset: opened.asset.to_string(),
                    status: "open",
                    balance: 0,
                    version,
                    opened: at,
                    position,
                };
                self.accounts.insert(stream, account);
            }
            Event::Account(AccountEvent::Frozen(_)) => self.state(stream, "frozen", version, position),
            Event::Account(AccountEvent::Unfrozen(_)) => self.state(stream, "open", version, position),
            Event::Account(AccountEvent::Closed(_)) => self.state(stream, "closed", version, position),
            Event::Transfer(TransferEvent::Posted(posted)) => self.posted(stream, posted, position, time),
            Event::Transfer(TransferEvent::Rejected(rejected)) => self.rejected(stream, rejected, position, time),
            Event::Transfer(TransferEvent::Reversed(reversed)) => {
                self.transfers.get_mut(&stream).expect("posted").reversed_by = Some(reversed.by.uuid());
            }
            Event::Account(AccountEvent::Debited(debited)) => {
                self.booked(stream, version, position, at, debited.transfer.uuid(), -debited.amount.units());
            }
            Event::Account(AccountEvent::Credited(credited)) => {
                self.booked(stream, version, position, at, credited.transfer.uuid(), credited.amount.units());
            }
            Event::Member(member) => self.member(stream, version, position, at, member),
            Event::AccountNumber(_)
            | Event::RefusedCommand(_)
            | Event::Owner(_)
            | Event::SignUp(_)
            | Event::Reservation(_) => {}
        }
    }

    fn member(&mut self, stream: Uuid, version: i64, position: i64, at: i64, body: &MemberEvent) {
        let text = |sealed: &Sealed| Some(format!("{}@{version}", sealed.as_str()));
        let reached = |channel: Channel, contact: &Sealed| {
            let channel = if channel == Channel::Email { "email" } else { "phone" };
            Some(format!("{channel}:{}@{version}", contact.as_str()))
        };
        match body {
            MemberEvent::Joined(joined) => {
                let member = Member {
                    status: "active",
                    joined: at,
                    erased: None,
                    login_id: text(&joined.login_id),
                    real_name: text(&joined.real_name),
                    contact: reached(joined.channel, &joined.contact),
                    position,
                };
                self.members.insert(stream, member);
            }
            MemberEvent::ContactChanged(changed) => {
                let member = self.members.get_mut(&stream).expect("joined");
                (member.contact, member.position) = (reached(changed.channel, &changed.contact), position);
            }
            MemberEvent::ErasureRequested(_) => self.leave(stream, "erasing", None, position),
            MemberEvent::Erased(_) => self.leave(stream, "erased", Some(at), position),
            _ => {}
        }
    }

    fn leave(&mut self, stream: Uuid, status: &'static str, erased: Option<i64>, position: i64) {
        let member = self.members.get_mut(&stream).expect("joined");
        let joined = member.joined;
        *member = Member { status, joined, erased, login_id: None, real_name: None, contact: None, position };
    }

    fn state(&mut self, stream: Uuid, status: &'static str, version: i64, position: i64) {
        let account = self.accounts.get_mut(&stream).expect("opened");
        (account.status, account.version, account.position) = (status, version, position);
    }

    fn count(&mut self, asset: &str, kind: &'static str, time: DateTime<Utc>, volume: Option<&[i128]>) {
        for (bucket, length) in
            [("minute", TimeDelta::minutes(1)), ("hour", TimeDelta::hours(1)), ("day", TimeDelta::days(1))]
        {
            let start = micros(time.duration_trunc(length).expect("a time"));
            let counted = self.activity.entry((bucket, start, asset.to_owned(), kind)).or_default();
            match volume {
                None => counted.1 += 1,
                Some(volume) => {
                    counted.0 += 1;
                    volume.iter().for_each(|credit| counted.2.add(*credit));
                }
            }
        }
    }

    fn posted(&mut self, id: Uuid, posted: &TransferPosted, position: i64, time: DateTime<Utc>) {
        let kind = posted.kind.as_str();
        let legs: Vec<_> =
            posted.legs.iter().map(|leg| (leg.account.uuid(), leg.asset.to_string(), leg.amount.units())).collect();
        let assets: BTreeSet<&String> = legs.iter().map(|leg| &leg.1).collect();
        for asset in assets {
            let credits: Vec<i128> = legs.iter().filter(|leg| leg.1 == *asset && leg.2 > 0).map(|leg| leg.2).collect();
            self.count(asset, kind, time, Some(&credits));
        }
        if kind == "transfer" {
            let day = time.format("%Y-%m-%d").to_string();
            let movers: BTreeSet<_> = legs.iter().map(|leg| (leg.1.clone(), day.clone(), leg.0)).collect();
            movers.into_iter().for_each(|key| self.movers.entry(key).or_default().0 += 1);
            for (account, asset, amount) in &legs {
                self.movers.entry((asset.clone(), day.clone(), *account)).or_default().1.add(amount.abs());
            }
        }
        let texts = [or_dash(&posted.memo), or_dash(&posted.reference), or_dash(&posted.reverses)];
        self.keep(id, Transfer { kind, rejected: None, legs, texts, ..Transfer::new(position, time) });
    }

    fn rejected(&mut self, id: Uuid, rejected: &TransferRejected, position: i64, time: DateTime<Utc>) {
        let facts = &rejected.facts;
        self.count(facts.asset.as_str(), facts.kind.as_str(), time, None);
        let texts = [or_dash(&facts.memo), or_dash(&facts.reference), or_dash(&facts.reverses)];
        let (kind, rejected) = (facts.kind.as_str(), Some(rejected.clone()));
        self.keep(id, Transfer { kind, rejected, texts, ..Transfer::new(position, time) });
    }

    fn keep(&mut self, id: Uuid, transfer: Transfer) {
        self.transfers.insert(id, transfer);
    }

    fn booked(&mut self, stream: Uuid, version: i64, position: i64, at: i64, id: Uuid, amount: i128) {
        let account = self.accounts.get_mut(&stream).expect("opened");
        // The balance is added up here, not taken from the event.
        account.balance += amount;
        (account.version, account.position) = (version, position);
        let balance = account.balance;
        let transfer = self.transfers.get_mut(&id).expect("posted");
        let (account, _, booked) = &transfer.legs[transfer.sides.len()];
        assert_eq!((*account, *booked), (stream, amount), "a valid history");
        transfer.sides.push((balance, version));
        transfer.position = position;
        let other = match transfer.legs.as_slice() {
            [one, other] => if one.0 == stream { other.0 } else { one.0 }.to_string(),
            _ => "-".into(),
        };
        let kind = transfer.kind;
        let texts = transfer.texts.join("|");
        let line = format!("{position}|{version}|{at}|{stream}|{id}|{other}|{amount}|{balance}|{kind}|{texts}");
        self.entries.insert((stream, position), line);
    }

    fn tables(self) -> Tables {
        let accounts = self.accounts.iter().map(|(id, a)| {
            let kind = if a.system { "system" } else { "member" };
            format!(
                "{id}|{}|{}|{kind}|{}|{}|{}|{}|{}|{}|{}",
                a.number, a.owner, a.name, a.asset, a.status, a.balance, a.version, a.opened, a.position
            )
        });
        let activity = self.activity.iter().map(|((bucket, start, asset, kind), (posted, rejected, volume))| {
            format!("{bucket}|{start}|{asset}|{kind}|{posted}|{rejected}|{volume}")
        });
        let movers = self.movers.iter().map(|((asset, day, account), (transfers, volume))| {
            format!("{asset}|{day}|{account}|{transfers}|{volume}")
        });
        let members = self.members.iter().map(|(id, m)| {
            let texts = [&m.login_id, &m.real_name, &m.contact].map(or_dash).join("|");
            format!("{id}|{}|{}|{}|{texts}|{}", m.status, m.joined, or_dash(&m.erased), m.position)
        });
        let count = |status| (status, self.members.values().filter(|member| member.status == status).count());
        let counts = ["active", "erased", "erasing"].map(count).into_iter().filter(|(_, number)| *number > 0);
        Tables {
            members: members.collect(),
            member_counts: counts.map(|(status, number)| format!("{status}|{number}")).collect(),
            accounts: accounts.collect(),
            entries: self.entries.into_values().collect(),
            ticks: self.ticks.iter().map(|(at, position)| format!("{at}|{position}")).collect(),
            transfers: self.transfers.iter().map(|(id, transfer)| transfer.line(id)).collect(),
            totals: totals(self.accounts.values()),
            activity: activity.collect(),
            movers: movers.collect(),
        }
    }
}

impl Transfer {
    fn new(position: i64, time: DateTime<Utc>) -> Self {
        let (kind, rejected, legs, texts, sides, at) =
            ("", None, Vec::new(), Default::default(), Vec::new(), micros(time));
        Self { kind, rejected, legs, texts, reversed_by: None, sides, position, at }
    }

    fn line(&self, id: &Uuid) -> String {
        // Source, destination, asset and amount.
        let (said, status, code, available) = match (&self.rejected, self.legs.as_slice()) {
            (Some(TransferRejected { facts, refusal }), _) => {
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
        let by = or_dash(&self.reversed_by);
        format!("{id}|{kind}|{status}|{code}|{available}|{said}|{texts}|{by}|{sides}|{position}|{at}|{legs}")
    }
}

fn totals<'a>(accounts: impl Iterator<Item = &'a Account>) -> Vec<String> {
    let mut totals: BTreeMap<&str, (Sum, Sum, [u64; 4])> = BTreeMap::new();
    for account in accounts {
        let (member, system, numbers) = totals.entry(&account.asset).or_default();
        if account.system { system } else { member }.add(account.balance);
        let state = match (account.system, account.status) {
            (true, _) => 3,
            (false, "open") => 0,
            (false, "frozen") => 1,
            _ => 2,
        };
        numbers[state] += 1;
    }
    let line = |(asset, (member, system, [open, frozen, closed, systems])): (&&str, &(Sum, Sum, [u64; 4]))| {
        format!("{asset}|{member}|{system}|{open}|{frozen}|{closed}|{systems}")
    };
    totals.iter().map(line).collect()
}

fn or_dash<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(|| "-".into(), ToString::to_string)
}

fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}
