//! What operators do: each command says why, the log says who, and the last admin stays.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::app::Staff;
use uuid::Uuid;

use crate::support::{ALL, TestApp, TestClient, fresh_key, verify};

/// The acts in the log, with the actor of the commit.
async fn acts(app: &TestApp) -> Vec<(String, Uuid, Value)> {
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    sqlx::query_as(
        "select c.actor_role::text, c.actor_id, e.payload::jsonb from events e
         join log_commits c on e.position between c.first_position and c.last_position and c.first_position > 0
         where e.type = 'OperatorActed' order by e.position",
    )
    .fetch_all(&mut log)
    .await
    .unwrap()
}

async fn freeze(who: &TestClient, account: Uuid, key: &str, body: Value) -> crate::support::Answer {
    who.post_keyed(&format!("/v1/accounts/{account}/freeze"), key, body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_command_says_why_and_the_log_says_who() {
    let mut app = TestApp::start(&ALL).await;
    let (_, account) = app.funded_member(100).await;
    let mut minji = app.staff("minji", "support").await;
    let helper = app.log_in(&mut minji).await;
    let silent = TestClient { reason: String::new(), ..helper.clone() };
    let head = app.head().await;
    freeze(&silent, account, "no-reason", json!({})).await.expect_problem(400, "reason-required");
    let url = format!("{}/v1/accounts/{account}/freeze", silent.command);
    for wrong in ["", "%20", "%ff", "100%", "%0d%0a", &"x".repeat(201)] {
        let key = fresh_key();
        let headers =
            [("content-type", "application/json"), ("idempotency-key", key.as_str()), ("jangbu-reason", wrong)];
        let answer = silent.send(Method::POST, &url, &headers, Some(b"{}".to_vec())).await.unwrap();
        answer.expect_problem(400, "reason-required");
    }
    assert_eq!(app.head().await, head);

    let spoken = TestClient { reason: "분실 신고 | 4471'; --".to_owned(), ..helper.clone() };
    let frozen = freeze(&spoken, account, "freeze", json!({"reason": "lost card"})).await.expect(200);
    let again = freeze(&spoken, account, "freeze", json!({"reason": "lost card"})).await.expect(200);
    assert!(again.replayed() && again.body == frozen.body, "{}", again.body);
    // Without the header the reason of the body counts.
    let unfreeze = format!("/v1/accounts/{account}/unfreeze");
    let unfrozen = silent.post(&unfreeze, json!({"reason": "found again"})).await.expect(200);
    // What the bank refuses was asked for all the same.
    let refused = helper.post(&unfreeze, json!({})).await.expect_problem(422, "account-not-frozen");
    // A token that no account stands behind needs no reason, and names nobody.
    let operator = app.operator();
    freeze(&operator, account, "by-hand", json!({})).await.expect(200);

    let mut acts = acts(&app).await;
    let (_, _, last) = acts.pop().unwrap();
    assert_eq!([&last["action"], &last["reason"]], ["CommandRefused", "a test"]);
    let session = acts[0].2["session"].clone();
    let act = |reason: &str, action: &str| {
        let payload = json!({
            "operator": minji.id, "name": "minji", "session": session, "from": "127.0.0.1", "reason": reason,
            "action": action, "subject": account,
        });
        ("o".to_owned(), minji.id, payload)
    };
    let expected = [act("분실 신고 | 4471'; --", "AccountFrozen"), act("found again", "AccountUnfrozen")];
    assert_eq!(acts, expected, "one for each commit, and none for the repetition");

    assert_eq!(unfrozen.text("status"), "open");
    let shown = app.operator().get_at("/v1/audit/actions", refused.token()).await.expect(200);
    let [_, last, first] = shown.items() else { panic!("{}", shown.body) };
    assert_eq!([&first["name"], &first["reason"]], ["minji", "분실 신고 | 4471'; --"]);
    assert_eq!((&first["session_id"], &first["subject"]), (&session, &json!(account)));
    assert_eq!(first["from"], "127.0.0.1");
    assert_eq!([&last["action"], &last["reason"]], ["AccountUnfrozen", "found again"]);
    assert_eq!(last["approval"], Value::Null);
    let at = first["at"].as_str().unwrap();
    for (query, found) in [
        (format!("operator={}", minji.id), 3),
        (format!("operator={}", Uuid::nil()), 0),
        (format!("to={at}"), 0),
        (format!("from={at}"), 3),
    ] {
        let page = helper.get(&format!("/v1/audit/actions?{query}")).await.expect(200);
        assert_eq!(page.items().len(), found, "{query}: {}", page.body);
    }
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_are_added_once_and_the_last_admin_stays() {
    let mut app = TestApp::start(&ALL).await;
    let outside = app.operator();
    let body = json!({"name": "admin", "role": "admin", "reason": "first"});
    let added = outside.post_keyed("/v1/operators", "add", body.clone()).await.expect(201);
    let again = outside.post_keyed("/v1/operators", "add", body.clone()).await.expect(201);
    assert!(again.replayed() && again.body == added.body, "a lost answer is given again: {}", again.body);
    assert!(added.text("otpauth_url").starts_with("otpauth://totp/"), "{}", added.body);
    outside.post("/v1/operators", body).await.expect_problem(409, "operator-name-taken");
    for (name, role) in [("ab", "admin"), ("Admin", "admin"), ("admin two", "admin"), ("jiwoo", "root")] {
        let wrong = json!({"name": name, "role": role});
        outside.post("/v1/operators", wrong).await.expect_problem(400, "validation-failed");
    }
    let mut first = Staff::of(&added);
    let admin = app.log_in(&mut first).await;
    let of = |id: Uuid, verb: &str| format!("/v1/operators/{id}/{verb}");
    for (verb, body) in [("disable", json!({})), ("role", json!({"role": "operator"}))] {
        admin.post(&of(first.id, verb), body.clone()).await.expect_problem(422, "last-admin");
        outside.post(&of(Uuid::nil(), verb), body).await.expect_problem(404, "operator-unknown");
    }
    admin.post(&of(first.id, "role"), json!({"role": "admin"})).await.expect(200);

    // With a second one the first may go, and then the second may not.
    let mut second = app.staff("second", "viewer").await;
    let viewer = app.log_in(&mut second).await;
    viewer
        .post("/v1/operators", json!({"name": "x-y", "role": "viewer"}))
        .await
        .expect_problem(403, "operator-role-missing");
    let raised = admin.post(&of(second.id, "role"), json!({"role": "admin"})).await.expect(200);
    assert_eq!(raised.text("role"), "admin");
    // The token says what they were.
    viewer.get("/v1/accounts").await.expect_problem(401, "unauthorized");
    let other = app.log_in(&mut second).await;
    let disabled = other.post(&of(first.id, "disable"), json!({})).await.expect(200);
    other.post(&of(second.id, "disable"), json!({})).await.expect_problem(422, "last-admin");
    let listed = other.get_at("/v1/operators", disabled.token()).await.expect(200);
    let rows: Vec<_> = listed.items().iter().map(|row| [&row["name"], &row["role"], &row["status"]]).collect();
    assert_eq!(rows, [["second", "admin", "enabled"], ["admin", "admin", "disabled"]]);

    // Nothing that anybody logs in with is in the log.
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    let text: String =
        sqlx::query_scalar("select string_agg(events::text, '') from log_commits where first_position > 0")
            .fetch_one(&mut log)
            .await
            .unwrap();
    for staff in [&first, &second] {
        assert!(!text.contains(&staff.password) && !text.contains(&staff.secret));
    }
    verify(app).await;
}
