use domain::{Account, EvolveError, Refusal, Status};
use events::recorded::{AccountFrozen, AccountUnfrozen, FreezeScope};

use kernel::AccountNumber;

use crate::{closed, credited, debits_frozen, frozen, funds_held, given, minor, opened, system, unfrozen};

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
    let account = given(&[opened("KRW"), frozen(0)]);
    assert_eq!(account.freeze(FreezeScope::All, None), Err(Refusal::AccountFrozen));
    assert_eq!(account.close(None), Err(Refusal::AccountFrozen));
    assert_eq!(account.unfreeze(None), Ok(unfrozen(0)));
    assert_eq!(given(&[opened("KRW"), frozen(0), unfrozen(0)]).status, Status::Open);
}

#[test]
fn an_open_account_cannot_be_unfrozen() {
    assert_eq!(given(&[opened("KRW")]).unfreeze(None), Err(Refusal::AccountNotFrozen));
}

#[test]
fn only_an_empty_account_is_closed() {
    assert_eq!(given(&[opened("KRW"), credited(1, 1)]).close(None), Err(Refusal::AccountNotEmpty));
    assert_eq!(given(&[opened("KRW")]).close(None), Ok(closed()));
}

#[test]
fn a_closed_account_stays_closed() {
    let account = given(&[opened("KRW"), closed()]);
    assert_eq!(account.freeze(FreezeScope::All, None), Err(Refusal::AccountClosed));
    assert_eq!(account.unfreeze(None), Err(Refusal::AccountClosed));
    assert_eq!(account.close(None), Err(Refusal::AccountClosed));
}

#[test]
fn an_event_carries_the_reason_the_balance_and_what_is_held() {
    let account = given(&[opened("KRW"), credited(5, 5), funds_held(2, 2)]);
    let reason = Some("asked by court".to_owned());
    let frozen =
        AccountFrozen { reason: reason.clone(), balance: minor(5), held: minor(2), scope: FreezeScope::Debits }.into();
    assert_eq!(account.freeze(FreezeScope::Debits, reason.clone()), Ok(frozen));
    let unfrozen = AccountUnfrozen { reason: reason.clone(), balance: minor(5), held: minor(0) }.into();
    assert_eq!(given(&[opened("KRW"), credited(5, 5), crate::frozen(5)]).unfreeze(reason), Ok(unfrozen));
}

/// Every build has written snapshots like this, and reads those of the others.
#[test]
fn an_account_stands_in_a_snapshot_as_it_always_did() {
    let owner = "00000000-0000-0000-0000-000000000001";
    let number = AccountNumber::from_digits(1);
    let member = |status: &str| {
        format!(
            r#"{{"holder":{{"kind":"member","owner":"{owner}","number":"{number}"}},"asset":"KRW","balance":"5","status":"{status}"}}"#
        )
    };
    let funded = [opened("KRW"), credited(5, 5)];
    let frozen = given(&[opened("KRW"), credited(5, 5), frozen(5)]);
    let closed = r#"{"holder":{"kind":"system","name":"cash/test"},"asset":"KRW","balance":"0","status":"closed"}"#;
    for (account, text) in [
        (given(&funded), member("open")),
        (frozen, member("frozen")),
        (given(&[system("KRW"), crate::closed()]), closed.to_owned()),
    ] {
        assert_eq!(serde_json::to_string(&account).expect("JSON"), text);
        assert_eq!(serde_json::from_str::<Account>(&text).expect("an account"), account);
    }
}

#[test]
fn what_is_held_and_a_narrow_freeze_stand_in_a_snapshot_of_the_next_schema() {
    let held = given(&[opened("KRW"), credited(5, 5), funds_held(2, 2)]);
    let narrow = given(&[opened("KRW"), credited(5, 5), debits_frozen(5)]);
    assert_eq!(given(&[opened("KRW"), credited(5, 5), frozen(5)]).state_schema(), 1);
    for (account, ending) in
        [(held, r#""status":"open","held":"2"}"#), (narrow, r#""status":"frozen","scope":"debits"}"#)]
    {
        assert_eq!(account.state_schema(), 2);
        let text = serde_json::to_string(&account).expect("JSON");
        assert!(text.ends_with(ending), "{text}");
        assert_eq!(serde_json::from_str::<Account>(&text).expect("an account"), account);
    }
}

#[test]
fn a_freeze_can_be_given_another_scope() {
    let account = given(&[opened("KRW"), debits_frozen(0)]);
    assert_eq!(account.freeze_scope(), Some(FreezeScope::Debits));
    assert_eq!(account.freeze(FreezeScope::Debits, None), Err(Refusal::AccountFrozen));
    assert_eq!(account.freeze(FreezeScope::All, None), Ok(frozen(0)));
    let wider = given(&[opened("KRW"), debits_frozen(0), frozen(0)]);
    assert_eq!(wider.freeze_scope(), Some(FreezeScope::All));
    let lifted = given(&[opened("KRW"), debits_frozen(0), unfrozen(0)]);
    assert_eq!((lifted.freeze_scope(), lifted.status), (None, Status::Open));
    assert_eq!(account.close(None), Err(Refusal::AccountFrozen));
}

#[test]
fn an_account_with_held_funds_is_not_closed() {
    let account = given(&[opened("KRW"), credited(5, 5), funds_held(5, 5)]);
    assert_eq!(account.available(), minor(0));
    assert_eq!(account.close(None), Err(Refusal::AccountNotEmpty));
}
