//! Few among many, in the lists that operators and their live pages ask for: what waits is found among all that is over,
//! what one operator did among all acts, what failed among all deliveries, and a range of long ago costs what today does.

use serde_json::Value;

use crate::{
    app::{TestApp, id},
    long_history::statement,
};

const MANY: i64 = 100_000;
const MODES: [&str; 2] = ["force_generic_plan", "force_custom_plan"];
/// A page and some descents. A scan is thousands.
const BLOCKS: i64 = 300;
/// From the newest on, and how many with the one that tells whether there is more.
const NEWEST: &str = "9223372036854775807, 51";

/// Explains the statement with each of these arguments, and holds what it reads of the table against the limit.
async fn each_is_a_run_of_an_index(app: &TestApp, (file, table): (&str, &str), arguments: &[String]) {
    let statement = statement(file);
    for mode in MODES {
        for arguments in arguments {
            let (found, blocks) = app.explain(mode, &statement, arguments).await;
            let is_read = |node: &&Value| node["Relation Name"] == table && node["Actual Loops"].as_i64() > Some(0);
            let mut read = 0;
            for node in found.iter().filter(is_read) {
                assert!(node["Node Type"].as_str().is_some_and(|kind| kind.starts_with("Index")), "{mode} {node}");
                read += 1;
            }
            assert!(read > 0, "{mode} {arguments}: nothing is read of {table}");
            assert!(blocks < BLOCKS, "{mode} {arguments}: {blocks} blocks");
        }
    }
}

/// The field of each item.
fn fields(body: &Value, field: &str) -> Vec<Value> {
    body["items"].as_array().expect("items").iter().map(|item| item[field].clone()).collect()
}

#[tokio::test]
async fn the_approvals_that_wait_are_found_among_all_that_were_decided() {
    let app = TestApp::start().await;
    let sql = format!(
        "insert into approvals_g1.approvals (requested_position, requested_at, expires_at, approval_id, requested_by, session_id,
             kind, status, requested_by_name, reason, action)
         select p, '2026-11-21T09:00:00Z', now() + case when p = 2 then interval '-1 hour' else interval '1 hour' end,
             gen_random_uuid(), '{who}', '{who}', 'reversal', case when p <= 3 then 'pending' else 'approved' end, 'minji',
             'case ' || p, '{{}}'
         from generate_series(1, {MANY}) as p;
         analyze approvals_g1.approvals",
        who = id(0x91),
    );
    app.database.run(&sql).await;
    let statuses = ["null", "'pending'", "'expired'", "'approved'", "'withdrawn'"];
    let arguments = statuses.map(|status| format!("array['approvals'], {status}, null, {NEWEST}"));
    each_is_a_run_of_an_index(&app, ("approvals.sql", "approvals"), &arguments).await;
    for (status, expected) in [("pending", vec!["case 3", "case 1"]), ("expired", vec!["case 2"])] {
        let page = app.get(&format!("/v1/approvals?status={status}"), app.operator()).await;
        assert_eq!(fields(page.ok(), "reason"), expected, "{status}");
    }
    let page = app.get("/v1/approvals?status=approved&limit=2", app.operator()).await;
    assert_eq!(fields(page.ok(), "reason"), [format!("case {MANY}"), format!("case {}", MANY - 1)]);
    app.finish().await;
}

#[tokio::test]
async fn the_processes_that_are_stuck_are_found_among_all_that_are_done() {
    let app = TestApp::start().await;
    let sql = format!(
        "insert into processes_g1.processes (started_position, position, started_at, recorded_at, ended_at, process_id, owner, account,
             amount, kind, state, asset)
         select p, p, '2026-11-21T09:00:00Z', '2026-11-21T09:00:00Z', case when p > 3 then timestamptz '2026-11-21T09:00:00Z' end,
             gen_random_uuid(), '{who}', '{who}', 1, case when p % 100 = 0 then 'gift-card' else 'top-up' end,
             case when p <= 3 then 'stuck' else 'done' end, 'KRW'
         from generate_series(1, {MANY}) as p;
         analyze processes_g1.processes",
        who = id(0x91),
    );
    app.database.run(&sql).await;
    let filters = ["null, null", "null, 'stuck'", "null, 'waiting'", "'gift-card', null", "'top-up', 'stuck'"];
    let arguments = filters.map(|filter| format!("array['processes'], {filter}, {NEWEST}"));
    each_is_a_run_of_an_index(&app, ("processes.sql", "processes"), &arguments).await;
    for (query, expected) in [
        ("state=stuck", vec![3, 2, 1]),
        ("state=stuck&kind=top-up", vec![3, 2, 1]),
        ("state=stuck&kind=gift-card", vec![]),
        ("kind=gift-card&limit=2", vec![MANY, MANY - 100]),
        ("limit=2", vec![MANY, MANY - 1]),
    ] {
        let page = app.get(&format!("/v1/processes?{query}"), app.operator()).await;
        assert_eq!(fields(page.ok(), "position"), expected, "{query}");
    }
    app.finish().await;
}

/// Each minute one of fifty operators acts.
#[tokio::test]
async fn acts_of_any_time_and_of_whoever_did_little_are_found_among_all() {
    let app = TestApp::start().await;
    let sql = format!(
        "insert into operators_g1.operator_actions (position, acted_at, operator_id, session_id, command_id, subject, name, reason,
             action)
         select p * 3, timestamptz '2026-01-01T00:00:00Z' + p * interval '1 minute',
             ('00000000-0000-4000-8000-' || lpad((p % 50)::text, 12, '0'))::uuid, '{who}', gen_random_uuid(), '{who}', 'minji', 'a test',
             'AccountFrozen'
         from generate_series(1, {MANY}) as p;
         insert into operators_g1.operator_actions (position, acted_at, operator_id, session_id, command_id, subject, name, reason, action)
         values (1, '2026-01-01T00:00:00Z', '{who}', '{who}', '{who}', '{who}', 'jiwoo', 'a test', 'AccountFrozen');
         analyze operators_g1.operator_actions",
        who = id(0x91),
    );
    app.database.run(&sql).await;
    let (who, nobody) = (id(0x91), id(0x92));
    let filters = [
        "null, null, null".to_owned(),
        "null, '2026-03-11T10:38:00Z', null".to_owned(),
        "null, '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'".to_owned(),
        "null, '2030-01-01T00:00:00Z', null".to_owned(),
        format!("'{who}', null, null"),
        format!("'{nobody}', null, null"),
        "'00000000-0000-4000-8000-000000000007', '2026-01-02T00:00:00Z', '2026-01-05T00:00:00Z'".to_owned(),
    ];
    let arguments = filters.map(|filter| format!("array['operators'], {filter}, {NEWEST}"));
    each_is_a_run_of_an_index(&app, ("operator_actions.sql", "operator_actions"), &arguments).await;
    for (query, expected) in [
        (format!("operator={who}"), vec![1]),
        (format!("operator={nobody}"), vec![]),
        ("from=2026-01-01T00:02:00Z&to=2026-01-01T00:04:00Z".to_owned(), vec![9, 6]),
        ("to=2026-01-01T00:02:00Z".to_owned(), vec![3, 1]),
        ("from=2030-01-01T00:00:00Z".to_owned(), vec![]),
        ("limit=1".to_owned(), vec![MANY * 3]),
        ("operator=00000000-0000-4000-8000-000000000007&to=2026-01-01T01:00:00Z".to_owned(), vec![171, 21]),
    ] {
        let page = app.get(&format!("/v1/audit/actions?{query}"), app.operator()).await;
        assert_eq!(fields(page.ok(), "position"), expected, "{query}");
    }
    app.finish().await;
}

#[tokio::test]
async fn failed_deliveries_are_found_among_all_and_a_page_far_back_costs_what_the_first_does() {
    let app = TestApp::start().await;
    let webhook = id(0x77);
    let sql = format!(
        "insert into webhooks.deliveries (delivery_id, webhook_id, event_id, position, number, type, line, payload, status, created_at,
             settled_at)
         select ('00000000-0000-4000-8000-' || lpad(p::text, 12, '0'))::uuid, '{webhook}', gen_random_uuid(), p, 0,
             'transfer.posted', 'a', '{{}}', case when p <= 3 then 'failed' else 'delivered' end,
             timestamptz '2026-11-21T00:00:00Z' + p * interval '1 second', '2026-11-30T00:00:00Z'
         from generate_series(1, {MANY}) as p;
         analyze webhooks.deliveries"
    );
    app.database.run(&sql).await;
    let old = "'00000000-0000-4000-8000-000000000500'";
    let filters = [
        "null, null, null".to_owned(),
        format!("null, null, {old}"),
        "'failed', null, null".to_owned(),
        format!("'failed', null, {old}"),
        "'dropped', null, null".to_owned(),
        format!("'delivered', '2026-11-21T00:05:00Z', {old}"),
    ];
    let arguments = filters.map(|filter| format!("array['webhooks'], '{webhook}', {filter}, 51"));
    each_is_a_run_of_an_index(&app, ("webhook_deliveries.sql", "deliveries"), &arguments).await;
    app.finish().await;
}
