//! Holds that are right, and each way in which they can be wrong.

use chrono::TimeDelta;
use events::recorded::{
    AccountClosed, AccountCredited, AccountDebited, AccountFundsHeld, AccountFundsReleased, AccountOpened, HoldExpired,
    HoldIncreased, HoldReleased, Holder, Legs,
};
use kernel::{AccountId, AccountNumber, Actor, HoldId, MemberId, Minor, Money, Role, TransferId};

use super::*;
use crate::{account::Account, test_log, transfers::transfers_of};

const PAYER: u128 = 1;
const PAYEE: u128 = 2;
const HOLD: u128 = 7;
/// When the hold ends, in seconds.
const END: i64 = 600;

type Events = Vec<(u128, Event)>;

/// A bank of two members, of whom the first has 100 and no other holds.
struct Bank {
    ledger: Ledger,
    holds: Holds,
    position: i64,
    versions: HashMap<u128, i64>,
}

impl Bank {
    fn new() -> Self {
        let mut ledger = Ledger::default();
        for (id, balance) in [(PAYER, 100), (PAYEE, 0)] {
            let number = AccountNumber::from_digits(id as u64);
            let holder = Holder::Member { owner: MemberId::new(Uuid::from_u128(id)), number };
            let opened = AccountOpened { holder, asset: krw() };
            let account = Account { balance, ..Account::opened(&opened, 1, 1, at(0)) };
            ledger.accounts.insert(Uuid::from_u128(id), account);
        }
        Self { ledger, holds: Holds::default(), position: 1, versions: [(PAYER, 1), (PAYEE, 1)].into() }
    }

    /// One with a hold of 60 for the second member.
    fn with_hold() -> Self {
        let mut bank = Self::new();
        assert_eq!(bank.commit(0, placed(60)), [""; 0]);
        bank
    }

    /// What a commit breaks.
    fn commit(&mut self, seconds: i64, events: Events) -> Vec<String> {
        let events = events.into_iter().map(|(stream, recorded)| {
            let version = self.versions.entry(stream).or_default();
            *version += 1;
            self.position += 1;
            let (position, version, stream) = (self.position, *version, Uuid::from_u128(stream));
            assemble::Event { position, stream, version, recorded }
        });
        let events: Vec<_> = events.collect();
        let commit = Commit {
            first: self.position + 1 - events.len() as i64,
            last: self.position,
            command: Uuid::nil(),
            recorded_at: at(seconds),
            member: None,
            service: None,
            partner: None,
            operator: None,
            events,
            unreadable: Vec::new(),
        };
        let mut findings = Findings::new();
        self.ledger.apply(&commit, &mut findings);
        self.holds.apply(&commit, &transfers_of(&commit), &self.ledger, &mut findings);
        findings.take_news().into_iter().map(|(_, what)| what).collect()
    }

    /// What the end of the log breaks.
    fn end(&self) -> Vec<String> {
        let mut findings = Findings::new();
        self.holds.check(&self.ledger, &mut findings);
        findings.take_news().into_iter().map(|(_, what)| what).collect()
    }
}

fn krw() -> AssetCode {
    "KRW".parse().expect("an asset")
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn minor(amount: i128) -> Minor {
    Minor::new(amount).expect("38 digits")
}

fn account(id: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(id))
}

fn left(amount: i128, captured: i128, released: i128) -> HoldAmounts {
    HoldAmounts { amount: minor(amount), captured: minor(captured), released: minor(released) }
}

fn held(amount: i128, held: i128) -> (u128, Event) {
    let (hold, amount, held) = (HoldId::new(Uuid::from_u128(HOLD)), minor(amount), minor(held));
    (PAYER, AccountFundsHeld { hold, amount, held, used: Vec::new() }.into())
}

fn given_back(amount: i128, held: i128) -> (u128, Event) {
    let (hold, amount, held) = (HoldId::new(Uuid::from_u128(HOLD)), minor(amount), minor(held));
    (PAYER, AccountFundsReleased { hold, amount, held, used: Vec::new() }.into())
}

fn placed(amount: i128) -> Events {
    let placed = HoldPlaced {
        source: account(PAYER),
        destination: Some(account(PAYEE)),
        asset: krw(),
        amount: minor(amount),
        expires_at: at(END),
        memo: None,
        reference: None,
        placed_by: Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(PAYER)) },
        counted: Vec::new(),
    };
    vec![(HOLD, placed.into()), held(amount, amount)]
}

fn increased(by: i128, left: HoldAmounts, now_held: i128) -> Events {
    vec![(HOLD, HoldIncreased { by: minor(by), left, counted: Vec::new() }.into()), held(by, now_held)]
}

fn released(amount: i128, left: HoldAmounts, now_held: i128) -> Events {
    let released = HoldReleased { given_back: minor(amount), reason: None, left };
    vec![(HOLD, released.into()), given_back(amount, now_held)]
}

fn expired(amount: i128, left: HoldAmounts) -> Events {
    vec![(HOLD, HoldExpired { given_back: minor(amount), left }.into()), given_back(amount, 0)]
}

/// A capture by a transfer of this number, which leaves these balances.
fn captured(
    number: u128,
    (paid, is_final): (i128, bool),
    left: HoldAmounts,
    freed: (i128, i128),
    balances: (i128, i128),
) -> Events {
    let (transfer, amount) = (TransferId::new(Uuid::from_u128(number)), minor(paid));
    let legs = Legs::between(account(PAYER), account(PAYEE), Money { asset: krw(), amount });
    let hold = Some(HoldId::new(Uuid::from_u128(HOLD)));
    let posted = TransferPosted { hold, ..test_log::posted(TransferKind::Capture, legs) };
    vec![
        given_back(freed.0, freed.1),
        (HOLD, HoldCaptured { transfer, paid: amount, is_final, left }.into()),
        (number, posted.into()),
        (PAYER, AccountDebited { transfer, amount, balance: minor(balances.0), used: Vec::new() }.into()),
        (PAYEE, AccountCredited { transfer, amount, balance: minor(balances.1), used: Vec::new() }.into()),
    ]
}

#[test]
fn what_holds_do_is_right_to_their_end_and_forgotten_then() {
    let none = [""; 0];
    let mut bank = Bank::with_hold();
    assert_eq!(bank.commit(1, increased(20, left(80, 0, 0), 80)), none);
    assert_eq!(bank.commit(2, captured(91, (30, false), left(80, 30, 0), (30, 50), (70, 30))), none);
    assert_eq!(bank.commit(3, released(10, left(80, 30, 10), 40)), none);
    assert_eq!(bank.end(), none);
    let kept: Holds = serde_json::from_str(&serde_json::to_string(&bank.holds).expect("JSON")).expect("holds");
    bank.holds = kept;
    assert_eq!(bank.commit(END - 1, captured(92, (15, true), left(80, 45, 35), (40, 0), (55, 45))), none);
    assert_eq!((bank.end(), bank.holds.active.len()), (vec![], 0));

    let mut bank = Bank::with_hold();
    assert_eq!(bank.commit(END, expired(60, left(60, 0, 60))), none);
    assert_eq!((bank.end(), bank.holds.active.len()), (vec![], 0));
}

/// One commit on a hold of 60, and what is found in it.
fn found(seconds: i64, events: Events, words: &str) {
    let found = Bank::with_hold().commit(seconds, events);
    assert!(found.iter().any(|what| what.contains(words)), "`{words}`: {found:?}");
}

#[test]
fn nothing_is_used_from_the_end_on_and_nothing_expires_before_it() {
    let capture = || captured(91, (60, true), left(60, 60, 0), (60, 0), (40, 60));
    assert_eq!(Bank::with_hold().commit(END - 1, capture()), [""; 0]);
    found(END, capture(), "and is used at 1970-01-01 00:10:00");
    found(END, increased(1, left(61, 0, 0), 61), "and is used at");
    found(END, released(1, left(60, 0, 1), 59), "and is used at");
    found(END - 1, expired(60, left(60, 0, 60)), "and is recorded as expired at 1970-01-01 00:09:59");
}

#[test]
fn amounts_follow_from_those_before() {
    found(1, increased(5, left(66, 0, 0), 65), "0 of 66 paid and 0 given back does not follow from 5");
    found(1, increased(-5, left(55, 0, 0), 55), "goes on by -5");
    found(1, released(70, left(60, 0, 70), -10), "more than is held");
    found(1, released(70, left(60, 0, 70), -10), "which leaves -10 held");
    found(1, released(20, left(60, 20, 0), 40), "does not follow from 20");
    found(END, expired(50, left(60, 0, 50)), "at its end, and 10 remains");
    let twice = captured(91, (50, true), left(60, 50, 20), (60, 0), (50, 50));
    found(1, twice, "does not follow from 50");
    found(1, increased(50, left(110, 0, 0), 110), "and 110 of it is held");
}

#[test]
fn accounts_and_transfers_say_the_same_as_holds() {
    let right = || captured(91, (60, true), left(60, 60, 0), (60, 0), (40, 60));
    let without = |place: usize| {
        let mut events = right();
        events.remove(place);
        events
    };
    found(1, without(0), "changes by -60, and what is held of account");
    found(1, without(1), "-60 of account");
    found(1, without(1), "is paid from hold");
    found(1, without(2), "which is not there");
    let changed = |change: fn(&mut TransferPosted)| {
        let mut events = right();
        if let (_, Event::Transfer(TransferEvent::Posted(posted))) = &mut events[2] {
            change(posted);
        }
        events
    };
    found(1, changed(|posted| posted.kind = TransferKind::Transfer), "which is no capture of it");
    found(1, changed(|posted| posted.hold = None), "is a capture of no hold");
    let money = |amount| Money { asset: krw(), amount: minor(amount) };
    let between = |from, to, amount| Legs::between(account(from), account(to), money(amount));
    let (other, back, less) = (between(PAYER, 3, 60), between(PAYEE, PAYER, 60), between(PAYER, PAYEE, 59));
    for (legs, words) in [(other, "is paid to"), (back, "is paid from"), (less, "pays 60 KRW, and the transfer 59")] {
        let mut events = right();
        if let (_, Event::Transfer(TransferEvent::Posted(posted))) = &mut events[2] {
            posted.legs = legs;
        }
        found(1, events, words);
    }
    let mut more = increased(5, left(65, 0, 0), 65);
    more.push(held(5, 70));
    found(1, more, "+5 of account");
}

#[test]
fn nothing_happens_to_a_hold_before_it_is_placed_or_after_it_is_over() {
    let again = || released(1, left(60, 0, 61), -1);
    let mut bank = Bank::with_hold();
    assert_eq!(bank.commit(1, released(60, left(60, 0, 60), 0)), [""; 0]);
    let after = bank.commit(2, again());
    assert!(after.iter().any(|what| what.contains("was never placed, or is over")), "{after:?}");
    let before = Bank::new().commit(1, again());
    assert!(before.iter().any(|what| what.contains("was never placed, or is over")), "{before:?}");
    found(1, placed(10), "is placed as version 2");
}

#[test]
fn funds_that_are_held_are_there_and_of_holds() {
    let over = Bank::new().commit(0, placed(101));
    assert!(over.iter().any(|what| what.contains("is at 100, and 101 of it is held")), "{over:?}");
    found(1, vec![(PAYER, AccountClosed { reason: None }.into())], "was held, not 0, when it became closed");
    let mut bank = Bank::with_hold();
    bank.commit(1, vec![given_back(1, 59)]);
    assert!(bank.end().iter().any(|what| what.contains("its active holds come to 60")), "{:?}", bank.end());
}
