use domain::{EvolveError, Owner};
use events::recorded::{OwnerAccountAdded, OwnerEvent, OwnerTopUpEnded, OwnerTopUpStarted};
use kernel::{MemberId, ProcessId};
use uuid::Uuid;

use crate::account_id;

#[test]
fn nothing_follows_on_leaving() {
    let member = MemberId::new(Uuid::from_u128(1));
    let added = OwnerEvent::from(OwnerAccountAdded { owner: member, account: account_id(1) });
    let owner = Owner::default().evolve(&added).and_then(|owner| owner.evolve(&added)).expect("an owner");
    assert!(!owner.has_left());
    let left = owner.leave(member, Uuid::from_u128(7)).expect("they go");
    let gone = owner.evolve(&left).expect("gone");
    assert!(gone.has_left());
    assert_eq!(gone.leave(member, Uuid::from_u128(8)), None);
    assert_eq!(gone.evolve(&added), Err(EvolveError::AfterTheLast));
    assert_eq!(gone.evolve(&left), Err(EvolveError::AfterTheLast));
}

#[test]
fn an_owner_tops_up_until_each_top_up_is_over() {
    let owner = MemberId::new(Uuid::from_u128(1));
    let process = |number| ProcessId::new(Uuid::from_u128(number));
    let started = |number| OwnerEvent::from(OwnerTopUpStarted { owner, process: process(number) });
    let ended = |number| OwnerEvent::from(OwnerTopUpEnded { owner, process: process(number) });
    let two = Owner::default().evolve(&started(1)).and_then(|owner| owner.evolve(&started(2))).expect("they began");
    let one = two.evolve(&ended(2)).expect("one is over");
    assert!(two.is_topping_up() && one.is_topping_up());
    let none = one.evolve(&ended(1)).expect("both are over");
    assert!(!none.is_topping_up());
    assert_eq!(none.evolve(&ended(1)), Err(EvolveError::OutOfOrder));
}
