//! Everything a member can do with themselves, once over e-mail and once over text messages: nothing else differs.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use crate::support::{
    ALL, TestApp, fresh_key,
    people::{By, Newcomer, code_after, codes, message_after, other_than, post, texts_to},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_reached_by_email() {
    all_of_it(By::Email).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_reached_by_phone() {
    all_of_it(By::Phone).await;
}

async fn all_of_it(by: By) {
    let mut app = TestApp::start(&ALL).await;
    signs_up(&mut app, by).await;
    a_retry_signs_up_once(&mut app, by).await;
    five_wrong_codes_are_enough(&mut app, by).await;
    the_first_verified_has_the_contact(&mut app, by).await;
    a_members_contact_and_login_are_taken(&mut app, by).await;
    contact_may_change_to_the_other_channel(&mut app, by).await;
    sessions_and_passwords(&mut app, by).await;
    leaves_and_comes_again(&mut app, by).await;
    app.close().await;
}

async fn signs_up(app: &mut TestApp, by: By) {
    let (anonymous, person) = (app.stranger(), Newcomer::new(by));
    let answer = post(&anonymous, "/v1/signups", &fresh_key(), &person.sign_up_request()).await.expect(202);
    let sign_up = answer.id("signup_id");
    assert!(answer.text("expires_at") > answer.text("resend_after"));
    let text = message_after(&app.catcher, &person.contact, 0).await;
    let [code] = &codes(&text)[..] else { panic!("one code: {text}") };
    let early = post(&anonymous, &format!("/v1/signups/{sign_up}/resend"), &fresh_key(), &json!({})).await;
    assert!(early.header("retry-after").is_some(), "{}", early.body);
    early.expect_problem(429, "resend-too-early");
    let wrong = person.verify(&anonymous, sign_up, &other_than(code)).await.expect_problem(422, "code-wrong");
    assert_eq!(wrong.body["tries_left"], 4);
    for bad in
        [format!("{code} "), "12345".to_owned(), "1234567".to_owned(), "12345a".to_owned(), "１２３４５６".to_owned()]
    {
        person.verify(&anonymous, sign_up, &bad).await.expect_problem(400, "validation-failed");
    }
    person.log_in(&anonymous).await.expect_problem(401, "credentials-wrong");
    let joined = person.verify(&anonymous, sign_up, code).await.expect(201);
    let token = joined.token().to_owned();
    let insider = person.enter(&anonymous, joined.id("member_id")).await;
    let me = insider.client.get_at("/v1/members/me", &token).await.expect(200);
    assert_eq!(me.id("member_id"), insider.client.id);
    assert_eq!((me.text("login_id"), me.text("real_name")), (person.login_id.clone(), person.real_name.clone()));
    assert_eq!(me.body["contact"], json!({"channel": by.name(), "value": person.contact}));
    assert_eq!(me.text("status"), "active");
    person.verify(&anonymous, sign_up, code).await.expect_problem(422, "signup-ended");
    person.verify(&anonymous, Uuid::from_u128(1), code).await.expect_problem(404, "signup-unknown");
    assert_eq!(texts_to(&app.catcher, &person.contact).len(), 1);
}

async fn a_retry_signs_up_once(app: &mut TestApp, by: By) {
    let (anonymous, person, key) = (app.stranger(), Newcomer::new(by), fresh_key());
    let first = post(&anonymous, "/v1/signups", &key, &person.sign_up_request()).await.expect(202);
    let second = post(&anonymous, "/v1/signups", &key, &person.sign_up_request()).await.expect(202);
    assert_eq!((&first.body, second.header("idempotency-replayed")), (&second.body, Some("true")));
    let mut other = person.sign_up_request();
    other["password"] = json!("Another-word-8!");
    post(&anonymous, "/v1/signups", &key, &other).await.expect_problem(422, "idempotency-key-reused");
    let code = code_after(&app.catcher, &person.contact, 0).await;
    let (sign_up, key) = (first.id("signup_id"), fresh_key());
    let path = format!("/v1/signups/{sign_up}/verify");
    let wrong = json!({"code": other_than(&code)});
    post(&anonymous, &path, &key, &wrong).await.expect_problem(422, "code-wrong");
    let again = post(&anonymous, &path, &key, &wrong).await.expect_problem(422, "code-wrong");
    assert_eq!(again.body["tries_left"], 4, "the same try, not another one");
    let key = fresh_key();
    let joined = post(&anonymous, &path, &key, &json!({"code": code})).await.expect(201);
    let again = post(&anonymous, &path, &key, &json!({"code": code})).await.expect(201);
    assert_eq!(joined.body, again.body);
    assert_eq!(texts_to(&app.catcher, &person.contact).len(), 1, "one message, however often it was asked for");
}

async fn five_wrong_codes_are_enough(app: &mut TestApp, by: By) {
    let (anonymous, person) = (app.stranger(), Newcomer::new(by));
    let sign_up = person.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &person.contact, 0).await;
    for left in (0..5).rev() {
        let wrong = person.verify(&anonymous, sign_up, &other_than(&code)).await;
        assert_eq!((wrong.code(), wrong.body["tries_left"].as_i64()), ("code-wrong", Some(left)));
    }
    person.verify(&anonymous, sign_up, &code).await.expect_problem(422, "code-exhausted");
}

async fn the_first_verified_has_the_contact(app: &mut TestApp, by: By) {
    let (anonymous, first) = (app.stranger(), Newcomer::new(by));
    let old = first.sign_up(&anonymous).await;
    let old_code = code_after(&app.catcher, &first.contact, 0).await;
    let second = Newcomer { contact: first.contact.clone(), ..Newcomer::new(by) };
    let new = second.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &first.contact, 1).await;
    let wrong = first.verify(&anonymous, old, &other_than(&old_code)).await;
    assert_eq!((wrong.code(), wrong.body["tries_left"].as_i64()), ("code-wrong", Some(4)), "both are pending");
    second.verify(&anonymous, new, &code).await.expect(201);
    first.verify(&anonymous, old, &old_code).await.expect_problem(422, "signup-ended");
    first.log_in(&anonymous).await.expect_problem(401, "credentials-wrong");
}

async fn a_members_contact_and_login_are_taken(app: &mut TestApp, by: By) {
    let (anonymous, member) = (app.stranger(), Newcomer::new(by));
    member.join(&anonymous, &app.catcher).await;
    let same_login = Newcomer { login_id: member.login_id.clone(), ..Newcomer::new(by) };
    post(&anonymous, "/v1/signups", &fresh_key(), &same_login.sign_up_request())
        .await
        .expect_problem(409, "login-id-taken");
    // The answer is that of any sign-up; the owner of the contact gets a message, and nobody gets a code.
    let same_contact = Newcomer { contact: member.contact.clone(), ..Newcomer::new(by) };
    let answer = post(&anonymous, "/v1/signups", &fresh_key(), &same_contact.sign_up_request()).await.expect(202);
    let fields: BTreeSet<_> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["expires_at", "resend_after", "signup_id"]));
    let notice = message_after(&app.catcher, &member.contact, 1).await;
    assert!(!notice.contains(|c: char| c.is_ascii_digit()), "{notice}");
    let sign_up = answer.id("signup_id");
    let tried = same_contact.verify(&anonymous, sign_up, "000000").await.expect_problem(422, "code-wrong");
    assert_eq!(tried.body["tries_left"], 4);
}

async fn contact_may_change_to_the_other_channel(app: &mut TestApp, by: By) {
    let (anonymous, person, other) = (app.stranger(), Newcomer::new(by), by.other());
    let insider = person.join(&anonymous, &app.catcher).await;
    let new = other.fresh();
    let body = json!({"channel": other.name(), "value": new});
    insider
        .post("/v1/members/me/contact/verify", json!({"code": "123456"}))
        .await
        .expect_problem(422, "contact-change-missing");
    let wanted = insider.post("/v1/members/me/contact", json!({"contact": body})).await;
    assert_eq!(wanted.status, 202, "{}", wanted.body);
    let code = code_after(&app.catcher, &new, 0).await;
    insider
        .post("/v1/members/me/contact/verify", json!({"code": other_than(&code)}))
        .await
        .expect_problem(422, "code-wrong");
    let changed = insider.post("/v1/members/me/contact/verify", json!({"code": code})).await;
    assert!(matches!(changed.status, 200 | 204), "{}", changed.body);
    let me = insider.client.get_at("/v1/members/me", changed.token()).await.expect(200);
    assert_eq!(me.body["contact"], body);
    let notice = message_after(&app.catcher, &person.contact, 1).await;
    assert!(!notice.contains(|c: char| c.is_ascii_digit()) && !notice.contains(&new), "{notice}");
    // The old one is free: somebody else signs up with it.
    let next = Newcomer { contact: person.contact.clone(), ..Newcomer::new(by) };
    let before = texts_to(&app.catcher, &person.contact).len();
    let sign_up = next.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &person.contact, before).await;
    next.verify(&anonymous, sign_up, &code).await.expect(201);
}

async fn sessions_and_passwords(app: &mut TestApp, by: By) {
    let (anonymous, mut person) = (app.stranger(), Newcomer::new(by));
    let here = person.join(&anonymous, &app.catcher).await;
    let there = person.enter(&anonymous, here.client.id).await;
    let stale = there.clone();
    let rotated = there.refresh().await.expect(201);
    let there = crate::support::people::Insider {
        client: crate::support::TestClient { token: rotated.text("access_token"), ..there.client.clone() },
        refresh_token: rotated.text("refresh_token"),
    };
    // An old refresh token again: somebody copied it, and the session ends for every holder.
    stale.refresh().await.expect_problem(401, "session-ended");
    there.refresh().await.expect_problem(401, "session-ended");
    let there = person.enter(&anonymous, here.client.id).await;
    let new = "A-better-word-9!";
    let wrong = here.post("/v1/members/me/password", json!({"current": "not-it-at-all-1!", "new": new})).await;
    wrong.expect_problem(422, "password-wrong");
    let body = json!({"current": person.password, "new": new});
    here.post("/v1/members/me/password", body).await.expect(204);
    message_after(&app.catcher, &person.contact, 1).await;
    person.log_in(&anonymous).await.expect_problem(401, "credentials-wrong");
    new.clone_into(&mut person.password);
    person.log_in(&anonymous).await.expect(201);
    there.refresh().await.expect_problem(401, "session-ended");
    here.refresh().await.expect(201);
    let out = person.enter(&anonymous, here.client.id).await;
    out.log_out().await.expect(204);
    out.refresh().await.expect_problem(401, "session-ended");
}

async fn leaves_and_comes_again(app: &mut TestApp, by: By) {
    let (anonymous, person) = (app.stranger(), Newcomer::new(by));
    let insider = person.join(&anonymous, &app.catcher).await;
    let account = insider.client.open("KRW").await;
    insider.leave(&person.password, &fresh_key()).await.expect_problem(422, "accounts-open");
    insider.client.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);
    insider.leave("not-it-at-all-1!", &fresh_key()).await.expect_problem(422, "password-wrong");
    let erasure = insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id");
    let certificate = app.certificate(erasure).await;
    assert_eq!(certificate.id("member_id"), insider.client.id);
    assert_eq!(insider.client.get("/v1/members/me").await.status, 401);
    person.log_in(&anonymous).await.expect_problem(401, "credentials-wrong");
    let again = person.join(&anonymous, &app.catcher).await;
    assert_ne!(again.client.id, insider.client.id, "the same name, and nobody's history");
    assert_eq!(again.client.get("/v1/accounts").await.expect(200).items().len(), 0);
}
