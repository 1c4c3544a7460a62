use domain::member::{DecidedEvent, MemberRefusal, StateReader, UnsealedEvent};
use events::recorded::{NameKind, SignUpCompleted, SignUpEnd, SignUpEnded, SignUpEvent};

use super::{TestApp, bears, contact, free, login, member, of_sign_ups, stream};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

fn refused(sign_up: &Result<Vec<DecidedEvent>, MemberRefusal>) -> MemberRefusal {
    *sign_up.as_ref().expect_err("refused")
}

fn tries_left(decided: Result<Vec<DecidedEvent>, MemberRefusal>) -> u32 {
    match of_sign_ups(&decided.expect("an event")).first() {
        Some((_, SignUpEvent::CodeRefused(refused))) => refused.tries_left,
        other => panic!("no wrong code: {other:?}"),
    }
}

#[test]
fn a_right_code_makes_a_member_who_bears_both_names() {
    let mut app = TestApp::default();
    app.begin(1, 1, 1).expect("begun");
    let happened = app.verify(1, true).expect("verified");
    let (login, contact) = (login(1), contact(1));
    assert_eq!(
        happened,
        [
            DecidedEvent::complete(stream(1), SignUpCompleted { member: member(1) }),
            bears(login, NameKind::LoginId, 1),
            bears(contact, NameKind::Contact, 1),
            DecidedEvent::unsealed_of_member(member(1), UnsealedEvent::MemberJoined { login, contact }),
        ]
    );
    assert_eq!(refused(&app.verify(1, true)), MemberRefusal::SignUpEnded, "once");
    assert_eq!(refused(&app.resend(1)), MemberRefusal::SignUpEnded);
    assert!(app.expire(1).is_empty(), "what was completed does not expire");
}

#[test]
fn an_unknown_sign_up_is_unknown() {
    let mut app = TestApp::default();
    assert_eq!(refused(&app.verify(1, true)), MemberRefusal::SignUpUnknown);
    assert_eq!(refused(&app.resend(1)), MemberRefusal::SignUpUnknown);
    assert!(app.expire(1).is_empty());
}

#[test]
fn a_code_may_be_wrong_five_times_and_a_new_one_five_times_more() {
    let mut app = TestApp::default();
    app.begin(1, 1, 1).expect("begun");
    assert_eq!((0..5).map(|_| tries_left(app.verify(1, false))).collect::<Vec<_>>(), [4, 3, 2, 1, 0]);
    assert_eq!(refused(&app.verify(1, true)), MemberRefusal::CodeExhausted, "not even the right one");
    app.seconds = 30;
    app.resend(1).expect("another code");
    assert_eq!(tries_left(app.verify(1, false)), 4);
    app.verify(1, true).expect("a member");
}

#[test]
fn a_code_ends_at_its_very_instant_and_the_sign_up_at_its_own() {
    let mut app = TestApp::default();
    app.begin(1, 1, 1).expect("begun");
    app.seconds = 10 * MINUTE;
    assert_eq!(refused(&app.verify(1, true)), MemberRefusal::CodeExpired);
    assert_eq!(refused(&app.verify(1, false)), MemberRefusal::CodeExpired, "a late code costs no try");
    app.resend(1).expect("another code");
    app.seconds += 10 * MINUTE - 1;
    assert_eq!(tries_left(app.verify(1, false)), 4);
    app.seconds = HOUR - 1;
    assert!(app.expire(1).is_empty(), "not yet");
    app.resend(1).expect("another code in the last second");
    app.seconds = HOUR;
    assert_eq!(refused(&app.verify(1, true)), MemberRefusal::SignUpEnded);
    assert_eq!(refused(&app.resend(1)), MemberRefusal::SignUpEnded);
    assert_eq!(of_sign_ups(&app.expire(1)), [(stream(1), SignUpEnded { why: SignUpEnd::Expired }.into())]);
    assert!(app.expire(1).is_empty(), "once");
}

#[test]
fn whichever_of_verification_and_expiry_comes_first_the_other_finds_it_done() {
    for verified_first in [true, false] {
        let mut app = TestApp::default();
        app.begin(1, 1, 1).expect("begun");
        app.seconds = HOUR - 1;
        app.resend(1).expect("a fresh code");
        if verified_first {
            app.verify(1, true).expect("in the last second");
            app.seconds = HOUR;
            assert!(app.expire(1).is_empty());
            assert_eq!(app.name(login(1)).owner(), Some(member(1)));
        } else {
            app.seconds = HOUR;
            assert_eq!(app.expire(1).len(), 1, "the end: it held no name");
            assert_eq!(refused(&app.verify(1, true)), MemberRefusal::SignUpEnded);
            assert_eq!(app.name(login(1)), Default::default());
            assert_eq!(app.name(contact(1)), Default::default());
        }
    }
}

#[test]
fn five_codes_may_be_asked_for_each_after_a_longer_wait() {
    let mut app = TestApp::default();
    app.begin(1, 1, 1).expect("begun");
    for (serial, delay) in (2..).zip([30, 60, 120, 240, 480]) {
        app.seconds += delay - 1;
        let until = app.now() + chrono::TimeDelta::seconds(1);
        assert_eq!(refused(&app.resend(1)), MemberRefusal::TooEarly { until });
        app.seconds += 1;
        app.resend(1).expect("another code");
        assert_eq!(app.sign_up(stream(1)).expect("it").code.serial, serial);
    }
    let ends = app.sign_up(stream(1)).expect("it").start.expires_at;
    app.seconds = HOUR - 1;
    assert_eq!(refused(&app.resend(1)), MemberRefusal::TooEarly { until: ends }, "there is no sixth");
}

#[test]
fn several_are_pending_for_one_contact_and_one_login_and_the_first_verified_wins() {
    let mut app = TestApp::default();
    for sign_up in 1..=3 {
        assert_eq!(app.begin(sign_up, 1, 1).expect("begun").len(), 1, "nothing is reserved");
    }
    app.verify(2, true).expect("the first verified");
    for loser in [1, 3] {
        assert_eq!(tries_left(app.verify(loser, false)), 4, "whoever has no right code sees no difference");
        assert_eq!(refused(&app.verify(loser, true)), MemberRefusal::SignUpEnded);
        assert_eq!(refused(&app.verify_as(loser, 7)), MemberRefusal::SignUpEnded);
    }
}

#[test]
fn a_login_that_was_taken_meanwhile_costs_no_try_and_another_may_be_given() {
    let mut app = TestApp::default();
    app.begin(1, 1, 1).expect("begun");
    app.begin(2, 1, 2).expect("the same login");
    app.verify(1, true).expect("the first");
    for _ in 0..9 {
        assert_eq!(refused(&app.verify(2, true)), MemberRefusal::LoginIdTaken);
        assert_eq!(refused(&app.verify_as(2, 1)), MemberRefusal::LoginIdTaken);
    }
    assert_eq!(tries_left(app.verify(2, false)), 4);
    let happened = app.verify_as(2, 3).expect("a free login");
    let joined = UnsealedEvent::MemberJoined { login: login(3), contact: contact(2) };
    assert!(happened.contains(&DecidedEvent::unsealed_of_member(member(2), joined)));
    assert_eq!(app.name(login(3)).owner(), Some(member(2)));
}

#[test]
fn a_reservation_of_an_earlier_build_keeps_nobody_out_and_ends_with_its_sign_up() {
    let mut app = TestApp::default();
    for sign_up in 1..=3 {
        app.begin(sign_up, sign_up, sign_up).expect("begun");
        app.reserved_by_an_earlier_build(sign_up);
    }
    app.begin(4, 1, 1).expect("begun with the same names");
    app.verify(4, true).expect("a member");
    app.verify(2, true).expect("it goes on");
    let happened = app.verify_as(3, 9).expect("it goes on with another login");
    assert!(happened.contains(&free(login(3))), "the one it held is free");
    app.seconds = HOUR;
    assert_eq!(app.expire(1).len(), 1, "what it held is another's by now");
    app.begin(5, 5, 5).expect("begun");
    app.reserved_by_an_earlier_build(5);
    app.seconds = 2 * HOUR;
    assert_eq!(app.expire(5).len(), 3, "the end, and two names");
}

#[test]
fn a_members_login_is_taken() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.seconds = 100 * HOUR;
    assert_eq!(refused(&app.begin(2, 1, 2)), MemberRefusal::LoginIdTaken);
    assert_eq!(refused(&app.begin(2, 1, 1)), MemberRefusal::LoginIdTaken, "whoever asks");
}

/// Two towns: in one the contact is a member's, in the other it is free. Whatever a stranger does to find out, they see the
/// same, as long as they cannot read the contact's messages.
#[test]
fn a_decoy_behaves_alike() {
    let strangers_view = |known: bool| {
        let mut app = TestApp::default();
        app.joined(90, 90, 90);
        if known {
            app.joined(91, 91, 1);
        }
        let mut seen = Vec::new();
        let mut look = |what: Result<Vec<DecidedEvent>, MemberRefusal>| {
            let told = what.map(|happened| {
                let of_asked: Vec<_> = of_sign_ups(&happened)
                    .into_iter()
                    .map(|(id, event)| match event {
                        SignUpEvent::Started(start) => {
                            (id, format!("{:?}", (start.code_expires_at, start.resend_after, start.expires_at)))
                        }
                        other => (id, format!("{other:?}")),
                    })
                    .collect();
                (of_asked, happened.len())
            });
            seen.push(told);
        };
        look(app.begin(1, 1, 1));
        look(app.begin(2, 1, 5));
        look(app.verify(1, false));
        app.seconds = 30;
        look(app.resend(1));
        look(app.resend(1));
        (0..6).for_each(|_| look(app.verify(1, false)));
        look(app.begin(3, 3, 1));
        look(app.verify(1, false));
        look(app.resend(1));
        look(app.begin(4, 1, 5));
        look(app.begin(5, 3, 6));
        app.seconds = HOUR + 30;
        look(Ok(app.expire(3)));
        look(app.verify(3, false));
        look(app.begin(6, 3, 6));
        (seen, app.is_open(1), app.is_open(3))
    };
    assert_eq!(strangers_view(true), strangers_view(false));
}

#[test]
fn a_members_contact_stays_theirs() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.begin(2, 2, 1).expect("begun like any other");
    assert_eq!(refused(&app.verify(2, true)), MemberRefusal::SignUpEnded);
    assert_eq!(app.name(contact(1)).owner(), Some(member(1)), "the owner's");
}
