//! Lists: pages, cursors, ranges.

use std::collections::HashSet;

use kernel::AccountNumber;
use serde_json::Value;

use crate::app::{A1, ALICE, B1, BOB, TestApp, id};

fn positions(page: &Value) -> Vec<i64> {
    page["items"].as_array().expect("items").iter().map(|item| item["position"].as_i64().expect("one")).collect()
}

impl TestApp {
    /// Entries at these positions of Alice's account, one a second.
    async fn put_entries(&self, from: i64, to: i64) {
        let sql = format!(
            "insert into transactions_g1.entries
             select p, p, timestamptz '2027-01-01T00:00:00Z' + p * interval '1 s', '{}', gen_random_uuid(), '{}', 1, p,
                 'deposit', null, 'r' || p
             from generate_series({from}, {to}) as p;
             insert into transactions_g1.ticks
             select timestamptz '2027-01-01T00:00:00Z' + p * interval '1 s', p from generate_series({from}, {to}) as p",
            id(A1),
            id(0x999)
        );
        self.database.run(&sql).await;
    }
}

#[tokio::test]
async fn pages_join_without_gap_or_repeat_while_new_items_arrive() {
    let app = TestApp::start().await;
    app.database.put_account(A1, Some(ALICE), "KRW", 0, 1).await;
    app.put_entries(1, 500).await;
    let (mut seen, mut cursor, mut newest) = (Vec::new(), String::new(), 500);
    loop {
        let path = format!("/v1/accounts/{}/transactions?limit=37{cursor}", id(A1));
        let page = app.get(&path, app.member(ALICE)).await;
        seen.extend(positions(page.ok()));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        app.put_entries(newest + 1, newest + 20).await;
        newest += 20;
    }
    assert_eq!(seen, (1..=500).rev().collect::<Vec<_>>());
    app.finish().await;
}

#[tokio::test]
async fn a_range_of_times_holds_its_beginning_and_not_its_end() {
    let app = TestApp::start().await;
    app.database.put_account(A1, Some(ALICE), "KRW", 0, 1).await;
    app.put_entries(1, 100).await;
    let listed = async |query: &str| {
        let path = format!("/v1/accounts/{}/transactions?limit=200&{query}", id(A1));
        positions(app.get(&path, app.member(ALICE)).await.ok())
    };
    let down = |from: i64, to: i64| (from..=to).rev().collect::<Vec<_>>();
    assert_eq!(listed("from=2027-01-01T00:00:50Z").await, down(50, 100));
    assert_eq!(listed("to=2027-01-01T00:00:50Z").await, down(1, 49));
    assert_eq!(listed("from=2027-01-01T00:00:10Z&to=2027-01-01T00:00:12Z").await, [11, 10]);
    assert_eq!(listed("from=2027-01-01T00:00:10.5Z&to=2027-01-01T00:00:10.6Z").await, [0; 0]);
    assert_eq!(listed("from=2027-01-01T00:00:10.0000001Z&to=2027-01-01T00:00:12Z").await, [11]);
    assert_eq!(listed("from=2027-01-01T00:00:10Z&to=2027-01-01T00:00:11.0000009Z").await, [11, 10]);
    assert_eq!(listed("from=2027-01-01T00:00:09.9999999Z&to=2027-01-01T00:00:10.9999999Z").await, [10]);
    assert_eq!(listed("from=2027-01-01T09:00:10%2B09:00&to=2027-01-01T00:00:11Z").await, [10]);
    assert_eq!(listed("from=2028-01-01T00:00:00Z").await, [0; 0]);
    assert_eq!(listed("to=2020-01-01T00:00:00Z").await, [0; 0]);
    assert_eq!(listed("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z").await, down(1, 100));
    app.finish().await;
}

/// Every filter alone, together, and with pages.
#[tokio::test]
async fn a_statement_can_be_filtered() {
    let app = TestApp::start().await;
    let database = &app.database;
    database.put_account(A1, Some(ALICE), "KRW", 0, 1).await;
    database.put_account(B1, Some(BOB), "KRW", 0, 1).await;
    let sql = format!(
        "insert into transactions_g1.entries
         select p, p, timestamptz '2027-01-01T00:00:00Z' + p * interval '1 s', '{}', gen_random_uuid(),
             case when p % 3 = 0 then '{}'::uuid else '{}' end,
             case when p % 2 = 0 then p else -p end, 0,
             (array['transfer', 'deposit', 'capture', 'reversal', 'compound'])[1 + p % 5], null, 'r' || p % 10
         from generate_series(1, 120) as p;
         insert into transactions_g1.ticks
         select timestamptz '2027-01-01T00:00:00Z' + p * interval '1 s', p from generate_series(1, 120) as p",
        id(A1),
        id(B1),
        id(0x999)
    );
    database.run(&sql).await;
    let get = async |query: &str| {
        let path = format!("/v1/accounts/{}/transactions?limit=200&{query}", id(A1));
        app.get(&path, app.member(ALICE)).await
    };
    let listed = async |query: &str| positions(get(query).await.ok());
    let those = |is_one: &dyn Fn(i64) -> bool| (1..=120).rev().filter(|p| is_one(*p)).collect::<Vec<i64>>();
    let bob = AccountNumber::from_digits(u64::try_from(B1).expect("small"));
    assert_eq!(listed("kind=compound").await, those(&|p| p % 5 == 4));
    assert_eq!(listed("kind=transfer").await, those(&|p| p % 5 == 0));
    assert_eq!(listed("kind=capture").await, those(&|p| p % 5 == 2));
    assert_eq!(listed("min=100").await, those(&|p| p >= 100), "whichever way it went");
    assert_eq!(listed("max=7").await, those(&|p| p <= 7));
    assert_eq!(listed("min=7&max=7").await, [7]);
    assert_eq!(listed("min=8&max=7").await, [0; 0]);
    assert_eq!(listed(&format!("counterparty={}", id(B1))).await, those(&|p| p % 3 == 0));
    assert_eq!(listed(&format!("counterparty={bob}")).await, those(&|p| p % 3 == 0));
    assert_eq!(listed(&format!("counterparty={}", AccountNumber::from_digits(0))).await, [0; 0]);
    assert_eq!(listed("reference=r7").await, those(&|p| p % 10 == 7));
    assert_eq!(listed("reference=R7").await, [0; 0]);
    let all = format!("kind=deposit&min=10&max=100&counterparty={bob}&reference=r1&from=2027-01-01T00:00:30Z");
    assert_eq!(listed(&all).await, those(&|p| p % 30 == 21 && (30..=100).contains(&p)));

    // Pages join, and a cursor belongs to its filter.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/accounts/{}/transactions?limit=7&kind=compound{cursor}", id(A1));
        let page = app.get(&path, app.member(ALICE)).await;
        seen.extend(positions(page.ok()));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, those(&|p| p % 5 == 4));
    get(&format!("kind=deposit{cursor}")).await.is(400, "cursor-invalid");
    get(cursor.trim_start_matches('&')).await.is(400, "cursor-invalid");
    for (query, field) in [
        ("kind=gift", "kind"),
        ("min=-1", "min"),
        ("max=1e3", "max"),
        ("counterparty=bob", "counterparty"),
        ("reference=", "reference"),
    ] {
        let reply = get(query).await;
        reply.is(400, "validation-failed");
        assert_eq!(reply.body["errors"][0]["field"], field);
    }
    app.finish().await;
}

/// The first screen shows 200 accounts; where there are more it says where the list goes on.
#[tokio::test]
async fn the_first_screen_says_that_there_are_more_accounts() {
    let app = TestApp::start().await;
    for account in 1..=200 {
        app.database.put_account(0xa000 + account, Some(ALICE), "KRW", 0, 1).await;
    }
    let home = async || app.get("/v1/wallet/home", app.member(ALICE)).await.ok().clone();
    let screen = home().await;
    assert_eq!(screen["accounts"].as_array().expect("accounts").len(), 200);
    assert_eq!(screen["accounts_next_cursor"], Value::Null, "these are all");
    for account in 201..=203 {
        app.database.put_account(0xa000 + account, Some(ALICE), "KRW", 0, 1).await;
    }
    let screen = home().await;
    let ids = |list: &Value| -> Vec<String> {
        let accounts = list.as_array().expect("accounts").iter();
        accounts.map(|account| account["account_id"].as_str().expect("an id").to_owned()).collect()
    };
    let cursor = screen["accounts_next_cursor"].as_str().expect("there are more");
    let rest = app.get(&format!("/v1/accounts?cursor={cursor}"), app.member(ALICE)).await;
    let all: Vec<_> = ids(&screen["accounts"]).into_iter().chain(ids(&rest.ok()["items"])).collect();
    assert_eq!(all, (1..=203).rev().map(|n| id(0xa000 + n).to_string()).collect::<Vec<_>>());
    assert_eq!(rest.ok()["next_cursor"], Value::Null);
    app.finish().await;
}

#[tokio::test]
async fn a_cursor_goes_with_its_list_only() {
    let app = TestApp::start().await;
    for (account, owner) in [(A1, ALICE), (0xa3, ALICE), (B1, BOB)] {
        app.database.put_account(account, Some(owner), "KRW", 0, 1).await;
    }
    app.put_entries(1, 10).await;
    let transactions = |account: u128| format!("/v1/accounts/{}/transactions?limit=2", id(account));
    let page = app.get(&transactions(A1), app.member(ALICE)).await;
    let cursor = page.ok()["next_cursor"].as_str().expect("more").to_owned();
    let accounts = app.get("/v1/accounts?limit=1", app.member(ALICE)).await;
    let accounts = accounts.ok()["next_cursor"].as_str().expect("more").to_owned();

    app.get(&format!("{}&cursor={cursor}", transactions(A1)), app.operator()).await.ok();
    let mut turned = cursor.clone();
    turned.replace_range(3..4, if &turned[3..4] == "A" { "B" } else { "A" });
    let foreign = [
        format!("{}&cursor={cursor}", transactions(0xa3)),
        format!("{}&cursor={cursor}&from=2027-01-01T00:00:00Z", transactions(A1)),
        format!("{}&cursor={cursor}&to=2028-01-01T00:00:00Z", transactions(A1)),
        format!("{}&cursor={accounts}", transactions(A1)),
        format!("{}&cursor={turned}", transactions(A1)),
        format!("{}&cursor=", transactions(A1)),
        format!("{}&cursor=%00%F0%9F%92%B8", transactions(A1)),
        format!("{}&cursor={}", transactions(A1), "A".repeat(5000)),
        format!("/v1/accounts?cursor={cursor}"),
    ];
    for path in foreign {
        app.get(&path, app.member(ALICE)).await.is(400, "cursor-invalid");
    }
    app.get(&format!("/v1/accounts?cursor={accounts}"), app.member(BOB)).await.is(400, "cursor-invalid");
    app.get(&format!("/v1/accounts?cursor={accounts}"), app.member(ALICE)).await.ok();
    app.finish().await;
}

#[tokio::test]
async fn accounts_are_paged_too() {
    let app = TestApp::start().await;
    for account in 1..=45 {
        app.database.put_account(account, Some(ALICE + account % 2), "KRW", 0, 1).await;
    }
    for (bearer, expected) in [(app.member(ALICE), 22), (app.operator(), 45)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("/v1/accounts?limit=4{cursor}"), &bearer).await;
            let items = page.ok()["items"].as_array().expect("items");
            seen.extend(items.iter().map(|item| item["account_id"].as_str().expect("an id").to_owned()));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen.len(), expected);
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), expected);
        assert!(seen.is_sorted_by(|a, b| a > b));
    }
    app.finish().await;
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let app = TestApp::with_bank().await;
    let account = format!("/v1/accounts/{}", id(A1));
    let cases = [
        ("/v1/accounts?limit=0".to_owned(), "limit"),
        ("/v1/accounts?limit=201".to_owned(), "limit"),
        ("/v1/accounts?limit=ten".to_owned(), "limit"),
        ("/v1/accounts?limit=".to_owned(), "limit"),
        ("/v1/accounts?owner=alice".to_owned(), "owner"),
        (format!("{account}/transactions?limit=-1"), "limit"),
        (format!("{account}/transactions?from=yesterday"), "from"),
        (format!("{account}/transactions?to=2026-11-21"), "to"),
        (format!("{account}/balance?at=now"), "at"),
        (format!("{account}/holds?status=over"), "status"),
        (format!("{account}/holds?limit=0"), "limit"),
        ("/v1/holds/not-an-id".to_owned(), "id"),
        (format!("{account}/balance?position=-1"), "position"),
        (format!("{account}/balance?position=9223372036854775808"), "position"),
        (format!("{account}/balance?position=1&at=2026-11-21T09:00:00Z"), "position"),
        ("/v1/accounts/not-an-id".to_owned(), "id"),
        ("/v1/transfers/0193000000007000800000000000d1".to_owned(), "id"),
    ];
    for (path, field) in cases {
        let reply = app.get(&path, app.operator()).await;
        reply.is(400, "validation-failed");
        assert_eq!(reply.body["errors"][0]["field"], field, "{path}: {:?}", reply.body);
    }
    let unknown = ["/v1/accounts?x=1", "/v1/wallet/home?x=1", "/v1/views?limit=1", "/v1/accounts?limit=1&limit=2"];
    for path in unknown {
        let bearer = if path.contains("wallet") { app.member(ALICE) } else { app.operator() };
        app.get(path, bearer).await.is(400, "validation-failed");
    }
    app.finish().await;
}
