use chrono::DateTime;
use domain::{EvolveError, PaymentCode, Refusal, payment_code::issue};
use events::recorded::{PaymentCodeEvent, PaymentCodeIssued, PaymentCodeUsed, UsedFor};
use kernel::Money;

use crate::{
    account_id, closed, credited, debits_frozen, frozen, given, hold_id, minor, money, opened, system, transfer,
};

fn issued(max: Option<i128>) -> PaymentCodeIssued {
    PaymentCodeIssued {
        source: account_id(1),
        asset: money("KRW", 1).asset,
        max: max.map(minor),
        expires_at: DateTime::UNIX_EPOCH,
    }
}

fn code(max: Option<i128>) -> PaymentCode {
    PaymentCode::evolve(None, &issued(max).into()).expect("a code")
}

#[test]
fn a_code_is_issued_for_an_account_that_can_pay() {
    // It holds no funds: an empty account has one too.
    let account = given(&[opened("KRW")]);
    let of = |max| issue(account_id(1), Some(&account), max, DateTime::UNIX_EPOCH);
    assert_eq!(of(None), Ok(issued(None)));
    assert_eq!(of(Some(money("KRW", 500))), Ok(issued(Some(500))));
}

#[test]
fn a_code_that_could_never_pay_is_refused() {
    let account = given(&[opened("KRW"), credited(10, 10)]);
    let shut = given(&[opened("KRW"), frozen(0)]);
    let debits = given(&[opened("KRW"), debits_frozen(0)]);
    let gone = given(&[opened("KRW"), closed()]);
    let bank = given(&[system("KRW")]);
    let of = |account, max: Option<Money>| issue(account_id(1), account, max, DateTime::UNIX_EPOCH).map(drop);
    for units in [0, -1] {
        assert_eq!(of(Some(&account), Some(money("KRW", units))), Err(Refusal::AmountNotPositive));
    }
    assert_eq!(of(None, None), Err(Refusal::AccountUnknown));
    assert_eq!(of(Some(&bank), None), Err(Refusal::AccountUnknown));
    assert_eq!(of(Some(&account), Some(money("EUR", 1))), Err(Refusal::AssetMismatch));
    assert_eq!(of(Some(&shut), None), Err(Refusal::AccountFrozen));
    assert_eq!(of(Some(&debits), None), Err(Refusal::AccountFrozen));
    assert_eq!(of(Some(&gone), None), Err(Refusal::AccountClosed));
}

#[test]
fn it_pays_once_and_not_after_its_time() {
    let fresh = code(None);
    assert_eq!((fresh.usable(false), fresh.usable(true)), (Ok(()), Err(Refusal::PaymentCodeInvalid)));
    for used_for in [UsedFor::Transfer(transfer()), UsedFor::Hold(hold_id())] {
        let used = PaymentCodeEvent::from(PaymentCodeUsed { used_for });
        let after = PaymentCode::evolve(Some(fresh.clone()), &used).expect("a code");
        assert_eq!(after.used_for, Some(used_for));
        // Used or expired: the refusal is the same.
        assert_eq!((after.usable(false), after.usable(true)), (fresh.usable(true), fresh.usable(true)));
        assert_eq!(PaymentCode::evolve(Some(after), &used), Err(EvolveError::AfterTheLast));
        assert_eq!(PaymentCode::evolve(None, &used), Err(EvolveError::NotOpened));
    }
    assert_eq!(PaymentCode::evolve(Some(fresh), &issued(None).into()), Err(EvolveError::OpenedTwice));
}

#[test]
fn it_pays_its_most_and_no_more() {
    let limited = code(Some(500));
    assert_eq!(limited.covers(money("KRW", 500)), Ok(()));
    assert_eq!(limited.covers(money("KRW", 501)), Err(Refusal::PaymentCodeExceeded));
    assert_eq!(limited.covers(money("EUR", 501)), Err(Refusal::AssetMismatch));
    assert_eq!(code(None).covers(money("KRW", kernel::Minor::MAX.units())), Ok(()));
    assert_eq!(code(None).covers(money("EUR", 1)), Err(Refusal::AssetMismatch));
}
