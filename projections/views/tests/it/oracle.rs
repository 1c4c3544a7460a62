//! What the tables must hold, found from the log by plain means: one event after the other, no batches, no SQL. Beside it
//! stands how each table is read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use events::recorded::{
    AccountEvent, Channel, Event, Holder, MemberEvent, TransferEvent, TransferPosted, TransferRejected,
};
use kernel::{Position, Role, Sealed};
use log::Commit;
use uuid::Uuid;

use crate::{
    records::{Account, Member, Transfer, micros, or_dash, totals},
    sum::Sum,
};

/// Bucket, its start, asset and kind.
type Bucket = (&'static str, i64, String, &'static str);

/// What a table must hold.
pub struct Table {
    pub name: &'static str,
    /// The statement that reads the table as lines.
    pub select: &'static str,
    /// The lines that it must give.
    pub lines: Vec<String>,
}

impl Table {
    fn of(name: &'static str, select: &'static str, lines: impl IntoIterator<Item = String>) -> Self {
        Self { name, select, lines: lines.into_iter().collect() }
    }
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
pub fn tables(commits: &[Commit], up_to: Position) -> Vec<Table> {
    let mut oracle = Oracle::default();
    for commit in commits.iter().filter(|commit| commit.last() <= up_to) {
        let at = micros(commit.recorded_at);
        for (position, event) in commit.positioned() {
            let body = Event::decode(&event.event_type, event.schema_version, &event.payload).expect("a valid history");
            oracle.event(event.stream.uuid(), event.version.number(), position.number(), commit.recorded_at, &body);
            if let Event::Transfer(TransferEvent::Rejected(_)) = body {
                let refused = oracle.transfers.get_mut(&event.stream.uuid()).expect("rejected");
                refused.asked_by = (commit.actor.role == Role::Member).then(|| commit.actor.id.uuid());
            }
            if let Event::Transfer(TransferEvent::Posted(_) | TransferEvent::Rejected(_)) = body {
                let transfer = oracle.transfers.get_mut(&event.stream.uuid()).expect("a transfer");
                let named = transfer.texts[1] != "-" && commit.actor.role == Role::Service;
                transfer.service = named.then(|| commit.actor.id.uuid());
            }
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
            | Event::PasswordReset(_)
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
        if ["transfer", "compound"].contains(&kind) {
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
        let place = transfer.sides.len();
        let (account, _, booked) = &transfer.legs[place];
        assert_eq!((*account, *booked), (stream, amount), "a valid history");
        transfer.sides.push((balance, version));
        transfer.position = position;
        let cancel = |payment: &[(Uuid, String, i128)]| {
            payment.len() == 2 && payment[0].1 == payment[1].1 && payment[0].2 + payment[1].2 == 0
        };
        let other = match transfer.legs.chunks(2).all(cancel) {
            true => transfer.legs[place ^ 1].0.to_string(),
            false => "-".into(),
        };
        let kind = transfer.kind;
        let texts = transfer.texts.join("|");
        let line = format!("{position}|{version}|{at}|{stream}|{id}|{other}|{amount}|{balance}|{kind}|{texts}");
        self.entries.insert((stream, position), line);
    }

    fn tables(self) -> Vec<Table> {
        let accounts = self.accounts.iter().map(|(id, account)| account.line(id));
        let activity = self.activity.iter().map(|((bucket, start, asset, kind), (posted, rejected, volume))| {
            format!("{bucket}|{start}|{asset}|{kind}|{posted}|{rejected}|{volume}")
        });
        let movers = self.movers.iter().map(|((asset, day, account), (transfers, volume))| {
            format!("{asset}|{day}|{account}|{transfers}|{volume}")
        });
        let members = self.members.iter().map(|(id, member)| member.line(id));
        let count = |status| (status, self.members.values().filter(|member| member.status == status).count());
        let counts = ["active", "erased", "erasing"].map(count).into_iter().filter(|(_, number)| *number > 0);
        let counts = counts.map(|(status, number)| format!("{status}|{number}"));
        let ticks = self.ticks.iter().map(|(at, position)| format!("{at}|{position}"));
        let transfers = self.transfers.iter().map(|(id, transfer)| transfer.line(id));
        vec![
            Table::of("accounts", SELECT_ACCOUNTS, accounts),
            Table::of("entries", SELECT_ENTRIES, self.entries.into_values()),
            Table::of("ticks", SELECT_TICKS, ticks),
            Table::of("transfers", SELECT_TRANSFERS, transfers),
            Table::of("asset_totals", SELECT_ASSET_TOTALS, totals(self.accounts.values())),
            Table::of("activity", SELECT_ACTIVITY, activity),
            Table::of("members", SELECT_MEMBERS, members),
            Table::of("member_counts", SELECT_MEMBER_COUNTS, counts),
            Table::of("movers", SELECT_MOVERS, movers),
        ]
    }
}

const SELECT_ACCOUNTS: &str =
    "select concat_ws('|', account_id, coalesce(account_number, '-'), coalesce(owner::text, '-'), kind,
    coalesce(name, '-'), asset, status, balance, version, (extract(epoch from opened_at) * 1000000)::int8, position)
    from live.accounts order by account_id";
const SELECT_ENTRIES: &str =
    "select concat_ws('|', position, version, (extract(epoch from recorded_at) * 1000000)::int8, account_id,
    transfer_id, coalesce(counterparty::text, '-'), amount, balance_after, kind, coalesce(memo, '-'), coalesce(reference, '-'),
    coalesce(reverses::text, '-'))
    from live.entries order by account_id, position";
const SELECT_TICKS: &str = "select concat_ws('|', (extract(epoch from recorded_at) * 1000000)::int8, position)
    from live.ticks order by recorded_at";
const SELECT_TRANSFERS: &str =
    "select concat_ws('|', transfer_id, kind, status, coalesce(code, '-'), coalesce(available::text, '-'),
    coalesce(source::text, '-'), coalesce(destination::text, '-'), coalesce(asset, '-'), coalesce(amount::text, '-'), coalesce(memo, '-'),
    coalesce(reference, '-'), coalesce(reverses::text, '-'), coalesce(reversed_by::text, '-'),
    coalesce(source_balance_after::text, '-'), coalesce(source_version::text, '-'),
    coalesce(destination_balance_after::text, '-'), coalesce(destination_version::text, '-'), position,
    (extract(epoch from recorded_at) * 1000000)::int8, coalesce(asked_by::text, '-'), coalesce(service::text, '-'),
    coalesce((select string_agg(concat_ws(' ', leg ->> 'account_id', leg ->> 'asset', leg ->> 'amount',
        leg ->> 'balance_after', leg ->> 'version'), ', ' order by place)
        from jsonb_array_elements(postings) with ordinality as legs (leg, place)), '-'))
    from live.transfers order by transfer_id";
const SELECT_ASSET_TOTALS: &str =
    "select concat_ws('|', asset, member_sum, system_sum, members_open, members_frozen, members_closed,
    system_accounts) from live.asset_totals order by asset";
const SELECT_ACTIVITY: &str =
    "select concat_ws('|', bucket, (extract(epoch from bucket_start) * 1000000)::int8, asset, kind,
    posted_count, rejected_count, posted_volume) from live.activity order by bucket, bucket_start, asset, kind";
const SELECT_MEMBERS: &str = "select concat_ws('|', member_id, status, (extract(epoch from joined_at) * 1000000)::int8,
    coalesce((extract(epoch from erased_at) * 1000000)::int8::text, '-'),
    coalesce(login_id || '@' || login_id_version, '-'), coalesce(real_name || '@' || real_name_version, '-'),
    coalesce(channel || ':' || contact || '@' || contact_version, '-'), position)
    from live.members order by member_id";
const SELECT_MOVERS: &str = "select concat_ws('|', asset, day, account_id, transfers, volume)
    from live.movers order by asset, day, account_id";
const SELECT_MEMBER_COUNTS: &str = "select concat_ws('|', status, members) from live.member_counts order by status";
