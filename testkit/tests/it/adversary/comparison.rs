//! Views whose rows differ from the log in what the hash functions of Postgres do not see: signs, lost pairs, doubled rows.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::chaos::Jangbu;

use crate::support::{ALL, TestApp};

async fn on(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_lies_about_money_is_not_equal_to_a_rebuilt_one() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(500).await;
    let (_, to) = app.funded_member(20).await;
    for amount in [7, 13, 13] {
        payer.transfer(from, to, amount).await.expect(201);
    }
    payer.transfer(from, to, 1_000_000).await.expect(422);
    app.check_views().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let views = app.pair.views.superuser_url();
    for (view, table, change) in [
        ("accounts", "accounts", "update {t} set balance = -balance"),
        (
            "accounts",
            "accounts",
            "update {t} set opened_at = opened_at + interval '1 microsecond' where owner is not null",
        ),
        ("accounts", "accounts", "insert into {t} select * from {t}"),
        (
            "transactions",
            "entries",
            "delete from {t} where transfer_id = (select min(transfer_id::text)::uuid from {t})",
        ),
        ("transactions", "entries", "update {t} set amount = -amount, balance_after = -balance_after"),
        ("transfers", "transfers", "update {t} set amount = -amount"),
        ("overview", "asset_totals", "update {t} set member_sum = -member_sum, system_sum = -system_sum"),
        ("top_movers", "movers", "update {t} set volume = -volume"),
    ] {
        let (schema, change) = (format!("{view}_g1"), change.replace("{t}", table));
        on(&views, &format!("create table public.kept as select * from {schema}.{table}")).await;
        // A key that refuses a doubled row is no proof that nobody wrote one.
        on(
            &views,
            &format!(
                "set search_path to {schema}; alter table {table} drop constraint if exists {table}_pkey cascade;
            alter table {table} drop constraint if exists {table}_account_number_key; {change}"
            ),
        )
        .await;
        let made = jangbu.ask(&["views", "rebuild", view, "--reason", "a test"]).await.unwrap().expect(1);
        assert_eq!(made.json["state"], "failed", "{view} with {change}: {}", made.all);
        jangbu.ask(&["log", "verify"]).await.unwrap().expect(1);
        on(
            &views,
            &format!(
                "delete from {schema}.{table}; insert into {schema}.{table} select * from public.kept;
            drop table public.kept"
            ),
        )
        .await;
    }
    // The sums are compared too, and what is equal is equal.
    jangbu.ask(&["log", "verify"]).await.unwrap().expect(0);
    for view in views::names() {
        let made = jangbu.ask(&["views", "rebuild", view, "--reason", "a test"]).await.unwrap().expect(0);
        assert_eq!(made.json["state"], "live", "{}", made.all);
    }
    app.close().await;
}
