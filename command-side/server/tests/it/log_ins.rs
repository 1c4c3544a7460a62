//! Log-ins that strangers try, log-ins of members, and what times show.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    app::{Server, TestApp},
    person::{Person, Reply, fresh_key},
};

const WRONG: &str = "wrong horse 7 battery!";

async fn log_in_from(server: &Server, address: &str, login_id: &str, password: &str) -> u16 {
    let request = server.client().post(format!("{}/v1/sessions", server.base));
    let request = request.header("x-forwarded-for", address);
    let body = json!({ "login_id": login_id, "password": password });
    request.json(&body).send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_stranger_does_not_lock_a_member_out() {
    let app = TestApp::with_catcher().await;
    let server = app.server_with(&["--trust-forwarded-for"]).await;
    server.ready_for_people().await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    let (home, stranger, hotel) = ("192.0.2.1", "198.51.100.7", "203.0.113.9");
    assert_eq!(log_in_from(&server, home, &person.login_id, &person.password).await, 201);
    let mut answers = Vec::new();
    for _ in 0..9 {
        answers.push(log_in_from(&server, stranger, &person.login_id, WRONG).await);
    }
    assert_eq!(answers[..5], [401; 5]);
    assert_eq!(answers[5..], [429; 4], "the stranger has to wait");
    assert_eq!(log_in_from(&server, stranger, &person.login_id, &person.password).await, 429);
    assert_eq!(
        log_in_from(&server, hotel, &person.login_id, &person.password).await,
        201,
        "elsewhere nothing was tried"
    );
    // Somebody in the member's own network, who has to wait as well.
    for expected in [401, 401, 401, 401, 401, 429, 429, 429, 429] {
        assert_eq!(log_in_from(&server, home, &person.login_id, WRONG).await, expected);
    }
    assert_eq!(log_in_from(&server, home, &person.login_id, &person.password).await, 201, "a right one always passes");
    server.stop().await;
    // Known networks outlive a restart.
    let server = app.server_with(&["--trust-forwarded-for", "--login-failures=3"]).await;
    server.ready_for_people().await;
    for address in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        assert_eq!(log_in_from(&server, address, &person.login_id, WRONG).await, 401);
    }
    assert_eq!(
        log_in_from(&server, "198.51.100.4", &person.login_id, &person.password).await,
        429,
        "tried from everywhere"
    );
    assert_eq!(log_in_from(&server, home, &person.login_id, &person.password).await, 201);
    server.stop().await;
    app.end().await;
}

/// Passwords of before are verified with less work than one that nobody has.
#[tokio::test]
async fn a_wrong_log_in_leaves_at_a_fixed_time_whoever_it_is_for() {
    let app = TestApp::with_catcher().await;
    let server = app.server().await;
    server.ready_for_people().await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    server.stop().await;
    let server =
        app.server_with(&["--login-refused-after-ms=700", "--argon2-passes=6", "--argon2-memory-kib=4096"]).await;
    server.ready_for_people().await;
    for login_id in [person.login_id.as_str(), "nobody_at_all", "Not A Login; --"] {
        let since = Instant::now();
        server.log_in(login_id, WRONG).await.problem(401, "credentials-wrong");
        assert!(since.elapsed() >= Duration::from_millis(700), "{login_id}: {:?}", since.elapsed());
    }
    let since = Instant::now();
    person.log_in(&server).await;
    assert!(since.elapsed() < Duration::from_millis(700), "a right one does not wait: {:?}", since.elapsed());
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_lost_answer_to_leaving_is_had_again_with_the_same_request_only() {
    let app = TestApp::with_catcher().await;
    let server = app.server().await;
    server.ready_for_people().await;
    let person = Person::new("email");
    let member = person.join(&app, &server).await;
    let access = person.log_in(&server).await.text("access_token");
    let other = person.log_in(&server).await.text("access_token");
    let leave = async |key: &str, token: Option<&str>, password: &str| -> Reply {
        server.ask("DELETE", "/v1/members/me", key, token, &json!({ "password": password })).await
    };
    let key = fresh_key();
    let first = leave(&key, Some(&access), &person.password).await.expect(202);
    for token in [&access, &other] {
        let again = leave(&key, Some(token), &person.password).await.expect(202);
        assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &first.body));
        assert_eq!(again.header("consistency-token"), first.header("consistency-token"));
    }
    leave(&key, Some(&access), WRONG).await.problem(401, "unauthorized");
    leave(&fresh_key(), Some(&access), &person.password).await.problem(401, "unauthorized");
    leave(&key, None, &person.password).await.problem(401, "unauthorized");
    let somebody = Person::new("email");
    somebody.join(&app, &server).await;
    let foreign = somebody.log_in(&server).await.text("access_token");
    leave(&key, Some(&foreign), WRONG).await.problem(422, "password-wrong");
    server.open_as(&access).await.problem(401, "unauthorized");

    let proof = server.certificate(&first.text("erasure_id")).await;
    assert_eq!(proof["member_id"].as_str(), Some(&*member));
    leave(&key, Some(&access), &person.password).await.expect(202);
    // A day later.
    app.execute_in_vault("update vault.certificates set erased_at = erased_at - interval '1 day'").await;
    leave(&key, Some(&access), &person.password).await.problem(401, "unauthorized");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_password_that_contains_the_login_id_is_refused_whenever_the_login_id_is_chosen() {
    let app = TestApp::with_catcher().await;
    let server = app.server().await;
    server.ready_for_people().await;
    let person = Person::new("email");
    let mut request = person.sign_up_request();
    request["password"] = json!("horse-Zqxj7kw_battery 9!");
    let started = server.ask("POST", "/v1/signups", &fresh_key(), None, &request).await.expect(202);
    let (path, code) = (format!("/v1/signups/{}/verify", started.text("signup_id")), person.code(&app, 1).await);
    for login_id in ["zqxj7kw", "qxj7", "horse"] {
        let body = json!({ "code": code, "login_id": login_id });
        let refused = server.ask("POST", &path, &fresh_key(), None, &body).await.problem(400, "validation-failed");
        assert_eq!(refused.body["errors"][0]["field"], "login_id", "{login_id}");
    }
    let body = json!({ "code": code, "login_id": format!("{}_v", person.login_id) });
    server.ask("POST", &path, &fresh_key(), None, &body).await.expect(201);
    for (login_id, password) in [("minji_kim", "1!-MinJi_Kim-xq"), ("minji_kim", "1!-ＭＩＮＪＩ＿ＫＩＭ-xq")] {
        let mut request = Person::new("email").sign_up_request();
        (request["login_id"], request["password"]) = (json!(login_id), json!(password));
        let refused = server.ask("POST", "/v1/signups", &fresh_key(), None, &request).await;
        let refused = refused.problem(400, "validation-failed");
        assert_eq!(refused.body["errors"][0]["field"], "password", "{password}");
    }
    server.stop().await;
    app.end().await;
}
