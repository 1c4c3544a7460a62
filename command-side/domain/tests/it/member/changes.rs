use domain::member::{Bearer, Happening, Known, MemberRefusal, NameEvent, PersonEvent, SignUpEnd, SignUpEvent};

use super::{Decided, Town, contact_names, member, of_sign_ups, stream};

const MINUTE: i64 = 60;

fn event(decided: Decided) -> PersonEvent {
    let happened = decided.expect("an event");
    let pick = |happening: &Happening| match happening {
        Happening::Person(_, event) => Some(*event),
        _ => None,
    };
    happened.iter().find_map(pick).expect("something happened to a member")
}

fn bearer(town: &Town, contact: u128) -> Option<Bearer> {
    town.name(contact_names(contact).own).bearer(town.now())
}

#[test]
fn a_right_code_moves_the_member_and_frees_the_old_contact() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 2).expect("begun");
    assert!(matches!(bearer(&town, 2), Some(Bearer::Change { .. })));
    let happened = town.verify_change(1, true).expect("verified");
    let (new, old) = (contact_names(2).own, contact_names(1).own);
    assert_eq!(
        happened,
        [
            Happening::Person(member(1), PersonEvent::ContactChanged { contact: new }),
            Happening::Name(new, NameEvent::Reserved(Bearer::Member(member(1)))),
            Happening::Name(old, NameEvent::Released),
        ]
    );
    town.joined(2, 2, 1);
    assert_eq!(town.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing), "once");
}

#[test]
fn nobody_changes_the_contact_of_nobody() {
    let mut town = Town::default();
    assert_eq!(town.begin_change(1, 2), Err(MemberRefusal::MemberUnknown));
    assert_eq!(town.verify_change(1, true), Err(MemberRefusal::MemberUnknown));
    town.joined(1, 1, 1);
    assert_eq!(town.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing));
}

#[test]
fn a_code_for_a_contact_has_its_tries_and_its_time() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 2).expect("begun");
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(event(town.verify_change(1, false)), PersonEvent::CodeRefused { serial: 1, tries_left: left });
    }
    assert_eq!(town.verify_change(1, true), Err(MemberRefusal::CodeExhausted));
    town.seconds = 30;
    town.begin_change(1, 2).expect("again");
    town.seconds += 10 * MINUTE;
    assert_eq!(town.verify_change(1, true), Err(MemberRefusal::CodeExpired), "at its very instant");
    town.begin_change(1, 2).expect("again");
    assert_eq!(event(town.verify_change(1, false)), PersonEvent::CodeRefused { serial: 3, tries_left: 4 });
    town.verify_change(1, true).expect("reached elsewhere");
}

#[test]
fn changes_that_follow_closely_wait_longer_and_later_ones_do_not() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 2).expect("begun");
    for delay in [30, 60, 120, 240, 480, 480, 480] {
        town.seconds += delay - 1;
        let until = town.now() + chrono::TimeDelta::seconds(1);
        assert_eq!(town.begin_change(1, 3), Err(MemberRefusal::TooEarly { until }));
        town.seconds += 1;
        town.begin_change(1, 3).expect("another");
    }
    town.seconds += 61 * MINUTE;
    town.begin_change(1, 4).expect("another day");
    town.seconds += 30;
    town.begin_change(1, 4).expect("as at first");
}

#[test]
fn a_new_change_gives_the_name_of_the_one_before_back() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 2).expect("begun");
    town.seconds = 30;
    let happened = town.begin_change(1, 3).expect("another");
    assert!(happened.contains(&Happening::Name(contact_names(2).own, NameEvent::Released)));
    town.verify_change(1, true).expect("the newer one");
    assert_eq!((bearer(&town, 2), bearer(&town, 3)), (None, Some(Bearer::Member(member(1)))));
}

#[test]
fn a_members_contact_is_never_taken_and_its_claim_is_a_decoy() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.joined(2, 2, 2);
    town.begin_change(1, 2).expect("begun like any other");
    assert_eq!(event(town.verify_change(1, true)), PersonEvent::CodeRefused { serial: 1, tries_left: 4 });
    assert_eq!(bearer(&town, 2), Some(Bearer::Member(member(2))));
}

#[test]
fn a_later_claim_takes_the_contact_of_a_change_under_way() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 5).expect("begun");
    town.begin(2, 2, 5).expect("a sign-up claims it");
    assert_eq!(event(town.verify_change(1, false)), PersonEvent::CodeRefused { serial: 1, tries_left: 4 });
    assert_eq!(town.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing));
    town.verify(2, true).expect("the later one");
    assert_eq!(town.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing), "it is a member's by now");
}

#[test]
fn a_change_ends_the_sign_ups_of_its_contact_be_they_decoys_or_not() {
    for known in [false, true] {
        let mut town = Town::default();
        town.joined(1, 1, 1);
        if known {
            town.joined(7, 7, 5);
        }
        town.begin(2, 2, 5).expect("begun");
        let happened = town.begin_change(1, 5).expect("the later claim");
        assert_eq!(of_sign_ups(&happened), [(stream(2), SignUpEvent::Ended(SignUpEnd::Superseded))], "{known}");
        town.begin(3, 2, 6).expect("its login is free");
    }
}

#[test]
fn ones_own_contact_can_be_verified_again() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 1).expect("begun");
    town.verify_change(1, true).expect("verified");
    assert_eq!(bearer(&town, 1), Some(Bearer::Member(member(1))), "never released");
}
