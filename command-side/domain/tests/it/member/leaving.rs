use domain::member::{DecidedEvent, MemberRefusal, Standing, StateReader};
use events::recorded::{ErasureRequested, MemberErased, NameHolder, NameKind, NameReserved, OwnerLeft};
use uuid::Uuid;

use super::{TestApp, contact, free, login, member};

const ERASURE: Uuid = Uuid::from_u128(77);

fn digest() -> String {
    "00".repeat(32)
}

fn leaving() -> TestApp {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    let decided = app.deciding().request_erasure(member(1), ERASURE, None, true);
    app.happen(decided).expect("leaving");
    app
}

#[test]
fn one_with_open_accounts_stays() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    assert_eq!(app.deciding().request_erasure(member(1), ERASURE, None, false), Err(MemberRefusal::AccountsOpen));
    assert_eq!(app.deciding().request_erasure(member(2), ERASURE, None, true), Err(MemberRefusal::MemberUnknown));
}

#[test]
fn whoever_leaves_owns_nothing_more_from_the_same_commit_on() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    let decided = app.deciding().request_erasure(member(1), ERASURE, None, true).expect("leaving");
    let requested = DecidedEvent::of_member(member(1), ErasureRequested { erasure: ERASURE, reason: None });
    let left = OwnerLeft { owner: member(1), erasure: ERASURE };
    let left = DecidedEvent::complete(member(1).owner_stream(), left);
    assert_eq!(decided, [requested.clone(), left.clone()]);
    // An older version of the bank wrote the first of them only.
    app.happen(Ok(vec![requested])).expect("leaving");
    assert!(app.deciding().finish_erasure(member(1), ERASURE, digest()).is_empty(), "not without the fence");
    assert!(app.deciding().fence(member(1), Uuid::nil()).is_empty(), "of another erasure");
    assert_eq!(app.deciding().fence(member(1), ERASURE), std::slice::from_ref(&left));
    app.happen(Ok(vec![left])).expect("fenced");
    assert!(app.deciding().fence(member(1), ERASURE).is_empty(), "once");
    assert!(!app.deciding().finish_erasure(member(1), ERASURE, digest()).is_empty());
}

#[test]
fn nobody_who_stays_is_fenced() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    assert!(app.deciding().fence(member(1), ERASURE).is_empty());
    assert!(app.deciding().fence(member(2), ERASURE).is_empty());
}

#[test]
fn nothing_is_done_for_one_who_is_leaving() {
    let app = leaving();
    let unknown = Err(MemberRefusal::MemberUnknown);
    assert_eq!(app.deciding().change_password(member(1)), unknown);
    assert_eq!(app.deciding().disclose(member(1), "asked by court".into()), unknown);
    assert_eq!(app.deciding().begin_change(member(1), contact(2)), unknown);
    assert_eq!(app.deciding().verify_change(member(1), true, &[]), unknown);
    assert_eq!(app.deciding().request_erasure(member(1), Uuid::nil(), None, true), unknown);
}

#[test]
fn the_names_of_the_erased_are_free_again() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    app.begin_change(1, 2).expect("begun");
    let decided = app.deciding().request_erasure(member(1), ERASURE, None, true);
    app.happen(decided).expect("leaving");
    assert!(app.begin(2, 1, 3).is_err(), "not free before it is done");
    let happened = app.deciding().finish_erasure(member(1), ERASURE, digest());
    let erased = DecidedEvent::of_member(member(1), MemberErased { erasure: ERASURE, digest: digest() });
    assert_eq!(happened, [erased, free(login(1)), free(contact(1))]);
    app.happen(Ok(happened)).expect("done");
    assert_eq!(app.person(member(1)).map(|person| person.standing), Some(Standing::Erased { erasure: ERASURE }));
    assert!(app.deciding().finish_erasure(member(1), ERASURE, digest()).is_empty(), "once");
    app.joined(3, 1, 1);
}

#[test]
fn only_the_erasure_under_way_ends() {
    let mut app = leaving();
    assert!(app.deciding().finish_erasure(member(1), Uuid::nil(), digest()).is_empty());
    assert!(app.deciding().finish_erasure(member(2), ERASURE, digest()).is_empty());
    app.joined(2, 2, 2);
    assert!(app.deciding().finish_erasure(member(2), ERASURE, digest()).is_empty());
}

#[test]
fn what_a_change_of_an_earlier_build_reserved_is_free_unless_another_took_it() {
    for taken in [false, true] {
        let mut app = TestApp::default();
        app.joined(1, 1, 1);
        app.begin_change(1, 2).expect("begun");
        let holder = NameHolder::Change { member: member(1), until: app.now() };
        let reserved = NameReserved { name: NameKind::Contact, holder };
        app.happen(Ok(vec![DecidedEvent::complete(contact(2), reserved)])).expect("reserved");
        if taken {
            app.joined(5, 5, 2);
        }
        let decided = app.deciding().request_erasure(member(1), ERASURE, None, true);
        app.happen(decided).expect("leaving");
        let happened = app.deciding().finish_erasure(member(1), ERASURE, digest());
        assert_eq!(happened.contains(&free(contact(2))), !taken);
        app.happen(Ok(happened)).expect("done");
        assert_eq!(app.name(contact(2)).owner(), taken.then(|| member(5)));
    }
}

#[test]
fn whatever_else_happens_to_a_member_leaves_their_names() {
    let mut app = TestApp::default();
    app.joined(1, 1, 1);
    let before = app.person(member(1));
    for decided in
        [app.deciding().change_password(member(1)), app.deciding().disclose(member(1), "asked by court".into())]
    {
        app.happen(decided).expect("done");
    }
    assert_eq!(app.person(member(1)), before);
}
