//! Whatever is tried in whatever order, the laws hold.

use domain::{Account, Freeze, Limits, Movement, payment};
use events::recorded::{AccountEvent, FreezeScope, Leg, Legs};
use kernel::{Minor, Money};
use proptest::prelude::*;

use crate::{account_id, given, hold_id, opened, system, transfer};

#[derive(Clone, Debug)]
enum Action {
    Move { from: usize, to: usize, units: i128 },
    MoveMany(Vec<(usize, usize, i128)>),
    Hold(usize, i128),
    Release(usize, i128),
    Freeze(usize, FreezeScope),
    Unfreeze(usize),
    Close(usize),
}

fn action() -> impl Strategy<Value = Action> {
    let units = prop_oneof![-5..200_i128, Just(Minor::MAX.units())];
    prop_oneof![
        8 => (0..4_usize, 0..4_usize, units).prop_map(|(from, to, units)| Action::Move { from, to, units }),
        3 => prop::collection::vec((0..4_usize, 0..4_usize, -5..60_i128), 1..5).prop_map(Action::MoveMany),
        2 => (1..4_usize, 1..60_i128).prop_map(|(at, units)| Action::Hold(at, units)),
        1 => (1..4_usize, 1..60_i128).prop_map(|(at, units)| Action::Release(at, units)),
        1 => (1..4_usize, prop_oneof![Just(FreezeScope::All), Just(FreezeScope::Debits)])
            .prop_map(|(at, scope)| Action::Freeze(at, scope)),
        1 => (1..4_usize).prop_map(Action::Unfreeze),
        1 => (1..4_usize).prop_map(Action::Close),
    ]
}

fn change(account: &Account, event: AccountEvent) -> Account {
    Account::evolve(Some(account.clone()), &event).expect("an account")
}

/// Moves the money if it may be moved; `at` tells the account of each leg.
fn move_legs(accounts: &mut [Account], legs: &Legs, at: &[usize]) {
    let sides: Vec<_> = at.iter().map(|&index| accounts.get(index)).collect();
    let (freeze, limited, undone) = (Freeze::Stops, None, &[][..]);
    let movement = Movement { transfer: transfer(), legs, accounts: &sides, freeze, limited, undone };
    if let Ok(moved) = movement.decide(&Limits::NONE) {
        for (&index, event) in at.iter().zip(moved.events) {
            accounts[index] = change(&accounts[index], event);
            let account = &accounts[index];
            assert!(account.owner().is_none() || account.balance >= account.held, "short at some step");
        }
    }
}

fn apply(accounts: &mut [Account], action: &Action) {
    match *action {
        Action::Move { from, to, units } => {
            let money = Money { asset: "KRW".parse().expect("asset"), amount: Minor::new(units).expect("amount") };
            let Ok(legs) = payment(account_id(from as u128), account_id(to as u128), money) else { return };
            move_legs(accounts, &legs, &[from, to]);
        }
        Action::MoveMany(ref moves) => {
            let asset = "KRW".parse().expect("asset");
            let leg = |at: usize, units| Leg {
                account: account_id(at as u128),
                asset,
                amount: Minor::new(units).expect("amount"),
            };
            let legs = moves.iter().flat_map(|&(from, to, units)| [leg(from, -units), leg(to, units)]).collect();
            let at: Vec<_> = moves.iter().flat_map(|&(from, to, _)| [from, to]).collect();
            move_legs(accounts, &Legs::new(legs).expect("they cancel"), &at);
        }
        Action::Hold(i, units) => {
            let held = accounts[i].hold(hold_id(), Minor::new(units).expect("amount"), Vec::new());
            held.into_iter().for_each(|e| accounts[i] = change(&accounts[i], e))
        }
        // Never more than is held: a hold gives back what it holds.
        Action::Release(i, units) => {
            let units = units.min(accounts[i].held.units());
            if units > 0 {
                let released = accounts[i].release(hold_id(), Minor::new(units).expect("amount"), &[]);
                released.into_iter().for_each(|e| accounts[i] = change(&accounts[i], e))
            }
        }
        Action::Freeze(i, scope) => {
            accounts[i].freeze(scope, None).into_iter().for_each(|e| accounts[i] = change(&accounts[i], e))
        }
        Action::Unfreeze(i) => {
            accounts[i].unfreeze(None).into_iter().for_each(|e| accounts[i] = change(&accounts[i], e))
        }
        Action::Close(i) => accounts[i].close(None).into_iter().for_each(|e| accounts[i] = change(&accounts[i], e)),
    }
}

proptest! {
    #[test]
    fn sums_stay_zero_members_stay_solvent_and_the_closed_stay_empty(actions in prop::collection::vec(action(), 0..80)) {
        let mut accounts = vec![given(&[system("KRW")])];
        accounts.resize_with(4, || given(&[opened("KRW")]));
        for action in &actions {
            apply(&mut accounts, action);
            let sum = accounts.iter().map(|a| a.balance.units()).fold(0_i128, |a, b| a.wrapping_add(b));
            prop_assert_eq!(sum, 0);
            for member in &accounts[1..] {
                prop_assert!(!member.balance.is_negative() && !member.available().is_negative());
                prop_assert!(!member.held.is_negative());
                prop_assert!(member.status != domain::Status::Closed || member.balance == Minor::ZERO);
            }
        }
    }
}
