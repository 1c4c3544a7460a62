//! Payout runs: one account pays many, and each row once.

use std::collections::BTreeMap;

use kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::chaos::{Jangbu, Part};
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{ALL, Answer, Page, TestApp, TestClient, eventually},
};

const HEADER: &str = "row,destination,amount,memo\n";

/// Log and views hold together.
async fn verify(mut app: TestApp) {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}

async fn open(client: &TestClient, source: Uuid) -> Answer {
    let body = json!({"source": source, "name": "Salaries, November", "reference": "payroll-2026-11"});
    client.post("/v1/payout-runs", body).await.expect(201)
}

fn path(run: &Answer, verb: &str) -> String {
    format!("/v1/payout-runs/{}{verb}", run.id("run_id"))
}

/// Adds rows under a key.
async fn add(client: &TestClient, run: &Answer, key: &str, rows: &str) -> Answer {
    let url = format!("{}{}", client.command, path(run, "/rows"));
    let headers = [("content-type", "text/csv"), ("idempotency-key", key)];
    client.send(Method::POST, &url, &headers, Some(format!("{HEADER}{rows}").into_bytes())).await.unwrap()
}

async fn start(client: &TestClient, run: &Answer, rows: u64, total: u64) -> Answer {
    let body = json!({"expected_rows": rows, "expected_total": total.to_string()});
    client.post(&path(run, "/start"), body).await
}

/// The run, once it has that status.
async fn once(client: &TestClient, run: &Answer, status: &str) -> Answer {
    eventually(status, async || {
        let seen = client.get(&path(run, "")).await;
        if seen.body["status"] == status { Ok(seen) } else { Err(seen.body.to_string()) }
    })
    .await
}

/// Waits until so many commits paid rows.
async fn steps(app: &TestApp, count: i64) {
    eventually("some rows were paid", async || {
        let paid = app.count_events("PayoutRowsPaid").await;
        if paid >= count { Ok(()) } else { Err(format!("{paid} of {count}")) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_pays_its_good_rows_and_names_the_others() {
    let mut app = TestApp::start(&ALL).await;
    let (employer, from) = app.funded_member(10_000).await;
    let (employee, to) = app.funded_member(0).await;
    app.wait_until_level().await;
    let number = employee.get(&format!("/v1/accounts/{to}")).await.expect(200).text("account_number");
    let service = app.service();
    let run = open(&service, from).await;
    assert_eq!((run.text("status"), run.number("rows"), run.text("total")), ("open".into(), 0, "0".into()));
    let rows = format!("1,{to},3000,November\n2,{number},2000,\n3,{to},-5,\n4,x,10,\n");
    let added = add(&service, &run, "rows", &rows).await.expect(200);
    assert_eq!((added.number("rows"), added.number("added"), added.number("rejected")), (2, 2, 2));
    let errors = added.body["errors"].as_array().unwrap().iter();
    let errors: Vec<_> = errors.map(|error| (error["row"].as_i64(), error["field"].as_str())).collect();
    assert_eq!(errors, [(Some(3), Some("amount")), (Some(4), Some("destination"))]);
    let again = add(&service, &run, "rows", &rows).await.expect(200);
    assert!(again.replayed() && again.body == added.body);
    add(&service, &run, "others", "2,x,1,\n").await.expect(200);
    add(&service, &run, "twice", &rows).await.expect_problem(422, "payout-row-out-of-order");
    let nobody = Uuid::from_u128(404);
    add(&service, &run, "more", &format!("7,{nobody},100,\n8,{from},100,\n9,{to},5001,\n10,{to},5000,\n"))
        .await
        .expect(200);
    let refused = start(&service, &run, 6, 15_200).await.expect_problem(422, "control-total-mismatch");
    assert_eq!((refused.number("rows"), refused.text("total")), (6, "15201".into()));
    let started = start(&service, &run, 6, 15_201).await.expect(202);
    assert_eq!(started.text("status"), "running");

    let done = once(&service, &run, "finished").await;
    assert_eq!((done.number("rows"), done.number("posted"), done.number("refused")), (6, 3, 3));
    assert_eq!((done.text("total"), done.text("paid")), ("15201".into(), "10000".into()));
    let results = service.get(&path(&run, "/results")).await.expect(200);
    let codes: BTreeMap<i64, String> = results
        .items()
        .iter()
        .map(|result| (result["row"].as_i64().unwrap(), result["code"].as_str().unwrap_or("posted").to_owned()))
        .collect();
    let expected = [(1, "posted"), (2, "posted"), (7, "account-unknown"), (8, "same-account")];
    let expected = expected.into_iter().chain([(9, "insufficient-funds"), (10, "posted")]);
    let expected: BTreeMap<i64, String> = expected.map(|(row, code)| (row, code.to_owned())).collect();
    assert_eq!(codes, expected);
    let first = results.items().iter().find(|result| result["row"] == 1).unwrap();
    let transfer = format!("/v1/transfers/{}", first["transfer_id"].as_str().unwrap());
    let paid = eventually("the transfer is shown", async || {
        let seen = employee.get(&transfer).await;
        if seen.status == 200 { Ok(seen) } else { Err(seen.body.to_string()) }
    })
    .await;
    assert_eq!(
        (paid.text("kind"), paid.text("memo"), paid.text("reference")),
        ("payout".into(), "November".into(), "payroll-2026-11".into())
    );
    let found = "/v1/transfers?reference=payroll-2026-11";
    let mine = eventually("whoever opened the run finds its transfers", async || {
        let seen = service.get(found).await.expect(200);
        if seen.items().len() == 6 { Ok(seen) } else { Err(seen.body.to_string()) }
    })
    .await;
    let is_posted = |item: &&Value| item["status"] == "posted";
    assert!(mine.items().iter().all(|item| item["kind"] == "payout"), "{}", mine.body);
    assert_eq!(mine.items().iter().filter(is_posted).count(), 3);
    assert_eq!(app.operator().get(found).await.expect(200).items().len(), 6);
    // Nobody else's.
    employer.post(&path(&run, "/pause"), json!({})).await.expect_problem(403, "forbidden");
    let other = app.client(Role::Service, Uuid::from_u128(0x5f));
    other.post(&path(&run, "/pause"), json!({})).await.expect_problem(404, "payout-unknown");
    assert!(other.get(found).await.expect(200).items().is_empty());
    app.operator().post(&path(&run, "/cancel"), json!({})).await.expect_problem(422, "payout-over");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_paused_resumed_and_cancelled() {
    let mut app = TestApp::start_with(&ALL, &[("JANGBU_PAYOUT_BATCH", "5"), ("JANGBU_PAYOUT_SHARE", "0.02")]).await;
    let (employer, from) = app.funded_member(1_000_000).await;
    let (_, to) = app.funded_member(0).await;
    let service = app.service();
    let run = open(&service, from).await;
    let rows: String = (1..=3_000).map(|row| format!("{row},{to},10,row {row}\n")).collect();
    assert_eq!(add(&service, &run, "rows", &rows).await.expect(200).number("added"), 3_000);
    start(&service, &run, 3_000, 30_000).await.expect(202);
    steps(&app, 2).await;
    let paused = service.post_keyed(&path(&run, "/pause"), "pause", json!({})).await.expect(200);
    let posted = paused.number("posted");
    assert_eq!(paused.text("status"), "paused");
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let seen = service.get_at(&path(&run, ""), paused.token()).await.expect(200);
    assert_eq!((seen.text("status"), seen.number("posted")), ("paused".into(), posted));
    let resumed = service.post(&path(&run, "/resume"), json!({})).await.expect(200);
    assert_eq!((resumed.text("status"), resumed.number("posted")), ("running".into(), posted));
    steps(&app, posted / 5 + 2).await;
    let cancelled = app.operator().post(&path(&run, "/cancel"), json!({})).await.expect(200);
    let posted = cancelled.number("posted");
    assert!((1..3_000).contains(&posted), "{posted} rows were paid");
    // The answer of before is the same still.
    let again = service.post_keyed(&path(&run, "/pause"), "pause", json!({})).await.expect(200);
    assert!(again.replayed() && again.body == paused.body);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let head = employer.transfer(from, to, 1).await.expect(201);
    assert_eq!(employer.balance_at(from, head.token()).await, (1_000_000 - 10 * posted - 1).to_string());
    verify(app).await;
}

/// The command server is killed while it pays, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_row_is_paid_once_whatever_crashes() {
    const ROWS: u64 = 2_000;
    let mut app = TestApp::start_with(&ALL, &[("JANGBU_PAYOUT_BATCH", "10"), ("JANGBU_PAYOUT_SHARE", "0.2")]).await;
    let (employer, from) = app.funded_member(100_000).await;
    let (_, to) = app.funded_member(0).await;
    let service = app.service();
    let run = open(&service, from).await;
    for (key, from, up_to) in [("first", 1, 700), ("second", 701, ROWS)] {
        let rows: String = (from..=up_to).map(|row| format!("{row},{to},10,row {row}\n")).collect();
        add(&service, &run, key, &rows).await.expect(200);
    }
    start(&service, &run, ROWS, 10 * ROWS).await.expect(202);
    for count in [1, 30, 70, 120] {
        steps(&app, count).await;
        app.bank.kill(Part::Command(0)).unwrap();
        app.bank.start(&[Part::Command(0)]).await.unwrap();
    }
    let done = once(&service, &run, "finished").await;
    assert_eq!((done.number("posted"), done.number("refused")), (2_000, 0));
    let head = employer.transfer(from, to, 1).await.expect(201);
    assert_eq!(employer.balance_at(from, head.token()).await, (100_000 - 10 * ROWS - 1).to_string());
    app.wait_until_level().await;
    let ledger = app.ledger().await;
    let payouts = ledger.posted.values().filter(|posted| posted.kind == "payout").count();
    assert_eq!(payouts, 2_000);
    for row in [1, 2, 10, 11, 699, 700, 701, 1_000, 1_001, 1_999, 2_000] {
        assert_eq!(ledger.with_memo(&format!("row {row}")).len(), 1, "row {row}");
    }
    verify(app).await;
}

/// The page for whoever pays salaries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = Page::open_in(".", "payouts", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [run, added, refused, started, done] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!((&run["status"], &added["rows"], &added["rejected"]), (&json!("open"), &json!(2), &json!(1)));
    assert_eq!([&refused["code"], &started["status"]], ["control-total-mismatch", "running"]);
    assert_eq!((&done["status"], &done["posted"], &done["paid"]), (&json!("finished"), &json!(2), &json!("5200000")));
    page.end();
    verify(app).await;
}
