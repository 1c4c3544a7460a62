use domain::member::{DecidedEvent, MemberRefusal};
use events::recorded::{PasswordChanged, PasswordResetCodeRefused, PasswordResetCompleted};
use uuid::Uuid;

use super::{Decided, TestApp, member, stream};

/// Above the numbers of sign-ups.
const RESET: u128 = 9_000;

fn wrong(tries_left: u32) -> Decided {
    Ok(vec![DecidedEvent::complete(stream(RESET), PasswordResetCodeRefused { tries_left })])
}

#[test]
fn a_right_code_gives_the_member_another_password_once() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.start_reset(RESET, 1);
    assert_eq!(app.complete_reset(RESET, false), wrong(4));
    let password = Uuid::from_u128(RESET);
    assert_eq!(
        app.complete_reset(RESET, true).expect("completed"),
        [
            DecidedEvent::complete(stream(RESET), PasswordResetCompleted { member: member(1), password }),
            DecidedEvent::of_member(member(1), PasswordChanged {}),
        ]
    );
    assert_eq!(app.complete_reset(RESET, true), Err(MemberRefusal::CodeExpired), "once");
}

#[test]
fn a_reset_of_nobody_looks_like_any_other_and_no_code_is_right() {
    let (mut somebody, mut nobody) = (TestApp::default(), TestApp::default());
    somebody.joined(1, 1, 1);
    assert_eq!(somebody.start_reset(RESET, 1), nobody.start_reset(RESET, 1));
    for right in [false, true, true, false, true] {
        let known = somebody.complete_reset(RESET, false);
        assert_eq!(known, nobody.complete_reset(RESET, right));
    }
    assert_eq!(nobody.complete_reset(RESET, true), Err(MemberRefusal::CodeExhausted));
    assert_eq!(somebody.complete_reset(RESET, true), Err(MemberRefusal::CodeExhausted));
}

#[test]
fn a_code_ends_with_its_time() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.start_reset(RESET, 1);
    app.seconds += 599;
    assert_eq!(app.complete_reset(RESET, false), wrong(4));
    app.seconds += 1;
    assert_eq!(app.complete_reset(RESET, true), Err(MemberRefusal::CodeExpired));
    assert_eq!(app.complete_reset(RESET + 1, true), Err(MemberRefusal::ResetUnknown));
}

#[test]
fn one_who_is_leaving_gets_no_other_password() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.start_reset(RESET, 1);
    let leaving = app.deciding().request_erasure(member(1), Uuid::from_u128(7), None, true);
    app.happen(leaving).expect("leaving");
    assert_eq!(app.complete_reset(RESET, true), wrong(4));
}
