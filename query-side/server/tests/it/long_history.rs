//! A million transactions in one account: the last page costs what the first does. Many holds of one: few are found among them.
//! A payout run of many rows: a page anywhere costs the same.

use std::time::Instant;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};

use crate::app::{A1, ALICE, TestApp, id};

const ENTRIES: i64 = 1_000_000;

/// The statement of the room, without the type hints that only sqlx understands.
pub(crate) fn statement(file: &str) -> String {
    let text = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../reads/src/sql").join(file);
    let text = std::fs::read_to_string(text).expect("the statement");
    let lines = text.lines().map(|line| match (line.find(" as \""), line.rfind('"')) {
        (Some(from), Some(to)) => format!("{}{}", &line[..from], &line[to + 1..]),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Every node of a plan.
fn nodes(plan: &Value, found: &mut Vec<Value>) {
    found.push(plan.clone());
    for child in plan["Plans"].as_array().into_iter().flatten() {
        nodes(child, found);
    }
}

impl TestApp {
    async fn put_million(&self) {
        self.database.put_account(A1, Some(ALICE), "KRW", 0, 1).await;
        let sql = format!(
            "insert into transactions_g1.entries
             select p * 3, p, timestamptz '2027-01-01T00:00:00Z' + p * interval '1 s', '{}', gen_random_uuid(), '{}',
                 1, p, 'deposit', null, 'r' || p
             from generate_series(1, {ENTRIES}) as p;
             insert into transactions_g1.ticks
             select timestamptz '2027-01-01T00:00:00Z' + p * interval '1 s', p * 3
             from generate_series(1, {ENTRIES}) as p;
             analyze transactions_g1.entries, transactions_g1.ticks",
            id(A1),
            id(0x999)
        );
        self.database.run(&sql).await;
    }

    /// The nodes of the plan, and the blocks that the whole statement touched.
    pub(crate) async fn explain(&self, mode: &str, prepared: &str, arguments: &str) -> (Vec<Value>, i64) {
        let mut connection = self.database.pool.acquire().await.expect("a connection");
        for sql in ["deallocate all", &format!("set plan_cache_mode = {mode}"), &format!("prepare p as {prepared}")] {
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *connection).await.expect(sql);
        }
        let explain = format!("explain (analyze, buffers, format json) execute p ({arguments})");
        let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.expect("a plan");
        let plan: Value = rows[0].get(0);
        let mut found = Vec::new();
        nodes(&plan[0]["Plan"], &mut found);
        let blocks = found[0]["Shared Hit Blocks"].as_i64().unwrap_or_default()
            + found[0]["Shared Read Blocks"].as_i64().unwrap_or_default();
        (found, blocks)
    }
}

#[tokio::test]
async fn the_last_page_of_a_million_costs_what_the_first_does() {
    let app = TestApp::start().await;
    app.put_million().await;
    let statement = statement("transactions.sql");
    for mode in ["force_generic_plan", "force_custom_plan"] {
        let mut costs = Vec::new();
        let ends = [i64::MAX, ENTRIES * 3 / 2, 300];
        for before in ends {
            let (found, blocks) = app.explain(mode, &statement, &page_arguments(before, NO_FILTER)).await;
            assert_entries_are_read_backward(&found, 51);
            costs.push(blocks);
        }
        // A page and a descent are a dozen blocks; what lies between is how full the pages happen to be, and whether the other
        // side of each line is looked up by itself (at most two blocks each). A scan is thousands.
        let (least, most) = (costs.iter().min().expect("three"), costs.iter().max().expect("three"));
        assert!(most - least <= 30 + 2 * 51, "{mode}: blocks touched at the ends: {costs:?}");
    }

    a_filter_looks_at_so_many_and_no_more(&app, &statement).await;
    let page = |query: &str| format!("/v1/accounts/{}/transactions?limit=50{query}", id(A1));
    let begun = Instant::now();
    let first = app.get(&page(""), app.member(ALICE)).await;
    let at_the_start = begun.elapsed();
    assert_eq!(first.ok()["items"][0]["position"], ENTRIES * 3);
    let begun = Instant::now();
    let last = app.get(&page("&to=2027-01-01T00:00:51Z"), app.member(ALICE)).await;
    println!("first page {at_the_start:?}, last page {:?}", begun.elapsed());
    assert_eq!(last.ok()["items"][49]["position"], 3);
    assert!(last.body["next_cursor"].is_null());
    a_balance_of_long_ago_is_one_descent(&app).await;
    app.finish().await;
}

/// How many entries are looked at, and what is let through.
const NO_FILTER: &str = "51, null, null, null, null, null, null";
const LOOKED_AT: i64 = 20_000;

fn page_arguments(before: i64, filter: &str) -> String {
    format!("array['transactions', 'accounts', 'members'], '{}', null, null, {before}, 51, {filter}", id(A1))
}

fn assert_entries_are_read_backward(found: &[Value], most: i64) {
    let entries: Vec<_> = found
        .iter()
        .filter(|node| node["Relation Name"] == "entries" && node["Actual Loops"].as_i64() > Some(0))
        .collect();
    assert!(!entries.is_empty());
    for node in entries {
        assert!(node["Node Type"].as_str().is_some_and(|kind| kind.starts_with("Index")), "{node}");
        assert_eq!(node["Index Name"], "entries_pkey", "{node}");
        assert_eq!(node["Scan Direction"], "Backward", "{node}");
        assert!(node["Actual Rows"].as_i64() <= Some(most), "{node}");
    }
    assert_no_sort_of_entries(found);
}

/// Whatever is looked for, and wherever: a page looks at a bounded number of entries, in order, and says where to go on.
async fn a_filter_looks_at_so_many_and_no_more(app: &TestApp, statement: &str) {
    let filters = ["'reversal', null, null, null, null, null", "null, '2', null, null, null, null"];
    for (mode, filter) in ["force_generic_plan", "force_custom_plan"].into_iter().zip(filters) {
        for before in [i64::MAX, ENTRIES * 3 / 2] {
            let arguments = page_arguments(before, &format!("{LOOKED_AT}, {filter}"));
            let (found, _) = app.explain(mode, statement, &arguments).await;
            assert_entries_are_read_backward(&found, LOOKED_AT);
        }
    }
    // The oldest of a million: found after fifty pages, of which each costs the same.
    let (mut cursor, mut pages) = (String::new(), 0);
    loop {
        let path = format!("/v1/accounts/{}/transactions?reference=r1{cursor}", id(A1));
        let page = app.get(&path, app.member(ALICE)).await;
        pages += 1;
        if let Some(found) = page.ok()["items"].as_array().and_then(|items| items.first()) {
            assert_eq!((found["position"].as_i64(), found["reference"].as_str()), (Some(3), Some("r1")));
            break;
        }
        cursor = format!("&cursor={}", page.body["next_cursor"].as_str().expect("it goes on"));
    }
    assert_eq!(pages, ENTRIES / LOOKED_AT);
}

/// The registry is sorted, four rows of it; what is paged over must not be.
fn assert_no_sort_of_entries(found: &[Value]) {
    for sort in found.iter().filter(|node| node["Node Type"].as_str().is_some_and(|kind| kind.contains("Sort"))) {
        let mut below = Vec::new();
        nodes(sort, &mut below);
        assert!(below.iter().all(|node| node["Relation Name"] != "entries"), "{sort}");
    }
}

async fn a_balance_of_long_ago_is_one_descent(app: &TestApp) {
    let statement = statement("balance.sql");
    for mode in ["force_generic_plan", "force_custom_plan"] {
        for moment in ["'2027-01-01T00:00:51Z', null", "null, 1500000", "null, null"] {
            let arguments = format!("array['transactions', 'accounts', 'members'], '{}', {moment}", id(A1));
            let (found, blocks) = app.explain(mode, &statement, &arguments).await;
            for node in found.iter().filter(|node| {
                (node["Relation Name"] == "entries" || node["Relation Name"] == "ticks")
                    && node["Actual Loops"].as_i64() > Some(0)
            }) {
                assert!(node["Node Type"].as_str().is_some_and(|kind| kind.starts_with("Index")), "{node}");
            }
            assert_no_sort_of_entries(&found);
            assert!(blocks < 60, "{mode} {moment}: {blocks} blocks");
        }
    }
}

/// Of an account that was paid from many holds the few that are active, and the oldest, cost no more for that.
#[tokio::test]
async fn few_holds_are_found_among_many() {
    const HOLDS: i64 = 100_000;
    let app = TestApp::start().await;
    app.database.put_account(A1, Some(ALICE), "KRW", 0, 1).await;
    let sql = format!(
        "insert into holds_g1.holds
         select p * 2, p * 2 + 1, timestamptz '2027-01-01T00:00:00Z' + p * interval '1 s', '2028-01-01T00:00:00Z',
             gen_random_uuid(), '{other}', '{}', '{other}', 10, case when p > 3 then 10 else 0 end, 0,
             case when p > 3 then 'captured' else 'active' end, 'KRW', null, null
         from generate_series(1, {HOLDS}) as p;
         analyze holds_g1.holds",
        id(A1),
        other = id(0x999)
    );
    app.database.run(&sql).await;
    let statement = statement("holds.sql");
    for mode in ["force_generic_plan", "force_custom_plan"] {
        for statuses in ["active", "expired", "active,captured,released,expired"] {
            for before in [i64::MAX, 300] {
                let arguments = format!("array['holds', 'accounts'], '{}', '{{{statuses}}}', {before}, 51", id(A1));
                let (found, blocks) = app.explain(mode, &statement, &arguments).await;
                let of_holds = found.iter().filter(|node| node["Relation Name"] == "holds");
                for node in of_holds.filter(|node| node["Actual Loops"].as_i64() > Some(0)) {
                    assert!(node["Node Type"].as_str().is_some_and(|kind| kind.starts_with("Index")), "{node}");
                }
                assert!(blocks < 300, "{mode} {statuses} {before}: {blocks} blocks");
            }
        }
    }
    let active = app.get(&format!("/v1/accounts/{}/holds?status=active", id(A1)), app.member(ALICE)).await;
    let positions: Vec<_> =
        active.ok()["items"].as_array().expect("items").iter().map(|item| &item["position"]).collect();
    assert_eq!(positions, [7, 5, 3]);
    app.finish().await;
}

/// Chunks of a thousand rows and chunks of one: the first page costs what the last does.
#[tokio::test]
async fn a_page_of_a_long_payout_run_is_a_run_of_an_index() {
    const CHUNKS: i64 = 200;
    let app = TestApp::start().await;
    let run = id(0x9a1);
    let sql = format!(
        "insert into payout_runs_g1.payout_chunks (position, last_row, chunk, run_id, chunk_id)
         select c, c * 1000, c, '{run}', gen_random_uuid() from generate_series(1, {CHUNKS}) as c;
         insert into payout_runs_g1.payout_rows (row_number, chunk_id, account_id, amount)
         select c.last_row - 1000 + r, c.chunk_id, gen_random_uuid(), 10
         from payout_runs_g1.payout_chunks as c cross join generate_series(1, case when c.chunk % 4 = 0 then 1 else 1000 end) as r;
         insert into payout_runs_g1.payout_results (position, row_number, run_id, transfer_id)
         select 9, row_number, '{run}', gen_random_uuid() from payout_runs_g1.payout_rows;
         insert into payout_runs_g1.payout_runs (opened_position, position, rows, posted, refused, done_before, recorded_at, run_id,
             source, opened_by, total, paid, status, asset, name, reference)
         select 1, 9, count(*), count(*), 0, 0, '2026-11-21T09:10:00Z', '{run}', '{run}', '{run}', 0, 0, 'finished', 'KRW', '', ''
         from payout_runs_g1.payout_rows;
         analyze payout_runs_g1.payout_chunks, payout_runs_g1.payout_rows, payout_runs_g1.payout_results"
    );
    app.database.run(&sql).await;
    let statement = statement("payout_results.sql");
    for mode in ["force_generic_plan", "force_custom_plan"] {
        for after in [0, 100_500, 199_990] {
            let arguments = format!("array['payout_runs'], '{run}', {after}, 51");
            let (found, blocks) = app.explain(mode, &statement, &arguments).await;
            let rows = found.iter().filter(|node| {
                let is_long = node["Relation Name"] == "payout_rows" || node["Relation Name"] == "payout_results";
                is_long && node["Actual Loops"].as_i64() > Some(0)
            });
            for node in rows {
                assert!(node["Node Type"].as_str().is_some_and(|kind| kind.contains("Index")), "{node}");
            }
            assert!(blocks < 500, "{mode} {after}: {blocks} blocks");
        }
    }
    let page = app.get(&format!("/v1/payout-runs/{run}/results?limit=200"), app.operator()).await;
    let rows: Vec<_> = page.ok()["items"].as_array().expect("items").iter().map(|item| item["row"].as_i64()).collect();
    assert_eq!(rows, (1..=200).map(Some).collect::<Vec<_>>());
    app.finish().await;
}
