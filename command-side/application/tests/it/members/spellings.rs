//! Telephone numbers that an earlier build kept with the prefix of calls inside the country.

use std::sync::atomic::Ordering;

use application::SignUp;
use domain::member::{Channel, Contact};
use kernel::StreamId;
use vault::{DueMessage, Notice};

use super::app::{TestApp, meta, refused, sign_up_request, until};

const KEPT: &str = "+8201012345678";

fn number(text: &str) -> Contact {
    Contact::parse(Channel::Phone, text).expect("a number")
}

fn by_phone(login: &str, text: &str) -> SignUp {
    SignUp { contact: number(text), ..sign_up_request(login, "unused@example.com") }
}

#[tokio::test]
async fn both_spellings_of_a_number_are_one_contact() {
    let app = TestApp::new().await;
    let sent = app.members.sign_up(by_phone("minsu", KEPT), meta("s")).await.expect("sent").answer;
    app.members.verify(sent.id, app.code(sent.id, 1), None, meta("v")).await.expect("a member");
    let sent = app.members.sign_up(by_phone("minji", "+821012345678"), meta("t")).await.expect("sent").answer;
    let second = app.members.verify(sent.id, app.code(sent.id, 1), None, meta("w")).await;
    assert_eq!(refused(second), ("signup-ended", None));
    app.end().await;
}

#[tokio::test]
async fn a_number_that_an_earlier_build_kept_belongs_to_its_owner() {
    let app = TestApp::new().await;
    let owner = app.joined("owner", "known@example.com").await;
    app.reserve_as_in_an_older_bank(owner, KEPT).await;
    let runner = app.runner();
    let sent = app.members.sign_up(by_phone("other", "+821012345678"), meta("s")).await.expect("sent").answer;
    let mover = app.joined("mover", "mover@example.com").await;
    app.members.change_contact(mover, number("+821012345678"), meta("c")).await.expect("sent");
    until("the owner is told of both", || async {
        // Whoever joins before the runner has read their sign-up is told the same of it.
        let asked =
            |due: &DueMessage| [StreamId::new(sent.id), StreamId::new(mover.uuid())].contains(&due.message.stream);
        let told = |due: &DueMessage| asked(due) && due.message.notice == Notice::ContactIsMember;
        app.messages().await.iter().filter(|due| told(due)).count() == 2
    })
    .await;
    let right = app.members.verify(sent.id, app.code(sent.id, 1), None, meta("v")).await;
    assert_eq!(refused(right), ("signup-ended", None), "even with a right code");
    let right = app.members.verify_contact(mover, app.code(mover.uuid(), 1), meta("w")).await;
    assert_eq!(refused(right), ("contact-change-missing", None));
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn its_owner_may_have_it_verified_again_and_gets_the_spelling_of_today() {
    let app = TestApp::new().await;
    let owner = app.joined("owner", "known@example.com").await;
    app.reserve_as_in_an_older_bank(owner, KEPT).await;
    app.vault.all_codes_are_sent.store(false, Ordering::Relaxed);
    let runner = app.runner();
    app.members.change_contact(owner, number("+821012345678"), meta("c")).await.expect("sent");
    until("a code is on its way", || async {
        let codes = |notice: &Notice| matches!(notice, Notice::ContactCode { .. });
        app.messages().await.iter().any(|due| codes(&due.message.notice))
    })
    .await;
    app.vault.all_codes_are_sent.store(true, Ordering::Relaxed);
    app.members.verify_contact(owner, app.code(owner.uuid(), 1), meta("v")).await.expect("moved");
    runner.stop().await;
    app.end().await;
}
