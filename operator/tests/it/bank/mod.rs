//! A synthetic bank: a log that is right, written without any of the bank's own code but its payloads.

mod exchange;
mod holds;
mod ids;
mod items;
mod limits;
mod operators;
mod orders;
mod partners;
mod payouts;
mod processes;
mod stored;
mod webhooks;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{
    AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, Channel, CommandRefused, Consent, ContactChanged, ErasureRequested, Event, FreezeScope, Holder,
    Leg, Legs, MemberErased, MemberJoined, NameHolder, NameKind, NameReserved, ReferenceUsed, Refusal, TransferEvent,
    TransferFacts, TransferKind, TransferPosted, TransferRejected, TransferReversed,
};
use kernel::{AccountId, AccountNumber, HoldId, MemberId, Minor, Money, Sealed, StreamId, TransferId};
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};
use url::Url;
use uuid::Uuid;

pub use self::{
    exchange::BANKS_DOLLARS,
    ids::{
        account, code, command, hold, key, member, offer, operator, order, partner, payout, process, quote, transfer,
    },
    items::item,
};
use self::{
    holds::Holds,
    ids::units,
    limits::Limits,
    stored::{posted, stored},
};

/// The cash account of an asset.
pub const CASH: u128 = 1000;

/// Events with the streams that they are on.
type Events = Vec<(Uuid, Event)>;

struct Written {
    stream: Uuid,
    version: i64,
    event: Event,
}

struct Commit {
    recorded_at: DateTime<Utc>,
    /// The partner or operator who asked for it, with the code of the role; otherwise a member.
    actor: Option<(&'static str, Uuid)>,
    events: Vec<Written>,
}

/// A log in the making.
pub struct Bank {
    now: DateTime<Utc>,
    balances: HashMap<Uuid, i128>,
    holds: Holds,
    limits: Limits,
    versions: HashMap<Uuid, i64>,
    commits: Vec<Commit>,
}

impl Bank {
    pub fn new() -> Self {
        let now = "2026-03-01T09:59:58.123456Z".parse().expect("a time");
        let (balances, versions) = (HashMap::new(), HashMap::new());
        let (holds, limits) = (Holds::default(), Limits::default());
        Self { now, balances, holds, limits, versions, commits: Vec::new() }
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
        bank.freeze(3, FreezeScope::All, Some("asked"));
        bank.unfreeze(3);
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
        bank.deposit_once(96, 1, 1);
        bank.hold_funds();
        bank.freeze(3, FreezeScope::All, Some("asked again"));
        bank.freeze(3, FreezeScope::Debits, Some("asked less"));
        bank.transfer(94, TransferKind::Transfer, 2, 3, 7, "KRW", None);
        bank.transfer(95, TransferKind::Reversal, 3, 2, 7, "KRW", Some(94));
        bank.freeze(2, FreezeScope::All, None);
        bank.limit_payments();
        bank.charge();
        bank.trade();
        bank.run_orders();
        bank.pay_out();
        bank.exchange();
        bank.send_webhooks();
        bank.go_outside();
        bank.deal_with_partners();
        bank.employ_operators();
        bank
    }

    /// A hold that is paid in two parts, one that is given back, one whose time is over, and two of which something remains.
    fn hold_funds(&mut self) {
        self.place((1, 1, Some(2)), 100, TimeDelta::hours(1));
        self.place((2, 1, None), 30, TimeDelta::hours(1));
        self.place((3, 2, Some(1)), 25, TimeDelta::minutes(1));
        let increased = self.holds.increase(1, 50);
        self.commit(increased);
        self.capture(91, 1, 2, 60, false);
        self.capture(92, 1, 2, 40, true);
        for part in [10, 20] {
            let released = self.holds.release(2, part);
            self.commit(released);
        }
        self.now += TimeDelta::minutes(2);
        let expired = self.holds.expire(3);
        self.commit(expired);
        self.place((4, 1, None), 40, TimeDelta::days(1));
        self.place((5, 1, Some(3)), 17, TimeDelta::days(1));
        self.capture(93, 4, 3, 5, false);
    }

    /// A deposit whose reference is unique.
    fn deposit_once(&mut self, n: u128, destination: u128, amount: i128) {
        let mut events = self.moved(n, TransferKind::Deposit, CASH, destination, amount, "KRW", None);
        let used = ReferenceUsed { transfer: TransferId::new(transfer(n)) };
        events.push((command(0x2ef0_0000 + n), used.into()));
        self.commit(events);
    }

    fn place(&mut self, sides: (u128, u128, Option<u128>), amount: i128, lasts: TimeDelta) {
        let placed = self.holds.place(sides, amount, self.now + lasts);
        self.commit(placed);
    }

    /// A transfer from held funds.
    fn capture(&mut self, n: u128, of: u128, destination: u128, paid: i128, is_final: bool) {
        let mut events = self.holds.capture(n, of, paid, is_final);
        events.extend(self.captured(n, of, destination, paid));
        self.commit(events);
    }

    /// The transfer itself.
    fn captured(&mut self, n: u128, of: u128, destination: u128, paid: i128) -> Events {
        let source = self.holds.source(of);
        let mut events = self.moved(n, TransferKind::Capture, source, destination, paid, "KRW", None);
        for (_, event) in &mut events {
            if let Event::Transfer(TransferEvent::Posted(posted)) = event {
                posted.hold = Some(HoldId::new(hold(of)));
            }
        }
        events
    }

    /// How many events there are.
    pub fn events(&self) -> usize {
        self.commits.iter().map(|c| c.events.len()).sum()
    }

    fn commit(&mut self, events: Events) {
        self.now += TimeDelta::milliseconds(250);
        let events = events.into_iter().map(|(stream, event)| {
            let version = self.versions.entry(stream).or_default();
            *version += 1;
            Written { stream, version: *version, event }
        });
        let events = events.collect();
        self.commits.push(Commit { recorded_at: self.now, actor: None, events });
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
        units(self.balances.get(&account(n)).copied().unwrap_or_default())
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
    ) -> Events {
        let TransferFacts { asset, memo, reference, .. } = facts(n, kind, source, destination, amount, asset, reverses);
        let [from, to] = [source, destination].map(|n| AccountId::new(account(n)));
        let legs = Legs::between(from, to, Money { asset, amount: units(amount) });
        let reverses_id = reverses.map(|n| TransferId::new(transfer(n)));
        // The one reversal of this bank that finds its account frozen.
        let despite_freeze = n == 95;
        let plain = posted(kind, legs);
        let posted = TransferPosted { memo, reference, reverses: reverses_id, despite_freeze, ..plain };
        let id = TransferId::new(transfer(n));
        let mut events = Vec::new();
        if let Some(original) = reverses {
            events.push((transfer(original), TransferReversed { by: id }.into()));
        }
        let amount_moved = units(amount);
        *self.balances.entry(account(source)).or_default() -= amount;
        *self.balances.entry(account(destination)).or_default() += amount;
        let debited =
            AccountDebited { transfer: id, amount: amount_moved, balance: self.balance(source), used: Vec::new() };
        let credited = AccountCredited {
            transfer: id,
            amount: amount_moved,
            balance: self.balance(destination),
            used: Vec::new(),
        };
        events.push((transfer(n), posted.into()));
        events.push((account(source), debited.into()));
        events.push((account(destination), credited.into()));
        events
    }

    /// One account pays several at once.
    fn share(&mut self, n: u128, source: u128, shares: &[(u128, i128)]) {
        let id = TransferId::new(transfer(n));
        let total: i128 = shares.iter().map(|share| share.1).sum();
        let sides: Vec<_> = std::iter::once((source, -total)).chain(shares.iter().copied()).collect();
        let leg = |&(n, amount): &(u128, i128)| Leg {
            account: AccountId::new(account(n)),
            asset: "KRW".parse().expect("an asset"),
            amount: units(amount),
        };
        let legs = Legs::new(sides.iter().map(leg).collect()).expect("legs");
        let mut events = vec![(transfer(n), posted(TransferKind::Transfer, legs).into())];
        for (n, amount) in sides {
            *self.balances.entry(account(n)).or_default() += amount;
            let (transfer, balance, used) = (id, self.balance(n), Vec::new());
            let event = if amount < 0 {
                AccountDebited { transfer, amount: units(-amount), balance, used }.into()
            } else {
                AccountCredited { transfer, amount: units(amount), balance, used }.into()
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
        let refusal = Refusal { available: Some(self.balance(source)), ..Refusal::of(code) };
        self.commit(vec![(transfer(n), TransferRejected { facts, asked_by: None, refusal }.into())]);
    }

    fn refuse(&mut self, n: u128) {
        let refusal = Refusal::of("account-not-empty");
        self.commit(vec![(command(0xff00 + n), CommandRefused { refusal }.into())]);
    }

    fn turn(&mut self, n: u128, event: Event) {
        self.commit(vec![(account(n), event)]);
    }

    fn freeze(&mut self, n: u128, scope: FreezeScope, reason: Option<&str>) {
        let (balance, held) = (self.balance(n), self.holds.held(n));
        self.turn(n, Event::from(AccountFrozen { reason: reason.map(Into::into), balance, held, scope }));
    }

    fn unfreeze(&mut self, n: u128) {
        let (balance, held) = (self.balance(n), self.holds.held(n));
        self.turn(n, Event::from(AccountUnfrozen { reason: None, balance, held }));
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
            let (role, actor_id) = commit.actor.unwrap_or(("m", member(1)));
            let written = EditedCommit {
                command_id: command(n as u128),
                actor_role: role.into(),
                actor_id,
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
        amount: units(amount),
        memo: n.is_multiple_of(2).then(|| format!("memo {n}; '--\" \u{1f600}")),
        reference: matches!(kind, TransferKind::Deposit | TransferKind::Withdrawal).then(|| format!("ref-{n}")),
        reverses: reverses.map(|n| TransferId::new(transfer(n))),
    }
}
