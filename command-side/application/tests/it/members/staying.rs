//! Being reached elsewhere, and being looked at.

use application::MemberError;
use domain::member::{Channel, Contact};
use events::recorded::{Event, MemberEvent};
use secrecy::ExposeSecret;

use super::app::{TestApp, email, meta, operator, refused};

#[tokio::test]
async fn a_member_moves_from_email_to_phone() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let phone = Contact::parse(Channel::Phone, "+821012345678").expect("a number");
    let sent = app.members.change_contact(member, phone, meta("c")).await.expect("sent").answer;
    assert_eq!(sent.id, member.uuid());
    let wrong = app.members.verify_contact(member, app.wrong_code(member.uuid(), 1), meta("w")).await;
    assert_eq!(refused(wrong), ("code-wrong", Some(4)));
    app.members.verify_contact(member, app.code(member.uuid(), 1), meta("v")).await.expect("moved");
    let shown = app.members.disclose(member, operator(), "a call".into(), None, meta("d")).await.expect("shown").answer;
    assert_eq!((shown.contact.expose_secret(), shown.channel), ("+821012345678", Channel::Phone));
    assert_eq!((shown.login_id.expose_secret(), shown.real_name.expose_secret()), ("minsu", "김민수"));
    app.joined("minji", "kim@example.com").await;
    app.end().await;
}

#[tokio::test]
async fn a_contact_of_another_member_is_never_theirs() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    app.joined("minji", "lee@example.com").await;
    let sent = app.members.change_contact(member, email("lee@example.com"), meta("c")).await.expect("sent").answer;
    let free = app.joined("third", "third@example.com").await;
    let alike = app.members.change_contact(free, email("free@example.com"), meta("c2")).await.expect("sent").answer;
    assert_eq!((sent.expires_at, sent.resend_after), (alike.expires_at, alike.resend_after));
    app.vault.all_codes_are_sent.store(false, std::sync::atomic::Ordering::Relaxed);
    let right = app.members.verify_contact(member, app.code(member.uuid(), 1), meta("v")).await;
    assert_eq!(refused(right), ("code-wrong", Some(4)), "no code is sent to it, so none is right");
    app.vault.all_codes_are_sent.store(true, std::sync::atomic::Ordering::Relaxed);
    let right = app.members.verify_contact(member, app.code(member.uuid(), 1), meta("w")).await;
    assert_eq!(refused(right), ("contact-change-missing", None), "nor would it help");
    app.end().await;
}

#[tokio::test]
async fn there_is_nothing_to_verify_without_a_change() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let code = app.code(member.uuid(), 1);
    assert_eq!(refused(app.members.verify_contact(member, code, meta("v")).await), ("contact-change-missing", None));
    let again = app.members.change_contact(member, email("a@example.com"), meta("c")).await.expect("sent").answer;
    let early = app.members.change_contact(member, email("b@example.com"), meta("d")).await;
    assert!(matches!(early, Err(MemberError::ResendTooEarly { .. })), "{again:?}");
    app.end().await;
}

#[tokio::test]
async fn a_look_is_recorded_with_who_and_why() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    app.members.disclose(member, operator(), "court order 7".into(), None, meta("d")).await.expect("shown");
    let commit = app.log.commits().pop().expect("a commit");
    assert_eq!(commit.actor, operator());
    let event = &commit.events[0];
    let recorded = Event::decode(&event.event_type, event.schema_version, &event.payload).expect("an event");
    let Event::Member(MemberEvent::PersonalDataDisclosed(disclosed)) = recorded else { panic!("{recorded:?}") };
    assert_eq!(disclosed.reason, "court order 7");
    app.end().await;
}
