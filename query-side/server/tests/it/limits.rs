//! Limits: their bodies, who may read them, and what is used when a window is over.

use kernel::{Clock, SystemClock, Zone};
use serde_json::{Value, json};

use crate::app::{A1, A2, ALICE, B1, CASH, TestApp, id};

/// The stream of the limits.
const LIMITS: &str = "6a616e67-6275-5f6c-696d-697473000001";

impl TestApp {
    /// Three limits of KRW, of which one is for everyone and one assigned to Alice's account, and one of USD. Alice has used of today's, and of
    /// last month's.
    async fn with_limits() -> Self {
        let app = Self::with_bank().await;
        let sql = format!(
            "insert into limits_g1.limits (first_position, position, recorded_at, day_count, month_count, per_transfer, day_amount,
                 month_amount, everyone, name, asset, kinds, zone) values
             (10, 16, '2026-11-21T09:11:00.5Z', 3, null, 50000, 100000, null, true, 'daily', 'KRW', 'transfer charge', 'Asia/Seoul'),
             (11, 11, '2026-11-21T09:11:01Z', null, 5, null, null, null, false, 'often', 'KRW', 'withdrawal', 'America/New_York'),
             (12, 12, '2026-11-21T09:11:02Z', null, null, null, null, 700000, false, 'strict', 'KRW', 'transfer', 'UTC'),
             (13, 13, '2026-11-21T09:11:03Z', null, null, 500, null, null, true, 'dollars', 'USD', 'exchange', 'UTC');
             insert into limits_g1.limit_assignments (position, account_id, name) values (14, '{a1}', 'often'), (14, '{a1}', 'gone');
             insert into limits_g1.limit_uses (position, count, until, account_id, amount, name, per) values
             (15, 2, date_trunc('second', clock_timestamp() + interval '1 h'), '{a1}', 30000,
                 'daily', 'day'),
             (15, 4, clock_timestamp() - interval '10 d', '{a1}', 900, 'often', 'month'),
             (15, 1, clock_timestamp() + interval '1 h', '{b1}', 1, 'daily', 'day')",
            a1 = id(A1),
            b1 = id(B1),
        );
        app.database.run(&sql).await;
        app
    }
}

fn limits_of(account: u128) -> String {
    format!("/v1/accounts/{}/limits", id(account))
}

/// Name and window of each item.
fn listed(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| [&item["name"], &item["window"]].map(|text| text.as_str().expect("a text")).join(" ")).collect()
}

/// When the present day of Seoul ends, the month of UTC, and that of New York.
fn ends() -> [Value; 3] {
    let now = SystemClock.now();
    let zone = |name: &str| name.parse::<Zone>().expect("a zone");
    let windows = [Zone::SEOUL.day(now), Zone::UTC.month(now), zone("America/New_York").month(now)];
    windows.map(|window| json!(window.expect("a window").until))
}

#[tokio::test]
async fn every_limit_is_shown_window_by_window_as_it_is_set() {
    let app = TestApp::with_limits().await;
    // A window may end while this runs.
    let before = ends();
    let page = app.get("/v1/limits", app.operator()).await;
    let after = ends();
    let mut items = page.ok()["items"].as_array().expect("items").clone();
    assert_eq!(listed(&page.body), ["dollars transfer", "strict month", "often month", "daily transfer", "daily day"]);
    for (item, window) in [(4, 0), (1, 1), (2, 2)] {
        let resets_at = items[item]["resets_at"].take();
        assert!([&before[window], &after[window]].contains(&&resets_at), "{resets_at}");
    }
    let wanted = json!([
        {"name": "dollars", "window": "transfer", "amount": {"limit": "500"}, "resets_at": null, "asset": "USD", "kinds": ["exchange"],
            "everyone": true, "zone": "UTC", "position": 13, "recorded_at": "2026-11-21T09:11:03Z"},
        {"name": "strict", "window": "month", "amount": {"limit": "700000"}, "resets_at": null, "asset": "KRW", "kinds": ["transfer"],
            "everyone": false, "zone": "UTC", "position": 12, "recorded_at": "2026-11-21T09:11:02Z"},
        {"name": "often", "window": "month", "count": {"limit": 5}, "resets_at": null, "asset": "KRW", "kinds": ["withdrawal"],
            "everyone": false, "zone": "America/New_York", "position": 11, "recorded_at": "2026-11-21T09:11:01Z"},
        {"name": "daily", "window": "transfer", "amount": {"limit": "50000"}, "resets_at": null, "asset": "KRW",
            "kinds": ["transfer", "charge"], "everyone": true, "zone": "Asia/Seoul", "position": 16,
            "recorded_at": "2026-11-21T09:11:00.500Z"},
        {"name": "daily", "window": "day", "amount": {"limit": "100000"}, "count": {"limit": 3}, "resets_at": null, "asset": "KRW",
            "kinds": ["transfer", "charge"], "everyone": true, "zone": "Asia/Seoul", "position": 16,
            "recorded_at": "2026-11-21T09:11:00.500Z"},
    ]);
    assert_eq!(json!(items), wanted);
    assert_eq!((&page.body["next_cursor"], page.number("view-position")), (&Value::Null, 18));
    app.finish().await;
}

#[tokio::test]
async fn an_account_shows_the_limits_that_count_for_it_and_what_is_used() {
    let app = TestApp::with_limits().await;
    let page = app.get(&limits_of(A1), app.member(ALICE)).await;
    let items = page.ok()["items"].as_array().expect("items").clone();
    assert_eq!(listed(&page.body), ["often month", "daily transfer", "daily day"]);
    let [often, one, day] = items.try_into().expect("three windows");
    // The window that was used is over: nothing of the present one is used.
    assert_eq!(often["count"], json!({"limit": 5, "used": 0, "remaining": 5}));
    assert!(often["resets_at"].is_string() && often.get("amount").is_none(), "{often}");
    let all = json!({"limit": "50000", "used": "0", "remaining": "50000"});
    assert_eq!(one, json!({"name": "daily", "window": "transfer", "amount": all, "resets_at": null}));
    assert_eq!(day["amount"], json!({"limit": "100000", "used": "30000", "remaining": "70000"}));
    assert_eq!(day["count"], json!({"limit": 3, "used": 2, "remaining": 1}));
    // It ends when the event that began it said, whatever the zone of the limit says now.
    let until: String = sqlx::query_scalar(
        r#"select to_char(until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from limits_g1.limit_uses
           where account_id = $1 and name = 'daily'"#,
    )
    .bind(id(A1))
    .fetch_one(&app.database.pool)
    .await
    .expect("its end");
    assert_eq!(day["resets_at"], json!(until));

    // Another asset; and nothing counts for an account of the bank.
    let listed = async |account: u128| listed(app.get(&limits_of(account), app.operator()).await.ok());
    assert_eq!(listed(A2).await, ["dollars transfer"]);
    assert_eq!(listed(B1).await, ["daily transfer", "daily day"]);
    assert!(listed(CASH).await.is_empty());
    app.finish().await;
}

/// As the owner, as another member, as a stranger, as a service and as an operator.
#[tokio::test]
async fn limits_are_for_the_owner_and_for_operators() {
    let app = TestApp::with_limits().await;
    assert_eq!(app.statuses("/v1/limits").await, [403, 403, 403, 403, 200]);
    assert_eq!(app.statuses(&limits_of(A1)).await, [200, 404, 404, 403, 200]);
    assert_eq!(app.statuses(&limits_of(B1)).await, [404, 200, 404, 403, 200]);
    assert_eq!(app.statuses(&limits_of(CASH)).await, [404, 404, 404, 403, 200]);
    assert_eq!(app.statuses(&limits_of(0x404)).await, [404, 404, 404, 403, 404]);
    let absent = app.get(&limits_of(0x404), app.member(ALICE)).await;
    let foreign = app.get(&limits_of(B1), app.member(ALICE)).await;
    foreign.is(404, "account-unknown");
    assert_eq!(absent.body["detail"], foreign.body["detail"], "they cannot be distinguished");
    for wrong in ["?limit=0", "?owner=me"] {
        app.get(&format!("/v1/limits{wrong}"), app.operator()).await.is(400, "validation-failed");
    }
    app.finish().await;
}

#[tokio::test]
async fn pages_of_limits_join_while_one_is_set_anew() {
    let app = TestApp::with_limits().await;
    for (path, wanted) in [
        (
            "/v1/limits".to_owned(),
            vec!["dollars transfer", "strict month", "often month", "daily transfer", "daily day"],
        ),
        (limits_of(A1), vec!["often month", "daily transfer", "daily day"]),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("{path}?limit=1{cursor}"), app.operator()).await;
            seen.extend(listed(page.ok()));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
            app.database.run("update limits_g1.limits set position = position + 100").await;
        }
        assert_eq!(seen, wanted);
        app.get(&format!("{}?limit=1{cursor}", limits_of(B1)), app.operator()).await.is(400, "cursor-invalid");
    }
    app.finish().await;
}

/// What is used is not said to be as it was before an event that was put aside.
#[tokio::test]
async fn limits_that_are_put_aside_are_missed() {
    let app = TestApp::with_limits().await;
    let park = async |view: &str, key: &str| {
        let sql = format!(
            "delete from registry.parked_events; delete from registry.parked_keys;
             insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
             values ('{view}', 1, '{key}', 17, 'a test', 'a test');
             insert into registry.parked_events (view, generation, key, position, commit_position, recorded_at, touches)
             values ('{view}', 1, '{key}', 17, 17, '2026-11-21T09:08:00Z', '{{{key}}}')"
        );
        app.database.run(&sql).await;
    };
    park("limits", &id(A1).to_string()).await;
    assert_eq!(app.statuses(&limits_of(A1)).await, [503, 404, 404, 403, 503]);
    assert_eq!(app.statuses(&limits_of(B1)).await, [404, 200, 404, 403, 200]);
    let all = app.get("/v1/limits", app.operator()).await;
    assert_eq!((all.status, all.header("view-missing-events")), (200, None));
    park("limits", LIMITS).await;
    assert_eq!(app.statuses(&limits_of(B1)).await, [404, 503, 404, 403, 503]);
    let all = app.get("/v1/limits", app.operator()).await;
    assert_eq!((all.status, all.header("view-missing-events")), (200, Some("1")));
    // The opening of an account was put aside: it is not known whose it is.
    app.database.run(&format!("delete from accounts_g1.accounts where account_id = '{}'", id(B1))).await;
    park("accounts", &id(B1).to_string()).await;
    assert_eq!(app.statuses(&limits_of(B1)).await, [503, 503, 503, 403, 503]);
    assert_eq!(kernel::StreamId::LIMITS.to_string(), LIMITS);
    app.finish().await;
}

#[tokio::test]
async fn a_token_is_waited_for() {
    let app = TestApp::with_limits().await;
    let position = app.database.append(1).await;
    let token = app.token(position).await;
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=0")];
    app.database.reach("accounts", position).await;
    for path in ["/v1/limits".to_owned(), limits_of(A1)] {
        app.get_with(&path, app.operator(), &headers).await.is(503, "view-behind");
    }
    app.database.reach("limits", position).await;
    for path in ["/v1/limits".to_owned(), limits_of(A1)] {
        app.get_with(&path, app.operator(), &[headers[0], ("prefer", "wait=5")]).await.ok();
    }
    app.finish().await;
}
