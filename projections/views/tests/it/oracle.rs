//! What the tables must hold, found from the log by plain means: one event after the other, no batches, no SQL.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use contracts::recorded::{Channel, Holder, MemberRecorded, Recorded, TransferFacts};
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

#[derive(Clone)]
struct Transfer {
    facts: TransferFacts,
    code: Option<String>,
    available: Option<i128>,
    reversed_by: Option<Uuid>,
    sides: [Option<(i128, i64)>; 2],
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
            let body =
                Recorded::decode(&event.event_type, event.schema_version, &event.payload).expect("a valid history");
            oracle.event(event.stream.uuid(), event.version.number(), position.number(), commit.recorded_at, &body);
        }
        oracle.ticks.insert(at, commit.last().number());
    }
    oracle.tables()
}

impl Oracle {
    fn event(&mut self, stream: Uuid, version: i64, position: i64, time: DateTime<Utc>, body: &Recorded) {
        let at = micros(time);
        match body {
            Recorded::AccountOpened(opened) => {
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
            Recorded::AccountFrozen(_) => self.state(stream, "frozen", version, position),
            Recorded::AccountUnfrozen(_) => self.state(stream, "open", version, position),
            Recorded::AccountClosed(_) => self.state(stream, "closed", version, position),
            Recorded::TransferPosted(posted) => self.transfer(stream, &posted.0, None, None, position, time),
            Recorded::TransferRejected(rejected) => {
                let available = rejected.refusal.available.map(|available| available.units());
                self.transfer(stream, &rejected.facts, Some(&rejected.refusal.code), available, position, time);
            }
            Recorded::TransferReversed(reversed) => {
                self.transfers.get_mut(&stream).expect("posted").reversed_by = Some(reversed.by.uuid());
            }
            Recorded::AccountDebited(debited) => {
                self.booked(stream, version, position, at, debited.transfer.uuid(), -debited.amount.units(), 0);
            }
            Recorded::AccountCredited(credited) => {
                self.booked(stream, version, position, at, credited.transfer.uuid(), credited.amount.units(), 1);
            }
            Recorded::Member(member) => self.member(stream, version, position, at, member),
            Recorded::AccountNumberAssigned(_)
            | Recorded::CommandRefused(_)
            | Recorded::OwnerAccountAdded(_)
            | Recorded::OwnerLeft(_) => {}
        }
    }

    fn member(&mut self, stream: Uuid, version: i64, position: i64, at: i64, body: &MemberRecorded) {
        let text = |sealed: &Sealed| Some(format!("{}@{version}", sealed.as_str()));
        let reached = |channel: Channel, contact: &Sealed| {
            let channel = if channel == Channel::Email { "email" } else { "phone" };
            Some(format!("{channel}:{}@{version}", contact.as_str()))
        };
        match body {
            MemberRecorded::MemberJoined(joined) => {
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
            MemberRecorded::ContactChanged(changed) => {
                let member = self.members.get_mut(&stream).expect("joined");
                (member.contact, member.position) = (reached(changed.channel, &changed.contact), position);
            }
            MemberRecorded::ErasureRequested(_) => self.leave(stream, "erasing", None, position),
            MemberRecorded::MemberErased(_) => self.leave(stream, "erased", Some(at), position),
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

    fn transfer(
        &mut self,
        id: Uuid,
        facts: &TransferFacts,
        code: Option<&String>,
        available: Option<i128>,
        position: i64,
        time: DateTime<Utc>,
    ) {
        for (bucket, length) in
            [("minute", TimeDelta::minutes(1)), ("hour", TimeDelta::hours(1)), ("day", TimeDelta::days(1))]
        {
            let start = micros(time.duration_trunc(length).expect("a time"));
            let key = (bucket, start, facts.asset.to_string(), facts.kind.as_str());
            let counted = self.activity.entry(key).or_default();
            if code.is_some() {
                counted.1 += 1;
            } else {
                counted.0 += 1;
                counted.2.add(facts.amount.units());
            }
        }
        if code.is_none() && facts.kind.as_str() == "transfer" {
            for account in [facts.source, facts.destination] {
                let day = time.format("%Y-%m-%d").to_string();
                let key = (facts.asset.to_string(), day, account.expect("posted").uuid());
                let moved = self.movers.entry(key).or_default();
                moved.0 += 1;
                moved.1.add(facts.amount.units());
            }
        }
        let transfer = Transfer {
            facts: facts.clone(),
            code: code.cloned(),
            available,
            reversed_by: None,
            sides: [None, None],
            position,
            at: micros(time),
        };
        self.transfers.insert(id, transfer);
    }

    #[expect(clippy::too_many_arguments, reason = "an entry has as many columns")]
    fn booked(&mut self, stream: Uuid, version: i64, position: i64, at: i64, id: Uuid, amount: i128, side: usize) {
        let account = self.accounts.get_mut(&stream).expect("opened");
        // The balance is added up here, not taken from the event.
        account.balance += amount;
        (account.version, account.position) = (version, position);
        let balance = account.balance;
        let transfer = self.transfers.get_mut(&id).expect("posted");
        transfer.sides[side] = Some((balance, version));
        transfer.position = position;
        let facts = &transfer.facts;
        let other = if side == 0 { facts.destination } else { facts.source }.expect("posted");
        let (memo, reference) = (or_dash(&facts.memo), or_dash(&facts.reference));
        let kind = facts.kind.as_str();
        let reverses = or_dash(&facts.reverses);
        let line = format!(
            "{position}|{version}|{at}|{stream}|{id}|{other}|{amount}|{balance}|{kind}|{memo}|{reference}|{reverses}"
        );
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
    fn line(&self, id: &Uuid) -> String {
        let facts = &self.facts;
        let status = if self.code.is_some() { "rejected" } else { "posted" };
        let [source, destination] = self.sides;
        let columns = [
            id.to_string(),
            facts.kind.as_str().into(),
            status.into(),
            or_dash(&self.code),
            or_dash(&self.available),
            or_dash(&facts.source),
            or_dash(&facts.destination),
            facts.asset.to_string(),
            facts.amount.to_string(),
            or_dash(&facts.memo),
            or_dash(&facts.reference),
            or_dash(&facts.reverses),
            or_dash(&self.reversed_by),
            or_dash(&source.map(|side| side.0)),
            or_dash(&source.map(|side| side.1)),
            or_dash(&destination.map(|side| side.0)),
            or_dash(&destination.map(|side| side.1)),
            self.position.to_string(),
            self.at.to_string(),
        ];
        columns.join("|")
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
