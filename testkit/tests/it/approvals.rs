//! Two pairs of eyes, end to end: what one operator asks for waits, another one approves it, and the log, the views and the auditor say so.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::app::Staff;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    ALL, Answer, TestApp, TestClient, eventually,
    people::{By, Newcomer},
    verify,
};

/// Two admins who logged in.
async fn two(app: &mut TestApp) -> (TestClient, TestClient) {
    (app.logged_in("minji", "admin").await, app.logged_in("second", "admin").await)
}

/// What waits, and its id.
fn pending(asked: Answer, action: &str, by: &TestClient) -> Uuid {
    let asked = asked.expect(202);
    assert_eq!([asked.text("status"), asked.text("action")], ["pending", action], "{}", asked.body);
    assert_eq!((asked.id("requested_by"), asked.text("requested_by_name")), (by.id, "minji".to_owned()));
    asked.id("approval_id")
}

async fn decide(who: &TestClient, approval: Uuid, verb: &str) -> Answer {
    who.post(&format!("/v1/approvals/{approval}/{verb}"), json!({})).await
}

/// It is done, and both names are with it.
async fn approved(who: &TestClient, approval: Uuid) -> Answer {
    let done = decide(who, approval, "approve").await.expect(200);
    assert_eq!([&done.body["status"], &done.body["refusal"]], [&json!("approved"), &Value::Null], "{}", done.body);
    assert_eq!([done.text("requested_by_name"), done.text("decided_by_name")], ["minji", "second"]);
    done
}

/// Who acted and who approved, of each act that was approved.
async fn approved_acts(app: &TestApp) -> Vec<(String, String, String)> {
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    sqlx::query_as(
        "select payload::jsonb->>'action', payload::jsonb->>'name', payload::jsonb->'approval'->>'approver_name'
         from events where type = 'OperatorActed' and payload::jsonb ? 'approval' order by position",
    )
    .fetch_all(&mut log)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_waits_for_a_second_operator() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = two(&mut app).await;
    let helper = app.logged_in("helper", "support").await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    let paid = payer.transfer(from, to, 40).await.expect(201).id("transfer_id");
    let (path, body) = (format!("/v1/transfers/{paid}/reverse"), json!({"reason": "paid twice"}));
    let asked = minji.post_keyed(&path, "ask", body.clone()).await;
    let again = minji.post_keyed(&path, "ask", body.clone()).await.expect(202);
    assert!(again.replayed() && again.body == asked.body, "{}", again.body);
    let token = asked.token().to_owned();
    let approval = pending(asked, "reversal", &minji);
    assert_eq!(payer.balance_at(from, &token).await, "60", "nothing was done");

    // Everybody who looks sees what waits.
    let shown = helper.get_at(&format!("/v1/approvals/{approval}"), &token).await.expect(200);
    assert_eq!(shown.body["details"], json!({"kind": "reversal", "transfer": paid, "reason": "paid twice"}));
    assert_eq!([shown.text("status"), shown.text("reason")], ["pending", "a test"]);
    decide(&minji, approval, "approve").await.expect_problem(403, "approval-own");
    decide(&minji, approval, "reject").await.expect_problem(403, "approval-own");
    let low = decide(&helper, approval, "approve").await.expect_problem(403, "operator-role-missing");
    assert_eq!(low.text("role"), "operator");
    decide(&second, approval, "withdraw").await.expect_problem(403, "forbidden");
    decide(&second, Uuid::nil(), "approve").await.expect_problem(404, "approval-unknown");
    // A token that no account stands behind is nobody's second pair of eyes.
    decide(&app.operator(), approval, "approve").await.expect_problem(403, "forbidden");

    let done = approved(&second, approval).await;
    assert_eq!(payer.balance_at(from, done.token()).await, "100");
    decide(&second, approval, "approve").await.expect_problem(422, "approval-over");
    // A lost answer is given again.
    let replayed = minji.post_keyed(&path, "ask", body).await.expect(202);
    assert_eq!(replayed.text("status"), "pending");
    let act = ["TransferReversed", "minji", "second"].map(str::to_owned);
    assert_eq!(approved_acts(&app).await, [<(String, String, String)>::from(act)]);
    let listed = helper.get_at("/v1/approvals?status=approved&action=reversal", done.token()).await.expect(200);
    let [shown] = listed.items() else { panic!("{}", listed.body) };
    assert_eq!([&shown["decided_by_name"], &shown["decision_reason"]], ["second", "a test"]);
    let actions = helper.get_at(&format!("/v1/audit/actions?operator={}", minji.id), done.token()).await.expect(200);
    assert_eq!(actions.items()[0]["approval"]["approver_name"], "second");
    verify(app).await;
}

/// Whoever lets an operator in knows what they log in with: the two are no two pairs of eyes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_admin_is_not_both_pairs_of_eyes() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = two(&mut app).await;
    let added = json!({"name": "puppet", "role": "admin"});
    let mut puppet = Staff::of(&minji.post("/v1/operators", added).await.expect(201));
    let puppet = app.log_in(&mut puppet).await;
    let rate = || json!({"rate": "1350.25", "valid_for": 3_600});
    let approval = pending(minji.put("/v1/rates/USD/KRW", rate()).await, "rates", &minji);
    decide(&puppet, approval, "approve").await.expect_problem(403, "approval-not-independent");
    approved(&second, approval).await;
    let approval = pending(minji.put("/v1/rates/USD/KRW", rate()).await, "rates", &minji);
    let rejected = decide(&puppet, approval, "reject").await.expect(200);
    assert_eq!([rejected.text("status"), rejected.text("decided_by_name")], ["rejected", "puppet"]);
    // The other way round it is the same admin.
    let asked = puppet.put("/v1/rates/USD/KRW", rate()).await.expect(202).id("approval_id");
    decide(&minji, asked, "approve").await.expect_problem(403, "approval-not-independent");
    decide(&second, asked, "approve").await.expect(200);
    assert_eq!(app.count_events("RateSet").await, 2);
    verify(app).await;
}

/// Everybody approves at once, on two command servers: it is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approvers_at_once_do_it_once() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = two(&mut app).await;
    let third = app.logged_in("third", "operator").await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    let paid = payer.transfer(from, to, 40).await.expect(201).id("transfer_id");
    let asked = minji.post(&format!("/v1/transfers/{paid}/reverse"), json!({"reason": "paid twice"})).await;
    let approval = pending(asked, "reversal", &minji);
    let mut at_once = JoinSet::new();
    for who in [second, third].iter().cycle().take(8) {
        let who = who.clone();
        at_once.spawn(async move { decide(&who, approval, "approve").await });
    }
    let (done, over): (Vec<_>, Vec<_>) = at_once.join_all().await.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((done.len(), over.len()), (1, 7), "{over:?}");
    over.into_iter().for_each(|answer| drop(answer.expect_problem(422, "approval-over")));
    assert_eq!(payer.balance_at(from, done[0].token()).await, "100");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_accounts_are_frozen_when_a_second_operator_approves() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = two(&mut app).await;
    let (one, first) = app.funded_member(10).await;
    let (_, other) = app.funded_member(10).await;
    let freeze = |accounts: &[Uuid]| json!({"accounts": accounts, "scope": "debits", "reason": "a court order"});
    minji.post("/v1/accounts/freeze", freeze(&[first, Uuid::nil()])).await.expect_problem(422, "account-unknown");
    let asked = minji.post("/v1/accounts/freeze", freeze(&[first, other])).await;
    let approval = pending(asked, "freeze-many", &minji);
    one.transfer(first, other, 1).await.expect(201);
    approved(&second, approval).await;
    one.post("/v1/transfers", TestClient::transfer_body(first, other, 1)).await.expect_problem(422, "account-frozen");
    assert_eq!(app.count_events("AccountFrozen").await, 2);
    // Who has no account is not asked; what is frozen so already stays as it is.
    let frozen = app.operator().post("/v1/accounts/freeze", freeze(&[first, other])).await.expect(200);
    assert_eq!(frozen.body, json!({"frozen": [], "scope": "debits", "unchanged": 2}));
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_rates_and_quotas_are_set_when_a_second_operator_approves() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = two(&mut app).await;
    let outside = app.operator();
    let partner = outside.post("/v1/partners", json!({"name": "Hangang Coffee"})).await.expect(201).id("partner_id");
    let (_, account) = app.funded_member(10).await;
    let limit = json!({"asset": "KRW", "kinds": ["transfer"], "everyone": false, "per_transfer": "5", "zone": "UTC"});
    let asked = minji.put("/v1/limits/small", limit).await;
    approved(&second, pending(asked, "limits", &minji)).await;
    let asked = minji.put(&format!("/v1/accounts/{account}/limits"), json!({"names": ["small"]})).await;
    approved(&second, pending(asked, "limits", &minji)).await;
    let quotas = json!({"requests_per_second": 5, "limits": ["small"]});
    let asked = minji.put(&format!("/v1/partners/{partner}/quotas"), quotas).await;
    let set = approved(&second, pending(asked, "limits", &minji)).await;
    let shown = minji.get_at(&format!("/v1/partners/{partner}"), set.token()).await.expect(200);
    assert_eq!(
        [&shown.body["quotas"]["requests_per_second"], &shown.body["quotas"]["limits"]],
        [&json!(5), &json!(["small"])]
    );
    let asked = minji.delete("/v1/limits/small").await;
    let waiting = pending(asked, "limits", &minji);
    // Deleted by another way: what was asked for is not about that limit any more.
    outside.delete("/v1/limits/small").await.expect(204);
    let stale = decide(&second, waiting, "approve").await.expect(200);
    assert_eq!([stale.text("status"), stale.text("refusal")], ["refused", "changed-since"]);
    minji.delete("/v1/limits/small").await.expect_problem(404, "limit-unknown");
    let asked = minji.put("/v1/rates/USD/KRW", json!({"rate": "1350.25", "valid_for": 3_600})).await;
    approved(&second, pending(asked, "rates", &minji)).await;
    assert_eq!(app.count_events("RateSet").await, 1);
    // A program sets rates as before, and what it sets is not overwritten by what was asked for before.
    let asked = minji.put("/v1/rates/USD/KRW", json!({"rate": "1350.25", "valid_for": 3_600})).await;
    let waiting = pending(asked, "rates", &minji);
    app.service().put("/v1/rates/USD/KRW", json!({"rate": "1351", "valid_for": 3_600})).await.expect(200);
    let stale = decide(&second, waiting, "approve").await.expect(200);
    assert_eq!([stale.text("status"), stale.text("refusal")], ["refused", "changed-since"]);
    assert_eq!(app.count_events("RateSet").await, 2);
    decide(&second, waiting, "approve").await.expect_problem(422, "approval-over");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_of_a_partner_is_for_whoever_asked_for_it() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = two(&mut app).await;
    let partner = minji.post("/v1/partners", json!({"name": "Hangang Coffee"})).await.expect(201).id("partner_id");
    let asked = minji.post(&format!("/v1/partners/{partner}/keys"), json!({"scopes": ["accounts:read"]})).await;
    let approval = pending(asked, "partner-keys", &minji);
    let path = format!("/v1/approvals/{approval}/key");
    minji.ask(Method::GET, &path, None).await.expect_problem(404, "approval-unknown");
    approved(&second, approval).await;
    second.ask(Method::GET, &path, None).await.expect_problem(404, "approval-unknown");
    let key = minji.ask(Method::GET, &path, None).await.expect(200);
    assert_eq!(minji.ask(Method::GET, &path, None).await.expect(200).body, key.body);
    let nobody = app.stranger();
    let (id, secret) = (key.text("key_id"), key.text("secret"));
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let headers = [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let (url, form) = (format!("{}/v1/oauth/token", nobody.command), b"grant_type=client_credentials".to_vec());
    let token = nobody.send(Method::POST, &url, &headers, Some(form)).await.unwrap().expect(200);
    let shop = app.client_with(0, partner, token.text("access_token"));
    shop.get("/v1/accounts").await.expect(200);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_is_erased_when_a_second_operator_approves() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = two(&mut app).await;
    let member = Newcomer::new(By::Email).join(&app.stranger(), &app.catcher).await;
    let account = member.client.open("KRW").await;
    let (path, body) = (format!("/v1/members/{}/erase", member.client.id), json!({"reason": "asked on paper"}));
    minji.post(&path, body.clone()).await.expect_problem(422, "accounts-open");
    member.client.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);
    let asked = minji.post_keyed(&path, "ask", body.clone()).await;
    let approval = pending(asked, "erasure", &minji);
    // Nothing was done, and what is true by then counts.
    let opened = member.client.open("KRW").await;
    let refused = decide(&second, approval, "approve").await.expect(200);
    assert_eq!([refused.text("status"), refused.text("refusal")], ["refused", "accounts-open"]);
    member.client.post(&format!("/v1/accounts/{opened}/close"), json!({})).await.expect(200);
    let approval = pending(minji.post(&path, body.clone()).await, "erasure", &minji);
    let verdict = format!("/v1/approvals/{approval}/approve");
    let done = second.post_keyed(&verdict, "yes", json!({})).await.expect(200);
    let again = second.post_keyed(&verdict, "yes", json!({})).await.expect(200);
    assert!(again.replayed() && again.body == done.body, "{}", again.body);
    second.post(&verdict, json!({})).await.expect_problem(422, "approval-over");
    decide(&second, approval, "reject").await.expect_problem(422, "approval-over");
    member.client.get("/v1/accounts").await.expect_problem(401, "unauthorized");
    // The erasure goes on as any other.
    let erasing = minji.post(&path, body).await.expect(202).id("erasure_id");
    app.certificate(erasing).await;
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_may_be_set_to_ask_for_less() {
    let settings = [("JANGBU_APPROVALS", "rates, limits"), ("JANGBU_APPROVAL_HOURS", "1")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    let (minji, second) = two(&mut app).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    let paid = payer.transfer(from, to, 40).await.expect(201).id("transfer_id");
    minji.post(&format!("/v1/transfers/{paid}/reverse"), json!({"reason": "paid twice"})).await.expect(201);
    let asked = minji.put("/v1/rates/USD/KRW", json!({"rate": "1350.25", "valid_for": 3_600})).await;
    let token = asked.token().to_owned();
    let approval = pending(asked, "rates", &minji);
    let shown = second.get_at(&format!("/v1/approvals/{approval}"), &token).await.expect(200);
    let time = |field: &str| shown.text(field).parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let lives = time("expires_at") - time("requested_at");
    assert!((3_590..=3_600).contains(&lives.num_seconds()), "{lives}");
    let withdrawn = decide(&minji, approval, "withdraw").await.expect(200);
    assert_eq!([&withdrawn.body["status"], &withdrawn.body["decided_by"]], [&json!("withdrawn"), &Value::Null]);
    // Whoever asked and was disabled since asks for nothing any more.
    let asked = minji.put("/v1/rates/USD/KRW", json!({"rate": "1350.25", "valid_for": 3_600})).await;
    let approval = pending(asked, "rates", &minji);
    second.post(&format!("/v1/operators/{}/disable", minji.id), json!({})).await.expect(200);
    decide(&second, approval, "approve").await.expect_problem(422, "approval-over");
    eventually("the withdrawn one is listed", async || {
        let listed = second.get("/v1/approvals?status=withdrawn").await.expect(200);
        if listed.items().len() == 1 { Ok(()) } else { Err(listed.body.to_string()) }
    })
    .await;
    verify(app).await;
}
