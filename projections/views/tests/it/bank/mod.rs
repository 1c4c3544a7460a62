//! A bank that lives only to write histories: valid ones, with everything that can happen in them.

mod approvals;
mod items;
mod limits;
mod moves;
mod operators;
mod orders;
mod partners;
mod payouts;
mod processes;
mod unseen;
mod webhooks;

use std::{collections::HashMap, fmt};

use chrono::{DateTime, Duration, Utc};
use events::recorded::{
    self, AccountClosed, AccountFrozen, AccountNumberAssigned, AccountOpened, AccountUnfrozen, CommandRefused,
    FreezeScope, Holder, OwnerAccountAdded, OwnerLeft, Refusal, TransferFacts,
};
use kernel::{
    AccountId, AccountNumber, Actor, ApprovalId, AssetCode, CommandId, CorrelationId, MemberId, Minor, Position, Role,
    StreamId, TransferId, Version,
};
use log::{Commit, Event, Fingerprint};
use projection_engine::testing::Random;
use serde_json::value::RawValue;
use uuid::Uuid;

pub use self::moves::Cause;
use self::{
    items::Piece, limits::BankLimits, operators::Staff, orders::Standing, partners::Business, payouts::Payout,
    processes::Outside, webhooks::Hook,
};
use crate::{holds::Held, people::People};

pub const A_SERVICE: Actor = Actor { role: Role::Service, id: MemberId::new(Uuid::nil()) };
pub const A_PARTNER: Actor = Actor { role: Role::Partner, id: MemberId::new(Uuid::from_u128(0x9a27)) };
pub const A_MEMBER: Actor = Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(0xa5ced)) };
const MEMOS: [&str; 5] = ["rent", "'; drop table entries; --", "장부 📒", "a|b\\n\t\"c\"", ""];

pub struct Account {
    pub id: AccountId,
    pub asset: AssetCode,
    pub system: bool,
    pub status: &'static str,
    /// What its freeze stops, if it is frozen.
    scope: FreezeScope,
    pub balance: i128,
    pub held: i128,
    version: i64,
}

impl Account {
    /// Whether its freeze lets money come to it.
    pub fn takes(&self) -> bool {
        self.status == "open" || (self.status == "frozen" && self.scope == FreezeScope::Debits)
    }

    /// How much can still come to it.
    pub fn space(&self) -> i128 {
        let max = Minor::MAX.units();
        if self.balance < 0 { max } else { max - self.balance }
    }
}

struct Posted {
    id: TransferId,
    facts: TransferFacts,
    reversed: bool,
}

/// A bank and what it has recorded.
pub struct Bank {
    pub random: Random,
    pub now: DateTime<Utc>,
    pub accounts: Vec<Account>,
    /// The holds of which something remains.
    pub holds: Vec<Held>,
    limits: BankLimits,
    items: Vec<Piece>,
    /// The standing orders that are not over.
    orders: Vec<Standing>,
    /// The payout runs that are not over.
    payouts: Vec<Payout>,
    /// The webhooks that were not deleted.
    webhooks: Vec<Hook>,
    /// How many events the list of webhooks of a principal has.
    listed: HashMap<Actor, i64>,
    /// The processes with the outside world that are not over.
    processes: Vec<Outside>,
    partners: Vec<Business>,
    staff: Vec<Staff>,
    /// What operators asked for and nobody decided.
    asked: Vec<ApprovalId>,
    /// How many events the stream of an owner has.
    owned: HashMap<MemberId, i64>,
    posted: Vec<Posted>,
    pending: Vec<Event>,
    pub people: People,
    pub commits: Vec<Commit>,
}

impl fmt::Debug for Bank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a bank of {} commits up to {}", self.commits.len(), self.end())
    }
}

impl Bank {
    /// A bank that did at least so many things.
    pub fn busy(seed: u64, commits: usize) -> Self {
        let mut bank = Self::new(seed);
        while bank.commits.len() < commits {
            bank.something();
        }
        bank
    }

    pub fn new(seed: u64) -> Self {
        let now = DateTime::parse_from_rfc3339("2026-02-28T22:58:00.000001Z").expect("a time").to_utc();
        let (accounts, holds, limits, items, orders, payouts, partners) = Default::default();
        let (webhooks, listed, staff, asked) = Default::default();
        let (owned, posted, pending, people, commits, processes) = Default::default();
        let random = Random::new(seed);
        let mut bank = Self {
            random,
            now,
            accounts,
            holds,
            limits,
            items,
            orders,
            payouts,
            webhooks,
            listed,
            processes,
            partners,
            staff,
            asked,
            owned,
            posted,
            pending,
            people,
            commits,
        };
        for asset in ["KRW", "BUP"] {
            for server in 0..3 {
                bank.open_system(asset, server);
            }
            (0..3).for_each(|_| bank.open_member(asset));
        }
        bank
    }

    pub fn end(&self) -> Position {
        self.commits.last().map_or(Position::ZERO, Commit::last)
    }

    /// One more thing that can happen.
    pub fn something(&mut self) {
        // Commits of one append share one time; most appends are close together, some are not.
        match self.random.below(10) {
            0..=3 => {}
            4..=8 => self.now += Duration::microseconds(self.random.below(9_000_000) as i64),
            _ => self.now += Duration::minutes(self.random.below(2_000) as i64),
        }
        match self.random.below(70) {
            0 | 10 => self.open_member(if self.random.clone().percent(50) { "KRW" } else { "BUP" }),
            1 | 11 => self.change_state(),
            2 => self.refuse_command(),
            25 => self.quote(),
            26 => {
                self.partner();
                self.commit();
            }
            31 | 32 => {
                self.operator();
                self.commit();
            }
            3 => self.reverse(),
            4 | 5 => self.batch(),
            12..=16 => {
                for (stream, version, event) in self.people.live(&mut self.random, self.now) {
                    self.record(stream, version, event);
                }
                self.commit();
            }
            6..=8 => {
                self.rejected();
                self.commit();
            }
            9 | 17 => {
                self.compound();
                self.commit();
            }
            18..=24 => {
                self.hold();
                self.commit();
            }
            40..=43 => {
                self.limit();
                self.commit();
            }
            44..=49 => {
                self.item();
                self.commit();
            }
            50..=54 => {
                self.order();
                self.commit();
            }
            27..=30 => {
                self.process();
                self.commit();
            }
            55..=59 => {
                self.payout();
                self.commit();
            }
            60..=62 => {
                self.webhook();
                self.commit();
            }
            _ => {
                self.movement();
                self.commit();
            }
        }
    }

    fn open_system(&mut self, asset: &str, server: usize) {
        let account = self.open(asset, true, Holder::System { name: format!("cash/server-{server}") });
        self.commit();
        assert!(self.accounts[account].system);
    }

    pub fn open_member(&mut self, asset: &str) {
        let number = AccountNumber::from_digits(self.random.number());
        let owner = self.member();
        let account = self.open(asset, false, Holder::Member { owner, number });
        let account = self.accounts[account].id;
        self.record(number.stream(), 1, AccountNumberAssigned { account });
        self.record_of_owner(owner, OwnerAccountAdded { owner, account });
        self.commit();
    }

    fn open(&mut self, asset: &str, system: bool, holder: Holder) -> usize {
        let id = AccountId::new(Uuid::from_u128(self.random.bits()));
        let asset: AssetCode = asset.parse().expect("an asset");
        let (status, scope) = ("open", FreezeScope::All);
        self.accounts.push(Account { id, asset, system, status, scope, balance: 0, held: 0, version: 1 });
        self.record(id.into(), 1, AccountOpened { holder, asset });
        self.accounts.len() - 1
    }

    fn change_state(&mut self) {
        let members: Vec<_> = (0..self.accounts.len()).filter(|&i| !self.accounts[i].system).collect();
        let is_empty = |i: &usize| self.accounts[*i].balance == 0 && self.accounts[*i].held == 0;
        let empty = members.iter().copied().find(|i| is_empty(i) && self.accounts[*i].status == "open");
        let any = members[self.random.below(members.len())];
        let at = empty.filter(|_| self.random.percent(50)).unwrap_or(any);
        let reason = self.random.percent(50).then(|| "because".to_owned());
        let account = &mut self.accounts[at];
        let (balance, held) = (units(account.balance), units(account.held));
        let other = if account.scope == FreezeScope::All { FreezeScope::Debits } else { FreezeScope::All };
        let (status, event): (_, recorded::Event) = match account.status {
            "open" if account.balance == 0 && account.held == 0 && self.random.percent(80) => {
                ("closed", AccountClosed { reason }.into())
            }
            "open" => {
                account.scope = if self.random.percent(50) { FreezeScope::All } else { FreezeScope::Debits };
                ("frozen", AccountFrozen { reason, balance, held, scope: account.scope }.into())
            }
            "frozen" if self.random.percent(30) => {
                account.scope = other;
                ("frozen", AccountFrozen { reason, balance, held, scope: other }.into())
            }
            "frozen" => ("open", AccountUnfrozen { reason, balance, held }.into()),
            _ => return,
        };
        account.status = status;
        account.version += 1;
        let (stream, version) = (account.id.into(), account.version);
        self.record(stream, version, event);
        self.commit();
    }

    fn refuse_command(&mut self) {
        let stream = StreamId::new(Uuid::from_u128(self.random.bits()));
        self.record(stream, 1, CommandRefused { refusal: Refusal::of("account-not-empty") });
        // Somebody without an account leaves.
        let owner = MemberId::new(stream.uuid());
        self.record(owner.owner_stream(), 1, OwnerLeft { owner, erasure: stream.uuid() });
        self.commit();
    }

    fn batch(&mut self) {
        for _ in 0..1 + self.random.below(8) {
            if self.random.percent(20) { self.rejected() } else { self.movement() }
        }
        self.commit();
    }

    /// Held funds of an account changed: stream, version, and what is held then.
    pub fn held(&mut self, at: usize, by: i128) -> (StreamId, i64, Minor) {
        let account = &mut self.accounts[at];
        account.held += by;
        account.version += 1;
        (account.id.into(), account.version, units(account.held))
    }

    fn booked(&mut self, at: usize, by: i128) -> (StreamId, i64, Minor) {
        let account = &mut self.accounts[at];
        account.balance += by;
        account.version += 1;
        (account.id.into(), account.version, units(account.balance))
    }

    /// How much can go out of an account.
    pub fn spendable(&self, at: usize) -> i128 {
        let from = &self.accounts[at];
        let max = Minor::MAX.units();
        // Compared without adding: the sums would not fit.
        if from.system && from.balance > 0 {
            max
        } else if from.system {
            max + from.balance
        } else {
            from.balance - from.held
        }
    }

    /// How much can go from one to the other.
    fn room(&self, source: usize, destination: usize) -> i128 {
        let (from, to) = (&self.accounts[source], &self.accounts[destination]);
        let fits = source != destination && from.asset == to.asset && from.status == "open" && to.takes();
        if fits { self.spendable(source).min(to.space()) } else { 0 }
    }

    /// Two accounts between which money can move, if a few tries find them.
    fn pair(&mut self) -> Option<(usize, usize)> {
        for _ in 0..12 {
            let (source, destination) =
                (self.random.below(self.accounts.len()), self.random.below(self.accounts.len()));
            let outside = self.accounts[source].system && self.accounts[destination].system;
            if !outside && self.room(source, destination) > 0 {
                return Some((source, destination));
            }
        }
        None
    }

    fn amount(&mut self, source: usize, destination: usize) -> Minor {
        let room = self.room(source, destination);
        // The coin moves in amounts near the limit, so that sums need more than 128 bits.
        let most = if self.accounts[source].asset.as_str() == "BUP" { room } else { room.min(100_000) };
        let amount = most - most / 100 * self.random.below(100) as i128;
        Minor::new(amount).expect("within room")
    }

    pub fn memo(&mut self) -> Option<String> {
        self.random.percent(60).then(|| MEMOS[self.random.below(MEMOS.len())].to_owned())
    }

    /// The next event of an owner's stream.
    fn record_of_owner(&mut self, owner: MemberId, event: impl Into<recorded::Event>) {
        let owned = self.owned.entry(owner).or_default();
        *owned += 1;
        let version = *owned;
        self.record(owner.owner_stream(), version, event);
    }

    pub fn record(&mut self, stream: StreamId, version: i64, event: impl Into<recorded::Event>) {
        let event = event.into();
        let of = event.event_type();
        self.store(stream, version, of.name, (of.schema_version, event.payload().expect("json")));
    }

    /// Records an event as this build writes it or, if it has nothing that is new in a later version, perhaps as version 1.
    pub fn record_either(&mut self, of: (StreamId, i64), event: impl Into<recorded::Event>, has_news: bool) {
        let event = event.into();
        let is_old = self.random.percent(50) && !has_news;
        let (name, newest) = (event.event_type().name, event.event_type().schema_version);
        let schema_version = if is_old { 1 } else { newest };
        self.store(of.0, of.1, name, (schema_version, event.payload().expect("json")));
    }

    /// Somebody: there are few members, so that some have much.
    fn member(&mut self) -> MemberId {
        MemberId::new(Uuid::from_u128(self.random.below(5) as u128 + 1))
    }

    /// The id that the next transfer has: it is drawn again when that is posted.
    pub fn next_transfer(&self) -> TransferId {
        TransferId::new(Uuid::from_u128(self.random.clone().bits()))
    }

    fn store(&mut self, stream: StreamId, version: i64, event_type: &str, (schema_version, payload): (i16, String)) {
        self.pending.push(Event {
            stream,
            version: Version::new(version),
            event_type: event_type.to_owned(),
            schema_version,
            payload: RawValue::from_string(payload).expect("json"),
        });
    }

    /// Writes an event as it stands, for histories that are not valid.
    pub fn raw(&mut self, stream: u128, event_type: &str, payload: &str) {
        self.pending.push(Event {
            stream: StreamId::new(Uuid::from_u128(stream)),
            version: Version::new(1),
            event_type: event_type.to_owned(),
            schema_version: 1,
            payload: RawValue::from_string(payload.to_owned()).expect("json"),
        });
    }

    /// Ends the commit, if there is anything in it.
    pub fn commit(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let first = self.end().next();
        self.commits.push(Commit {
            first,
            command_id: CommandId::new(Uuid::from_u128(self.random.bits())),
            fingerprint: Fingerprint([7; 16]),
            actor: match first.number() % 8 {
                7 => A_PARTNER,
                odd if odd % 2 == 1 => A_SERVICE,
                _ => A_MEMBER,
            },
            correlation: CorrelationId::new(Uuid::nil()),
            recorded_at: self.now,
            events: std::mem::take(&mut self.pending),
        });
    }
}

/// An amount of so many minor units.
pub fn units(units: i128) -> Minor {
    Minor::new(units).expect("an amount")
}
