use domain::{
    OwnerEvent,
    member::{Bearer, Happening, Known, MemberRefusal, NameEvent, PersonEvent, Standing},
};
use uuid::Uuid;

use super::{Town, contact, login, member};

const ERASURE: Uuid = Uuid::from_u128(77);

fn leaving() -> Town {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    let decided = town.deciding().request_erasure(member(1), ERASURE, true);
    town.happen(decided).expect("leaving");
    town
}

#[test]
fn one_with_open_accounts_stays() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    assert_eq!(town.deciding().request_erasure(member(1), ERASURE, false), Err(MemberRefusal::AccountsOpen));
    assert_eq!(town.deciding().request_erasure(member(2), ERASURE, true), Err(MemberRefusal::MemberUnknown));
}

#[test]
fn whoever_leaves_owns_nothing_more_from_the_same_commit_on() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    let decided = town.deciding().request_erasure(member(1), ERASURE, true).expect("leaving");
    let requested = Happening::Person(member(1), PersonEvent::ErasureRequested { erasure: ERASURE });
    let left = Happening::Owner(member(1), OwnerEvent::Left { erasure: ERASURE });
    assert_eq!(decided, [requested, left]);
    // An older version of the bank wrote the first of them only.
    town.happen(Ok(vec![requested])).expect("leaving");
    assert!(town.deciding().finish_erasure(member(1), ERASURE).is_empty(), "not without the fence");
    assert!(town.deciding().fence(member(1), Uuid::nil()).is_empty(), "of another erasure");
    assert_eq!(town.deciding().fence(member(1), ERASURE), [left]);
    town.happen(Ok(vec![left])).expect("fenced");
    assert!(town.deciding().fence(member(1), ERASURE).is_empty(), "once");
    assert!(!town.deciding().finish_erasure(member(1), ERASURE).is_empty());
}

#[test]
fn nobody_who_stays_is_fenced() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    assert!(town.deciding().fence(member(1), ERASURE).is_empty());
    assert!(town.deciding().fence(member(2), ERASURE).is_empty());
}

#[test]
fn nothing_is_done_for_one_who_is_leaving() {
    let town = leaving();
    let unknown = Err(MemberRefusal::MemberUnknown);
    assert_eq!(town.deciding().change_password(member(1)), unknown);
    assert_eq!(town.deciding().disclose(member(1)), unknown);
    assert_eq!(town.deciding().begin_change(member(1), contact(2)), unknown);
    assert_eq!(town.deciding().verify_change(member(1), true), unknown);
    assert_eq!(town.deciding().request_erasure(member(1), Uuid::nil(), true), unknown);
}

#[test]
fn the_names_of_the_erased_are_free_again() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 2).expect("begun");
    let decided = town.deciding().request_erasure(member(1), ERASURE, true);
    town.happen(decided).expect("leaving");
    assert!(town.begin(2, 1, 3).is_err(), "not free before it is done");
    let happened = town.deciding().finish_erasure(member(1), ERASURE);
    let free = |name| Happening::Name(name, NameEvent::Released);
    assert_eq!(happened, [Happening::Person(member(1), PersonEvent::Erased), free(login(1)), free(contact(1)),]);
    town.happen(Ok(happened)).expect("done");
    assert_eq!(town.person(member(1)).map(|person| person.standing), Some(Standing::Erased { erasure: ERASURE }));
    assert!(town.deciding().finish_erasure(member(1), ERASURE).is_empty(), "once");
    town.joined(3, 1, 1);
}

#[test]
fn only_the_erasure_under_way_ends() {
    let mut town = leaving();
    assert!(town.deciding().finish_erasure(member(1), Uuid::nil()).is_empty());
    assert!(town.deciding().finish_erasure(member(2), ERASURE).is_empty());
    town.joined(2, 2, 2);
    assert!(town.deciding().finish_erasure(member(2), ERASURE).is_empty());
}

#[test]
fn what_a_change_of_an_earlier_build_reserved_is_free_unless_another_took_it() {
    for taken in [false, true] {
        let mut town = Town::default();
        town.joined(1, 1, 1);
        town.begin_change(1, 2).expect("begun");
        let bearer = Bearer::Change { member: member(1), until: town.now() };
        town.happen(Ok(vec![Happening::Name(contact(2), NameEvent::Reserved(bearer))])).expect("reserved");
        if taken {
            town.joined(5, 5, 2);
        }
        let decided = town.deciding().request_erasure(member(1), ERASURE, true);
        town.happen(decided).expect("leaving");
        let happened = town.deciding().finish_erasure(member(1), ERASURE);
        assert_eq!(happened.contains(&Happening::Name(contact(2), NameEvent::Released)), !taken);
        town.happen(Ok(happened)).expect("done");
        assert_eq!(town.name(contact(2)).owner(), taken.then(|| member(5)));
    }
}

#[test]
fn whatever_else_happens_to_a_member_leaves_their_names() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    let before = town.person(member(1));
    for decided in [town.deciding().change_password(member(1)), town.deciding().disclose(member(1))] {
        town.happen(decided).expect("done");
    }
    assert_eq!(town.person(member(1)), before);
}
