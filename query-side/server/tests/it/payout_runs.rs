//! Payout runs: their bodies, who may read them, their list, and what came of their rows.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{A1, ALICE, B1, TestApp, id};

const OF_SERVICE: u128 = 0x9a701;
const OPEN: u128 = 0x9a702;
const FINISHED: u128 = 0x9a703;
const CHUNKS: [u128; 2] = [0xc401, 0xc402];
/// The service that `TestApp::service` asks as, and the operator.
const SERVICE: u128 = 0xffff;
const OPERATOR: u128 = 0xeeee;

impl TestApp {
    /// A run of the service that paid three of its five rows, one that has no rows yet, and one that is finished.
    async fn with_payouts() -> Self {
        let app = Self::with_bank().await;
        app.put_run(OF_SERVICE, SERVICE, 10, "running").await;
        app.put_run(OPEN, OPERATOR, 12, "open").await;
        app.put_run(FINISHED, OPERATOR, 14, "finished").await;
        let sql = format!(
            "update payout_runs_g1.payout_runs set rows = 5, total = 1500, posted = 2, refused = 1, paid = 300, position = 18,
                 paying_since = '2026-11-21T09:15:00Z', recorded_at = '2026-11-21T09:15:30.123456Z' where run_id = '{run}';
             insert into payout_runs_g1.payout_chunks (position, last_row, chunk, run_id, chunk_id) values
             (13, 4, 1, '{run}', '{one}'), (13, 9, 2, '{run}', '{two}');
             insert into payout_runs_g1.payout_rows (row_number, chunk_id, account_id, amount, account_number, memo) values
             (1, '{one}', '{b1}', 100, null, 'a | memo'), (2, '{one}', null, 200, '123456789189', null),
             (4, '{one}', null, 300, '000000000197', null), (8, '{two}', '{b1}', 400, null, null), (9, '{two}', '{b1}', 500, null, null);
             insert into payout_runs_g1.payout_results (position, row_number, run_id, transfer_id, code) values
             (17, 1, '{run}', '{}', null), (17, 2, '{run}', '{}', null), (18, 4, '{run}', '{}', 'account-unknown')",
            id(0xd5),
            id(0xd6),
            id(0xd7),
            run = id(OF_SERVICE),
            one = id(CHUNKS[0]),
            two = id(CHUNKS[1]),
            b1 = id(B1),
        );
        app.database.run(&sql).await;
        app
    }

    /// A run without rows, as the view has it.
    async fn put_run(&self, run: u128, opener: u128, opened: i64, status: &str) {
        sqlx::query(
            "insert into payout_runs_g1.payout_runs (opened_position, position, rows, posted, refused, done_before, recorded_at,
                 run_id, source, opened_by, total, paid, status, asset, name, reference)
             values ($1::int8, $1::int8, 0, 0, 0, 0, timestamptz '2026-11-21T09:10:00Z' + $1::int8 * interval '1 s', $2, $3, $4,
                 0, 0, $5, 'KRW', 'salaries', 'payroll-11')",
        )
        .bind(opened)
        .bind(id(run))
        .bind(id(A1))
        .bind(id(opener))
        .bind(status)
        .execute(&self.database.pool)
        .await
        .expect("a run");
    }
}

fn run(number: u128) -> String {
    format!("/v1/payout-runs/{}", id(number))
}

fn results(number: u128) -> String {
    format!("{}/results", run(number))
}

fn listed(page: &Value, field: &str) -> Vec<Value> {
    page["items"].as_array().expect("items").iter().map(|item| item[field].clone()).collect()
}

fn ids(runs: &[u128]) -> Vec<Value> {
    runs.iter().map(|run| json!(id(*run))).collect()
}

#[tokio::test]
async fn what_goes_out() {
    let app = TestApp::with_payouts().await;
    assert_json_snapshot!("payout_run", app.get(&run(OF_SERVICE), app.service()).await.ok());
    assert_json_snapshot!("payout_results", app.get(&results(OF_SERVICE), app.service()).await.ok());
    let page = app.get("/v1/payout-runs", app.operator()).await;
    assert_json_snapshot!("payout_runs", page.ok());
    assert_eq!(page.number("view-position"), 18);
    app.finish().await;
}

#[tokio::test]
async fn how_long_it_takes_is_told_by_its_pace_since_it_was_resumed() {
    let app = TestApp::with_payouts().await;
    let eta = async |number: u128| app.get(&run(number), app.operator()).await.ok()["eta_seconds"].clone();
    // Three rows in 30.123456 seconds, and two to go.
    assert_eq!(eta(OF_SERVICE).await, json!(20));
    assert_eq!((eta(OPEN).await, eta(FINISHED).await), (Value::Null, json!(0)));
    let set = async |sql: &str| {
        let sql = format!("update payout_runs_g1.payout_runs set {sql} where run_id = '{}'", id(OF_SERVICE));
        app.database.run(&sql).await;
    };
    set("done_before = 2").await;
    assert_eq!(eta(OF_SERVICE).await, json!(60));
    set("done_before = 3").await;
    assert_eq!(eta(OF_SERVICE).await, Value::Null, "nothing was paid since");
    set("done_before = 0, status = 'paused'").await;
    assert_eq!(eta(OF_SERVICE).await, Value::Null);
    app.finish().await;
}

/// As members, as a service and as an operator.
#[tokio::test]
async fn a_service_sees_the_runs_that_it_opened_and_an_operator_all() {
    let app = TestApp::with_payouts().await;
    for path in [run(OF_SERVICE), results(OF_SERVICE)] {
        assert_eq!(app.statuses(&path).await, [403, 403, 403, 200, 200], "{path}");
    }
    for path in [run(OPEN), results(OPEN), run(FINISHED)] {
        assert_eq!(app.statuses(&path).await, [403, 403, 403, 404, 200], "{path}");
    }
    for path in [run(0x404), results(0x404)] {
        assert_eq!(app.statuses(&path).await, [403, 403, 403, 404, 404], "{path}");
        app.get(&path, app.service()).await.is(404, "payout-unknown");
    }
    app.get(&run(OF_SERVICE), app.member(ALICE)).await.is(403, "forbidden");
    let (absent, foreign) = (app.get(&run(0x404), app.service()).await, app.get(&run(OPEN), app.service()).await);
    assert_eq!(absent.body["detail"], foreign.body["detail"], "they cannot be distinguished");
    let list = app.get("/v1/payout-runs", app.operator()).await;
    assert_eq!(listed(list.ok(), "run_id"), ids(&[FINISHED, OPEN, OF_SERVICE]));
    let own = app.get("/v1/payout-runs", app.service()).await;
    assert_eq!(listed(own.ok(), "run_id"), ids(&[OF_SERVICE]));
    assert_eq!(app.statuses("/v1/payout-runs").await, [403, 403, 403, 200, 200]);
    app.finish().await;
}

#[tokio::test]
async fn pages_join() {
    let app = TestApp::with_payouts().await;
    for (list, field, wanted) in [
        ("/v1/payout-runs".to_owned(), "run_id", ids(&[FINISHED, OPEN, OF_SERVICE])),
        (results(OF_SERVICE), "row", [1, 2, 4, 8, 9].map(Value::from).to_vec()),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("{list}?limit=2{cursor}"), app.operator()).await;
            seen.extend(listed(page.ok(), field));
            let Some(more) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={more}");
        }
        assert_eq!(seen, wanted);
        // A cursor belongs to its list.
        let other = format!("{}?limit=2{cursor}", results(FINISHED));
        app.get(&other, app.operator()).await.is(400, "cursor-invalid");
    }
    app.finish().await;
}

#[tokio::test]
async fn results_are_exported_as_csv() {
    let app = TestApp::with_payouts().await;
    let csv = [("accept", "text/csv")];
    let export = app.get_with(&format!("{}?limit=1", results(OF_SERVICE)), app.service(), &csv).await;
    let (b1, first, second, third) = (id(B1), id(0xd5), id(0xd6), id(0xd7));
    let wanted = format!(
        "row,destination,amount,status,transfer_id,code\r\n1,{b1},100,posted,{first},\r\n2,123456789189,200,posted,{second},\r\n\
         4,000000000197,300,refused,{third},account-unknown\r\n8,{b1},400,pending,,\r\n9,{b1},500,pending,,\r\n"
    );
    assert_eq!(*export.ok(), json!(wanted));
    assert_eq!(export.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(export.number("view-position"), 18);
    app.get_with(&results(OPEN), app.service(), &csv).await.is(404, "payout-unknown");
    // More than is read at once.
    let sql = format!(
        "update payout_runs_g1.payout_chunks set last_row = 3000 where last_row = 9;
         insert into payout_runs_g1.payout_rows (row_number, chunk_id, account_id, amount)
         select r, '{}', '{b1}', r from generate_series(10, 3000) as r",
        id(CHUNKS[1])
    );
    app.database.run(&sql).await;
    let export = app.get_with(&results(OF_SERVICE), app.operator(), &csv).await;
    let lines: Vec<_> = export.ok().as_str().expect("text").lines().map(str::to_owned).collect();
    assert_eq!((lines.len(), lines[2996].as_str()), (2997, format!("3000,{b1},3000,pending,,").as_str()));
    app.finish().await;
}

/// Events that were put aside: of the run, of a chunk of its rows, and the opening of a run of which nothing else is known.
#[tokio::test]
async fn what_is_put_aside_is_missed() {
    let app = TestApp::with_payouts().await;
    let park = async |key: u128, more: &str| {
        let key = id(key);
        app.database
            .run(&format!(
                "delete from registry.parked_events;
                 delete from registry.parked_keys;
                 insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
                 values ('payout_runs', 1, '{key}', 17, 'a test', 'a test');
                 insert into registry.parked_events (view, generation, key, position, commit_position, recorded_at, touches)
                 values ('payout_runs', 1, '{key}', 17, 17, '2026-11-21T09:08:00Z', '{{{key}{more}}}')"
            ))
            .await;
    };
    let missing = async |path: String| {
        let reply = app.get(&path, app.operator()).await;
        (reply.status, reply.header("view-missing-events").map(str::to_owned))
    };
    let (one, none) = ((200, Some("1".to_owned())), (200, None));
    park(OF_SERVICE, "").await;
    assert_eq!(app.statuses(&run(OF_SERVICE)).await, [403, 403, 403, 503, 503]);
    assert_eq!(missing(run(OPEN)).await, none);
    assert_eq!(missing(results(OF_SERVICE)).await, one);
    assert_eq!(missing("/v1/payout-runs".to_owned()).await, one);
    // Rows that are not there, of a run that is.
    park(CHUNKS[1], "").await;
    assert_eq!(missing(run(OF_SERVICE)).await, none);
    assert_eq!(missing(results(OF_SERVICE)).await, one);
    assert_eq!(missing(results(FINISHED)).await, none);
    let own = app.get("/v1/payout-runs", app.service()).await;
    assert_eq!((own.status, own.header("view-missing-events")), (200, None), "no run is missing");
    // The opening of one more, by whom is said.
    park(0x9a7ff, &format!(",{}", id(OPERATOR))).await;
    app.get(&run(0x9a7ff), app.service()).await.is(503, "view-behind");
    let own = app.get("/v1/payout-runs", app.service()).await;
    assert_eq!(own.header("view-missing-events"), None);
    park(0x9a7ff, "").await;
    let own = app.get("/v1/payout-runs", app.service()).await;
    assert_eq!(own.header("view-missing-events"), Some("1"), "it may be anybody's");
    app.finish().await;
}

#[tokio::test]
async fn a_token_is_waited_for() {
    let app = TestApp::with_payouts().await;
    let position = app.database.append(1).await;
    let token = app.token(position).await;
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=0")];
    for path in [run(OPEN), results(OPEN), "/v1/payout-runs".to_owned()] {
        app.get_with(&path, app.operator(), &headers).await.is(503, "view-behind");
    }
    app.database.reach("payout_runs", position).await;
    for path in [run(OPEN), results(OPEN), "/v1/payout-runs".to_owned()] {
        app.get_with(&path, app.operator(), &[headers[0], ("prefer", "wait=5")]).await.ok();
    }
    app.finish().await;
}
