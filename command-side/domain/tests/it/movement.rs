use domain::{Account, AccountEvent, EvolveError, Limits, Movement, Postings, Refusal, Transfer, TransferEvent};
use kernel::{Minor, Money};

use crate::{account_id, credited, given, minor, money, opened, system, transfer};

fn try_move(source: Option<&Account>, destination: Option<&Account>, money: Money) -> Result<Postings, Refusal> {
    let (source, destination) = ((account_id(1), source), (account_id(2), destination));
    Movement { transfer: transfer(), source, destination, money }.decide(&Limits::NONE)
}

#[test]
fn money_moves_from_one_to_the_other() {
    let (source, destination) = (given(&[opened("KRW"), credited(10, 10)]), given(&[opened("KRW")]));
    let postings = try_move(Some(&source), Some(&destination), money("KRW", 7)).expect("posted");
    let debit = AccountEvent::Debited { transfer: transfer(), amount: minor(7), balance: minor(3) };
    let credit = AccountEvent::Credited { transfer: transfer(), amount: minor(7), balance: minor(7) };
    assert_eq!(postings, Postings { debit, credit });
}

#[test]
fn all_of_it_may_go_but_not_one_more() {
    let (source, destination) = (given(&[opened("KRW"), credited(10, 10)]), given(&[opened("KRW")]));
    assert!(try_move(Some(&source), Some(&destination), money("KRW", 10)).is_ok());
    let refused = try_move(Some(&source), Some(&destination), money("KRW", 11));
    assert_eq!(refused, Err(Refusal::InsufficientFunds { available: minor(10) }));
}

#[test]
fn the_outside_may_owe_without_end() {
    let (cash, account) = (given(&[system("KRW")]), given(&[opened("KRW")]));
    assert!(try_move(Some(&cash), Some(&account), money("KRW", 1_000)).is_ok());
}

#[test]
fn amounts_that_are_not_positive_are_refused_whatever_else_is_wrong() {
    for units in [0, -1] {
        assert_eq!(try_move(None, None, money("KRW", units)), Err(Refusal::AmountNotPositive));
    }
}

#[test]
fn an_account_cannot_pay_itself() {
    let account = given(&[opened("KRW"), credited(10, 10)]);
    let side = (account_id(1), Some(&account));
    let movement = Movement { transfer: transfer(), source: side, destination: side, money: money("KRW", 1) };
    assert_eq!(movement.decide(&Limits::NONE), Err(Refusal::SameAccount));
}

#[test]
fn accounts_that_are_not_there_are_unknown() {
    let account = given(&[opened("KRW"), credited(10, 10)]);
    assert_eq!(try_move(None, Some(&account), money("KRW", 1)), Err(Refusal::AccountUnknown));
    assert_eq!(try_move(Some(&account), None, money("KRW", 1)), Err(Refusal::AccountUnknown));
}

#[test]
fn assets_do_not_mix() {
    let (won, euro) = (given(&[opened("KRW"), credited(10, 10)]), given(&[opened("EUR")]));
    assert_eq!(try_move(Some(&won), Some(&euro), money("KRW", 1)), Err(Refusal::AssetMismatch));
    assert_eq!(try_move(Some(&won), Some(&won), money("EUR", 1)), Err(Refusal::AssetMismatch));
}

#[test]
fn frozen_and_closed_accounts_neither_pay_nor_receive() {
    let open = given(&[opened("KRW"), credited(10, 10)]);
    for (event, refusal) in
        [(AccountEvent::Frozen, Refusal::AccountFrozen), (AccountEvent::Closed, Refusal::AccountClosed)]
    {
        let shut = given(&[opened("KRW"), credited(10, 10), event]);
        assert_eq!(try_move(Some(&shut), Some(&open), money("KRW", 1)), Err(refusal));
        assert_eq!(try_move(Some(&open), Some(&shut), money("KRW", 1)), Err(refusal));
    }
}

#[test]
fn a_balance_of_more_than_38_digits_is_refused() {
    let full = Minor::MAX.units();
    let (cash, account) = (given(&[system("KRW")]), given(&[opened("KRW"), credited(full, full)]));
    assert_eq!(try_move(Some(&cash), Some(&account), money("KRW", 1)), Err(Refusal::AmountOverflow));
    let owing = given(&[system("KRW"), credited(-full, -full)]);
    assert_eq!(try_move(Some(&owing), Some(&given(&[opened("KRW")])), money("KRW", 1)), Err(Refusal::AmountOverflow));
}

#[test]
fn limits_hold_for_their_asset() {
    let limits: Limits = "KRW:5, USD:1".parse().expect("limits");
    let account = given(&[opened("KRW"), credited(10, 10)]);
    let movement = |units| Movement {
        transfer: transfer(),
        source: (account_id(1), Some(&account)),
        destination: (account_id(2), Some(&account)),
        money: money("KRW", units),
    };
    assert!(movement(5).decide(&limits).is_ok());
    assert_eq!(movement(6).decide(&limits), Err(Refusal::LimitExceeded));
    assert!("KRW=5".parse::<Limits>().is_err());
}

#[test]
fn a_posted_transfer_is_reversed_once() {
    let money = money("KRW", 3);
    let posted = TransferEvent::Posted { source: account_id(1), destination: account_id(2), money };
    let state = Transfer::evolve(None, &posted);
    assert_eq!(state.as_ref().map(Transfer::reverse), Ok(Ok((account_id(2), account_id(1), money))));
    let undone = TransferEvent::Reversed { by: transfer() };
    let reversed = Transfer::evolve(state.ok(), &undone);
    assert_eq!(reversed.as_ref().map(Transfer::reverse), Ok(Err(Refusal::AlreadyReversed)));
    let rejected = Transfer::evolve(None, &TransferEvent::Rejected);
    assert_eq!(rejected.as_ref().map(Transfer::reverse), Ok(Err(Refusal::TransferNotPosted)));
    for state in [reversed, rejected] {
        assert_eq!(Transfer::evolve(state.clone().ok(), &undone), Err(EvolveError::AfterTheLast));
        assert_eq!(Transfer::evolve(state.ok(), &posted), Err(EvolveError::OpenedTwice));
    }
    assert_eq!(Transfer::evolve(None, &undone), Err(EvolveError::NotOpened));
}
