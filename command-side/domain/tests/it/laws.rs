//! Whatever is wished for in whatever order, the laws hold.

use domain::{Account, Limits, Movement};
use kernel::{Minor, Money};
use proptest::prelude::*;

use crate::{account_id, given, opened, system, transfer};

#[derive(Clone, Debug)]
enum Wish {
    Move { from: usize, to: usize, units: i128 },
    Freeze(usize),
    Unfreeze(usize),
    Close(usize),
}

fn wish() -> impl Strategy<Value = Wish> {
    let units = prop_oneof![-5..200_i128, Just(Minor::MAX.units())];
    prop_oneof![
        8 => (0..4_usize, 0..4_usize, units).prop_map(|(from, to, units)| Wish::Move { from, to, units }),
        1 => (1..4_usize).prop_map(Wish::Freeze),
        1 => (1..4_usize).prop_map(Wish::Unfreeze),
        1 => (1..4_usize).prop_map(Wish::Close),
    ]
}

fn apply(accounts: &mut [Account], wish: &Wish) {
    let change = |account: &Account, event| Account::evolve(Some(account.clone()), &event).expect("an account");
    match *wish {
        Wish::Move { from, to, units } => {
            let money = Money { asset: "KRW".parse().expect("asset"), amount: Minor::new(units).expect("amount") };
            let side = |index: usize| (account_id(index as u128), accounts.get(index));
            let movement = Movement { transfer: transfer(), source: side(from), destination: side(to), money };
            if let Ok(postings) = movement.decide(&Limits::NONE) {
                accounts[from] = change(&accounts[from], postings.debit);
                accounts[to] = change(&accounts[to], postings.credit);
            }
        }
        Wish::Freeze(i) => accounts[i].freeze().into_iter().for_each(|e| accounts[i] = change(&accounts[i], e)),
        Wish::Unfreeze(i) => accounts[i].unfreeze().into_iter().for_each(|e| accounts[i] = change(&accounts[i], e)),
        Wish::Close(i) => accounts[i].close().into_iter().for_each(|e| accounts[i] = change(&accounts[i], e)),
    }
}

proptest! {
    #[test]
    fn sums_stay_zero_members_stay_solvent_and_the_closed_stay_empty(wishes in prop::collection::vec(wish(), 0..80)) {
        let mut accounts = vec![given(&[system("KRW")])];
        accounts.resize_with(4, || given(&[opened("KRW")]));
        for wish in &wishes {
            apply(&mut accounts, wish);
            let sum = accounts.iter().map(|a| a.balance.units()).fold(0_i128, |a, b| a.wrapping_add(b));
            prop_assert_eq!(sum, 0);
            for member in &accounts[1..] {
                prop_assert!(!member.balance.is_negative());
                prop_assert!(member.status != domain::Status::Closed || member.balance == Minor::ZERO);
            }
        }
    }
}
