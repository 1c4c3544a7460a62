//! Any single change of any column of any view is found: by `views compare` against a sound generation, by the gate of a
//! rebuild, and by `log verify` against the log. The catalog says which tables and columns there are.

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

/// Changes of one column, each of one row; a null becomes a value and a value null.
fn changes_of(column: &Column) -> Vec<Change> {
    let Column { table, column: name, kind } = column;
    let some = match kind.as_str() {
        "text" => "''",
        "uuid" => "'00000000-0000-0000-0000-000000000000'",
        "timestamp with time zone" => "'2000-01-01T00:00:00Z'",
        "date" => "'2000-01-01'",
        "boolean" => "false",
        "jsonb" => "'[]'",
        _ => "0",
    };
    let change = |sql: &str, wanted: &str| Change {
        what: format!("{table}.{name} becomes {sql}"),
        sql: format!(
            "update {table} set {name} = {sql} where ctid = (select ctid from {table} where {wanted} order by ctid limit 1)"
        ),
    };
    let mut changes: Vec<Change> =
        others(kind, name).iter().map(|other| change(other, &format!("{name} is not null"))).collect();
    changes.push(change("null", &format!("{name} is not null")));
    changes.push(change(some, &format!("{name} is null")));
    changes
}

/// A row of each table that is lost, and changes that leave counts, sums or sets of values as they are.
fn changes_of_tables(view: &str, tables: &[String]) -> Vec<Change> {
    let all: &[(&str, &str)] = match view {
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
        ],
        "members" => &[("a state that nobody is in", "insert into member_counts values ('unheard', 0)")],
        _ => &[],
    };
    let lost = tables.iter().map(|table| Change {
        what: format!("a row of {table} is lost"),
        sql: format!("delete from {table} where ctid = (select min(ctid) from {table})"),
    });
    let more = all.iter().map(|(what, sql)| Change { what: (*what).to_owned(), sql: (*sql).to_owned() });
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
const PARTS: usize = 6;

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
    for change in columns.iter().flat_map(changes_of).chain(changes_of_tables(view, &tables)) {
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
        let proof = databases.run(&["log", "verify"]);
        assert_eq!(proof.code, 1, "{view}: {} is not found by log verify: {}", change.what, proof.all());
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
