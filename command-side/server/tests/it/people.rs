//! Members over HTTP: in, about, and out again.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use events::recorded::{Event, MemberEvent};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::{
    app::{Server, TestApp, token},
    person::{Person, fresh_key, wrong},
};

/// The session that an access token belongs to.
fn session_of(access: &str) -> String {
    let claims = access.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("claims");
    let claims: Value = serde_json::from_slice(&claims).expect("claims");
    claims["sid"].as_str().expect("a session").to_owned()
}

async fn open_for_people(app: &TestApp) -> Server {
    let server = app.server().await;
    server.ready_for_people().await;
    server
}

#[tokio::test]
async fn a_person_becomes_a_member_by_each_channel_and_a_repeat_gets_the_same_answer() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    for channel in ["email", "phone"] {
        let person = Person::new(channel);
        let key = fresh_key();
        let started = server.ask("POST", "/v1/signups", &key, None, &person.sign_up_request()).await.expect(202);
        assert!(started.header("consistency-token").is_some());
        let again = server.ask("POST", "/v1/signups", &key, None, &person.sign_up_request()).await.expect(202);
        assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &started.body));
        let mut other = person.sign_up_request();
        other["real_name"] = json!("Another");
        server.ask("POST", "/v1/signups", &key, None, &other).await.problem(422, "idempotency-key-reused");

        let (id, code) = (started.text("signup_id"), person.code(&app, 1).await);
        let early = server.ask("POST", &format!("/v1/signups/{id}/resend"), &fresh_key(), None, &json!({})).await;
        assert!(early.problem(429, "resend-too-early").header("retry-after").is_some());
        server.log_in(&person.login_id, &person.password).await.problem(401, "credentials-wrong");

        let (path, key) = (format!("/v1/signups/{id}/verify"), fresh_key());
        let bad = json!({"code": wrong(&code)});
        let refused = server.ask("POST", &path, &key, None, &bad).await.problem(422, "code-wrong");
        assert_eq!(refused.body["tries_left"], 4);
        assert!(refused.header("consistency-token").is_some());
        let again = server.ask("POST", &path, &key, None, &bad).await.problem(422, "code-wrong");
        assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &refused.body));
        assert_eq!(again.header("consistency-token"), refused.header("consistency-token"));

        let key = fresh_key();
        let joined = server.ask("POST", &path, &key, None, &json!({"code": code})).await.expect(201);
        let again = server.ask("POST", &path, &key, None, &json!({"code": code})).await.expect(201);
        assert_eq!(again.body, joined.body);
        let late = server.ask("POST", &path, &fresh_key(), None, &json!({"code": code})).await;
        late.problem(422, "signup-ended");

        let tokens = person.log_in(&server).await;
        assert_eq!((tokens.text("token_type"), &tokens.body["expires_in"]), ("Bearer".to_owned(), &json!(600)));
        let body = json!({"asset": "KRW"});
        let opened = server.ask("POST", "/v1/accounts", &fresh_key(), Some(&tokens.text("access_token")), &body).await;
        assert_eq!(opened.expect(201).body["owner"], joined.body["member_id"]);
    }
    let nobody = format!("/v1/signups/{}/verify", Uuid::from_u128(1));
    let unknown = server.ask("POST", &nobody, &fresh_key(), None, &json!({"code": "123456"})).await;
    unknown.problem(404, "signup-unknown");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_taken_login_is_reported_and_a_taken_contact_is_not() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    let same_login = Person { login_id: person.login_id.clone(), ..Person::new("email") };
    let taken = server.ask("POST", "/v1/signups", &fresh_key(), None, &same_login.sign_up_request()).await;
    taken.problem(409, "login-id-taken");
    let same_contact = Person { contact: person.contact.clone(), ..Person::new("email") };
    let decoy =
        server.ask("POST", "/v1/signups", &fresh_key(), None, &same_contact.sign_up_request()).await.expect(202);
    let path = format!("/v1/signups/{}/verify", decoy.text("signup_id"));
    for left in [4, 3, 2, 1, 0] {
        let tried = server.ask("POST", &path, &fresh_key(), None, &json!({"code": "123456"})).await;
        assert_eq!(tried.problem(422, "code-wrong").body["tries_left"], left);
    }
    let tried = server.ask("POST", &path, &fresh_key(), None, &json!({"code": "123456"})).await;
    tried.problem(422, "code-exhausted");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_session_is_refreshed_and_a_refresh_token_that_comes_twice_ends_it() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    let first = person.log_in(&server).await;
    let second = server.refresh(&first.text("refresh_token")).await.expect(201);
    let third = server.refresh(&second.text("refresh_token")).await.expect(201);
    let access = third.text("access_token");
    server.open_as(&access).await.expect(201);
    server.refresh(&first.text("refresh_token")).await.problem(401, "session-ended");
    server.refresh(&third.text("refresh_token")).await.problem(401, "session-ended");
    server.open_as(&access).await.problem(401, "unauthorized");
    for garbage in ["", "x", &"A".repeat(43), &"A".repeat(60_000)] {
        server.refresh(garbage).await.problem(401, "session-ended");
    }

    let session = person.log_in(&server).await;
    let other = person.log_in(&server).await;
    let access = session.text("access_token");
    server.open_as(&access).await.expect(201);
    server.ask("DELETE", "/v1/sessions/current", "unused", Some(&access), &json!({})).await.expect(204);
    server.open_as(&access).await.problem(401, "unauthorized");
    server.refresh(&session.text("refresh_token")).await.problem(401, "session-ended");
    server.open_as(&other.text("access_token")).await.expect(201);
    let lost = person.log_in(&server).await;
    let access = other.text("access_token");
    let id = session_of(&lost.text("access_token"));
    server.ask("DELETE", &format!("/v1/sessions/{id}"), "unused", Some(&access), &json!({})).await.expect(204);
    server.open_as(&lost.text("access_token")).await.problem(401, "unauthorized");
    server.open_as(&access).await.expect(201);
    let foreign = format!("/v1/sessions/{}", Uuid::from_u128(5));
    server.ask("DELETE", &foreign, "unused", Some(&access), &json!({})).await.problem(404, "not-found");
    let unbound = token("member", Uuid::from_u128(5));
    let none = server.ask("DELETE", "/v1/sessions/current", "unused", Some(&unbound), &json!({})).await;
    none.problem(404, "not-found");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn wrong_passwords_and_unknown_logins_are_answered_and_slowed_down_alike() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    let mut by_login = Vec::new();
    for login in [person.login_id.as_str(), "nobody_at_all", "Not A Login; --"] {
        let mut answers = Vec::new();
        for _ in 0..5 {
            let mut refused = server.log_in(login, "wrong horse 7 battery!").await.problem(401, "credentials-wrong");
            refused.body["request_id"] = Value::Null;
            answers.push(refused.body);
        }
        let waits = server.log_in(login, "wrong horse 7 battery!").await.problem(429, "too-many-requests");
        answers.push(json!(waits.header("retry-after")));
        by_login.push(answers);
    }
    assert_eq!(by_login[0], by_login[1]);
    assert_eq!(by_login[0], by_login[2]);
    assert_eq!(by_login[0][5], json!("1"));
    // The right one has to wait too, and is let in then.
    server.log_in(&person.login_id, &person.password).await.problem(429, "too-many-requests");
    sleep(Duration::from_millis(1100)).await;
    person.log_in(&server).await;
    for odd in ["", "\0", "x\r\ny", &"장".repeat(10_000)] {
        server.log_in("somebody_else", odd).await.problem(401, "credentials-wrong");
    }
    server.stop().await;
    let strict = app.server_with(&["--address-failures=2", "--address-sign-ups=1"]).await;
    strict.ready_for_people().await;
    for (login, status) in [("one_login", 401), ("two_logins", 401), ("three_logins", 429)] {
        strict.log_in(login, "x").await.expect(status);
    }
    strict.ask("POST", "/v1/signups", &fresh_key(), None, &Person::new("email").sign_up_request()).await.expect(202);
    let more = strict.ask("POST", "/v1/signups", &fresh_key(), None, &Person::new("email").sign_up_request()).await;
    more.problem(429, "too-many-requests");
    strict.stop().await;
    app.end().await;
}

#[tokio::test]
async fn another_password_ends_the_other_sessions_and_is_changed_once() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    let (here, there) = (person.log_in(&server).await, person.log_in(&server).await);
    let (access, elsewhere) = (here.text("access_token"), there.text("access_token"));
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let post =
        async |key: &str, body: Value| server.ask("POST", "/v1/members/me/password", key, Some(&access), &body).await;
    for (weak, why) in
        [("short1!", "length"), (&*format!("1! {}  x", person.login_id), "login id"), ("password1!", "common")]
    {
        let refused = post(&fresh_key(), change(&person.password, weak)).await.problem(400, "validation-failed");
        assert_eq!(refused.body["errors"][0]["field"], "new", "{why}");
    }
    let (key, new) = (fresh_key(), "staple 9 battery horse?");
    let refused = post(&key, change("wrong horse 7 battery!", new)).await.problem(422, "password-wrong");
    let again = post(&key, change("wrong horse 7 battery!", new)).await.problem(422, "password-wrong");
    assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &refused.body));
    server.open_as(&elsewhere).await.expect(201);

    let key = fresh_key();
    let done = post(&key, change(&person.password, new)).await.expect(204);
    assert!(done.header("consistency-token").is_some());
    server.open_as(&elsewhere).await.problem(401, "unauthorized");
    server.refresh(&there.text("refresh_token")).await.problem(401, "session-ended");
    server.open_as(&access).await.expect(201);
    server.log_in(&person.login_id, &person.password).await.problem(401, "credentials-wrong");
    server.log_in(&person.login_id, new).await.expect(201);

    // A retry, also after the password was changed once more, reports that it was done and does not do it again.
    let last = "third 3 password, really";
    post(&fresh_key(), change(new, last)).await.expect(204);
    let replay = post(&key, change(&person.password, new)).await.expect(204);
    assert_eq!(replay.header("idempotency-replayed"), Some("true"));
    server.log_in(&person.login_id, new).await.problem(401, "credentials-wrong");
    server.log_in(&person.login_id, last).await.expect(201);
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_contact_changes_its_channel_by_a_code() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    let (person, other) = (Person::new("email"), Person::new("phone"));
    let member = person.join(&app, &server).await;
    let access = person.log_in(&server).await.text("access_token");
    let post = async |path: &str, body: Value| server.ask("POST", path, &fresh_key(), Some(&access), &body).await;
    let verify = "/v1/members/me/contact/verify";
    post(verify, json!({"code": "123456"})).await.problem(422, "contact-change-missing");
    let wanted = post("/v1/members/me/contact", json!({"channel": "phone", "value": other.contact})).await.expect(202);
    assert!(wanted.body["expires_at"].is_string() && wanted.body["resend_after"].is_string());
    let code = other.code(&app, 1).await;
    post(verify, json!({"code": wrong(&code)})).await.problem(422, "code-wrong");
    post(verify, json!({"code": code})).await.expect(204);
    let operator = token("operator", Uuid::from_u128(99));
    let path = format!("/v1/members/{member}/disclosures");
    let body = json!({"reason": "the member asked what we hold"});
    let shown = server.ask("POST", &path, &fresh_key(), Some(&operator), &body).await.expect(201);
    assert_eq!(shown.body["contact"], json!({"channel": "phone", "value": other.contact}));
    assert_eq!((shown.text("login_id"), shown.text("real_name")), (person.login_id.clone(), "김민지".to_owned()));
    let nobody = format!("/v1/members/{}/disclosures", Uuid::from_u128(1));
    server.ask("POST", &nobody, &fresh_key(), Some(&operator), &body).await.problem(404, "member-unknown");
    let find = async |login_id: &str| {
        let body = json!({ "login_id": login_id });
        server.ask("POST", "/v1/members/find", &fresh_key(), Some(&operator), &body).await
    };
    assert_eq!(find(&person.login_id).await.expect(200).text("member_id"), member);
    find("nobody_of_this_name").await.problem(404, "member-unknown");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn one_who_leaves_is_refused_at_once_and_proven_to_be_gone() {
    let app = TestApp::with_catcher().await;
    let (server, beside) = (open_for_people(&app).await, open_for_people(&app).await);
    let person = Person::new("email");
    let member = person.join(&app, &server).await;
    let tokens = person.log_in(&server).await;
    let access = tokens.text("access_token");
    let account = server.open_as(&access).await.expect(201).text("account_id");
    let leave = async |key: &str, password: &str| {
        server.ask("DELETE", "/v1/members/me", key, Some(&access), &json!({ "password": password })).await
    };
    leave(&fresh_key(), "wrong horse 7 battery!").await.problem(422, "password-wrong");
    let key = fresh_key();
    let refused = leave(&key, &person.password).await.problem(422, "accounts-open");
    let again = leave(&key, &person.password).await.problem(422, "accounts-open");
    assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &refused.body));
    let close = format!("/v1/accounts/{account}/close");
    server.ask("POST", &close, &fresh_key(), Some(&access), &json!({})).await.expect(200);
    let erasure = leave(&fresh_key(), &person.password).await.expect(202).text("erasure_id");

    // At once here, within a moment beside; by whatever token.
    let by_hand = token("member", member.parse().expect("an id"));
    for refused in [&access, &by_hand] {
        server.open_as(refused).await.problem(401, "unauthorized");
    }
    server.refresh(&tokens.text("refresh_token")).await.problem(401, "session-ended");
    server.log_in(&person.login_id, &person.password).await.problem(401, "credentials-wrong");
    let soon = async {
        while beside.open_as(&access).await.status != 401 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(3), soon).await.expect("refused beside");

    let proof = beside.certificate(&erasure).await;
    assert_eq!(
        (proof["member_id"].as_str(), proof["requested_by"].as_str()),
        (Some(&*member), Some(&*format!("member:{member}")))
    );
    let kept =
        app.commits().await.into_iter().flat_map(|commit| commit.events).find_map(|event| {
            match Event::decode(&event.event_type, event.schema_version, &event.payload).expect("an event") {
                Event::Member(MemberEvent::Erased(erased)) => Some(erased.digest),
                _ => None,
            }
        });
    assert_eq!(proof["digest"].as_str(), kept.as_deref(), "the log holds the digest of this very certificate");
    person.join(&app, &server).await;
    server.stop().await;
    beside.stop().await;
    app.end().await;
}

#[tokio::test]
async fn an_operator_has_a_member_erased_and_says_why() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    let person = Person::new("phone");
    let member = person.join(&app, &server).await;
    let access = person.log_in(&server).await.text("access_token");
    let operator = token("operator", Uuid::from_u128(99));
    let (path, body) = (format!("/v1/members/{member}/erase"), json!({"reason": "at the member's request, by letter"}));
    let key = fresh_key();
    let asked = server.ask("POST", &path, &key, Some(&operator), &body).await.expect(202);
    let again = server.ask("POST", &path, &key, Some(&operator), &body).await.expect(202);
    assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &asked.body));
    server.open_as(&access).await.problem(401, "unauthorized");
    let proof = server.certificate(&asked.text("erasure_id")).await;
    assert_eq!(proof["requested_by"], format!("operator:{}", Uuid::from_u128(99)));
    let nobody = format!("/v1/members/{}/erase", Uuid::from_u128(1));
    server.ask("POST", &nobody, &fresh_key(), Some(&operator), &body).await.problem(404, "member-unknown");
    let unknown = format!("/v1/erasures/{}", Uuid::from_u128(1));
    server.ask("GET", &unknown, "unused", Some(&operator), &json!({})).await.problem(404, "erasure-unknown");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn keys_rotate_and_nobody_is_logged_out() {
    let app = TestApp::with_catcher().await;
    let (server, beside) = (open_for_people(&app).await, open_for_people(&app).await);
    let person = Person::new("email");
    person.join(&app, &server).await;
    let old = person.log_in(&server).await;
    app.sign_with(10, &[9, 10]);
    let new = server.refresh(&old.text("refresh_token")).await.expect(201);
    let key_of = |access: &str| jsonwebtoken::decode_header(access).expect("a header").kid;
    let (old, new) = (old.text("access_token"), new.text("access_token"));
    assert_ne!(key_of(&old), key_of(&new), "the new key signs from the next token on");
    for server in [&server, &beside] {
        for access in [&new, &old] {
            server.open_as(access).await.expect(201);
        }
    }
    server.stop().await;
    beside.stop().await;
    app.end().await;
}

#[tokio::test]
async fn money_moves_while_the_vault_is_away_and_people_are_asked_to_retry() {
    let app = TestApp::new().await;
    let log = format!("{}?options=-c%20role%3Djangbu_writer", app.url());
    let server = app.server_on(&log, "postgres://nobody@127.0.0.1:1/nothing", &[]).await;
    server.ready().await;
    let report: Value = server.get("/readyz").await.json().await.expect("JSON");
    assert_eq!((&report["status"], &report["checks"]["vault"]), (&json!("degraded"), &json!("degraded")));
    let account = server.open(Uuid::from_u128(1)).await;
    server.deposit(&account, "1000").await;
    let away = server.ask("POST", "/v1/signups", &fresh_key(), None, &Person::new("email").sign_up_request()).await;
    assert_eq!(away.problem(503, "vault-unavailable").header("retry-after"), Some("1"));
    server.log_in("somebody", "x").await.problem(503, "vault-unavailable");
    server.refresh(&"A".repeat(43)).await.problem(503, "vault-unavailable");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn hashes_grow_as_their_members_log_in_and_a_flood_is_turned_away() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    assert!(app.hash_of(&person).await.starts_with("$argon2id$v=19$m=64,t=1"));
    server.stop().await;
    let stronger = app.server_with(&["--argon2-memory-kib=20000", "--argon2-passes=3", "--password-queue=1"]).await;
    stronger.ready_for_people().await;
    person.log_in(&stronger).await;
    assert!(app.hash_of(&person).await.starts_with("$argon2id$v=19$m=20000,t=3"));
    person.log_in(&stronger).await;
    let names: Vec<String> = (0..20).map(|i| format!("login_{i}")).collect();
    let flood = futures::future::join_all(names.iter().map(|name| stronger.log_in(name, "x"))).await;
    let busy = flood.iter().filter(|reply| reply.status == 503).count();
    assert!(busy > 0 && flood.iter().all(|reply| matches!(reply.status.as_u16(), 401 | 503)), "{flood:?}");
    stronger.stop().await;
    app.end().await;
}

/// Verifying a password takes as long as the queue is; the erasure does not wait for it.
#[tokio::test]
async fn one_who_is_erased_while_their_password_is_verified_gets_the_answer_of_a_stranger() {
    let app = TestApp::with_catcher().await;
    let server = open_for_people(&app).await;
    let person = Person::new("email");
    let member = person.join(&app, &server).await;
    let last_moment = app.before_a_session_opens().await;
    let (answer, ()) =
        tokio::join!(server.log_in(&person.login_id, &person.password), last_moment.destroy_key_of(&member));
    answer.problem(401, "credentials-wrong");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn without_a_channel_the_server_is_ready_and_says_what_it_does_without() {
    let app = TestApp::new().await;
    let server = open_for_people(&app).await;
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status(), 200, "money moves");
    let report: Value = answer.json().await.expect("JSON");
    let checks = ["email", "phone", "log", "vault"].map(|name| report["checks"][name].as_str().expect("a check"));
    assert_eq!((report["status"].as_str(), checks), (Some("degraded"), ["degraded", "degraded", "ok", "ok"]));
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn documents_that_are_required_must_be_agreed_to() {
    let app = TestApp::new().await;
    let server = app.server_with(&["--required-consents=terms,privacy"]).await;
    server.ready_for_people().await;
    let mut request = Person::new("email").sign_up_request();
    let refused =
        server.ask("POST", "/v1/signups", &fresh_key(), None, &request).await.problem(400, "validation-failed");
    assert_eq!(refused.body["errors"][0]["field"], "consents");
    let privacy = json!({"document": "privacy", "version": "2", "agreed": true});
    request["consents"].as_array_mut().expect("a list").push(privacy);
    server.ask("POST", "/v1/signups", &fresh_key(), None, &request).await.expect(202);
    server.stop().await;
    app.end().await;
}
