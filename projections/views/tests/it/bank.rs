//! A bank that lives only to write histories: valid ones, with everything that can happen in them.

use std::{collections::HashMap, fmt};

use chrono::{DateTime, Duration, Utc};
use events::recorded::{
    self, AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, CommandRefused, Holder, Leg, Legs, OwnerAccountAdded, OwnerLeft, Refusal, TransferFacts,
    TransferKind, TransferPosted, TransferRejected, TransferReversed,
};
use kernel::{
    AccountId, AccountNumber, Actor, AssetCode, CommandId, CorrelationId, MemberId, Minor, Money, Position, Role,
    StreamId, TransferId, Version,
};
use log::{Commit, Event, Fingerprint};
use projection_engine::testing::Random;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::people::People;

const A_SERVICE: Actor = Actor { role: Role::Service, id: MemberId::new(Uuid::nil()) };
const A_MEMBER: Actor = Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(0xa5ced)) };
const MEMOS: [&str; 5] = ["rent", "'; drop table entries; --", "장부 📒", "a|b\\n\t\"c\"", ""];

struct Account {
    id: AccountId,
    asset: AssetCode,
    system: bool,
    status: &'static str,
    balance: i128,
    version: i64,
}

struct Posted {
    id: TransferId,
    facts: TransferFacts,
    reversed: bool,
}

/// A bank and what it has recorded.
pub struct Bank {
    random: Random,
    now: DateTime<Utc>,
    accounts: Vec<Account>,
    /// How many accounts were opened for an owner.
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
        let (accounts, owned, posted, pending, people, commits) = Default::default();
        let mut bank = Self { random: Random::new(seed), now, accounts, owned, posted, pending, people, commits };
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
        match self.random.below(40) {
            0 | 10 => self.open_member(if self.random.clone().percent(50) { "KRW" } else { "BUP" }),
            1 | 11 => self.change_state(),
            2 => self.refuse_command(),
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
        // Few members, so that some have several accounts.
        let owner = MemberId::new(Uuid::from_u128(self.random.below(5) as u128 + 1));
        let account = self.open(asset, false, Holder::Member { owner, number });
        let account = self.accounts[account].id;
        self.record(number.stream(), 1, AccountNumberAssigned { account });
        let owned = self.owned.entry(owner).or_default();
        *owned += 1;
        let version = *owned;
        self.record(owner.owner_stream(), version, OwnerAccountAdded { owner, account });
        self.commit();
    }

    fn open(&mut self, asset: &str, system: bool, holder: Holder) -> usize {
        let id = AccountId::new(Uuid::from_u128(self.random.bits()));
        let asset: AssetCode = asset.parse().expect("an asset");
        self.accounts.push(Account { id, asset, system, status: "open", balance: 0, version: 1 });
        self.record(id.into(), 1, AccountOpened { holder, asset });
        self.accounts.len() - 1
    }

    fn change_state(&mut self) {
        let members: Vec<_> = (0..self.accounts.len()).filter(|&i| !self.accounts[i].system).collect();
        let empty =
            members.iter().copied().find(|&i| self.accounts[i].balance == 0 && self.accounts[i].status == "open");
        let any = members[self.random.below(members.len())];
        let at = empty.filter(|_| self.random.percent(50)).unwrap_or(any);
        let reason = self.random.percent(50).then(|| "because".to_owned());
        let account = &mut self.accounts[at];
        let balance = Minor::new(account.balance).expect("a balance");
        let (status, event): (_, recorded::Event) = match account.status {
            "open" if account.balance == 0 && self.random.percent(80) => ("closed", AccountClosed { reason }.into()),
            "open" => ("frozen", AccountFrozen { reason, balance }.into()),
            "frozen" => ("open", AccountUnfrozen { reason, balance }.into()),
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
        let refusal = Refusal { code: "account-not-empty".into(), available: None };
        self.record(stream, 1, CommandRefused { refusal });
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

    fn rejected(&mut self) {
        let id = TransferId::new(Uuid::from_u128(self.random.bits()));
        let source = self.random.below(self.accounts.len());
        let known = self.random.percent(80);
        let destination = known.then(|| self.accounts[self.random.below(self.accounts.len())].id);
        let facts = TransferFacts {
            kind: TransferKind::Transfer,
            source: Some(self.accounts[source].id),
            destination,
            asset: self.accounts[source].asset,
            amount: Minor::new(self.random.below(1_000) as i128 - 10).expect("an amount"),
            memo: self.memo(),
            reference: None,
            reverses: None,
        };
        let refusal = match known {
            true => Refusal { code: "insufficient-funds".into(), available: Some(Minor::ZERO) },
            false => Refusal { code: "account-unknown".into(), available: None },
        };
        self.record(id.into(), 1, TransferRejected { facts, refusal });
    }

    /// A deposit, withdrawal or transfer, if two accounts can be found for one.
    pub fn movement(&mut self) {
        let Some((source, destination)) = self.pair() else { return };
        let kind = match (self.accounts[source].system, self.accounts[destination].system) {
            (true, _) => TransferKind::Deposit,
            (false, true) => TransferKind::Withdrawal,
            (false, false) => TransferKind::Transfer,
        };
        let memo = self.memo();
        let reference = (kind != TransferKind::Transfer).then(|| "bank-7".to_owned());
        let amount = self.amount(source, destination);
        let facts = TransferFacts {
            kind,
            source: Some(self.accounts[source].id),
            destination: Some(self.accounts[destination].id),
            asset: self.accounts[source].asset,
            amount,
            memo,
            reference,
            reverses: None,
        };
        self.post(source, destination, facts);
    }

    /// Several movements as one transfer: of one asset or two, with accounts that come up once or more.
    fn compound(&mut self) {
        let transfer = TransferId::new(Uuid::from_u128(self.random.bits()));
        let (mut legs, mut events) = (Vec::new(), Vec::new());
        for _ in 0..2 + self.random.below(2) {
            let Some((source, destination)) = self.pair() else { continue };
            let amount = self.amount(source, destination).units();
            for (at, units) in [(source, -amount), (destination, amount)] {
                let amount = Minor::new(units).expect("an amount");
                legs.push(Leg { account: self.accounts[at].id, asset: self.accounts[at].asset, amount });
                let (stream, version, balance) = self.booked(at, units);
                let event = match units < 0 {
                    true => recorded::Event::from(AccountDebited { transfer, amount: amount.negated(), balance }),
                    false => AccountCredited { transfer, amount, balance }.into(),
                };
                events.push((stream, version, event));
            }
        }
        if legs.is_empty() {
            return;
        }
        let legs = Legs::new(legs).expect("they cancel");
        let (kind, memo, reference) = (TransferKind::Compound, self.memo(), self.memo());
        self.record(transfer.into(), 1, TransferPosted { kind, legs, memo, reference, reverses: None });
        events.into_iter().for_each(|(stream, version, event)| self.record(stream, version, event));
    }

    /// A deposit of exactly so much to a new account, from a new system account.
    pub fn deposit(&mut self, amount: i128) {
        self.open_system("BUP", self.accounts.len());
        let source = self.accounts.len() - 1;
        self.open_member("BUP");
        let destination = self.accounts.len() - 1;
        let facts = TransferFacts {
            kind: TransferKind::Deposit,
            source: Some(self.accounts[source].id),
            destination: Some(self.accounts[destination].id),
            asset: self.accounts[source].asset,
            amount: Minor::new(amount).expect("an amount"),
            memo: None,
            reference: Some(String::new()),
            reverses: None,
        };
        self.post(source, destination, facts);
        self.commit();
    }

    fn reverse(&mut self) {
        let open: Vec<_> = (0..self.posted.len()).filter(|&i| !self.posted[i].reversed).collect();
        if open.is_empty() {
            return;
        }
        let at = open[self.random.below(open.len())];
        let before = self.posted[at].facts.clone();
        let place =
            |id: Option<AccountId>| self.accounts.iter().position(|account| Some(account.id) == id).expect("it");
        let (source, destination) = (place(before.destination), place(before.source));
        let fits = self.room(source, destination) >= before.amount.units();
        if !fits || before.kind == TransferKind::Reversal {
            return;
        }
        self.posted[at].reversed = true;
        let original = self.posted[at].id;
        let by = TransferId::new(Uuid::from_u128(self.random.clone().bits()));
        self.record(original.into(), 2, TransferReversed { by });
        let facts = TransferFacts {
            kind: TransferKind::Reversal,
            source: before.destination,
            destination: before.source,
            reverses: Some(original),
            memo: Some("undone".into()),
            reference: None,
            ..before
        };
        self.post(source, destination, facts);
        self.commit();
    }

    fn post(&mut self, source: usize, destination: usize, facts: TransferFacts) {
        let transfer = TransferId::new(Uuid::from_u128(self.random.bits()));
        let amount = facts.amount;
        if transfer.uuid().as_u128().is_multiple_of(2) {
            // As earlier builds wrote it.
            self.store(transfer.into(), 1, "TransferPosted", (1, serde_json::to_string(&facts).expect("json")));
        } else {
            let TransferFacts { kind, memo, reference, reverses, .. } = facts.clone();
            let money = Money { asset: facts.asset, amount };
            let legs = Legs::between(self.accounts[source].id, self.accounts[destination].id, money);
            self.record(transfer.into(), 1, TransferPosted { kind, legs, memo, reference, reverses });
        }
        let debited = self.booked(source, -amount.units());
        let credited = self.booked(destination, amount.units());
        self.record(debited.0, debited.1, AccountDebited { transfer, amount, balance: debited.2 });
        self.record(credited.0, credited.1, AccountCredited { transfer, amount, balance: credited.2 });
        self.posted.push(Posted { id: transfer, facts, reversed: false });
    }

    fn booked(&mut self, at: usize, by: i128) -> (StreamId, i64, Minor) {
        let account = &mut self.accounts[at];
        account.balance += by;
        account.version += 1;
        (account.id.into(), account.version, Minor::new(account.balance).expect("a balance"))
    }

    /// How much can go from one to the other.
    fn room(&self, source: usize, destination: usize) -> i128 {
        let (from, to) = (&self.accounts[source], &self.accounts[destination]);
        let fits = source != destination && from.asset == to.asset && from.status == "open" && to.status == "open";
        let max = Minor::MAX.units();
        // Compared without adding: the sums would not fit.
        let spendable = if from.system && from.balance > 0 {
            max
        } else if from.system {
            max + from.balance
        } else {
            from.balance
        };
        let room = if to.balance < 0 { max } else { max - to.balance };
        if fits { spendable.min(room) } else { 0 }
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

    fn memo(&mut self) -> Option<String> {
        self.random.percent(60).then(|| MEMOS[self.random.below(MEMOS.len())].to_owned())
    }

    fn record(&mut self, stream: StreamId, version: i64, event: impl Into<recorded::Event>) {
        let event = event.into();
        let of = event.event_type();
        self.store(stream, version, of.name, (of.schema_version, event.payload().expect("json")));
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
            actor: if first.number() % 2 == 0 { A_MEMBER } else { A_SERVICE },
            correlation: CorrelationId::new(Uuid::nil()),
            recorded_at: self.now,
            events: std::mem::take(&mut self.pending),
        });
    }
}
