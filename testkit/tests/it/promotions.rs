//! A view that differs from the log is promoted when a second operator approves it: once, wherever the projector dies, and never without.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::chaos::Part;
use uuid::Uuid;

use crate::{
    runbooks::number,
    support::{ALL, Answer, TestApp, TestClient, eventually, fresh_key, verify},
};

const POINT: &str = "JANGBU_FAULT_POINT";

/// A bank in which a row of the accounts is wrong, and who looks into it.
struct Case {
    app: TestApp,
    account: Uuid,
    minji: TestClient,
    second: TestClient,
}

impl Case {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let mut app = TestApp::start_with(&ALL, settings).await;
        let (_, account) = app.funded_member(1_000).await;
        let (minji, second) = (app.logged_in("minji", "operator").await, app.logged_in("second", "operator").await);
        app.wait_until_level().await;
        Self { app, account, minji, second }
    }

    fn views(&self) -> String {
        self.app.pair.views.superuser_url()
    }

    /// The live generation.
    async fn live(&self) -> i64 {
        let live = "select generation::int8 from registry.generations where view = 'accounts' and state = 'live'";
        number(&self.views(), live).await
    }

    /// Makes a row of the live generation wrong.
    async fn misbook(&self) {
        let (live, account) = (self.live().await, self.account);
        let wrong =
            format!("update accounts_g{live}.accounts set balance = balance + 5 where account_id = '{account}'");
        let mut views = PgConnection::connect(&self.views()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(wrong)).execute(&mut views).await.unwrap();
    }

    async fn at_projector(&mut self, who: &TestClient, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("http://{}/v1/views/accounts/{path}", self.app.bank.address(Part::Projector).unwrap());
        let key = fresh_key();
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        who.send(method, &url, &headers, body.map(|body| body.to_string().into_bytes())).await.unwrap()
    }

    /// Rebuilds the accounts; the generation that was made, and how the live one differs from it.
    async fn rebuild(&mut self) -> (i64, Value) {
        let minji = self.minji.clone();
        let body = json!({"reason": "it is wrong", "restart": true});
        self.at_projector(&minji, Method::POST, "rebuild", Some(&body)).await.expect(202);
        let url = format!("http://{}/v1/views/accounts/rebuild", self.app.bank.address(Part::Projector).unwrap());
        let made = eventually("the rebuild has ended", async || {
            let seen = minji.send(Method::GET, &url, &[], None).await.map_err(|error| error.to_string())?;
            if seen.body["state"] == "ended" { Ok(seen) } else { Err(seen.body.to_string()) }
        })
        .await;
        let outcome = &made.body["outcome"];
        assert_eq!(outcome["state"], "failed", "{}", made.body);
        (outcome["generation"].as_i64().unwrap(), outcome["comparison"].clone())
    }

    /// Minji asks that it is promoted as it was found.
    async fn ask(&mut self, generation: i64, found: &Value) -> Answer {
        let minji = self.minji.clone();
        let body =
            json!({"reason": "the live one is wrong", "generation": generation, "fingerprint": found["fingerprint"]});
        self.at_projector(&minji, Method::POST, "promote", Some(&body)).await
    }

    async fn approve(&self, approval: Uuid) -> Answer {
        self.second.post(&format!("/v1/approvals/{approval}/approve"), json!({})).await.expect(200)
    }

    /// What came of the approval, once it is no more waiting.
    async fn carried_out(&self, approval: Uuid, token: &str) -> Value {
        eventually("the promotion has ended", async || {
            let seen = self.minji.get_at(&format!("/v1/approvals/{approval}"), token).await.expect(200);
            match seen.body["carried_out"]["state"].as_str() {
                Some("promoted" | "refused") => Ok(seen.body["carried_out"].clone()),
                _ => Err(seen.body.to_string()),
            }
        })
        .await
    }

    /// How often a generation became live because of this approval.
    async fn promotions(&self, approval: Uuid) -> i64 {
        let mut views = PgConnection::connect(&self.views()).await.unwrap();
        let count = "select count(*) from registry.promotions where approval_id = $1";
        sqlx::query_scalar(count).bind(approval).fetch_one(&mut views).await.unwrap()
    }

    /// Starts the projector so that it dies at a place, or so that it lives.
    async fn restart(&mut self, point: &str) {
        // One that has died is gone already.
        if self.app.bank.check().is_ok() {
            self.app.bank.kill(Part::Projector).unwrap();
        }
        self.app.bank.set(Part::Projector, POINT, point);
        self.app.bank.start(&[Part::Projector]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_differs_is_promoted_when_a_second_operator_approves() {
    let mut case = Case::new(&[]).await;
    case.misbook().await;
    let (generation, found) = case.rebuild().await;
    // Without saying what was looked at it is refused as ever.
    let minji = case.minji.clone();
    let plain = json!({"reason": "x", "generation": generation});
    let refused = case.at_projector(&minji, Method::POST, "promote", Some(&plain)).await;
    refused.expect_problem(422, "view-change-refused");
    let asked = case.ask(generation, &found).await.expect(202);
    assert_eq!([asked.text("status"), asked.text("action")], ["pending", "promotion"]);
    assert_eq!((asked.id("requested_by"), asked.text("requested_by_name")), (minji.id, "minji".to_owned()));
    let (approval, token) = (asked.id("approval_id"), asked.token().to_owned());
    let shown = minji.get_at(&format!("/v1/approvals/{approval}"), &token).await.expect(200);
    let details = json!({
        "kind": "view-promotion", "view": "accounts", "generation": generation, "differences": found["unexpected"],
        "fingerprint": found["fingerprint"],
    });
    assert_eq!((&shown.body["details"], &shown.body["carried_out"]), (&details, &Value::Null));
    let own = minji.post(&format!("/v1/approvals/{approval}/approve"), json!({})).await;
    own.expect_problem(403, "approval-own");
    assert_eq!(case.live().await, 1, "nobody approved it");
    let done = case.approve(approval).await;
    let carried_out = case.carried_out(approval, done.token()).await;
    assert_eq!((&carried_out["state"], &carried_out["error"]), (&json!("promoted"), &Value::Null));
    assert_eq!((case.live().await, case.promotions(approval).await), (generation, 1));
    let listed = case.at_projector(&minji, Method::GET, "promotions", None).await.expect(200);
    let [promotion] = listed.items() else { panic!("{}", listed.body) };
    assert_eq!([&promotion["state"], &promotion["approved_by_name"]], ["promoted", "second"]);
    let found = minji.get_at(&format!("/v1/find?q={approval}"), done.token()).await.expect(200);
    assert!(found.items().iter().any(|item| item["kind"] == "approval"), "{}", found.body);
    verify(case.app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_since_it_was_asked_for_is_not_promoted() {
    let mut case = Case::new(&[]).await;
    case.misbook().await;
    let (generation, found) = case.rebuild().await;
    let approval = case.ask(generation, &found).await.expect(202).id("approval_id");
    let (live, account) = (case.live().await, case.account);
    let mut views = PgConnection::connect(&case.views()).await.unwrap();
    let corrected =
        format!("update accounts_g{live}.accounts set balance = balance - 5 where account_id = '{account}'");
    sqlx::raw_sql(AssertSqlSafe(corrected)).execute(&mut views).await.unwrap();
    let done = case.approve(approval).await;
    let carried_out = case.carried_out(approval, done.token()).await;
    assert_eq!((&carried_out["state"], case.live().await), (&json!("refused"), 1), "{carried_out}");
    assert!(carried_out["error"].as_str().unwrap().contains("does not differ"), "{carried_out}");
    verify(case.app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_may_be_set_not_to_ask_for_a_promotion() {
    let mut case = Case::new(&[("JANGBU_APPROVALS", "reversal")]).await;
    case.misbook().await;
    let (generation, found) = case.rebuild().await;
    let promoted = case.ask(generation, &found).await.expect(200);
    assert_eq!((&promoted.body["state"], case.live().await), (&json!("live"), generation), "{}", promoted.body);
    // A token that no account stands behind is not asked either; what it accepts stands in the registry.
    case.misbook().await;
    let (generation, found) = case.rebuild().await;
    let machine = case.app.operator();
    let body = json!({"reason": "ticket 9", "generation": generation, "fingerprint": found["fingerprint"]});
    case.at_projector(&machine, Method::POST, "promote", Some(&body)).await.expect(200);
    let accepted = "select count(*) from registry.promotions
                    where differences > 0 and fingerprint is not null and approval_id is null";
    assert_eq!((case.live().await, number(&case.views(), accepted).await), (generation, 2));
    verify(case.app).await;
}

/// Wherever the projector dies on the way, the next one promotes what was approved, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_that_dies_promotes_once() {
    let mut case = Case::new(&[]).await;
    for point in ["approved-promotion", "comparing", "accepted", "promoting", "swapping", "promoted", "done-promotion"]
    {
        case.misbook().await;
        let before = case.live().await;
        let (generation, found) = case.rebuild().await;
        let approval = case.ask(generation, &found).await.expect(202).id("approval_id");
        case.restart(point).await;
        let done = case.approve(approval).await;
        let bank = &mut case.app.bank;
        eventually(&format!("the projector dies at {point}"), async || match bank.check() {
            Ok(()) => Err("it runs".to_owned()),
            Err(_) => Ok(()),
        })
        .await;
        let swapped = matches!(point, "promoted" | "done-promotion");
        assert_eq!(case.live().await, if swapped { generation } else { before }, "{point}");
        // What is half done cannot be promoted by anybody who does not say what differs.
        case.restart("").await;
        let carried_out = case.carried_out(approval, done.token()).await;
        assert_eq!(carried_out["state"], "promoted", "{point}: {carried_out}");
        assert_eq!((case.live().await, case.promotions(approval).await), (generation, 1), "{point}");
        case.app.wait_until_level().await;
    }
    verify(case.app).await;
}
