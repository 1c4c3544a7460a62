use domain::member::{DecidedEvent, MemberRefusal, StateReader, UnsealedEvent};
use events::recorded::{ContactCodeRefused, Event, MemberEvent, NameKind};
use kernel::MemberId;

use super::{Decided, TestApp, bears, contact, free, member};

const MINUTE: i64 = 60;

fn event(decided: Decided) -> MemberEvent {
    let happened = decided.expect("an event");
    let pick = |event: DecidedEvent| match event {
        DecidedEvent::Complete(_, Event::Member(event)) => Some(event),
        _ => None,
    };
    happened.into_iter().find_map(pick).expect("something happened to a member")
}

fn refused(serial: u32, tries_left: u32) -> MemberEvent {
    ContactCodeRefused { serial, tries_left }.into()
}

fn owner(app: &TestApp, contact: u128) -> Option<MemberId> {
    app.name(self::contact(contact)).owner()
}

#[test]
fn a_right_code_moves_the_member_and_frees_the_old_contact() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.begin_change(1, 2).expect("begun");
    assert_eq!(owner(&app, 2), None, "nothing is reserved");
    let happened = app.verify_change(1, true).expect("verified");
    let (new, old) = (contact(2), contact(1));
    assert_eq!(
        happened,
        [
            DecidedEvent::unsealed_of_member(member(1), UnsealedEvent::ContactChanged { contact: new }),
            bears(new, NameKind::Contact, 1),
            free(old),
        ]
    );
    app.joined(2, 2, 1);
    assert_eq!(app.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing), "once");
}

#[test]
fn nobody_changes_the_contact_of_nobody() {
    let mut app = TestApp::default();
    assert_eq!(app.begin_change(1, 2), Err(MemberRefusal::MemberUnknown));
    assert_eq!(app.verify_change(1, true), Err(MemberRefusal::MemberUnknown));
    app.joined(1, 1, 1);
    assert_eq!(app.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing));
}

#[test]
fn a_code_for_a_contact_has_its_tries_and_its_time() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.begin_change(1, 2).expect("begun");
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(event(app.verify_change(1, false)), refused(1, left));
    }
    assert_eq!(app.verify_change(1, true), Err(MemberRefusal::CodeExhausted));
    app.seconds = 30;
    app.begin_change(1, 2).expect("again");
    app.seconds += 10 * MINUTE;
    assert_eq!(app.verify_change(1, true), Err(MemberRefusal::CodeExpired), "at its very instant");
    app.begin_change(1, 2).expect("again");
    assert_eq!(event(app.verify_change(1, false)), refused(3, 4));
    app.verify_change(1, true).expect("reached elsewhere");
}

#[test]
fn changes_that_follow_closely_wait_longer_and_later_ones_do_not() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.begin_change(1, 2).expect("begun");
    for delay in [30, 60, 120, 240, 480, 480, 480] {
        app.seconds += delay - 1;
        let until = app.now() + chrono::TimeDelta::seconds(1);
        assert_eq!(app.begin_change(1, 3), Err(MemberRefusal::TooEarly { until }));
        app.seconds += 1;
        app.begin_change(1, 3).expect("another");
    }
    app.seconds += 61 * MINUTE;
    app.begin_change(1, 4).expect("another day");
    app.seconds += 30;
    app.begin_change(1, 4).expect("as at first");
}

#[test]
fn a_members_contact_is_never_taken() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.joined(2, 2, 2);
    assert_eq!(app.begin_change(1, 2).expect("begun like any other").len(), 1);
    assert_eq!(event(app.verify_change(1, false)), refused(1, 4));
    assert_eq!(app.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing));
    assert_eq!(owner(&app, 2), Some(member(2)));
}

#[test]
fn of_a_change_and_a_sign_up_for_one_contact_the_first_verified_wins() {
    for change_first in [true, false] {
        let mut app = TestApp::default();
        app.joined(1, 1, 1);
        app.begin_change(1, 5).expect("begun");
        app.begin(2, 2, 5).expect("begun beside it");
        if change_first {
            app.verify_change(1, true).expect("the first");
            assert_eq!(app.verify(2, true), Err(MemberRefusal::SignUpEnded));
        } else {
            app.verify(2, true).expect("the first");
            assert_eq!(app.verify_change(1, true), Err(MemberRefusal::ContactChangeMissing));
        }
        assert_eq!(owner(&app, 5), Some(member(if change_first { 1 } else { 2 })));
    }
}

#[test]
fn ones_own_contact_can_be_verified_again() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.begin_change(1, 1).expect("begun");
    app.verify_change(1, true).expect("verified");
    assert_eq!(owner(&app, 1), Some(member(1)), "never released");
}

#[test]
fn a_contact_that_an_earlier_build_spelled_otherwise_has_its_owner() {
    let mut app = TestApp::default();
    // 1 is the number with a prefix, 11 the same number as it is kept today.
    app.joined(1, 1, 1);
    app.joined(2, 2, 2);
    app.begin(3, 3, 11).expect("pending");
    assert_eq!(app.verify_spelled(3, 1), Err(MemberRefusal::SignUpEnded), "it is a member's");
    app.begin_change(2, 11).expect("begun");
    assert_eq!(app.verify_change_spelled(2, 1), Err(MemberRefusal::ContactChangeMissing), "another member's");
    app.begin_change(1, 11).expect("begun");
    app.verify_change_spelled(1, 1).expect("their own");
    assert_eq!((owner(&app, 1), owner(&app, 11)), (None, Some(member(1))), "from now on in one spelling");
}
