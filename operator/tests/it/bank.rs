//! A synthetic bank: a log that is right, written without any of the bank's own code but its payloads.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{
    AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, Channel, CommandRefused, Consent, ContactChanged, ErasureRequested, Event, Holder, Leg, Legs,
    MemberErased, MemberJoined, NameHolder, NameKind, NameReserved, Refusal, TransferEvent, TransferFacts,
    TransferKind, TransferPosted, TransferRejected, TransferReversed,
};
use kernel::{AccountId, AccountNumber, MemberId, Minor, Money, Sealed, StreamId, TransferId};
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};
use url::Url;
use uuid::Uuid;

/// Ids that are easy to distinguish: the kind, then a number.
pub fn account(n: u128) -> Uuid {
    Uuid::from_u128(0xacc0_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn transfer(n: u128) -> Uuid {
    Uuid::from_u128(0x7fe0_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn command(n: u128) -> Uuid {
    Uuid::from_u128(0xc0de_0000_0000_8000_8000_0000_0000_0000_u128 | n)
}

pub fn member(n: u128) -> Uuid {
    Uuid::from_u128(0x3e3b_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

/// The cash account of an asset.
pub const CASH: u128 = 1000;

struct Written {
    stream: Uuid,
    version: i64,
    event: Event,
}

struct Commit {
    recorded_at: DateTime<Utc>,
    events: Vec<Written>,
}

/// A log in the making.
pub struct Bank {
    now: DateTime<Utc>,
    balances: HashMap<Uuid, i128>,
    versions: HashMap<Uuid, i64>,
    commits: Vec<Commit>,
}

impl Bank {
    pub fn new() -> Self {
        let now = "2026-03-01T09:59:58.123456Z".parse().expect("a time");
        Self { now, balances: HashMap::new(), versions: HashMap::new(), commits: Vec::new() }
    }

    /// A bank in which everything that can be recorded has been.
    pub fn busy() -> Self {
        let mut bank = Self::new();
        bank.open_system(CASH, "KRW", "cash/test");
        for n in 1..=4 {
            bank.open(n, "KRW");
        }
        bank.open(5, "USD");
        for n in 1..=3 {
            bank.transfer(n, TransferKind::Deposit, CASH, n, 1000, "KRW", None);
        }
        // Two commits of one append carry one time.
        bank.now -= TimeDelta::milliseconds(250);
        bank.transfer(4, TransferKind::Transfer, 1, 2, 300, "KRW", None);
        bank.reject(5, 1, 2, 5000, "insufficient-funds");
        bank.batch(&[(6, 2, 3, 10), (7, 3, 1, 20), (8, 1, 2, 30)]);
        bank.turn(3, Event::from(AccountFrozen { reason: Some("asked".into()), balance: bank.balance(3) }));
        bank.turn(3, Event::from(AccountUnfrozen { reason: None, balance: bank.balance(3) }));
        bank.transfer(9, TransferKind::Reversal, 2, 1, 300, "KRW", Some(4));
        bank.refuse(1);
        bank.transfer(10, TransferKind::Withdrawal, 3, CASH, 990, "KRW", None);
        bank.turn(4, Event::from(AccountClosed { reason: Some("leaving".into()) }));
        bank.now += TimeDelta::hours(30);
        for n in 0..40 {
            bank.transfer(20 + n, TransferKind::Transfer, 1 + n % 2, 2 - n % 2, 1 + n as i128, "KRW", None);
        }
        for n in 1..=4 {
            bank.join(n);
        }
        bank.reach_by_phone(2);
        bank.leave(3);
        bank.leave(4);
        bank.erased(4);
        bank.share(90, 1, &[(2, 20), (3, 10)]);
        bank.turn(2, Event::from(AccountFrozen { reason: None, balance: bank.balance(2) }));
        bank
    }

    /// How many events there are.
    pub fn events(&self) -> usize {
        self.commits.iter().map(|c| c.events.len()).sum()
    }

    fn commit(&mut self, events: Vec<(Uuid, Event)>) {
        self.now += TimeDelta::milliseconds(250);
        let events = events.into_iter().map(|(stream, event)| {
            let version = self.versions.entry(stream).or_default();
            *version += 1;
            Written { stream, version: *version, event }
        });
        let events = events.collect();
        self.commits.push(Commit { recorded_at: self.now, events });
    }

    fn open(&mut self, n: u128, asset: &str) {
        let number = AccountNumber::from_digits(n as u64);
        let holder = Holder::Member { owner: MemberId::new(member(n)), number };
        let opened = AccountOpened { holder, asset: asset.parse().expect("an asset") };
        let assigned = AccountNumberAssigned { account: AccountId::new(account(n)) };
        self.commit(vec![(account(n), opened.into()), (number.stream().uuid(), assigned.into())]);
    }

    fn open_system(&mut self, n: u128, asset: &str, name: &str) {
        let holder = Holder::System { name: name.into() };
        let opened = AccountOpened { holder, asset: asset.parse().expect("an asset") };
        self.commit(vec![(account(n), opened.into())]);
    }

    fn balance(&self, n: u128) -> Minor {
        Minor::new(self.balances.get(&account(n)).copied().unwrap_or_default()).expect("38 digits")
    }

    #[allow(clippy::too_many_arguments, reason = "a transfer has that many parts")]
    fn transfer(
        &mut self,
        n: u128,
        kind: TransferKind,
        source: u128,
        destination: u128,
        amount: i128,
        asset: &str,
        reverses: Option<u128>,
    ) {
        let events = self.moved(n, kind, source, destination, amount, asset, reverses);
        self.commit(events);
    }

    #[allow(clippy::too_many_arguments, reason = "a transfer has that many parts")]
    fn moved(
        &mut self,
        n: u128,
        kind: TransferKind,
        source: u128,
        destination: u128,
        amount: i128,
        asset: &str,
        reverses: Option<u128>,
    ) -> Vec<(Uuid, Event)> {
        let TransferFacts { asset, memo, reference, .. } = facts(n, kind, source, destination, amount, asset, reverses);
        let [from, to] = [source, destination].map(|n| AccountId::new(account(n)));
        let legs = Legs::between(from, to, Money { asset, amount: Minor::new(amount).expect("38 digits") });
        let posted =
            TransferPosted { kind, legs, memo, reference, reverses: reverses.map(|n| TransferId::new(transfer(n))) };
        let id = TransferId::new(transfer(n));
        let mut events = Vec::new();
        if let Some(original) = reverses {
            events.push((transfer(original), TransferReversed { by: id }.into()));
        }
        let units = Minor::new(amount).expect("38 digits");
        *self.balances.entry(account(source)).or_default() -= amount;
        *self.balances.entry(account(destination)).or_default() += amount;
        let debited = AccountDebited { transfer: id, amount: units, balance: self.balance(source) };
        let credited = AccountCredited { transfer: id, amount: units, balance: self.balance(destination) };
        events.push((transfer(n), posted.into()));
        events.push((account(source), debited.into()));
        events.push((account(destination), credited.into()));
        events
    }

    /// One account pays several at once.
    fn share(&mut self, n: u128, source: u128, shares: &[(u128, i128)]) {
        let id = TransferId::new(transfer(n));
        let units = |amount| Minor::new(amount).expect("38 digits");
        let total: i128 = shares.iter().map(|share| share.1).sum();
        let sides: Vec<_> = std::iter::once((source, -total)).chain(shares.iter().copied()).collect();
        let leg = |&(n, amount): &(u128, i128)| Leg {
            account: AccountId::new(account(n)),
            asset: "KRW".parse().expect("an asset"),
            amount: units(amount),
        };
        let legs = Legs::new(sides.iter().map(leg).collect()).expect("legs");
        let posted = TransferPosted { kind: TransferKind::Transfer, legs, memo: None, reference: None, reverses: None };
        let mut events = vec![(transfer(n), posted.into())];
        for (n, amount) in sides {
            *self.balances.entry(account(n)).or_default() += amount;
            let (transfer, balance) = (id, self.balance(n));
            let event = if amount < 0 {
                AccountDebited { transfer, amount: units(-amount), balance }.into()
            } else {
                AccountCredited { transfer, amount: units(amount), balance }.into()
            };
            events.push((account(n), event));
        }
        self.commit(events);
    }

    fn batch(&mut self, transfers: &[(u128, u128, u128, i128)]) {
        let mut events = Vec::new();
        for &(n, source, destination, amount) in transfers {
            events.extend(self.moved(n, TransferKind::Transfer, source, destination, amount, "KRW", None));
        }
        self.commit(events);
    }

    fn reject(&mut self, n: u128, source: u128, destination: u128, amount: i128, code: &str) {
        let facts = facts(n, TransferKind::Transfer, source, destination, amount, "KRW", None);
        let refusal = Refusal { code: code.into(), available: Some(self.balance(source)) };
        self.commit(vec![(transfer(n), TransferRejected { facts, refusal }.into())]);
    }

    fn refuse(&mut self, n: u128) {
        let refusal = Refusal { code: "account-not-empty".into(), available: None };
        self.commit(vec![(command(0xff00 + n), CommandRefused { refusal }.into())]);
    }

    fn turn(&mut self, n: u128, event: Event) {
        self.commit(vec![(account(n), event)]);
    }

    fn join(&mut self, n: u128) {
        let (login_key, contact_key) = (StreamId::new(command(0xa00 + n)), StreamId::new(command(0xb00 + n)));
        let joined = MemberJoined {
            sign_up: command(0xc00 + n),
            channel: Channel::Email,
            login_id: Sealed::new(format!("login {n}")),
            contact: Sealed::new(format!("contact {n}")),
            real_name: Sealed::new(format!("name {n}")),
            consents: vec![Consent { document: "terms".into(), version: "1".into(), agreed: true }],
            login_key,
            contact_key,
        };
        let holder = NameHolder::Member { member: MemberId::new(member(n)) };
        let reserved = |name| Event::from(NameReserved { name, holder });
        self.commit(vec![
            (login_key.uuid(), reserved(NameKind::LoginId)),
            (contact_key.uuid(), reserved(NameKind::Contact)),
            (member(n), joined.into()),
        ]);
    }

    fn reach_by_phone(&mut self, n: u128) {
        let changed = ContactChanged {
            channel: Channel::Phone,
            contact: Sealed::new("another contact"),
            contact_key: StreamId::new(command(0xd00 + n)),
            old_channel: Channel::Email,
            old_contact: Sealed::new("the contact before"),
        };
        self.commit(vec![(member(n), changed.into())]);
    }

    fn leave(&mut self, n: u128) {
        let requested = ErasureRequested { erasure: command(0xe00 + n), reason: None };
        self.commit(vec![(member(n), requested.into())]);
    }

    fn erased(&mut self, n: u128) {
        let erased = MemberErased { erasure: command(0xe00 + n), digest: "00".repeat(32) };
        self.commit(vec![(member(n), erased.into())]);
    }

    /// Writes the log, all of it at once.
    pub async fn write(&self, log: &Url) {
        let commits = self.commits.iter().enumerate().map(|(n, commit)| {
            let events = commit.events.iter().map(|written| {
                let (schema_version, payload) = stored(&written.event);
                let event_type = written.event.event_type().name;
                EditedEvent { schema_version, ..EditedEvent::new(written.stream, written.version, event_type, payload) }
            });
            let written = EditedCommit {
                command_id: command(n as u128),
                actor_role: "m".into(),
                actor_id: member(1),
                correlation: command(0xee00 + n as u128),
                fingerprint: vec![7; 16],
                ..EditedCommit::new(events.collect())
            };
            (commit.recorded_at, written)
        });
        let mut edited = EditedLog::open(log.as_str()).await.expect("the log");
        for (recorded_at, commit) in commits {
            edited.append_at(recorded_at, commit);
        }
        edited.head.recorded_at = self.commits.last().map_or(self.now, |commit| commit.recorded_at);
        edited.save().await.expect("a bank");
    }
}

/// Schema version and payload. A transfer of two legs stands there as earlier builds wrote it.
fn stored(event: &Event) -> (i16, String) {
    if let Event::Transfer(TransferEvent::Posted(posted)) = event
        && let Some(pair) = posted.legs.pair()
    {
        let facts = TransferFacts {
            kind: posted.kind,
            source: Some(pair.source),
            destination: Some(pair.destination),
            asset: pair.money.asset,
            amount: pair.money.amount,
            memo: posted.memo.clone(),
            reference: posted.reference.clone(),
            reverses: posted.reverses,
        };
        return (1, serde_json::to_string(&facts).expect("JSON"));
    }
    (event.event_type().schema_version, event.payload().expect("JSON"))
}

fn facts(
    n: u128,
    kind: TransferKind,
    source: u128,
    destination: u128,
    amount: i128,
    asset: &str,
    reverses: Option<u128>,
) -> TransferFacts {
    TransferFacts {
        kind,
        source: Some(AccountId::new(account(source))),
        destination: Some(AccountId::new(account(destination))),
        asset: asset.parse().expect("an asset"),
        amount: Minor::new(amount).expect("38 digits"),
        memo: n.is_multiple_of(2).then(|| format!("memo {n}; '--\" \u{1f600}")),
        reference: matches!(kind, TransferKind::Deposit | TransferKind::Withdrawal).then(|| format!("ref-{n}")),
        reverses: reverses.map(|n| TransferId::new(transfer(n))),
    }
}
