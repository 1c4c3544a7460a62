//! What the tables must hold, found from the log by plain means: one event after the other, no batches, no SQL. Beside it
//! stands how each table is read.

mod approvals;
mod items;
mod limits;
mod operators;
mod orders;
mod overview;
mod partners;
mod payouts;
mod processes;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use events::recorded::{
    AccountEvent, AccountOpened, Channel, Event, FreezeScope, HoldEvent, Holder, MemberEvent, TransferEvent,
    TransferPosted, TransferRejected,
};
use kernel::{HoldId, Position, Role, Sealed, Zone};
use log::Commit;
use uuid::Uuid;

use self::{
    approvals::Approvals, items::Items, limits::Limits, operators::Operators, orders::Orders, overview::Overview,
    partners::Partners, payouts::Payouts, processes::Processes, webhooks::Webhooks,
};
use crate::{
    records::{Account, Hold, Member, Transfer, micros, or_dash},
    sum::Sum,
};

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

/// Where an event stands: its position, the end of its commit, and when that was recorded.
#[derive(Clone, Copy)]
pub struct Moment {
    pub position: i64,
    pub end: i64,
    pub at: i64,
}

/// Whose days are counted.
struct Days(Zone);

impl Default for Days {
    fn default() -> Self {
        Self(Zone::UTC)
    }
}

#[derive(Default)]
struct Oracle {
    days: Days,
    accounts: BTreeMap<Uuid, Account>,
    transfers: BTreeMap<Uuid, Transfer>,
    holds: BTreeMap<Uuid, Hold>,
    members: BTreeMap<Uuid, Member>,
    limits: Limits,
    items: Items,
    orders: Orders,
    overview: Overview,
    payouts: Payouts,
    webhooks: Webhooks,
    processes: Processes,
    partners: Partners,
    operators: Operators,
    approvals: Approvals,
    entries: BTreeMap<(Uuid, i64), String>,
    ticks: BTreeMap<i64, i64>,
    /// By asset, day and account: in how many transfers between members, and how much.
    movers: BTreeMap<(String, String, Uuid), (u64, Sum)>,
}

/// The tables after every commit that ends at or before a position, with the days of a zone.
pub fn tables(commits: &[Commit], up_to: Position, zone: Zone) -> Vec<Table> {
    let mut oracle = Oracle { days: Days(zone), ..Oracle::default() };
    for commit in commits.iter().filter(|commit| commit.last() <= up_to) {
        let at = micros(commit.recorded_at);
        for (position, event) in commit.positioned() {
            let body = Event::decode(&event.event_type, event.schema_version, &event.payload).expect("a valid history");
            oracle.event(event.stream.uuid(), event.version.number(), position.number(), commit.recorded_at, &body);
            let moment = Moment { position: position.number(), end: commit.last().number(), at };
            oracle.limits.event(event.stream.uuid(), moment, &body);
            oracle.items.event(event.stream.uuid(), moment, &body);
            oracle.orders.event(event.stream.uuid(), moment, &body);
            oracle.overview.event(event.stream.uuid(), (commit.recorded_at, zone), &body);
            oracle.payouts.event(event.stream.uuid(), moment, &body);
            oracle.webhooks.event(event.stream.uuid(), moment, &body);
            oracle.processes.event((event.stream.uuid(), event.version.number()), moment, &body);
            oracle.partners.event(event.stream.uuid(), moment, &body);
            oracle.operators.event(event.stream.uuid(), moment, &body, commit);
            oracle.approvals.event(event.stream.uuid(), moment, &body);
            let asked_by = match &body {
                Event::Transfer(TransferEvent::Posted(posted)) => Some(posted.asked_by),
                Event::Transfer(TransferEvent::Rejected(rejected)) => Some(rejected.asked_by),
                _ => None,
            };
            if let Some(asked_by) = asked_by {
                let transfer = oracle.transfers.get_mut(&event.stream.uuid()).expect("a transfer");
                let by = asked_by.unwrap_or(commit.actor);
                let named = transfer.texts[1] != "-" && matches!(by.role, Role::Service | Role::Partner);
                transfer.service = named.then(|| by.id.uuid());
                let is_members = transfer.rejected.is_some() && matches!(by.role, Role::Member | Role::Partner);
                transfer.asked_by = is_members.then(|| by.id.uuid());
            }
            if let Event::Hold(_) = body {
                let hold = oracle.holds.get_mut(&event.stream.uuid()).expect("placed");
                (hold.position, hold.at) = (commit.last().number(), at);
            }
        }
        oracle.ticks.insert(at, commit.last().number());
    }
    oracle.tables()
}

fn account_of(opened: &AccountOpened, version: i64, at: i64, position: i64) -> Account {
    let (number, owner, name, system) = match &opened.holder {
        Holder::Member { owner, number } => (number.to_string(), owner.to_string(), "-".into(), false),
        Holder::System { name } => ("-".into(), "-".into(), name.clone(), true),
    };
    Account {
        number,
        owner,
        name,
        system,
        asset: opened.asset.to_string(),
        status: "open",
        freeze: None,
        balance: 0,
        held: 0,
        version,
        opened: at,
        position,
    }
}

impl Oracle {
    fn event(&mut self, stream: Uuid, version: i64, position: i64, time: DateTime<Utc>, body: &Event) {
        let at = micros(time);
        match body {
            Event::Account(AccountEvent::Opened(opened)) => {
                self.accounts.insert(stream, account_of(opened, version, at, position));
            }
            Event::Account(AccountEvent::Frozen(frozen)) => {
                self.state(stream, ("frozen", Some(frozen.scope)), version, position);
            }
            Event::Account(AccountEvent::Unfrozen(_)) => self.state(stream, ("open", None), version, position),
            Event::Account(AccountEvent::Closed(_)) => self.state(stream, ("closed", None), version, position),
            Event::Account(AccountEvent::FundsHeld(held)) => {
                self.funds(stream, version, position, held.amount.units());
            }
            Event::Account(AccountEvent::FundsReleased(released)) => {
                self.funds(stream, version, position, -released.amount.units());
            }
            Event::Account(AccountEvent::LimitsAssigned(_)) => self.funds(stream, version, position, 0),
            Event::Hold(hold) => self.hold(stream, position, hold),
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
            | Event::Reference(_)
            | Event::Rate(_)
            | Event::Quote(_)
            | Event::Limits(_)
            | Event::PaymentCode(_)
            | Event::Item(_)
            | Event::Offer(_)
            | Event::StandingOrder(_)
            | Event::PayoutRun(_)
            | Event::PayoutRows(_)
            | Event::Webhook(_)
            | Event::WebhookList(_)
            | Event::Process(_)
            | Event::Owner(_)
            | Event::Partner(_)
            | Event::PartnerKey(_)
            | Event::KeyUse(_)
            | Event::Operator(_)
            | Event::OperatorList(_)
            | Event::OperatorAct(_)
            | Event::Approval(_)
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

    fn state(
        &mut self,
        stream: Uuid,
        (status, freeze): (&'static str, Option<FreezeScope>),
        version: i64,
        position: i64,
    ) {
        let account = self.accounts.get_mut(&stream).expect("opened");
        (account.status, account.freeze) = (status, freeze);
        (account.version, account.position) = (version, position);
    }

    /// What is held is added up here, not taken from the event.
    fn funds(&mut self, stream: Uuid, version: i64, position: i64, by: i128) {
        let account = self.accounts.get_mut(&stream).expect("opened");
        account.held += by;
        (account.version, account.position) = (version, position);
    }

    /// What becomes of the funds is added up here, not taken from what an event says is left.
    fn hold(&mut self, stream: Uuid, position: i64, event: &HoldEvent) {
        if let HoldEvent::Placed(placed) = event {
            let hold = Hold {
                source: placed.source.uuid(),
                destination: placed.destination.map(|account| account.uuid()),
                asset: placed.asset.to_string(),
                amount: placed.amount.units(),
                captured: 0,
                released: 0,
                last: "placed",
                expires: micros(placed.expires_at),
                texts: [or_dash(&placed.memo), or_dash(&placed.reference)],
                placed_by: placed.placed_by.id.uuid(),
                placed: position,
                position,
                at: 0,
            };
            self.holds.insert(stream, hold);
        }
        let hold = self.holds.get_mut(&stream).expect("placed");
        match event {
            HoldEvent::Placed(_) => {}
            HoldEvent::Increased(increased) => hold.amount += increased.by.units(),
            HoldEvent::Captured(captured) => {
                hold.last = "captured";
                hold.captured += captured.paid.units();
                if captured.is_final {
                    hold.released = hold.amount - hold.captured;
                }
            }
            HoldEvent::Released(released) => {
                hold.last = "released";
                hold.released += released.given_back.units();
            }
            HoldEvent::Expired(expired) => {
                hold.last = "expired";
                hold.released += expired.given_back.units();
            }
        }
    }

    fn posted(&mut self, id: Uuid, posted: &TransferPosted, position: i64, time: DateTime<Utc>) {
        let kind = posted.kind.as_str();
        let legs: Vec<_> =
            posted.legs.iter().map(|leg| (leg.account.uuid(), leg.asset.to_string(), leg.amount.units())).collect();
        if ["transfer", "compound", "capture", "charge", "trade", "payout"].contains(&kind) {
            let Days(zone) = self.days;
            let day = zone.date(zone.day(time).expect("a day").since).to_string();
            let movers: BTreeSet<_> = legs.iter().map(|leg| (leg.1.clone(), day.clone(), leg.0)).collect();
            movers.into_iter().for_each(|key| self.movers.entry(key).or_default().0 += 1);
            for (account, asset, amount) in &legs {
                self.movers.entry((asset.clone(), day.clone(), *account)).or_default().1.add(amount.abs());
            }
        }
        let texts = [or_dash(&posted.memo), or_dash(&posted.reference), or_dash(&posted.reverses)];
        let causes = [
            posted.hold.map(HoldId::uuid),
            posted.trade.map(|trade| trade.item.uuid()),
            posted.trade.map(|trade| trade.offer.uuid()),
            posted.order.map(|order| order.uuid()),
        ];
        let despite_freeze = posted.despite_freeze;
        let transfer = Transfer { kind, legs, texts, causes, despite_freeze, ..Transfer::new(position, time) };
        self.keep(id, transfer);
    }

    fn rejected(&mut self, id: Uuid, rejected: &TransferRejected, position: i64, time: DateTime<Utc>) {
        let facts = &rejected.facts;
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
        let movers = self.movers.iter().map(|((asset, day, account), (transfers, volume))| {
            format!("{asset}|{day}|{account}|{transfers}|{volume}")
        });
        let members = self.members.iter().map(|(id, member)| member.line(id));
        let count = |status| (status, self.members.values().filter(|member| member.status == status).count());
        let counts = ["active", "erased", "erasing"].map(count).into_iter().filter(|(_, number)| *number > 0);
        let counts = counts.map(|(status, number)| format!("{status}|{number}"));
        let ticks = self.ticks.iter().map(|(at, position)| format!("{at}|{position}"));
        let transfers = self.transfers.iter().map(|(id, transfer)| transfer.line(id));
        let holds = self.holds.iter().map(|(id, hold)| hold.line(id));
        let [asset_totals, activity, bank_counts, refusals] = self.overview.tables(self.accounts.values());
        let tables = vec![
            Table::of("accounts", SELECT_ACCOUNTS, accounts),
            Table::of("entries", SELECT_ENTRIES, self.entries.into_values()),
            Table::of("ticks", SELECT_TICKS, ticks),
            Table::of("transfers", SELECT_TRANSFERS, transfers),
            asset_totals,
            activity,
            bank_counts,
            refusals,
            Table::of("members", SELECT_MEMBERS, members),
            Table::of("member_counts", SELECT_MEMBER_COUNTS, counts),
            Table::of("movers", SELECT_MOVERS, movers),
            Table::of("holds", SELECT_HOLDS, holds),
        ];
        let more = self.limits.tables().into_iter().chain(self.items.tables()).chain(self.orders.tables());
        tables
            .into_iter()
            .chain(more)
            .chain(self.payouts.tables())
            .chain(self.webhooks.tables())
            .chain(self.processes.tables())
            .chain(self.partners.tables())
            .chain(self.operators.tables())
            .chain(self.approvals.tables())
            .collect()
    }
}

const SELECT_ACCOUNTS: &str =
    "select concat_ws('|', account_id, coalesce(account_number, '-'), coalesce(owner::text, '-'), kind,
    coalesce(name, '-'), asset, status, coalesce(\"freeze\", '-'), balance, held, version, (extract(epoch from opened_at) * 1000000)::int8, position)
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
    coalesce(hold_id::text, '-'), coalesce(item_id::text, '-'), coalesce(offer_id::text, '-'), coalesce(order_id::text, '-'),
    despite_freeze::text,
    coalesce((select string_agg(concat_ws(' ', leg ->> 'account_id', leg ->> 'asset', leg ->> 'amount',
        leg ->> 'balance_after', leg ->> 'version'), ', ' order by place)
        from jsonb_array_elements(postings) with ordinality as legs (leg, place)), '-'))
    from live.transfers order by transfer_id";
const SELECT_MEMBERS: &str = "select concat_ws('|', member_id, status, (extract(epoch from joined_at) * 1000000)::int8,
    coalesce((extract(epoch from erased_at) * 1000000)::int8::text, '-'),
    coalesce(login_id || '@' || login_id_version, '-'), coalesce(real_name || '@' || real_name_version, '-'),
    coalesce(channel || ':' || contact || '@' || contact_version, '-'), position)
    from live.members order by member_id";
const SELECT_MOVERS: &str = "select concat_ws('|', asset, day, account_id, transfers, volume)
    from live.movers order by asset, day, account_id";
const SELECT_HOLDS: &str =
    "select concat_ws('|', hold_id, source, coalesce(destination::text, '-'), asset, amount, captured, released, status,
    (extract(epoch from expires_at) * 1000000)::int8, coalesce(memo, '-'), coalesce(reference, '-'), placed_by,
    placed_position, position, (extract(epoch from recorded_at) * 1000000)::int8)
    from live.holds order by hold_id";
const SELECT_MEMBER_COUNTS: &str = "select concat_ws('|', status, members) from live.member_counts order by status";
