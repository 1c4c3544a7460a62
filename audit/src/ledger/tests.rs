//! What freezes stop, and what follows on them.

use chrono::DateTime;
use events::recorded::{AccountCredited, AccountDebited, AccountFrozen, AccountUnfrozen, FreezeScope, Legs};
use kernel::{AccountId, AccountNumber, Money};

use super::*;
use crate::test_log;

const TRANSFER: u128 = 9;

/// Two members with 100 each; the first account is frozen like this.
fn frozen(scope: FreezeScope) -> Ledger {
    let mut ledger = Ledger::default();
    for (id, status) in [(1, Status::Frozen(scope)), (2, Status::Open)] {
        let owner = MemberId::new(Uuid::from_u128(id));
        let holder = Holder::Member { owner, number: AccountNumber::from_digits(id as u64) };
        let opened = AccountOpened { holder, asset: "KRW".parse().expect("an asset") };
        let account = Account { balance: 100, status, ..Account::opened(&opened, 1, 1, DateTime::UNIX_EPOCH) };
        ledger.accounts.insert(Uuid::from_u128(id), account);
    }
    ledger
}

/// What a commit breaks.
fn found(ledger: &mut Ledger, events: Vec<(u128, recorded::Event)>) -> Vec<String> {
    let events = events.into_iter().zip(2..).map(|((stream, recorded), position)| Event {
        position,
        stream: Uuid::from_u128(stream),
        version: position,
        recorded,
    });
    let commit = Commit {
        first: 2,
        last: 2,
        command: Uuid::nil(),
        recorded_at: DateTime::UNIX_EPOCH,
        member: None,
        service: None,
        partner: None,
        operator: None,
        events: events.collect(),
        unreadable: Vec::new(),
    };
    let mut findings = Findings::new();
    ledger.apply(&commit, &mut findings);
    findings.take_news().into_iter().map(|(_, what)| what).collect()
}

/// A movement of 5, out of the frozen account or into it.
fn moves(is_debit: bool, kind: TransferKind, despite_freeze: bool) -> Vec<(u128, recorded::Event)> {
    let (from, to) = if is_debit { (1, 2) } else { (2, 1) };
    let (transfer, amount) = (TransferId::new(Uuid::from_u128(TRANSFER)), Minor::new(5).expect("digits"));
    let account = |id| AccountId::new(Uuid::from_u128(id));
    let money = Money { asset: "KRW".parse().expect("an asset"), amount };
    let legs = Legs::between(account(from), account(to), money);
    let posted = TransferPosted { despite_freeze, ..test_log::posted(kind, legs) };
    let balance = |amount| Minor::new(amount).expect("digits");
    vec![
        (TRANSFER, posted.into()),
        (from, AccountDebited { transfer, amount, balance: balance(95), used: Vec::new() }.into()),
        (to, AccountCredited { transfer, amount, balance: balance(105), used: Vec::new() }.into()),
    ]
}

#[test]
fn money_moves_where_no_freeze_stops_it_and_a_reversal_passes_one() {
    use FreezeScope::{All, Debits};
    use TransferKind::{Reversal, Transfer};

    let stopped = "position 3: frozen account";
    for (scope, is_debit, kind, despite, words) in [
        (All, true, Transfer, false, Some(stopped)),
        (All, false, Transfer, false, Some("position 4: frozen account")),
        (Debits, true, Transfer, false, Some(stopped)),
        (Debits, false, Transfer, false, None),
        (All, true, Reversal, true, None),
        (All, false, Reversal, true, None),
        (Debits, true, Reversal, true, None),
        (Debits, true, Reversal, false, Some(stopped)),
        (All, true, Transfer, true, Some("is a transfer, and passes a freeze")),
        (Debits, false, Reversal, true, Some("and there is none")),
    ] {
        let found = found(&mut frozen(scope), moves(is_debit, kind, despite));
        let case = format!("{scope:?} {is_debit} {kind:?} {despite}: {found:?}");
        match words {
            Some(words) => assert!(found.iter().any(|what| what.contains(words)), "{case}"),
            None => assert!(found.is_empty(), "{case}"),
        }
    }
}

#[test]
fn a_freeze_follows_on_an_open_account_or_on_another_scope() {
    let hundred = Minor::new(100).expect("digits");
    let freeze = |id, scope| {
        let frozen = AccountFrozen { reason: None, balance: hundred, held: Minor::ZERO, scope };
        vec![(id, recorded::Event::from(frozen))]
    };
    for (id, scope, is_right) in
        [(1, FreezeScope::All, true), (1, FreezeScope::Debits, false), (2, FreezeScope::All, true)]
    {
        let found = found(&mut frozen(FreezeScope::Debits), freeze(id, scope));
        assert_eq!(found.is_empty(), is_right, "{id} {scope:?}: {found:?}");
    }
    let unfrozen = AccountUnfrozen { reason: None, balance: hundred, held: hundred };
    let found = found(&mut frozen(FreezeScope::All), vec![(1, unfrozen.into())]);
    assert!(found.len() == 1 && found[0].contains("was held, not 100, when it became open"), "{found:?}");
}
