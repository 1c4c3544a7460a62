use domain::{Account, AccountEvent, EvolveError, Refusal, Status};

use crate::{credited, given, minor, opened};

#[test]
fn nothing_happens_before_an_account_is_opened() {
    assert_eq!(Account::evolve(None, &credited(5, 5)), Err(EvolveError::NotOpened));
}

#[test]
fn an_account_is_opened_once() {
    let account = given(&[opened("KRW"), credited(5, 5)]);
    assert_eq!(Account::evolve(Some(account), &opened("KRW")), Err(EvolveError::OpenedTwice));
}

#[test]
fn an_opened_account_is_open_and_empty() {
    let account = given(&[opened("KRW")]);
    assert_eq!((account.status, account.balance), (Status::Open, minor(0)));
}

#[test]
fn a_frozen_account_can_only_be_unfrozen() {
    let account = given(&[opened("KRW"), AccountEvent::Frozen]);
    assert_eq!(account.freeze(), Err(Refusal::AccountFrozen));
    assert_eq!(account.close(), Err(Refusal::AccountFrozen));
    assert_eq!(account.unfreeze(), Ok(AccountEvent::Unfrozen));
    assert_eq!(given(&[opened("KRW"), AccountEvent::Frozen, AccountEvent::Unfrozen]).status, Status::Open);
}

#[test]
fn an_open_account_cannot_be_unfrozen() {
    assert_eq!(given(&[opened("KRW")]).unfreeze(), Err(Refusal::AccountNotFrozen));
}

#[test]
fn only_an_empty_account_is_closed() {
    assert_eq!(given(&[opened("KRW"), credited(1, 1)]).close(), Err(Refusal::AccountNotEmpty));
    assert_eq!(given(&[opened("KRW")]).close(), Ok(AccountEvent::Closed));
}

#[test]
fn a_closed_account_stays_closed() {
    let account = given(&[opened("KRW"), AccountEvent::Closed]);
    assert_eq!(account.freeze(), Err(Refusal::AccountClosed));
    assert_eq!(account.unfreeze(), Err(Refusal::AccountClosed));
    assert_eq!(account.close(), Err(Refusal::AccountClosed));
}
