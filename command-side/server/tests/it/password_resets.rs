//! Another password for a member who forgot theirs, over HTTP; and silence to everybody else.

use serde_json::json;
use uuid::Uuid;

use crate::{
    app::{Server, TestApp},
    person::{Person, Reply, fresh_key, wrong},
};

const NEW: &str = "staple 9 battery horse?";

async fn start(server: &Server, login_id: &str) -> Reply {
    server.ask("POST", "/v1/password-resets", &fresh_key(), None, &json!({ "login_id": login_id })).await
}

async fn complete(server: &Server, reset: &str, key: &str, code: &str, new: &str) -> Reply {
    let path = format!("/v1/password-resets/{reset}/complete");
    server.ask("POST", &path, key, None, &json!({ "code": code, "new": new })).await
}

#[tokio::test]
async fn a_member_who_forgot_the_password_gets_another_by_the_contact() {
    let app = TestApp::with_catcher().await;
    let server = app.server().await;
    server.ready_for_people().await;
    for channel in ["email", "phone"] {
        let person = Person::new(channel);
        person.join(&app, &server).await;
        let before = person.log_in(&server).await;
        let (key, body) = (fresh_key(), json!({ "login_id": person.login_id }));
        let started = server.ask("POST", "/v1/password-resets", &key, None, &body).await.expect(202);
        assert!(started.header("consistency-token").is_some() && started.body["expires_at"].is_string());
        let again = server.ask("POST", "/v1/password-resets", &key, None, &body).await.expect(202);
        assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &started.body));
        let (reset, code) = (started.text("reset_id"), person.code(&app, 2).await);
        server.open_as(&before.text("access_token")).await.expect(201);

        let refused = complete(&server, &reset, &fresh_key(), &wrong(&code), NEW).await.problem(422, "code-wrong");
        assert_eq!(refused.body["tries_left"], 4);
        // What is wrong with the new password costs no try, and what it shows is shown to who has the code.
        for (given, weak) in
            [(wrong(&code), "short1!".to_owned()), (code.clone(), format!("1! {} x", person.login_id.to_uppercase()))]
        {
            let refused =
                complete(&server, &reset, &fresh_key(), &given, &weak).await.problem(400, "validation-failed");
            assert_eq!(refused.body["errors"][0]["field"], "new", "{weak}");
        }
        let key = fresh_key();
        let done = complete(&server, &reset, &key, &code, NEW).await.expect(204);
        assert!(done.header("consistency-token").is_some());
        let again = complete(&server, &reset, &key, &code, NEW).await.expect(204);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        complete(&server, &reset, &fresh_key(), &code, NEW).await.problem(422, "code-expired");

        server.open_as(&before.text("access_token")).await.problem(401, "unauthorized");
        server.refresh(&before.text("refresh_token")).await.problem(401, "session-ended");
        server.log_in(&person.login_id, &person.password).await.problem(401, "credentials-wrong");
        server.log_in(&person.login_id, NEW).await.expect(201);
        let caught = &app.catcher.as_ref().expect("a catcher").caught;
        let notice = async {
            while caught.messages(Some(&person.contact), 20).len() < 3 {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(15), notice).await.expect("a notice in time");
        assert!(caught.messages(Some(&person.contact), 20)[0].text.contains("was changed"));
    }
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_reset_of_nobody_answers_as_one_of_a_member() {
    let app = TestApp::with_catcher().await;
    let server = app.server().await;
    server.ready_for_people().await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    let mut seen = Vec::new();
    for login_id in [person.login_id.as_str(), "nobody_at_all"] {
        let before = app.commits().await.len();
        let started = start(&server, login_id).await.expect(202);
        let mut shape: Vec<String> = started.body.as_object().expect("a body").keys().cloned().collect();
        let mut answers = Vec::new();
        for _ in 0..6 {
            let mut refused =
                complete(&server, &started.text("reset_id"), &fresh_key(), "000000", NEW).await.expect(422);
            refused.body["request_id"] = json!(null);
            answers.push(refused.body);
        }
        let mut headers: Vec<String> = started.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        shape.extend(headers);
        let events: Vec<String> = app.commits().await[before..]
            .iter()
            .flat_map(|commit| &commit.events)
            .map(|event| event.event_type.clone())
            .collect();
        seen.push((shape, answers, events));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((&seen[0].1[4]["tries_left"], &seen[0].1[5]["code"]), (&json!(0), &json!("code-exhausted")));
    for body in [json!({}), json!({"login_id": "X"}), json!({"login_id": "abcd", "more": 1})] {
        let refused = server.ask("POST", "/v1/password-resets", &fresh_key(), None, &body).await;
        refused.problem(400, "validation-failed");
    }
    let sign_up = server.ask("POST", "/v1/signups", &fresh_key(), None, &Person::new("email").sign_up_request()).await;
    for id in [Uuid::from_u128(1).to_string(), sign_up.expect(202).text("signup_id")] {
        complete(&server, &id, &fresh_key(), "000000", NEW).await.problem(404, "reset-unknown");
    }
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_code_that_went_to_the_contact_before_is_worth_nothing() {
    let app = TestApp::with_catcher().await;
    let server = app.server().await;
    server.ready_for_people().await;
    let (person, other) = (Person::new("email"), Person::new("phone"));
    person.join(&app, &server).await;
    let access = person.log_in(&server).await.text("access_token");
    let started = start(&server, &person.login_id).await.expect(202);
    let code = person.code(&app, 2).await;
    let post = async |path: &str, body| server.ask("POST", path, &fresh_key(), Some(&access), &body).await;
    post("/v1/members/me/contact", json!({"channel": "phone", "value": other.contact})).await.expect(202);
    let contact_code = other.code(&app, 1).await;
    post("/v1/members/me/contact/verify", json!({ "code": contact_code })).await.expect(204);
    complete(&server, &started.text("reset_id"), &fresh_key(), &code, NEW).await.problem(422, "code-wrong");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn codes_are_limited_for_each_address() {
    let app = TestApp::with_catcher().await;
    let server = app.server_with(&["--address-codes=2", "--address-resets=2", "--address-wrong-codes=1"]).await;
    server.ready_for_people().await;
    let sign_up = server.ask("POST", "/v1/signups", &fresh_key(), None, &Person::new("email").sign_up_request()).await;
    let path = format!("/v1/signups/{}", sign_up.expect(202).text("signup_id"));
    let post = async |path: &str, body| server.ask("POST", path, &fresh_key(), None, &body).await;
    post(&format!("{path}/verify"), json!({"code": "000000"})).await.problem(422, "code-wrong");
    post(&format!("{path}/resend"), json!({})).await.problem(429, "resend-too-early");
    for call in ["verify", "resend"] {
        let body = if call == "verify" { json!({"code": "000000"}) } else { json!({}) };
        post(&format!("{path}/{call}"), body).await.problem(429, "too-many-requests");
    }
    let reset = start(&server, "nobody_at_all").await.expect(202).text("reset_id");
    start(&server, "nobody_at_all").await.expect(202);
    start(&server, "nobody_at_all").await.problem(429, "too-many-requests");
    complete(&server, &reset, &fresh_key(), "000000", NEW).await.problem(422, "code-wrong");
    complete(&server, &reset, &fresh_key(), "000001", NEW).await.problem(429, "too-many-requests");
    server.stop().await;
    app.end().await;
}
