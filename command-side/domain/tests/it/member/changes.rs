use domain::member::{Bearer, Happening, Known, MemberRefusal, NameEvent, PersonEvent};
use kernel::MemberId;

use super::{Decided, Town, contact, member};

const MINUTE: i64 = 60;

fn event(decided: Decided) -> PersonEvent {
    let happened = decided.expect("an event");
    let pick = |happening: &Happening| match happening {
        Happening::Person(_, event) => Some(*event),
        _ => None,
    };
    happened.iter().find_map(pick).expect("something happened to a member")
}

fn owner(town: &Town, contact: u128) -> Option<MemberId> {
    town.name(self::contact(contact)).owner()
}

#[test]
fn a_right_code_moves_the_member_and_frees_the_old_contact() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 2).expect("begun");
    assert_eq!(owner(&town, 2), None, "nothing is reserved");
    let happened = town.verify_change(1, true).expect("verified");
    let (new, old) = (contact(2), contact(1));
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
fn a_members_contact_is_never_taken() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.joined(2, 2, 2);
    assert_eq!(town.begin_change(1, 2).expect("begun like any other").len(), 1);
    assert_eq!(event(town.verify_change(1, false)), PersonEvent::CodeRefused { serial: 1, tries_left: 4 });
    assert_eq!(town.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing));
    assert_eq!(owner(&town, 2), Some(member(2)));
}

#[test]
fn of_a_change_and_a_sign_up_for_one_contact_the_first_verified_wins() {
    for change_first in [true, false] {
        let mut town = Town::default();
        town.joined(1, 1, 1);
        town.begin_change(1, 5).expect("begun");
        town.begin(2, 2, 5).expect("begun beside it");
        if change_first {
            town.verify_change(1, true).expect("the first");
            assert_eq!(town.verify(2, true), Err(MemberRefusal::SignUpEnded));
        } else {
            town.verify(2, true).expect("the first");
            assert_eq!(town.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing));
        }
        assert_eq!(owner(&town, 5), Some(member(if change_first { 1 } else { 2 })));
    }
}

#[test]
fn ones_own_contact_can_be_verified_again() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin_change(1, 1).expect("begun");
    town.verify_change(1, true).expect("verified");
    assert_eq!(owner(&town, 1), Some(member(1)), "never released");
}
