//! Strangers begin sign-ups with somebody else's contact and login id: that keeps nobody from becoming a member.

use event_store_postgres::{PoolOptions, PostgresLog, connect};
use events::recorded::{Event, NameHolder, NameKind, NameReserved, SignUpEvent};
use kernel::{Actor, CommandId, CorrelationId, Ids, RandomIds, Role, StreamId, Version};
use log::{Append, Fingerprint, FromVersion, NewCommit, NewEvent, ReadStreams};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::{
    ALL, Answer, TestApp, TestClient, fresh_key,
    people::{By, Newcomer, code_after, codes, message_after, other_than, post, texts_to},
};

/// Somebody else who gives this contact.
fn stranger_with(contact: &str) -> Newcomer {
    Newcomer { contact: contact.to_owned(), ..Newcomer::new(By::Email) }
}

/// Begins a sign-up from an address, as a trusted proxy sends it.
async fn sign_up_from(anonymous: &TestClient, person: &Newcomer, from: &str) -> Answer {
    let url = format!("{}/v1/signups", anonymous.command);
    let key = fresh_key();
    let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str()), ("x-forwarded-for", from)];
    anonymous
        .send(reqwest::Method::POST, &url, &headers, Some(person.sign_up_request().to_string().into_bytes()))
        .await
        .unwrap()
}

/// Completes a sign-up with another login id.
async fn verify_as(anonymous: &TestClient, sign_up: Uuid, code: &str, login_id: &str) -> Answer {
    let path = format!("/v1/signups/{sign_up}/verify");
    post(anonymous, &path, &fresh_key(), &json!({"code": code, "login_id": login_id})).await
}

/// Waits until the process runner has processed every sign-up so far: a message to somebody else comes after them.
async fn until_queued(app: &mut TestApp) {
    let (anonymous, last) = (app.stranger(), Newcomer::new(By::Email));
    last.sign_up(&anonymous).await;
    message_after(&app.catcher, &last.contact, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_was_sent_stays_right_whatever_strangers_begin() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, owner) = (app.stranger(), Newcomer::new(By::Email));
    let sign_up = owner.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &owner.contact, 0).await;
    let mut others = Vec::new();
    for _ in 0..120 {
        others.push(stranger_with(&owner.contact).sign_up(&anonymous).await);
    }
    // The owner may begin once more, and does not have to wait.
    let second = Newcomer { login_id: Newcomer::new(By::Email).login_id, ..owner.clone() };
    second.sign_up(&anonymous).await;
    until_queued(&mut app).await;
    assert_eq!(texts_to(&app.catcher, &owner.contact).len(), 5, "five messages an hour");
    let others_codes: Vec<_> =
        texts_to(&app.catcher, &owner.contact)[..4].iter().map(|text| codes(text)[0].clone()).collect();
    owner.verify(&anonymous, sign_up, &code).await.expect(201);
    owner.log_in(&anonymous).await.expect(201);
    // The other sign-ups are over for the reader of the messages, and look as before to everybody else.
    let mut ended = 0;
    for (number, other) in others.iter().enumerate().take(6) {
        for sent in &others_codes {
            let answer = owner.verify(&anonymous, *other, sent).await;
            match answer.code() {
                "signup-ended" => ended += 1,
                "code-wrong" => assert!(number < 4 || answer.status == 422, "{}", answer.body),
                _ => panic!("{}", answer.body),
            }
        }
    }
    assert_eq!(ended, 4, "each code that was sent for another sign-up belongs to one that is over");
    assert_eq!(app.count_events("MemberJoined").await, 1);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_login_id_is_nobodys() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, squatter) = (app.stranger(), Newcomer::new(By::Email));
    let squatted = squatter.sign_up(&anonymous).await;
    let owner = Newcomer { login_id: squatter.login_id.clone(), ..Newcomer::new(By::Phone) };
    let insider = owner.join(&anonymous, &app.catcher).await;
    assert!(!insider.client.token.is_empty());
    // The squatter's code is right, and the login id is a member's by now.
    let code = code_after(&app.catcher, &squatter.contact, 0).await;
    for _ in 0..8 {
        let taken = squatter.verify(&anonymous, squatted, &code).await;
        taken.expect_problem(409, "login-id-taken");
    }
    let (same_key, path) = (fresh_key(), format!("/v1/signups/{squatted}/verify"));
    let taken = post(&anonymous, &path, &same_key, &json!({"code": code, "login_id": owner.login_id})).await;
    taken.expect_problem(409, "login-id-taken");
    verify_as(&anonymous, squatted, &code, "NO").await.expect_problem(400, "validation-failed");
    let wrong = verify_as(&anonymous, squatted, &other_than(&code), &owner.login_id).await;
    assert_eq!((wrong.code(), wrong.body["tries_left"].as_i64()), ("code-wrong", Some(4)), "no try was spent before");
    let free = Newcomer::new(By::Email).login_id;
    let body = json!({"code": code, "login_id": free});
    let joined = post(&anonymous, &path, &same_key, &body).await.expect(201);
    let again = post(&anonymous, &path, &same_key, &body).await.expect(201);
    assert_eq!((joined.body, again.header("idempotency-replayed")), (again.body.clone(), Some("true")));
    let renamed = Newcomer { login_id: free, ..squatter.clone() };
    let insider = renamed.enter(&anonymous, again.id("member_id")).await;
    let me = insider.client.get_at("/v1/members/me", again.token()).await.expect(200);
    assert_eq!(me.text("login_id"), renamed.login_id);
    squatter.log_in(&anonymous).await.expect_problem(401, "credentials-wrong");
    post(&anonymous, "/v1/signups", &fresh_key(), &stranger_with("x@example.com").sign_up_request()).await.expect(202);
    let clash = Newcomer { login_id: owner.login_id.clone(), ..Newcomer::new(By::Email) };
    post(&anonymous, "/v1/signups", &fresh_key(), &clash.sign_up_request()).await.expect_problem(409, "login-id-taken");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_address_causes_leaves_something_for_others() {
    let settings = [("JANGBU_TRUST_FORWARDED_FOR", "true")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    let (anonymous, owner) = (app.stranger(), Newcomer::new(By::Email));
    for _ in 0..12 {
        sign_up_from(&anonymous, &stranger_with(&owner.contact), "192.0.2.7").await.expect(202);
    }
    until_queued(&mut app).await;
    assert_eq!(texts_to(&app.catcher, &owner.contact).len(), 4, "one address has its share");
    let sign_up = sign_up_from(&anonymous, &owner, "198.51.100.9").await.expect(202).id("signup_id");
    let code = code_after(&app.catcher, &owner.contact, 4).await;
    owner.verify(&anonymous, sign_up, &code).await.expect(201);
    // A member's contact has the same account: five, for any sender.
    for n in 0..3 {
        sign_up_from(&anonymous, &stranger_with(&owner.contact), &format!("203.0.113.{n}")).await.expect(202);
    }
    until_queued(&mut app).await;
    assert_eq!(texts_to(&app.catcher, &owner.contact).len(), 5);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_message_is_kept_for_somebody_who_had_none() {
    let settings = [("JANGBU_TRUST_FORWARDED_FOR", "true")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    let (anonymous, owner) = (app.stranger(), Newcomer::new(By::Email));
    // Two addresses, and many networks of one site.
    let addresses = ["192.0.2.7", "2001:db8:1:1::7", "2001:db8:1:2::7", "2001:db8:1:3::7"];
    for address in addresses.into_iter().cycle().take(16) {
        sign_up_from(&anonymous, &stranger_with(&owner.contact), address).await.expect(202);
    }
    until_queued(&mut app).await;
    assert_eq!(texts_to(&app.catcher, &owner.contact).len(), 4, "the last one is left");
    let sign_up = sign_up_from(&anonymous, &owner, "198.51.100.9").await.expect(202).id("signup_id");
    let code = code_after(&app.catcher, &owner.contact, 4).await;
    owner.verify(&anonymous, sign_up, &code).await.expect(201);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_held_back_takes_nothing_from_the_code_before_it() {
    let settings = [("JANGBU_CODE_DELAYS", "0,0,0"), ("JANGBU_CONTACT_MESSAGES_PER_HOUR", "2")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    let (anonymous, owner) = (app.stranger(), Newcomer::new(By::Email));
    let sign_up = owner.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &owner.contact, 0).await;
    stranger_with(&owner.contact).sign_up(&anonymous).await;
    until_queued(&mut app).await;
    post(&anonymous, &format!("/v1/signups/{sign_up}/resend"), &fresh_key(), &json!({})).await.expect(202);
    until_queued(&mut app).await;
    assert_eq!(texts_to(&app.catcher, &owner.contact).len(), 2, "the second code was not sent");
    owner.verify(&anonymous, sign_up, &code).await.expect(201);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_contact_and_sign_ups_for_it_are_pending_side_by_side() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, member) = (app.stranger(), Newcomer::new(By::Email));
    let insider = member.join(&anonymous, &app.catcher).await;
    let wanted = By::Email.fresh();
    let stranger = stranger_with(&wanted);
    let pending = stranger.sign_up(&anonymous).await;
    let strangers_code = code_after(&app.catcher, &wanted, 0).await;
    let contact = json!({"channel": "email", "value": wanted});
    insider.post("/v1/members/me/contact", json!({"contact": contact})).await.expect(202);
    let code = code_after(&app.catcher, &wanted, 1).await;
    stranger_with(&wanted).sign_up(&anonymous).await;
    insider.post("/v1/members/me/contact/verify", json!({"code": code})).await.expect(204);
    stranger.verify(&anonymous, pending, &strangers_code).await.expect_problem(422, "signup-ended");
    app.close().await;
}

/// What the build before wrote: a sign-up that holds a reservation of its login id and of its contact.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reservation_of_an_earlier_build_keeps_nobody_out_and_its_sign_up_goes_on() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, old) = (app.stranger(), Newcomer::new(By::Email));
    let sign_up = old.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &old.contact, 0).await;
    reserve_as_the_build_before(&app, sign_up).await;
    let newer = Newcomer { login_id: old.login_id.clone(), ..Newcomer::new(By::Email) };
    newer.join(&anonymous, &app.catcher).await;
    // Which codes were sent was not kept then.
    let mut vault = PgConnection::connect(&app.pair.vault.superuser_url()).await.unwrap();
    sqlx::query("delete from vault.contact_messages").execute(&mut vault).await.unwrap();
    old.verify(&anonymous, sign_up, &code).await.expect_problem(409, "login-id-taken");
    let free = Newcomer::new(By::Email).login_id;
    verify_as(&anonymous, sign_up, &code, &free).await.expect(201);

    let second = Newcomer::new(By::Email);
    let sign_up = second.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &second.contact, 0).await;
    reserve_as_the_build_before(&app, sign_up).await;
    sqlx::query("delete from vault.contact_messages").execute(&mut vault).await.unwrap();
    second.verify(&anonymous, sign_up, &other_than(&code)).await.expect_problem(422, "code-wrong");
    second.verify(&anonymous, sign_up, &code).await.expect(201);
    app.close().await;
}

/// Adds the two events to the log that the build before wrote with each sign-up.
async fn reserve_as_the_build_before(app: &TestApp, sign_up: Uuid) {
    let pool = connect(&app.pair.log.superuser_url(), &PoolOptions::log("test", 1)).unwrap();
    let log = PostgresLog::new(pool.clone());
    let asked = [(StreamId::new(sign_up), FromVersion::After(Version::ZERO))];
    let read = log.read_streams(&asked).await.unwrap();
    let first = &read[0].events[0];
    let decoded = Event::decode(&first.event_type, first.schema_version, &first.payload).unwrap();
    let Event::SignUp(SignUpEvent::Started(start)) = decoded else { panic!("no sign-up: {first:?}") };
    let holder = NameHolder::SignUp { sign_up, until: start.expires_at };
    let reserved =
        [(NameKind::LoginId, start.login_key), (NameKind::Contact, start.contact_key)].map(|(name, stream)| {
            let reserved = Event::from(NameReserved { name, holder });
            NewEvent {
                stream,
                version: Version::ZERO.next(),
                event_type: reserved.event_type().name,
                schema_version: reserved.event_type().schema_version,
                payload: reserved.payload().unwrap(),
                kind: reserved.event_type().kind.as_str(),
                opens_stream: reserved.event_type().opens_stream,
                owner: None,
            }
        });
    let commit = NewCommit {
        command_id: CommandId::new(RandomIds.fresh()),
        fingerprint: Fingerprint([0; 16]),
        actor: Actor { role: Role::Member, id: start.member },
        correlation: CorrelationId::new(RandomIds.fresh()),
        events: reserved.into(),
    };
    log.append(&[commit]).await.unwrap();
    pool.close().await;
}
