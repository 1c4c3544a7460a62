//! Standing orders: the same payment, whenever a schedule says so, and once for each time.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use testkit::chaos::{Jangbu, Part};
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{ALL, Answer, Page, TestApp, TestClient, eventually, money},
    transfer_answers::answered,
};

/// Log and views hold together.
async fn verify(mut app: TestApp) {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}

/// So many seconds from now.
fn in_seconds(seconds: i64) -> DateTime<Utc> {
    SystemClock.now() + TimeDelta::seconds(seconds)
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn order(source: Uuid, destination: Uuid, amount: u64, schedule: Value) -> Value {
    json!({"source": source, "destination": destination, "money": money("KRW", amount), "memo": "rent", "schedule": schedule})
}

fn path(order: &Answer, verb: &str) -> String {
    format!("/v1/standing-orders/{}{verb}", order.id("order_id"))
}

/// The order, once it has that status.
async fn once(client: &TestClient, order: &Answer, status: &str) -> Answer {
    eventually(status, async || {
        let seen = client.get(&path(order, "")).await;
        if seen.body["status"] == status { Ok(seen) } else { Err(seen.body.to_string()) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_pays_when_it_is_due() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (payee, to) = app.funded_member(0).await;
    let at = in_seconds(3);
    let body = order(from, to, 250, json!({"at": text(at)}));
    let placed = payer.post_keyed("/v1/standing-orders", "order", body.clone()).await.expect(201);
    assert_eq!((placed.text("status"), placed.number("runs_done")), ("active".into(), 0));
    assert_eq!((placed.id("source"), placed.id("destination")), (from, to));
    assert_eq!((&placed.body["if_refused"], &placed.body["catch_up"]), (&json!("skip"), &json!(true)));
    assert_eq!(placed.text("next_at").parse::<DateTime<Utc>>().unwrap(), text(at).parse::<DateTime<Utc>>().unwrap());

    let done = once(&payer, &placed, "finished").await;
    assert_eq!((&done.body["next_at"], done.body["runs"].as_array().map(Vec::len)), (&Value::Null, Some(1)));
    assert_eq!(done.number("runs_done"), 1);
    let run = &done.body["runs"][0];
    assert_eq!(
        (&run["status"], &run["due_at"], &run["code"]),
        (&json!("posted"), &placed.body["next_at"], &Value::Null)
    );
    let transfer = format!("/v1/transfers/{}", run["transfer_id"].as_str().unwrap());
    let paid = eventually("the transfer is shown", async || {
        let seen = payee.get(&transfer).await;
        if seen.status == 200 { Ok(seen) } else { Err(seen.body.to_string()) }
    })
    .await;
    assert_eq!(
        (paid.text("kind"), paid.text("memo"), paid.id("order_id")),
        ("transfer".into(), "rent".into(), placed.id("order_id"))
    );
    let recorded: DateTime<Utc> = paid.text("recorded_at").parse().unwrap();
    assert!(recorded >= placed.text("next_at").parse::<DateTime<Utc>>().unwrap(), "never early");
    let again = payer.post_keyed("/v1/standing-orders", "order", body).await.expect(201);
    assert!(again.replayed() && again.body == placed.body);
    assert_eq!(app.count_events("StandingOrderRan").await, 1);
    // Nobody sent the command of a run.
    let told = answered(&app.operator(), paid.id("transfer_id")).await.expect_problem(404, "not-found");
    assert!(told.text("detail").contains("a run of a standing order"), "{}", told.body);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_refused_skips_or_stops() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    for (if_refused, status) in [("skip", "finished"), ("stop", "stopped")] {
        let mut body = order(from, to, 101, json!({"at": text(in_seconds(3))}));
        body["if_refused"] = json!(if_refused);
        let placed = payer.post("/v1/standing-orders", body).await.expect(201);
        let done = once(&payer, &placed, status).await;
        let run = &done.body["runs"][0];
        assert_eq!((&run["status"], &run["code"]), (&json!("refused"), &json!("insufficient-funds")), "{}", done.body);
        payer.delete(&path(&placed, "")).await.expect_problem(422, "order-not-active");
    }
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_paused_resumed_and_cancelled() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (stranger, to) = app.funded_member(0).await;
    let operator = app.operator();
    let monthly = json!({"every": "month", "day": 31, "time": "09:30", "zone": "Asia/Seoul", "count": 12});
    let placed = payer.post("/v1/standing-orders", order(from, to, 10, monthly.clone())).await.expect(201);
    assert_eq!(placed.body["schedule"], monthly);
    let next: DateTime<Utc> = placed.text("next_at").parse().unwrap();
    assert!(placed.text("next_at").ends_with("T00:30:00Z") && next > SystemClock.now(), "{}", placed.body);
    for who in [&payer, &operator] {
        let paused = who.post(&path(&placed, "/pause"), json!({})).await.expect(200);
        assert_eq!((paused.text("status"), &paused.body["next_at"]), ("paused".into(), &Value::Null));
        who.post(&path(&placed, "/pause"), json!({})).await.expect_problem(422, "order-not-active");
        let resumed = who.post(&path(&placed, "/resume"), json!({})).await.expect(200);
        assert_eq!((resumed.text("status"), resumed.text("next_at")), ("active".into(), placed.text("next_at")));
        who.post(&path(&placed, "/resume"), json!({})).await.expect_problem(422, "order-not-paused");
    }
    for verb in ["/pause", "/resume"] {
        stranger.post(&path(&placed, verb), json!({})).await.expect_problem(404, "order-unknown");
        app.service().post(&path(&placed, verb), json!({})).await.expect_problem(403, "forbidden");
    }
    stranger.delete(&path(&placed, "")).await.expect_problem(404, "order-unknown");
    stranger.get_at(&path(&placed, ""), placed.token()).await.expect_problem(404, "order-unknown");
    let ended = payer.delete_keyed(&path(&placed, ""), "end").await.expect(200);
    assert_eq!((ended.text("status"), &ended.body["next_at"]), ("cancelled".into(), &Value::Null));
    let again = payer.delete_keyed(&path(&placed, ""), "end").await.expect(200);
    assert!(again.replayed() && again.body == ended.body);
    payer.post(&path(&placed, "/resume"), json!({})).await.expect_problem(422, "order-not-paused");
    let list = payer.get_at("/v1/standing-orders", ended.token()).await.expect(200);
    assert_eq!(list.items().iter().map(|one| one["status"].clone()).collect::<Vec<_>>(), ["cancelled"]);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_can_never_pay_is_refused() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(0).await;
    let (other, to) = app.funded_member(0).await;
    let dollars = other.open("USD").await;
    let daily = || json!({"every": "day", "time": "09:00"});
    for schedule in [
        json!({"at": "2020-01-01T00:00:00Z"}),
        json!({"every": "day", "time": "09:00", "until": "2020-01-01"}),
        json!({"every": "week", "weekday": "monday", "time": "09:00", "from": "2031-01-07", "until": "2031-01-08"}),
    ] {
        payer.post("/v1/standing-orders", order(from, to, 10, schedule)).await.expect_problem(422, "schedule-empty");
    }
    for (source, destination, amount, status, code) in [
        (from, from, 10, 422, "same-account"),
        (from, dollars, 10, 422, "asset-mismatch"),
        (from, Uuid::from_u128(4), 10, 422, "account-unknown"),
        (from, to, 0, 422, "amount-not-positive"),
        (to, from, 10, 403, "account-not-yours"),
    ] {
        let body = order(source, destination, amount, daily());
        payer.post("/v1/standing-orders", body).await.expect_problem(status, code);
    }
    let body = order(from, to, 10, daily());
    app.operator().post("/v1/standing-orders", body).await.expect_problem(403, "forbidden");
    payer.post(&format!("/v1/standing-orders/{from}/pause"), json!({})).await.expect_problem(404, "order-unknown");
    verify(app).await;
}

/// The command server is killed while runs are due, and again while it catches up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_due_run_happens_once_whatever_crashes() {
    const ORDERS: usize = 60;
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100_000).await;
    let (_, to) = app.funded_member(0).await;
    let at = in_seconds(15);
    let mut placed = Vec::new();
    for _ in 0..ORDERS {
        let body = order(from, to, 10, json!({"at": text(at)}));
        placed.push(payer.post("/v1/standing-orders", body).await.expect(201));
    }
    for runs in [1, 20, 40] {
        eventually("some runs were carried out", async || {
            let ran = app.count_events("StandingOrderRan").await;
            if ran >= runs { Ok(()) } else { Err(format!("{ran} of {runs}")) }
        })
        .await;
        app.bank.kill(Part::Command(0)).unwrap();
        app.bank.start(&[Part::Command(0)]).await.unwrap();
    }
    for order in &placed {
        let done = once(&payer, order, "finished").await;
        assert_eq!(done.body["runs"].as_array().map(Vec::len), Some(1), "{}", done.body);
    }
    let expected = i64::try_from(ORDERS).unwrap();
    assert_eq!(app.count_events("StandingOrderRan").await, expected);
    let head = payer.transfer(from, to, 1).await.expect(201);
    assert_eq!(payer.balance_at(from, head.token()).await, (100_000 - 10 * expected - 1).to_string());
    verify(app).await;
}

/// The page for whoever pays rent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = Page::open_in(".", "standing-orders", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [order, paused, ended] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!((&order["status"], &order["schedule"]["day"]), (&json!("active"), &json!(25)));
    assert_eq!([&paused["status"], &ended["status"]], ["paused", "cancelled"]);
    page.end();
    verify(app).await;
}
