//! Views that operators change by HTTP: while the bank works, when something is wrong, and when the projector dies.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::chaos::Part;

use crate::{
    console_reads::partner,
    runbooks::number,
    support::{ALL, Answer, TestApp, TestClient, eventually, verify},
};

/// Somebody at the projector.
struct Views {
    who: TestClient,
    url: String,
}

impl Views {
    fn of(app: &mut TestApp, who: TestClient) -> Self {
        Self { who, url: format!("http://{}/v1/views", app.bank.address(Part::Projector).unwrap()) }
    }

    async fn order(&self, path: &str, body: Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let body = Some(body.to_string().into_bytes());
        self.who.send(Method::POST, &format!("{}/{path}", self.url), &headers, body).await.unwrap()
    }

    /// The rebuild of a view, once it has ended.
    async fn ended(&self, view: &str) -> Answer {
        let url = format!("{}/{view}/rebuild", self.url);
        eventually("the rebuild has ended", async || {
            let seen = self.who.send(Method::GET, &url, &[], None).await.map_err(|error| error.to_string())?;
            if seen.body["state"] == "ended" { Ok(seen) } else { Err(seen.body.to_string()) }
        })
        .await
    }
}

/// Generation and state that came of something.
fn became(outcome: &Value) -> (i64, &str) {
    let both = outcome["generation"].as_i64().zip(outcome["state"].as_str());
    both.unwrap_or_else(|| panic!("{outcome}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_rebuilt_and_changed_while_the_bank_works() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000_000).await;
    let (_, to) = app.funded_member(0).await;
    let operator = app.operator();
    let views = Views::of(&mut app, operator);
    let over = Arc::new(AtomicBool::new(false));
    let (busy, until) = (payer.clone(), over.clone());
    let paying = tokio::spawn(async move {
        let mut paid = 0;
        while !until.load(Ordering::Relaxed) {
            busy.transfer(from, to, 1).await.expect(201);
            paid += 1;
        }
        paid
    });

    let asked = views.order("transactions/rebuild", json!({"reason": "ticket 17"})).await.expect(202);
    assert_eq!(asked.text("requested_by"), format!("operator {}", views.who.id));
    let made = views.ended("transactions").await;
    assert_eq!(became(&made.body["outcome"]), (2, "ready"));
    let found = &made.body["outcome"]["comparison"];
    assert_eq!((&found["equal"], &found["differences"]), (&json!(true), &json!([])), "{}", made.body);
    for (path, generation) in [("promote", 2), ("rollback", 1), ("promote", 2)] {
        let body = json!({"reason": "ticket 17", "generation": generation});
        let live = views.order(&format!("transactions/{path}"), body).await.expect(200);
        assert_eq!(became(&live.body), (generation, "live"));
    }
    views.order("transactions/pause", json!({"reason": "a look"})).await.expect(200);
    let last = payer.transfer(from, to, 1).await.expect(201);
    let list = format!("{}/v1/accounts/{from}/transactions", payer.query);
    let headers = [("consistency-token", last.token())];
    let behind = payer.send(Method::GET, &list, &headers, None).await.unwrap();
    assert_eq!(behind.status, 503, "{}", behind.body);
    views.order("transactions/resume", json!({"reason": "looked"})).await.expect(200);
    payer.get_at(&format!("/v1/accounts/{from}/transactions"), last.token()).await.expect(200);
    let list = format!("{}/actions?view=transactions", views.url);
    let told = views.who.send(Method::GET, &list, &[], None).await.unwrap().expect(200);
    let what: Vec<Value> = told.items().iter().map(|act| act["what"].clone()).collect();
    assert_eq!(json!(what), json!(["resume", "pause", "promote", "rollback", "promote", "rebuild"]));
    let hers = |act: &Value| act["operator_id"] == json!(views.who.id) && act["address"] == "127.0.0.1";
    assert!(told.items().iter().all(hers), "{}", told.body);
    over.store(true, Ordering::Relaxed);
    let paid: i64 = paying.await.unwrap();
    assert!(paid > 0, "the bank worked meanwhile");
    let ledger = verify(app).await;
    assert_eq!(ledger.accounts[&to].balance, i128::from(paid) + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_is_shown_and_does_not_become_live() {
    let mut app = TestApp::start(&ALL).await;
    let (member, account) = app.funded_member(1_000).await;
    let partner = partner(&mut app).await;
    let (operator, service, nobody) = (app.operator(), app.service(), app.stranger());
    let forbidden = [member, service, partner].map(|who| (who, 403, "forbidden"));
    for (who, status, code) in forbidden.into_iter().chain([(nobody, 401, "unauthorized")]) {
        let views = Views::of(&mut app, who);
        for path in ["rebuild", "promote", "rollback", "pause", "resume"] {
            let asked = views.order(&format!("accounts/{path}"), json!({"reason": "x"})).await;
            asked.expect_problem(status, code);
        }
    }
    app.wait_until_level().await;
    let views = Views::of(&mut app, operator);
    let url = app.pair.views.superuser_url();
    let change = async |by: i64| {
        let mut views = PgConnection::connect(&url).await.unwrap();
        let sql = format!("update accounts_g1.accounts set balance = balance + {by} where account_id = '{account}'");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut views).await.unwrap();
    };
    change(5).await;
    views.order("accounts/rebuild", json!({"reason": "it is wrong", "promote": true})).await.expect(202);
    let made = views.ended("accounts").await;
    assert_eq!(became(&made.body["outcome"]), (2, "failed"));
    let shown = made.body["outcome"]["comparison"]["differences"].as_array().unwrap();
    let row = shown.iter().find(|difference| difference["what"] == "changed").unwrap();
    assert_eq!(row["columns"], json!([{"column": "balance", "live": "1005", "new": "1000"}]), "{row}");
    assert!(row["key"].as_str().unwrap().contains(&account.to_string()), "{row}");
    let body = json!({"reason": "it is right", "generation": 2});
    views.order("accounts/promote", body).await.expect_problem(422, "view-change-refused");
    change(-5).await;
    let body = json!({"reason": "it is right", "promote": true, "restart": true});
    views.order("accounts/rebuild", body).await.expect(202);
    let made = views.ended("accounts").await;
    assert_eq!(became(&made.body["outcome"]).1, "live", "{}", made.body);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_that_is_killed_goes_on_with_the_rebuild() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    for _ in 0..50 {
        payer.transfer(from, to, 1).await.expect(201);
    }
    app.wait_until_level().await;
    let operator = app.operator();
    let views = Views::of(&mut app, operator);
    let url = app.pair.views.superuser_url();
    // The comparison reads the live table, so it does not end before the projector does.
    let mut holding = PgConnection::connect(&url).await.unwrap();
    let mut held = holding.begin().await.unwrap();
    sqlx::raw_sql("lock table accounts_g1.accounts in access exclusive mode").execute(&mut *held).await.unwrap();
    views.order("accounts/rebuild", json!({"reason": "ticket 18", "promote": true})).await.expect(202);
    let making = "select count(*) from registry.generations
                  where view = 'accounts' and generation = 2 and state not in ('live', 'ready', 'failed', 'retired')";
    eventually("the rebuild is under way", async || match number(&url, making).await {
        1 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    app.bank.kill(Part::Projector).unwrap();
    held.rollback().await.unwrap();
    assert_eq!(number(&url, making).await, 1, "it was broken off");
    payer.transfer(from, to, 1).await.expect(201);
    app.bank.start(&[Part::Projector]).await.unwrap();
    let made = views.ended("accounts").await;
    assert_eq!(became(&made.body["outcome"]), (2, "live"), "{}", made.body);
    assert_eq!(made.text("reason"), "ticket 18");
    verify(app).await;
}
