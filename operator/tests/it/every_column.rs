//! Any single change of any column of any view is found: by `views compare` against a sound generation, by the gate of a
//! rebuild, and by `log verify` against the log. The catalog says which tables and columns there are.

use std::collections::HashSet;

use serde_json::Value;

use crate::databases::TestDatabases;

/// A column of the live generation of a view.
struct Column {
    table: String,
    column: String,
    kind: String,
}

/// A change of one row, or of a whole table.
struct Change {
    what: String,
    sql: String,
    /// Whether `log verify` is asked too. It compares values, and a comparison of views sums of digests, in which small changes could hide:
    /// of one column the first change and the null are enough for it.
    is_verified: bool,
}

async fn columns(databases: &TestDatabases, view: &str) -> Vec<Column> {
    let sql = format!(
        "select json_build_object('table', t.relname, 'column', a.attname, 'kind', format_type(a.atttypid, null))
         from pg_class as t join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
         where t.relnamespace = '{view}_g1'::regnamespace and t.relkind = 'r' order by t.relname, a.attnum"
    );
    let text = |line: &Value, of: &str| line[of].as_str().expect("text").to_owned();
    let all = databases.views_lines(&sql).await;
    all.iter()
        .map(|line| Column { table: text(line, "table"), column: text(line, "column"), kind: text(line, "kind") })
        .collect()
}

/// Other values that differ from the one that is there by as little as the type allows.
fn others(kind: &str, column: &str) -> Vec<String> {
    let forms: &[&str] = match kind {
        "bigint" | "integer" => &["-({c}) - (({c}) = 0)::int", "({c}) + 1", "({c}) # 4611686018427387904"],
        "numeric" => &["-({c}) - (({c}) = 0)::int", "({c}) + 1"],
        "text" => &["{c} || ' '", "upper({c}) || ','", "reverse({c}) || '\"'"],
        "uuid" => {
            &["overlay(({c})::text placing case when right(({c})::text, 1) = '0' then '1' else '0' end from 36)::uuid"]
        }
        "timestamp with time zone" => &["({c}) + interval '1 microsecond'", "({c}) - interval '1 microsecond'"],
        "date" => &["({c}) + 1"],
        "boolean" => &["not ({c})"],
        "jsonb" => &[
            r#"jsonb_set({c}, '{0,version}', '0')"#,
            r#"jsonb_set({c}, '{0,amount}', '"-31"')"#,
            r#"jsonb_set({c}, '{1,odd}', 'null')"#,
            "{c} - 2",
        ],
        other => panic!("no change is known for a column of type {other}"),
    };
    forms.iter().map(|form| form.replace("{c}", column)).collect()
}

/// Changes of one column, each of one row; a null becomes a value and a value null. All values that a type has are tried on the first column
/// of the view that has it, and one of them on each other: what becomes of a value in a comparison depends on its type alone.
fn changes_of(column: &Column, is_first_of_kind: bool) -> Vec<Change> {
    let Column { table, column, kind } = column;
    // One of them is a word of SQL.
    let name = &format!("\"{column}\"");
    let some = match kind.as_str() {
        "text" => "''",
        "uuid" => "'00000000-0000-0000-0000-000000000000'",
        "timestamp with time zone" => "'2000-01-01T00:00:00Z'",
        "date" => "'2000-01-01'",
        "boolean" => "false",
        "jsonb" => "'[]'",
        _ => "0",
    };
    let change = |sql: &str, wanted: &str, is_verified: bool| Change {
        is_verified,
        what: format!("{table}.{name} becomes {sql}"),
        sql: format!(
            "update {table} set {name} = {sql} where ctid = (select ctid from {table} where {wanted} order by ctid limit 1)"
        ),
    };
    let (filled, empty) = (format!("{name} is not null"), format!("{name} is null"));
    let others = others(kind, name);
    let tried = if is_first_of_kind { others.len() } else { 1 };
    let mut changes: Vec<Change> =
        others.iter().take(tried).enumerate().map(|(index, other)| change(other, &filled, index == 0)).collect();
    changes.push(change("null", &filled, true));
    changes.push(change(some, &empty, true));
    changes
}

/// Changes of what the views show of accounts and transfers.
fn changes_of_money(view: &str) -> &'static [(&'static str, &'static str)] {
    match view {
        "accounts" => &[
            ("every balance has the other sign", "update accounts set balance = -balance"),
            (
                "two accounts have each other's balance",
                "update accounts as a set balance = b.balance from accounts as b
                 where a.account_id = (select account_id from accounts order by balance limit 1)
                    and b.account_id = (select account_id from accounts order by balance desc limit 1)
                    or b.account_id = (select account_id from accounts order by balance limit 1)
                    and a.account_id = (select account_id from accounts order by balance desc limit 1)",
            ),
            ("nothing is held", "update accounts set held = 0"),
            ("every row is there twice", "insert into accounts select * from accounts"),
        ],
        "transactions" => &[
            (
                "both entries of a transfer are lost: they add up to zero",
                "delete from entries where transfer_id = (select transfer_id from entries order by position limit 1)",
            ),
            ("every amount has the other sign", "update entries set amount = -amount"),
            ("every entry is there twice", "insert into entries select * from entries"),
        ],
        "transfers" => {
            &[("source and destination are swapped", "update transfers set source = destination, destination = source")]
        }
        "overview" => &[
            (
                "the sums have the other sign",
                "update asset_totals set member_sum = -member_sum, system_sum = -system_sum",
            ),
            ("activity is counted twice", "insert into activity select * from activity"),
            ("refusals are counted twice", "insert into refusals select * from refusals"),
            (
                "orders that are paused and those that are not are swapped",
                "update record_states set counted_as = case counted_as when 'orders_paused' then 'orders_active'
                     else 'orders_paused' end where counted_as <> 'open_holds'",
            ),
        ],
        _ => &[],
    }
}

/// Changes of what the other views show.
fn changes_of_others(view: &str) -> &'static [(&'static str, &'static str)] {
    match view {
        "holds" => &[
            (
                "what is paid and what is given back are swapped",
                "update holds set captured = released, released = captured",
            ),
            ("every row is there twice", "insert into holds select * from holds"),
        ],
        "limits" => &[
            ("what is used counts twice", "update limit_uses set amount = amount * 2, count = count * 2"),
            ("every assignment is there twice", "insert into limit_assignments select * from limit_assignments"),
        ],
        "items" => &[
            (
                "two items have each other's owner",
                "update items as i set owner = other.owner from items as other where i.item_id <> other.item_id",
            ),
            (
                "buyer and seller are swapped",
                "update offers set buyer = seller, seller = buyer where buyer is not null",
            ),
        ],
        "standing_orders" => &[
            (
                "source and destination are swapped",
                "update standing_orders set source = destination, destination = source",
            ),
            ("every run is there twice", "insert into standing_order_runs select * from standing_order_runs"),
        ],
        "payout_runs" => &[
            (
                "what was posted and what was refused are swapped",
                "update payout_runs set posted = refused, refused = posted",
            ),
            ("every result is there twice", "insert into payout_results select * from payout_results"),
        ],
        "webhooks" => &[
            ("what is enabled and what is not are swapped", "update webhooks set enabled = not enabled"),
            ("every row is there twice", "insert into webhooks select * from webhooks"),
        ],
        "processes" => &[("every step is there twice", "insert into process_steps select * from process_steps")],
        "members" => &[("a state that nobody is in", "insert into member_counts values ('unheard', 0)")],
        _ => &[],
    }
}

/// A row of each table that is lost, and changes that leave counts, sums or sets of values as they are.
fn changes_of_tables(view: &str, tables: &[String]) -> Vec<Change> {
    let all = changes_of_money(view).iter().chain(changes_of_others(view));
    let lost = tables.iter().map(|table| Change {
        is_verified: true,
        what: format!("a row of {table} is lost"),
        sql: format!("delete from {table} where ctid = (select min(ctid) from {table})"),
    });
    let more = all.map(|(what, sql)| Change { is_verified: true, what: (*what).to_owned(), sql: (*sql).to_owned() });
    lost.chain(more).collect()
}

/// Takes away what would refuse a change, and keeps a copy of each table.
async fn prepare(databases: &TestDatabases, view: &str) -> Vec<String> {
    let tables = columns(databases, view).await;
    let mut tables: Vec<String> = tables.into_iter().map(|column| column.table).collect();
    tables.dedup();
    let copies = tables.iter().map(|t| format!("create table kept.{t} as select * from {view}_g1.{t};"));
    let sql = format!(
        "create schema if not exists kept; {}
         do $$ declare r record; begin
            for r in select conrelid::regclass as t, conname from pg_constraint where connamespace = '{view}_g1'::regnamespace
            loop execute format('alter table %s drop constraint %I', r.t, r.conname); end loop;
            for r in select a.attrelid::regclass as t, a.attname from pg_attribute as a join pg_class as c on c.oid = a.attrelid
                where c.relnamespace = '{view}_g1'::regnamespace and c.relkind = 'r' and a.attnotnull and a.attnum > 0
            loop execute format('alter table %s alter column %I drop not null', r.t, r.attname); end loop;
         end $$",
        copies.collect::<String>()
    );
    databases.on_views(&sql).await;
    tables
}

/// The views are divided among this many tests, which run beside each other: the view at place `n` belongs to part `n % PARTS`.
const PARTS: usize = 7;

#[tokio::test]
async fn any_change_of_any_column_is_found_in_part_0() {
    any_change_is_found_in_part(0).await;
}

#[tokio::test]
async fn any_change_of_any_column_is_found_in_part_1() {
    any_change_is_found_in_part(1).await;
}

#[tokio::test]
async fn any_change_of_any_column_is_found_in_part_2() {
    any_change_is_found_in_part(2).await;
}

#[tokio::test]
async fn any_change_of_any_column_is_found_in_part_3() {
    any_change_is_found_in_part(3).await;
}

#[tokio::test]
async fn any_change_of_any_column_is_found_in_part_4() {
    any_change_is_found_in_part(4).await;
}

#[tokio::test]
async fn any_change_of_any_column_is_found_in_part_5() {
    any_change_is_found_in_part(5).await;
}

#[tokio::test]
async fn any_change_of_any_column_is_found_in_part_6() {
    any_change_is_found_in_part(6).await;
}

async fn any_change_is_found_in_part(part: usize) {
    for view in ::views::names().into_iter().skip(part).step_by(PARTS) {
        any_change_is_found(view).await;
    }
}

async fn any_change_is_found(view: &str) {
    let databases = TestDatabases::with_bank().await;
    // The sound one: keys and checks stay with it, so that its rows can be distinguished.
    databases.views(&["rebuild", view, "--no-promote"]).expect(0);
    let tables = prepare(&databases, view).await;
    let columns = columns(&databases, view).await;
    assert!(!columns.is_empty(), "{view} has no columns");
    let mut kinds = HashSet::new();
    let of_columns = columns.iter().flat_map(|column| changes_of(column, kinds.insert(&column.kind)));
    for change in of_columns.chain(changes_of_tables(view, &tables)) {
        let sql = format!("set search_path to {view}_g1; {}", change.sql);
        databases.on_views(&sql).await;
        let differing = tables.iter().map(|t| {
            format!(
                "select row_to_json(x) from ((table {view}_g1.{t} except all table kept.{t})
                    union all (table kept.{t} except all table {view}_g1.{t})) as x"
            )
        });
        if databases.views_lines(&differing.collect::<Vec<_>>().join(" union all ")).await.is_empty() {
            continue;
        }
        let found = databases.views(&["compare", view, "--generation", "2"]);
        assert_eq!(found.code, 1, "{view}: {} is not found by a comparison: {}", change.what, found.all());
        if change.is_verified {
            let proof = databases.run(&["log", "verify"]);
            assert_eq!(proof.code, 1, "{view}: {} is not found by log verify: {}", change.what, proof.all());
        }
        let repair = tables
            .iter()
            .map(|t| format!("delete from {view}_g1.{t}; insert into {view}_g1.{t} select * from kept.{t};"));
        databases.on_views(&repair.collect::<String>()).await;
    }
    databases.views(&["compare", view, "--generation", "2"]).expect(0);
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn a_rebuild_does_not_promote_over_balances_of_the_other_sign() {
    let databases = TestDatabases::with_bank().await;
    databases.on_views("update accounts_g1.accounts set balance = -balance").await;
    let made = databases.views(&["rebuild", "accounts"]).expect(1).json();
    assert_eq!(made["state"], "failed", "{made}");
    assert_eq!(made["comparison"]["equal"], false);
    assert_eq!(databases.live("accounts"), 1);
    databases.drop().await;
}

#[tokio::test]
async fn a_column_without_a_proof_is_reported() {
    let databases = TestDatabases::with_bank().await;
    databases.on_views("alter table accounts_g1.accounts add column bonus bigint").await;
    let proof = databases.run(&["log", "verify"]).expect(1);
    assert!(proof.stdout.contains("column accounts.bonus is not proved"), "{}", proof.all());
    databases.drop().await;
}
