//! Limits: what an account may pay in one payment, a day, a month.

use chrono::Timelike;
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use testkit::chaos::Jangbu;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{ALL, Answer, Page, TestApp, TestClient, money},
};

/// A zone where it is about noon: no day and no month ends while a test runs.
fn quiet_zone() -> String {
    let hour = SystemClock.now().hour();
    // In these names the sign says what has to be added to come to universal time.
    if hour <= 12 { format!("Etc/GMT-{}", 12 - hour) } else { format!("Etc/GMT+{}", hour - 12) }
}

async fn start() -> TestApp {
    TestApp::start_with(&ALL, &[("JANGBU_ZONE", &quiet_zone())]).await
}

/// Log and views hold together.
async fn verify(mut app: TestApp) {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}

async fn set(operator: &TestClient, name: &str, limit: Value) -> Answer {
    operator.put(&format!("/v1/limits/{name}"), limit).await.expect(200)
}

/// What a refusal says of the limit.
fn reached(refused: &Answer) -> [&str; 3] {
    ["limit", "window", "remaining"].map(|field| refused.body[field].as_str().unwrap_or_default())
}

/// What an account has used of a limit in a window: how much, how often.
async fn used(client: &TestClient, account: Uuid, (name, window): (&str, &str), token: &str) -> (Value, Value) {
    let seen = client.get_at(&format!("/v1/accounts/{account}/limits"), token).await.expect(200);
    let entry = seen.items().iter().find(|entry| entry["name"] == name && entry["window"] == window);
    let entry = entry.unwrap_or_else(|| panic!("no {name} {window}: {}", seen.body));
    (entry["amount"]["used"].clone(), entry["count"]["used"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_bounds_a_payment_a_day_and_a_month() {
    let mut app = start().await;
    let operator = app.operator();
    let (payer, from) = app.funded_member(1000).await;
    let (free, other) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let limit = json!({
        "asset": "KRW", "kinds": ["transfer"], "everyone": false, "per_transfer": "100",
        "per_day": {"amount": "250"}, "per_month": {"count": 4},
    });
    let answer = set(&operator, "small", limit).await;
    assert_eq!((answer.text("name"), answer.text("zone")), ("small".into(), quiet_zone()));
    let list = operator.get_at("/v1/limits", answer.token()).await.expect(200);
    let windows = list.items().iter().map(|entry| json!([entry["window"], entry["amount"], entry["count"]]));
    let amount = |limit: &str| json!({"limit": limit});
    let most = [
        json!(["transfer", amount("100"), null]),
        json!(["day", amount("250"), null]),
        json!(["month", null, {"limit": 4}]),
    ];
    assert_eq!(windows.collect::<Vec<_>>(), most);
    assert!(list.items()[0]["resets_at"].is_null() && list.items()[1]["resets_at"].is_string(), "{}", list.body);
    payer.transfer(from, to, 300).await.expect(201);
    let path = format!("/v1/accounts/{from}/limits");
    let assigned = operator.put(&path, json!({"names": ["small"]})).await.expect(200);
    assert_eq!((assigned.id("account_id"), &assigned.body["names"]), (from, &json!(["small"])));

    let refused = payer.transfer(from, to, 101).await.expect_problem(422, "limit-exceeded");
    assert_eq!((reached(&refused), refused.body.get("resets_at")), (["small", "transfer", "100"], None));
    payer.transfer(from, to, 100).await.expect(201);
    let second = payer.transfer(from, to, 100).await.expect(201);
    let refused = payer.transfer(from, to, 51).await.expect_problem(422, "limit-exceeded");
    assert_eq!(reached(&refused), ["small", "day", "50"]);
    assert!(refused.text("resets_at").ends_with(":00:00Z"), "{}", refused.body);
    assert_eq!(
        used(&payer, from, ("small", "day"), second.token()).await.0,
        "200",
        "what was paid before is not counted"
    );
    // A refused payment counts nothing, and what comes in is not counted.
    app.service().deposit(from, "KRW", 500).await;
    payer.transfer(from, to, 25).await.expect(201);
    let fourth = payer.transfer(from, to, 25).await.expect(201);
    assert_eq!(used(&payer, from, ("small", "month"), fourth.token()).await.1, 4);
    // The day has nothing left, and the month no more payments; the day is looked at first.
    let refused = payer.transfer(from, to, 1).await.expect_problem(422, "limit-exceeded");
    assert_eq!(reached(&refused), ["small", "day", "0"]);
    set(
        &operator,
        "small",
        json!({"asset": "KRW", "kinds": ["transfer"], "everyone": false, "per_month": {"count": 4}}),
    )
    .await;
    let refused = payer.transfer(from, to, 1).await.expect_problem(422, "limit-exceeded");
    assert_eq!((reached(&refused), refused.body.get("remaining")), (["small", "month", ""], None));

    // Others are not bounded, and other kinds are not counted.
    free.transfer(other, to, 900).await.expect(201);
    let body = json!({"account_id": from, "money": money("KRW", 5), "reference": "a test"});
    app.service().post("/v1/withdrawals", body).await.expect(201);
    operator.put(&path, json!({"names": []})).await.expect(200);
    payer.transfer(from, to, 200).await.expect(201);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_at_the_same_moment_do_not_pass_a_limit_together() {
    let mut app = start().await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let limit = json!({
        "asset": "KRW", "kinds": ["transfer", "hold"], "everyone": true, "per_day": {"amount": "1000", "count": 5},
    });
    set(&app.operator(), "often", limit).await;
    let mut at_once = JoinSet::new();
    for _ in 0..30 {
        let payer = payer.clone();
        at_once.spawn(async move { payer.transfer(from, to, 10).await });
    }
    let (paid, refused): (Vec<_>, Vec<_>) = at_once.join_all().await.into_iter().partition(|a| a.status == 201);
    assert_eq!(paid.len(), 5);
    for answer in refused {
        let refused = answer.expect_problem(422, "limit-exceeded");
        assert_eq!(reached(&refused), ["often", "day", ""]);
    }
    let hold = json!({"source": from, "destination": to, "money": money("KRW", 10)});
    payer.post("/v1/holds", hold).await.expect_problem(422, "limit-exceeded");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_back_returns_to_its_window() {
    let mut app = start().await;
    let operator = app.operator();
    let (payer, from) = app.funded_member(1000).await;
    let (payee, to) = app.funded_member(0).await;
    let limit = json!({
        "asset": "KRW", "kinds": ["transfer", "hold"], "everyone": true, "per_day": {"amount": "500", "count": 10},
    });
    set(&operator, "daily", limit).await;
    let at = |token: String| {
        let payer = payer.clone();
        async move { used(&payer, from, ("daily", "day"), &token).await }
    };
    let counted = |amount: &str, count: u32| (json!(amount), json!(count));

    let paid = payer.transfer(from, to, 200).await.expect(201);
    assert_eq!(at(paid.token().into()).await, counted("200", 1));
    let reverse = format!("/v1/transfers/{}/reverse", paid.id("transfer_id"));
    let reversal = operator.post(&reverse, json!({"reason": "wrong"})).await.expect(201);
    assert_eq!(at(reversal.token().into()).await, counted("0", 0));

    let order = json!({"source": from, "destination": to, "money": money("KRW", 300)});
    let held = payer.post("/v1/holds", order).await.expect(201);
    assert_eq!(at(held.token().into()).await, counted("300", 1));
    let hold = format!("/v1/holds/{}", held.id("hold_id"));
    let more = payer.post(&format!("{hold}/increase"), json!({"money": money("KRW", 100)})).await.expect(200);
    assert_eq!(at(more.token().into()).await, counted("400", 1));
    let more = payer.post(&format!("{hold}/increase"), json!({"money": money("KRW", 101)})).await;
    assert_eq!(reached(&more.expect_problem(422, "limit-exceeded")), ["daily", "day", "100"]);
    let part = json!({"money": money("KRW", 150), "final": false});
    let captured = payee.post(&format!("{hold}/capture"), part).await.expect(201);
    assert_eq!(at(captured.token().into()).await, counted("400", 1), "a capture does not count again");
    let released = payee.post(&format!("{hold}/release"), json!({})).await.expect(200);
    assert_eq!(at(released.token().into()).await, counted("150", 1));
    let reverse = format!("/v1/transfers/{}/reverse", captured.id("transfer_id"));
    let reversal = operator.post(&reverse, json!({"reason": "never shipped"})).await.expect(201);
    assert_eq!(at(reversal.token().into()).await.0, "0");

    let order = json!({"source": from, "money": money("KRW", 500)});
    let held = payer.post("/v1/holds", order).await.expect(201);
    payer.transfer(from, to, 1).await.expect_problem(422, "limit-exceeded");
    let release = format!("/v1/holds/{}/release", held.id("hold_id"));
    let released = payer.post(&release, json!({})).await.expect(200);
    assert_eq!(at(released.token().into()).await.0, "0", "nothing of it was captured");
    payer.transfer(from, to, 500).await.expect(201);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_the_operators_and_end_when_they_are_deleted() {
    let mut app = start().await;
    let operator = app.operator();
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let limit = json!({"asset": "KRW", "kinds": ["transfer"], "everyone": true, "per_transfer": "0"});
    for who in [&payer, &app.service()] {
        who.put("/v1/limits/none", limit.clone()).await.expect_problem(403, "forbidden");
        who.delete("/v1/limits/none").await.expect_problem(403, "forbidden");
        who.put(&format!("/v1/accounts/{from}/limits"), json!({"names": []})).await.expect_problem(403, "forbidden");
    }
    operator.delete("/v1/limits/none").await.expect_problem(404, "limit-unknown");
    let path = format!("/v1/accounts/{from}/limits");
    operator.put(&path, json!({"names": ["none"]})).await.expect_problem(422, "limit-unknown");
    let nowhere = format!("/v1/accounts/{}/limits", Uuid::from_u128(4));
    operator.put(&nowhere, json!({"names": []})).await.expect_problem(404, "account-unknown");

    let answer = set(&operator, "none", limit).await;
    payer.transfer(from, to, 1).await.expect_problem(422, "limit-exceeded");
    let list = operator.get_at("/v1/limits", answer.token()).await.expect(200);
    assert_eq!(list.items().iter().map(|limit| limit["name"].clone()).collect::<Vec<_>>(), ["none"]);
    payer.get("/v1/limits").await.expect_problem(403, "forbidden");
    let deleted = operator.delete_keyed("/v1/limits/none", "end").await.expect(204);
    payer.transfer(from, to, 1).await.expect(201);
    let again = operator.delete_keyed("/v1/limits/none", "end").await.expect(204);
    assert!(again.replayed() && again.token() == deleted.token());
    operator.delete("/v1/limits/none").await.expect_problem(404, "limit-unknown");
    verify(app).await;
}

/// The page for whoever sets limits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = start().await;
    let mut page = Page::open_in(".", "limits", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [assigned, refused, left] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!(assigned["names"], json!(["young-members"]));
    assert_eq!([&refused["code"], &refused["window"], &refused["remaining"]], ["limit-exceeded", "day", "20000"]);
    let day = left["items"].as_array().unwrap().iter().find(|entry| entry["window"] == "day").unwrap();
    assert_eq!([&day["amount"]["used"], &day["amount"]["remaining"]], ["50000", "0"]);
    page.end();
    verify(app).await;
}
