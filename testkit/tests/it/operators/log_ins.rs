//! Logging in, staying logged in, and being logged out.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{app::Staff, chaos::Part};

use crate::support::{ALL, TestApp, TestClient, eventually};

const REFRESH: &str = "/v1/operators/sessions/refresh";

async fn until_refused(what: &str, who: &TestClient) {
    eventually(what, async || match who.get("/v1/accounts").await.status {
        401 => Ok(()),
        status => Err(format!("the query server answers {status}")),
    })
    .await;
    eventually(what, async || {
        let answer = who.post("/v1/partners", json!({})).await;
        if answer.status == 401 { Ok(()) } else { Err(format!("the command server answers {}", answer.body)) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_of_the_three_is_wrong_the_answer_is_the_same() {
    let mut app = TestApp::start(&ALL).await;
    let mut minji = app.staff("minji", "support").await;
    let right = minji.log_in_body().await;
    let with = |field: &str, value: &str| {
        let mut body = right.clone();
        body[field] = value.into();
        body
    };
    let wrong = [
        with("name", "jiwoo"),
        with("name", "MINJI"),
        with("name", ""),
        with("password", "aaaaa-bbbbb-ccccc-ddddd"),
        with("totp", if right["totp"] == "000000" { "000001" } else { "000000" }),
        with("totp", ""),
    ];
    let mut details = Vec::new();
    for body in wrong {
        let answer = app.log_in_answer(body).await.expect_problem(401, "credentials-wrong");
        details.push(answer.text("detail"));
    }
    details.dedup();
    assert_eq!(details.len(), 1, "{details:?}");
    // None of them used the code up. Used once, it is used.
    let tokens = app.log_in_answer(right.clone()).await.expect(201);
    assert_eq!((tokens.id("operator_id"), tokens.text("role").as_str()), (minji.id, "support"));
    assert_eq!((tokens.number("expires_in"), tokens.text("token_type").as_str()), (300, "Bearer"));
    app.log_in_answer(right).await.expect_problem(401, "credentials-wrong");

    let who = app.client_with(0, minji.id, tokens.text("access_token"));
    let me = who.ask(Method::GET, "/v1/operators/me", None).await.expect(200);
    assert_eq!((me.id("operator_id"), me.text("name"), me.text("role")), (minji.id, "minji".into(), "support".into()));
    assert_eq!(me.body["session"]["session_id"], tokens.body["session_id"]);
    // The refresh token stays as it is.
    let stranger = app.stranger();
    let refresh = json!({"refresh_token": tokens.text("refresh_token")});
    for _ in 0..2 {
        let again = stranger.ask(Method::POST, REFRESH, Some(refresh.clone())).await.expect(200);
        assert_eq!(again.body["refresh_token"], tokens.body["refresh_token"]);
        assert_eq!(again.body["session_id"], tokens.body["session_id"]);
        app.client_with(0, minji.id, again.text("access_token")).get("/v1/accounts").await.expect(200);
    }
    who.ask(Method::DELETE, "/v1/operators/sessions/current", None).await.expect(204);
    who.ask(Method::GET, "/v1/operators/me", None).await.expect_problem(401, "unauthorized");
    until_refused("the log-out", &who).await;
    stranger.ask(Method::POST, REFRESH, Some(refresh)).await.expect_problem(401, "session-ended");
    // An operator is none of the members, and the other way round.
    let crossed = json!({"login_id": "minji", "password": minji.password});
    app.log_in_answer(crossed).await.expect_problem(400, "validation-failed");
    app.operator().ask(Method::GET, "/v1/operators/me", None).await.expect_problem(404, "not-found");
    app.close().await;
}

/// After three wrong log-ins the name waits, and the right one with it, unless it comes from where the operator was before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_wrong_log_ins_lock_a_name_and_no_other() {
    let settings = [("JANGBU_LOGIN_FREE_FAILURES", "3"), ("JANGBU_LOGIN_FIRST_DELAY", "60")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    let (mut minji, mut jiwoo) = (app.staff("minji", "viewer").await, app.staff("jiwoo", "viewer").await);
    let wrong = |name: &str| json!({"name": name, "password": "not this one", "totp": "123456"});
    for name in ["minji", "nobody-at-all"] {
        for _ in 0..3 {
            app.log_in_answer(wrong(name)).await.expect_problem(401, "credentials-wrong");
        }
        let locked = app.log_in_answer(wrong(name)).await.expect_problem(429, "too-many-requests");
        assert!(locked.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    }
    let right = minji.log_in_body().await;
    app.log_in_answer(right).await.expect_problem(429, "too-many-requests");
    // Nobody can lock out whoever was here before.
    app.log_in(&mut jiwoo).await.get("/v1/accounts").await.expect(200);
    for _ in 0..3 {
        app.log_in_answer(wrong("jiwoo")).await.expect_problem(401, "credentials-wrong");
    }
    app.log_in_answer(wrong("jiwoo")).await.expect_problem(429, "too-many-requests");
    app.log_in(&mut jiwoo).await.get("/v1/accounts").await.expect(200);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_not_used_ends_and_each_ends_some_time() {
    let settings = [("JANGBU_OPERATOR_IDLE", "3"), ("JANGBU_OPERATOR_SESSION", "8")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    let mut minji = app.staff("minji", "viewer").await;
    let (idle, used) = (minji.log_in_body().await, minji.log_in_body().await);
    let (idle, used) = (app.log_in_answer(idle).await.expect(201), app.log_in_answer(used).await.expect(201));
    assert!(idle.number("expires_in") <= 3, "no token outlives an idle session: {}", idle.body);
    let stranger = app.stranger();
    let refresh = async |tokens: &Value| {
        let body = json!({"refresh_token": tokens["refresh_token"]});
        stranger.ask(Method::POST, REFRESH, Some(body)).await
    };
    // It is used until it ends in any case; the other one is not.
    let mut refreshed = 0;
    loop {
        let again = refresh(&used.body).await;
        if again.status != 200 {
            again.expect_problem(401, "session-ended");
            break;
        }
        refreshed += 1;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(refreshed > 6, "it outlived the idle one: {refreshed}");
    refresh(&idle.body).await.expect_problem(401, "session-ended");
    let own = app.client_with(0, minji.id, used.text("access_token"));
    until_refused("the end of the session", &own).await;
    app.close().await;
}

/// Whoever is disabled is refused by each server, and so is what was given out before; and comes back as they were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_operator_is_refused_everywhere() {
    let parts: Vec<Part> = ALL.into_iter().chain([Part::Command(1)]).collect();
    let mut app = TestApp::start(&parts).await;
    let admin = app.logged_in("admin", "admin").await;
    let mut minji = app.staff("minji", "admin").await;
    let body = minji.log_in_body().await;
    let tokens = app.log_in_answer(body).await.expect(201);
    let at = |app: &mut TestApp, server| app.client_with(server, minji.id, tokens.text("access_token"));
    let (first, second) = (at(&mut app, 0), at(&mut app, 1));
    let projector = format!("http://{}", app.bank.address(Part::Projector).unwrap());
    let reads = [format!("{}/v1/accounts", first.query), format!("{projector}/v1/views/actions")];
    let read = async |url: &str| first.send(Method::GET, url, &[], None).await.unwrap();
    for url in &reads {
        read(url).await.expect(200);
    }
    let path = format!("/v1/operators/{}", minji.id);
    let disabled = admin.post(&format!("{path}/disable"), json!({"reason": "left"})).await.expect(200);
    assert_eq!(disabled.text("status"), "disabled");
    // The answer waited for all of them.
    for url in &reads {
        read(url).await.expect_problem(401, "unauthorized");
    }
    for server in [&first, &second] {
        server.post("/v1/partners", json!({"name": "x"})).await.expect_problem(401, "unauthorized");
    }
    let refresh = json!({"refresh_token": tokens.text("refresh_token")});
    app.stranger().ask(Method::POST, REFRESH, Some(refresh)).await.expect_problem(401, "session-ended");
    let body = minji.log_in_body().await;
    app.log_in_answer(body).await.expect_problem(401, "credentials-wrong");
    let listed = app.operator().get_at("/v1/operators", disabled.token()).await.expect(200);
    let row = listed.items().iter().find(|row| row["name"] == "minji").unwrap();
    assert_eq!(row["status"], "disabled");

    admin.post(&format!("{path}/enable"), json!({})).await.expect(200);
    app.log_in(&mut minji).await.get("/v1/accounts").await.expect(200);
    // The sessions of before do not come back.
    first.get("/v1/accounts").await.expect_problem(401, "unauthorized");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_changed_by_its_owner_and_reset_by_an_admin() {
    let mut app = TestApp::start(&ALL).await;
    let admin = app.logged_in("admin", "admin").await;
    let mut minji = app.staff("minji", "viewer").await;
    let other = app.log_in(&mut minji).await;
    let who = app.log_in(&mut minji).await;
    let new = "a better one! 93";
    let (first, totp) = (minji.password.clone(), minji.code().await);
    let change = async |current: &str, new: &str| {
        let body = json!({"current": current, "new": new, "totp": totp});
        who.ask(Method::POST, "/v1/operators/me/password", Some(body)).await
    };
    // What is refused uses no code up.
    change("not this one", new).await.expect_problem(401, "credentials-wrong");
    change(&first, "short").await.expect_problem(400, "validation-failed");
    change(&first, "minji-is-my-name1").await.expect_problem(400, "validation-failed");
    change(&first, new).await.expect(204);
    until_refused("the end of the other session", &other).await;
    who.get("/v1/accounts").await.expect(200);
    let body = minji.log_in_body().await;
    app.log_in_answer(body.clone()).await.expect_problem(401, "credentials-wrong");
    let with_new = |password: &str| json!({"name": "minji", "password": password, "totp": body["totp"]});
    app.log_in_answer(with_new(new)).await.expect(201);

    let path = format!("/v1/operators/{}/reset", minji.id);
    let reset = admin.post_keyed(&path, "reset", json!({})).await.expect(200);
    until_refused("the end of all sessions", &who).await;
    let again = admin.post_keyed(&path, "reset", json!({})).await.expect(200);
    assert!(again.replayed() && again.body == reset.body, "a lost answer is given again: {}", again.body);
    app.log_in_answer(with_new(new)).await.expect_problem(401, "credentials-wrong");
    let mut anew = Staff::of(&reset);
    assert!(anew.id == minji.id && anew.password != first && anew.secret != minji.secret);
    app.log_in(&mut anew).await.get("/v1/accounts").await.expect(200);
    app.close().await;
}
