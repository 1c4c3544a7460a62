use domain::{EvolveError, Owner};
use events::recorded::{OwnerAccountAdded, OwnerEvent};
use kernel::MemberId;
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
