//! A small log for tests of the rules: members with money, and commits that are held against every rule.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{
    AccountCredited, AccountDebited, AccountNumberAssigned, AccountOpened, Event, Holder, Legs, LimitUse,
    TransferEvent, TransferKind, TransferPosted,
};
use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, Money, TransferId};
use uuid::Uuid;

use crate::{
    assemble::{self, Commit},
    findings::Findings,
    fold::Fold,
    transfers::{check_mirror, transfers_of},
};

/// The account of the bank.
pub const CASH: u128 = 100;

/// Events with the number of the stream that each is on.
pub type Events = Vec<(u128, Event)>;

/// A log of three members, each with 1000 on the account of their number.
pub struct TestLog {
    pub fold: Fold,
    pub now: DateTime<Utc>,
    /// Who sends the next commits, if it is a partner.
    pub partner: Option<Uuid>,
    /// Who sends them, if it is an operator.
    pub operator: Option<Uuid>,
    position: i64,
    versions: HashMap<u128, i64>,
    posted: HashMap<Uuid, TransferPosted>,
}

impl TestLog {
    pub fn new() -> Self {
        let now = "2026-11-30T03:00:00Z".parse().expect("a time");
        let (fold, versions) = (Fold::default(), HashMap::new());
        let mut log = Self { fold, now, partner: None, operator: None, position: 0, versions, posted: HashMap::new() };
        let holder = Holder::System { name: "cash/test".into() };
        log.sound(vec![(CASH, AccountOpened { holder, asset: krw() }.into())]);
        for id in 1..=3 {
            let number = AccountNumber::from_digits(id as u64);
            let holder = Holder::Member { owner: member(id), number };
            let assigned = AccountNumberAssigned { account: account(id) };
            log.sound(vec![
                (id, AccountOpened { holder, asset: krw() }.into()),
                (number.stream().uuid().as_u128(), assigned.into()),
            ]);
            log.sound(log.pay(1000 + id, posted(TransferKind::Deposit, between(CASH, id, 1000)), vec![]));
        }
        log
    }

    /// What a commit breaks, one second later.
    pub fn commit(&mut self, events: Events) -> Vec<String> {
        self.now += TimeDelta::seconds(1);
        let first = self.position + 1;
        let events = events.into_iter().map(|(stream, recorded)| {
            let version = self.versions.entry(stream).or_default();
            *version += 1;
            self.position += 1;
            let (position, version, stream) = (self.position, *version, Uuid::from_u128(stream));
            assemble::Event { position, stream, version, recorded }
        });
        let events: Vec<_> = events.collect();
        for event in &events {
            if let Event::Transfer(TransferEvent::Posted(posted)) = &event.recorded {
                self.posted.insert(event.stream, posted.clone());
            }
        }
        let (last, command, unreadable) = (self.position, Uuid::nil(), Vec::new());
        let (recorded_at, member, service) = (self.now, None, None);
        let (partner, operator) = (self.partner, self.operator);
        let commit =
            Commit { first, last, command, recorded_at, member, service, partner, operator, events, unreadable };
        let mut findings = Findings::new();
        for reversal in self.fold.apply(&commit, &transfers_of(&commit), &mut findings) {
            check_mirror(&reversal, self.posted.get(&reversal.original), &mut findings);
        }
        findings.take_news().into_iter().map(|(_, what)| what).collect()
    }

    /// A commit that breaks nothing.
    #[track_caller]
    pub fn sound(&mut self, events: Events) {
        assert_eq!(self.commit(events), [""; 0]);
    }

    /// A commit in which something is found, in these words.
    #[track_caller]
    pub fn wrong(&mut self, events: Events, words: &str) {
        let found = self.commit(events);
        assert!(found.iter().any(|what| what.contains(words)), "`{words}`: {found:#?}");
    }

    /// A transfer of this number. `used`: what its legs use of limits after it, one after the other; nothing where it is shorter.
    pub fn pay(&self, number: u128, posted: TransferPosted, used: Vec<Vec<LimitUse>>) -> Events {
        let transfer = TransferId::new(Uuid::from_u128(number));
        let mut balances: HashMap<AccountId, i128> = HashMap::new();
        let (legs, mut used) = (posted.legs.clone(), used.into_iter());
        let mut events = vec![(number, posted.into())];
        for leg in legs.iter() {
            let known = || self.fold.ledger.accounts.get(&leg.account.uuid()).map_or(0, |account| account.balance);
            let balance = balances.entry(leg.account).or_insert_with(known);
            *balance += leg.amount.units();
            let (balance, used) = (minor(*balance), used.next().unwrap_or_default());
            let event = match leg.amount.is_negative() {
                true => AccountDebited { transfer, amount: leg.amount.negated(), balance, used }.into(),
                false => AccountCredited { transfer, amount: leg.amount, balance, used }.into(),
            };
            events.push((leg.account.uuid().as_u128(), event));
        }
        events
    }
}

/// A transfer with nothing but its kind and its legs.
pub fn posted(kind: TransferKind, legs: Legs) -> TransferPosted {
    TransferPosted {
        kind,
        legs,
        memo: None,
        reference: None,
        reverses: None,
        hold: None,
        despite_freeze: false,
        trade: None,
        order: None,
        asked_by: None,
        counted: Vec::new(),
    }
}

pub fn between(from: u128, to: u128, amount: i128) -> Legs {
    Legs::between(account(from), account(to), money(amount))
}

pub fn krw() -> AssetCode {
    "KRW".parse().expect("an asset")
}

pub fn money(amount: i128) -> Money {
    Money { asset: krw(), amount: minor(amount) }
}

pub fn minor(amount: i128) -> Minor {
    Minor::new(amount).expect("38 digits")
}

pub fn account(id: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(id))
}

/// The member whose account has the same number.
pub fn member(id: u128) -> MemberId {
    MemberId::new(Uuid::from_u128(id))
}
