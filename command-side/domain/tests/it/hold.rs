use domain::{Account, BankLimits, EvolveError, Hold, HoldStatus, Limited, Refusal, hold};
use events::recorded::{
    AccountEvent, HoldAmounts, HoldEvent, HoldExpired, HoldIncreased, HoldPlaced, HoldReleased, LimitedKind,
};
use kernel::{Actor, MemberId, Money, Role};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    account_id, closed, credited, frozen, funds_held, given, hold_id, limit::At, minor, money, opened, transfer,
};

fn placed(units: i128, destination: Option<u128>) -> HoldPlaced {
    HoldPlaced {
        source: account_id(1),
        destination: destination.map(account_id),
        asset: money("KRW", 1).asset,
        amount: minor(units),
        expires_at: chrono::DateTime::UNIX_EPOCH,
        memo: None,
        reference: None,
        placed_by: Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(1)) },
        counted: Vec::new(),
    }
}

/// Without any limits.
fn place(placed: HoldPlaced, source: Option<&Account>, destination: Option<&Account>) -> Result<AccountEvent, Refusal> {
    let limited = Limited { limits: &BankLimits::NONE, kind: LimitedKind::Hold, time: &At::default() };
    hold::place(hold_id(), placed, source, destination, limited).map(|(_, event)| event)
}

fn held(units: i128, destination: Option<u128>) -> Hold {
    Hold::evolve(None, &placed(units, destination).into()).expect("a hold")
}

fn after(hold: &Hold, event: impl Into<HoldEvent>) -> Hold {
    Hold::evolve(Some(hold.clone()), &event.into()).expect("a hold")
}

fn capture(hold: &Hold, money: Option<Money>, is_final: bool) -> Result<Hold, Refusal> {
    let capture = hold.capture(money, None, is_final)?;
    Ok(after(hold, hold.captured(&capture, transfer())))
}

#[test]
fn funds_are_held_if_they_can_be_spent() {
    let (source, destination) = (given(&[opened("KRW"), credited(10, 10)]), given(&[opened("KRW")]));
    let event = place(placed(10, Some(2)), Some(&source), Some(&destination));
    assert_eq!(event, Ok(funds_held(10, 10)));
    let too_much = place(placed(11, None), Some(&source), None);
    assert_eq!(too_much, Err(Refusal::InsufficientFunds { available: minor(10) }));
}

#[test]
fn a_hold_that_cannot_be_is_refused() {
    let source = given(&[opened("KRW"), credited(10, 10)]);
    let (shut, gone) = (given(&[opened("KRW"), credited(10, 10), frozen(10)]), given(&[opened("KRW"), closed()]));
    let euro = given(&[opened("EUR")]);
    let of = |placed: HoldPlaced, source, destination| place(placed, source, destination).map(drop);
    assert_eq!(of(placed(0, None), Some(&source), None), Err(Refusal::AmountNotPositive));
    assert_eq!(of(placed(-1, None), None, None), Err(Refusal::AmountNotPositive));
    assert_eq!(of(placed(1, Some(1)), Some(&source), Some(&source)), Err(Refusal::SameAccount));
    assert_eq!(of(placed(1, None), None, None), Err(Refusal::AccountUnknown));
    assert_eq!(of(placed(1, Some(2)), Some(&source), None), Err(Refusal::AccountUnknown));
    assert_eq!(of(placed(1, Some(2)), Some(&source), Some(&euro)), Err(Refusal::AssetMismatch));
    assert_eq!(of(placed(1, None), Some(&euro), None), Err(Refusal::AssetMismatch));
    assert_eq!(of(placed(1, Some(2)), Some(&source), Some(&gone)), Err(Refusal::AccountClosed));
    assert_eq!(of(placed(1, None), Some(&shut), None), Err(Refusal::AccountFrozen));
    // No money comes to the destination yet.
    assert_eq!(of(placed(1, Some(2)), Some(&source), Some(&shut)), Ok(()));
}

#[test]
fn it_is_captured_in_parts_until_nothing_remains() {
    let hold = held(10, Some(2));
    let hold = capture(&hold, Some(money("KRW", 4)), false).expect("captured");
    assert_eq!((hold.remaining(), hold.status), (minor(6), HoldStatus::Active));
    assert_eq!(capture(&hold, Some(money("KRW", 7)), false), Err(Refusal::HoldExceeded { remaining: minor(6) }));
    let all = capture(&hold, Some(money("KRW", 6)), false).expect("captured");
    assert_eq!((all.remaining(), all.status), (minor(0), HoldStatus::Captured));
    assert_eq!(all.usable(false), Err(Refusal::HoldNotActive));
}

#[test]
fn a_final_capture_gives_the_rest_back() {
    let hold = held(10, Some(2));
    let one = hold.capture(Some(money("KRW", 4)), None, true).expect("captured");
    assert_eq!((one.paid, one.freed, one.destination), (minor(4), minor(10), account_id(2)));
    let hold = after(&hold, hold.captured(&one, transfer()));
    assert_eq!(hold.amounts, HoldAmounts { amount: minor(10), captured: minor(4), released: minor(6) });
    assert_eq!(hold.status, HoldStatus::Captured);
    let all = held(10, Some(2)).capture(None, None, true).expect("captured");
    assert_eq!((all.paid, all.freed), (minor(10), minor(10)));
}

#[test]
fn its_funds_go_where_it_says_or_else_where_the_capture_says() {
    let (with, without) = (held(10, Some(2)), held(10, None));
    let to = |hold: &Hold, named: Option<u128>| {
        hold.capture(None, named.map(account_id), true).map(|capture| capture.destination)
    };
    assert_eq!(to(&with, None), Ok(account_id(2)));
    assert_eq!(to(&with, Some(2)), Ok(account_id(2)));
    assert_eq!(to(&with, Some(3)), Err(Refusal::DestinationDiffers));
    assert_eq!(to(&without, Some(3)), Ok(account_id(3)));
    assert_eq!(to(&without, None), Err(Refusal::DestinationMissing));
}

#[test]
fn more_is_held_and_some_is_given_back() {
    let hold = held(10, None);
    let left = |amount, released| HoldAmounts { amount: minor(amount), captured: minor(0), released: minor(released) };
    let increased = hold.increase(money("KRW", 5)).expect("increased");
    assert_eq!(increased, HoldIncreased { by: minor(5), left: left(15, 0), counted: Vec::new() });
    let hold = after(&hold, increased);
    let released = hold.release(Some(money("KRW", 3)), Some("less".into())).expect("released");
    assert_eq!(released, HoldReleased { given_back: minor(3), reason: Some("less".into()), left: left(15, 3) });
    let hold = after(&hold, released);
    assert_eq!((hold.remaining(), hold.status), (minor(12), HoldStatus::Active));
    assert_eq!(hold.release(Some(money("KRW", 13)), None), Err(Refusal::HoldExceeded { remaining: minor(12) }));
    let hold = after(&hold, hold.release(None, None).expect("released"));
    assert_eq!((hold.remaining(), hold.status), (minor(0), HoldStatus::Released));
}

#[test]
fn a_part_is_of_its_asset_and_more_than_nothing() {
    let hold = held(10, Some(2));
    for (part, refusal) in [
        (money("KRW", 0), Refusal::AmountNotPositive),
        (money("KRW", -1), Refusal::AmountNotPositive),
        (money("EUR", 1), Refusal::AssetMismatch),
    ] {
        assert_eq!(hold.capture(Some(part), None, true).map(drop), Err(refusal.clone()));
        assert_eq!(hold.increase(part).map(drop), Err(refusal.clone()));
        assert_eq!(hold.release(Some(part), None).map(drop), Err(refusal));
    }
    let most = money("KRW", kernel::Minor::MAX.units());
    assert_eq!(hold.increase(most).map(drop), Err(Refusal::AmountOverflow));
}

#[test]
fn nothing_is_done_with_it_after_its_time() {
    let hold = held(10, Some(2));
    assert_eq!(hold.usable(true), Err(Refusal::HoldExpired));
    let left = HoldAmounts { amount: minor(10), captured: minor(0), released: minor(10) };
    assert_eq!(hold.expire(), Some(HoldExpired { given_back: minor(10), left }));
    let hold = after(&hold, hold.expire().expect("it expires"));
    assert_eq!(hold.status, HoldStatus::Expired);
    assert_eq!((hold.usable(false), hold.expire()), (Err(Refusal::HoldExpired), None));
    // What was captured before its time counts.
    let part = capture(&held(10, Some(2)), Some(money("KRW", 4)), false).expect("captured");
    let part = after(&part, part.expire().expect("it expires"));
    assert_eq!(part.amounts, HoldAmounts { amount: minor(10), captured: minor(4), released: minor(6) });
    assert_eq!(part.status, HoldStatus::Expired);
}

#[test]
fn it_begins_once_and_nothing_follows_on_its_end() {
    let hold = held(10, Some(2));
    assert_eq!(Hold::evolve(Some(hold.clone()), &placed(1, None).into()), Err(EvolveError::OpenedTwice));
    let released = HoldEvent::from(hold.release(None, None).expect("released"));
    assert_eq!(Hold::evolve(None, &released), Err(EvolveError::NotOpened));
    let over = after(&hold, released.clone());
    assert_eq!(Hold::evolve(Some(over), &released), Err(EvolveError::AfterTheLast));
}

proptest! {
    #[test]
    fn what_is_captured_and_given_back_never_exceeds_what_was_held(wishes in prop::collection::vec((0..4_u8, 1..40_i128, any::<bool>()), 0..30)) {
        let mut hold = held(50, Some(2));
        for (wish, units, flag) in wishes {
            if hold.usable(false).is_err() {
                break;
            }
            let part = flag.then(|| money("KRW", units));
            let event: Option<HoldEvent> = match wish {
                0 => hold.increase(money("KRW", units)).ok().map(HoldEvent::from),
                1 => hold.release(part, None).ok().map(HoldEvent::from),
                _ => hold.capture(part, None, wish == 3).ok().map(|capture| hold.captured(&capture, transfer()).into()),
            };
            let Some(event) = event else { continue };
            let before = hold.clone();
            hold = after(&hold, event);
            let HoldAmounts { amount, captured, released } = hold.amounts;
            prop_assert!(captured.units() + released.units() <= amount.units());
            prop_assert!(captured >= before.amounts.captured && released >= before.amounts.released);
            prop_assert_eq!(hold.status == HoldStatus::Active, hold.remaining().is_positive());
        }
    }
}
