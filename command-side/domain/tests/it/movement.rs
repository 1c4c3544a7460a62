use domain::{Account, EvolveError, Freeze, Limits, Movement, Refusal, Transfer, payment};
use events::recorded::{
    AccountDebited, AccountEvent, Leg, Legs, TransferEvent, TransferFacts, TransferKind, TransferPosted,
    TransferRejected, TransferReversed,
};
use kernel::{Minor, Money};

use crate::{
    account_id, closed, credited, debits_frozen, frozen, funds_held, given, minor, money, opened, system, transfer,
};

fn try_move(source: Option<&Account>, destination: Option<&Account>, money: Money) -> Happened {
    try_within(&Limits::NONE, [(1, source), (2, destination)], money)
}

type Happened = Result<Vec<AccountEvent>, Refusal>;

fn try_within(limits: &Limits, sides: [(u128, Option<&Account>); 2], money: Money) -> Happened {
    let legs = payment(account_id(sides[0].0), account_id(sides[1].0), money)?;
    let accounts = sides.map(|side| side.1);
    moving(&legs, &accounts, Freeze::Stops).decide(limits).map(|moved| moved.events)
}

/// Moves several assets or among several accounts: number, account, asset and signed units of each leg.
fn try_legs(sides: &[(u128, &Account, &str, i128)]) -> Happened {
    let leg = |&(number, _, asset, units): &(u128, &Account, &str, i128)| {
        let Money { asset, amount } = money(asset, units);
        Leg { account: account_id(number), asset, amount }
    };
    let legs = Legs::new(sides.iter().map(leg).collect()).expect("they sum to zero");
    let accounts: Vec<_> = sides.iter().map(|side| Some(side.1)).collect();
    moving(&legs, &accounts, Freeze::Stops).decide(&Limits::NONE).map(|moved| moved.events)
}

fn moving<'a>(legs: &'a Legs, accounts: &'a [Option<&'a Account>], freeze: Freeze) -> Movement<'a> {
    Movement { transfer: transfer(), legs, accounts, freeze, limited: None, undone: &[] }
}

fn debited(units: i128, balance: i128) -> AccountEvent {
    AccountDebited { transfer: transfer(), amount: minor(units), balance: minor(balance), used: Vec::new() }.into()
}

fn posted(legs: Legs) -> TransferEvent {
    let (kind, memo, reference) = (TransferKind::Transfer, None, None);
    let (reverses, hold, despite_freeze, trade, order, asked_by) = (None, None, false, None, None, None);
    let counted = Vec::new();
    TransferPosted { kind, legs, memo, reference, reverses, hold, despite_freeze, trade, order, asked_by, counted }
        .into()
}

fn rejection(Money { asset, amount }: Money) -> TransferEvent {
    let kind = TransferKind::Transfer;
    let (source, destination, memo, reference, reverses) = (None, None, None, None, None);
    let facts = TransferFacts { kind, source, destination, asset, amount, memo, reference, reverses };
    TransferRejected { facts, asked_by: None, refusal: Refusal::AccountUnknown.into() }.into()
}

#[test]
fn money_moves_from_one_to_the_other() {
    let (source, destination) = (given(&[opened("KRW"), credited(10, 10)]), given(&[opened("KRW")]));
    let postings = try_move(Some(&source), Some(&destination), money("KRW", 7)).expect("posted");
    assert_eq!(postings, [debited(7, 3), credited(7, 7)]);
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
    let side = (1, Some(&account));
    assert_eq!(try_within(&Limits::NONE, [side, side], money("KRW", 1)), Err(Refusal::SameAccount));
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
    for (event, refusal) in [(frozen(10), Refusal::AccountFrozen), (closed(), Refusal::AccountClosed)] {
        let shut = given(&[opened("KRW"), credited(10, 10), event]);
        assert_eq!(try_move(Some(&shut), Some(&open), money("KRW", 1)), Err(refusal.clone()));
        assert_eq!(try_move(Some(&open), Some(&shut), money("KRW", 1)), Err(refusal));
    }
}

#[test]
fn a_freeze_of_debits_lets_money_in() {
    let open = given(&[opened("KRW"), credited(10, 10)]);
    let narrow = given(&[opened("KRW"), credited(10, 10), debits_frozen(10)]);
    assert_eq!(try_move(Some(&narrow), Some(&open), money("KRW", 1)), Err(Refusal::AccountFrozen));
    let posted = try_move(Some(&open), Some(&narrow), money("KRW", 1));
    assert_eq!(posted, Ok(vec![debited(1, 9), credited(1, 11)]));
}

#[test]
fn only_what_passes_a_freeze_moves_frozen_money_and_says_so() {
    let open = given(&[opened("KRW"), credited(10, 10)]);
    let shut = given(&[opened("KRW"), credited(10, 10), frozen(10)]);
    let narrow = given(&[opened("KRW"), credited(10, 10), debits_frozen(10)]);
    let gone = given(&[opened("KRW"), credited(10, 10), closed()]);
    let legs = payment(account_id(1), account_id(2), money("KRW", 1)).expect("legs");
    for (source, destination, moved, despite_freeze) in [
        (&open, &open, Ok(()), false),
        (&shut, &open, Ok(()), true),
        (&open, &shut, Ok(()), true),
        (&narrow, &open, Ok(()), true),
        (&open, &narrow, Ok(()), false),
        (&shut, &gone, Err(Refusal::AccountClosed), true),
    ] {
        let accounts = [Some(source), Some(destination)];
        let movement = moving(&legs, &accounts, Freeze::IsPassed);
        assert_eq!(movement.decide(&Limits::NONE).map(drop), moved);
        assert_eq!(movement.passes_freeze(), despite_freeze);
    }
}

#[test]
fn what_is_held_cannot_be_spent() {
    let source = given(&[opened("KRW"), credited(10, 10), funds_held(4, 4)]);
    let destination = given(&[opened("KRW")]);
    assert!(try_move(Some(&source), Some(&destination), money("KRW", 6)).is_ok());
    let refused = try_move(Some(&source), Some(&destination), money("KRW", 7));
    assert_eq!(refused, Err(Refusal::InsufficientFunds { available: minor(6) }));
    // Nor in between: the second leg starts where the first has ended.
    let legs =
        [(1, &source, "KRW", -5), (2, &destination, "KRW", 5), (1, &source, "KRW", -2), (2, &destination, "KRW", 2)];
    assert_eq!(try_legs(&legs), Err(Refusal::InsufficientFunds { available: minor(1) }));
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
    let movement = |units| try_within(&limits, [(1, Some(&account)), (2, Some(&account))], money("KRW", units));
    assert!(movement(5).is_ok());
    assert_eq!(movement(6), Err(Refusal::LimitExceeded));
    assert!("KRW=5".parse::<Limits>().is_err());
}

#[test]
fn a_posted_transfer_is_reversed_once() {
    let money = money("KRW", 3);
    let posted = posted(payment(account_id(1), account_id(2), money).expect("legs"));
    let state = Transfer::evolve(None, &posted);
    let back = payment(account_id(2), account_id(1), money);
    assert_eq!(state.as_ref().map(|state| state.reverse().map(|(legs, _)| legs)), Ok(back));
    let undone = TransferEvent::from(TransferReversed { by: transfer() });
    let reversed = Transfer::evolve(state.ok(), &undone);
    assert_eq!(reversed.as_ref().map(Transfer::reverse), Ok(Err(Refusal::AlreadyReversed)));
    let rejected = Transfer::evolve(None, &rejection(money));
    assert_eq!(rejected.as_ref().map(Transfer::reverse), Ok(Err(Refusal::TransferNotPosted)));
    for state in [reversed, rejected] {
        assert_eq!(Transfer::evolve(state.clone().ok(), &undone), Err(EvolveError::AfterTheLast));
        assert_eq!(Transfer::evolve(state.ok(), &posted), Err(EvolveError::OpenedTwice));
    }
    assert_eq!(Transfer::evolve(None, &undone), Err(EvolveError::NotOpened));
}

#[test]
fn several_accounts_are_paid_at_once_in_order() {
    let (payer, payee) = (given(&[opened("KRW"), credited(10, 10)]), given(&[opened("KRW")]));
    let legs = [(1, &payer, "KRW", -10), (2, &payee, "KRW", 7), (3, &payee, "KRW", 3)];
    assert_eq!(try_legs(&legs), Ok(vec![debited(10, 0), credited(7, 7), credited(3, 3)]));
    let legs = [(1, &payer, "KRW", -11), (2, &payee, "KRW", 8), (3, &payee, "KRW", 3)];
    assert_eq!(try_legs(&legs), Err(Refusal::InsufficientFunds { available: minor(10) }));
}

#[test]
fn two_assets_change_hands_in_one_movement() {
    let (won, euro) = (given(&[opened("KRW"), credited(10, 10)]), given(&[opened("EUR"), credited(2, 2)]));
    let legs = [(1, &won, "KRW", -10), (2, &won, "KRW", 10), (3, &euro, "EUR", -2), (4, &euro, "EUR", 2)];
    assert_eq!(try_legs(&legs), Ok(vec![debited(10, 0), credited(10, 20), debited(2, 0), credited(2, 4)]));
    let legs = [(1, &won, "KRW", -10), (2, &won, "KRW", 10), (3, &won, "EUR", -2), (4, &euro, "EUR", 2)];
    assert_eq!(try_legs(&legs), Err(Refusal::AssetMismatch));
}

#[test]
fn nobody_is_short_at_any_step() {
    let (empty, payer) = (given(&[opened("KRW")]), given(&[opened("KRW"), credited(5, 5)]));
    // What comes in pays what goes out after it, and nothing before it.
    let through = [(1, &payer, "KRW", -5), (2, &empty, "KRW", 5), (2, &empty, "KRW", -4), (3, &empty, "KRW", 4)];
    assert_eq!(try_legs(&through), Ok(vec![debited(5, 0), credited(5, 5), debited(4, 1), credited(4, 4)]));
    let ahead = [(2, &empty, "KRW", -4), (3, &empty, "KRW", 4), (1, &payer, "KRW", -5), (2, &empty, "KRW", 5)];
    assert_eq!(try_legs(&ahead), Err(Refusal::InsufficientFunds { available: minor(0) }));
    let twice = [(1, &payer, "KRW", -3), (2, &empty, "KRW", 3), (1, &payer, "KRW", -3), (2, &empty, "KRW", 3)];
    assert_eq!(try_legs(&twice), Err(Refusal::InsufficientFunds { available: minor(2) }));
}

#[test]
fn a_leg_that_moves_nothing_is_refused() {
    let account = given(&[opened("KRW"), credited(5, 5)]);
    let legs = [(1, &account, "KRW", -5), (2, &account, "KRW", 5), (3, &account, "KRW", 0)];
    assert_eq!(try_legs(&legs), Err(Refusal::AmountNotPositive));
}

#[test]
fn a_reversal_goes_back_leg_by_leg() {
    let leg = |number, units| {
        let Money { asset, amount } = money("KRW", units);
        Leg { account: account_id(number), asset, amount }
    };
    let legs = Legs::new(vec![leg(1, -5), leg(2, 3), leg(3, 2)]).expect("legs");
    let state = Transfer::evolve(None, &posted(legs)).expect("posted");
    let back = Legs::new(vec![leg(3, -2), leg(2, -3), leg(1, 5)]).expect("legs");
    assert_eq!(state.reverse(), Ok((back, &[][..])));
}
