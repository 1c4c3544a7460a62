//! Whether the checks would notice: what they look at is damaged here, and they must fail.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use kernel::{Ids, RandomIds};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};
use uuid::Uuid;

use crate::support::{ALL, Journal, Ledger, TestApp};

async fn run(url: &str, sql: String) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

/// Whether the check fails; it panics as any failing test does.
async fn fails<T>(check: impl Future<Output = T>) -> bool {
    AssertUnwindSafe(check).catch_unwind().await.is_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_says_something_else_than_the_log_is_found() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 10).await.expect(201);
    app.check_views().await;
    let views = app.pair.views.superuser_url();
    for (table, damage, repair) in [
        ("live.accounts", "balance = balance + 1", "balance = balance - 1"),
        ("live.accounts", "version = version + 1", "version = version - 1"),
        ("live.entries", "amount = amount - 1", "amount = amount + 1"),
    ] {
        run(&views, format!("update {table} set {damage} where account_id = '{from}'")).await;
        assert!(fails(app.check_views()).await, "{table} with {damage}");
        run(&views, format!("update {table} set {repair} where account_id = '{from}'")).await;
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_breaks_a_rule_is_found() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 10).await.expect(201);
    let log = app.pair.log.superuser_url();
    Ledger::read(&log).await;
    app.bank.end_all().await.unwrap();
    // A credit out of nothing, in a commit of its own, with right positions and versions.
    let transfer = RandomIds.fresh();
    let forge = |balance: &str, version: i64| {
        let payload = json!({"transfer": transfer, "amount": "5", "balance": balance});
        EditedCommit::new(vec![EditedEvent::new(to, version, "AccountCredited", payload.to_string())])
    };
    let end = app.head().await;
    for (what, balance, version) in [("one-sided", "15", 3), ("a wrong balance", "16", 3), ("a gap", "15", 4)] {
        let forge = |log: &mut EditedLog| {
            log.append(forge(balance, version));
        };
        EditedLog::edit(&log, forge).await.unwrap();
        assert!(fails(async { Ledger::read(&log).await.check_sums() }).await, "{what}");
        EditedLog::edit(&log, |log| log.cut_after(end)).await.unwrap();
    }
    Ledger::read(&log).await.check_sums();
    run(&log, "update log_head set position = position + 1".to_owned()).await;
    assert!(fails(Ledger::read(&log)).await, "a head beyond the last event");
}

#[tokio::test]
async fn an_answer_that_the_log_does_not_keep_is_found() {
    let (mut ledger, id) = (Ledger::default(), Uuid::from_u128(1));
    let journal = Journal::default();
    journal.note_posted("a", id);
    assert!(fails(async { journal.check(&ledger) }).await, "answered, and not there");
    ledger.note_transfer(id, "a");
    assert_eq!(journal.check(&ledger), (0, 0));
    ledger.note_transfer(Uuid::from_u128(2), "a");
    assert!(fails(async { journal.check(&ledger) }).await, "answered once, and there twice");
    ledger.posted.remove(&Uuid::from_u128(2));
    ledger.note_transfer(Uuid::from_u128(3), "b");
    assert!(fails(async { journal.check(&ledger) }).await, "there, and nobody asked");
}
