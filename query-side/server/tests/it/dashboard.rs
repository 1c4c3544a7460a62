//! The pages of the dashboard: their bodies, and who may read them.

use std::{iter::successors, time::Duration};

use kernel::{Clock, SystemClock, Zone};
use serde_json::json;

use crate::app::{A1, A2, B1, TestApp, id};

#[tokio::test]
async fn the_most_active_come_first_and_equals_share_a_place() {
    let app = TestApp::with_bank().await;
    let (a1, b1, a2) = (id(A1), id(B1), id(A2));
    // Three accounts on one day: two that did the same, and one that did more; and another day, and another asset.
    app.database
        .run(&format!(
            "insert into top_movers_g1.movers (day, account_id, transfers, volume, asset) values
             ('2026-11-21', '{a1}', 2, 30000, 'KRW'), ('2026-11-21', '{b1}', 2, 30000, 'KRW'),
             ('2026-11-21', '{a2}', 2, 30001, 'KRW'), ('2026-11-20', '{a1}', 9, 1, 'KRW'),
             ('2026-11-21', '{a1}', 9, 1, 'USD')"
        ))
        .await;
    let get = async |query: &str| app.get(&format!("/v1/dashboard/top-movers?{query}"), app.operator()).await;
    let day = get("asset=KRW&day=2026-11-21").await;
    let item = |rank: u64, account: u128, volume: &str| json!({"rank": rank, "account_id": id(account), "transfers": 2, "volume": volume});
    let expected = json!({
        "day": "2026-11-21", "zone": "UTC", "asset": "KRW",
        "items": [item(1, A2, "30001"), item(2, A1, "30000"), item(2, B1, "30000")],
    });
    assert_eq!(*day.ok(), expected);
    assert_eq!(day.number("view-position"), 18);
    let first = get("asset=KRW&day=2026-11-21&limit=1").await;
    assert_eq!(first.ok()["items"], json!([item(1, A2, "30001")]));
    assert_eq!(get("asset=USD&day=2026-11-21").await.ok()["items"][0]["transfers"], 9);
    // Nobody moved anything: no ranking, and no error.
    assert_eq!(get("asset=KRW&day=1999-01-01").await.ok()["items"], json!([]));
    for wrong in ["", "asset=won", "asset=KRW&day=21.11.2026", "asset=KRW&limit=0", "asset=KRW&year=2026"] {
        get(wrong).await.is(400, "validation-failed");
    }
    assert_eq!(app.statuses("/v1/dashboard/top-movers?asset=KRW").await, [403, 403, 403, 200, 200]);
    app.finish().await;
}

#[tokio::test]
async fn today_is_the_day_of_the_zone_that_the_view_counts_in() {
    let app = TestApp::with_bank().await;
    for name in ["Asia/Seoul", "Pacific/Pago_Pago", "Pacific/Kiritimati"] {
        // What no program does: the generation would mix days.
        app.database
            .run(&format!(
                "alter table registry.generations disable trigger zone_stays;
                 update registry.generations set zone = '{name}' where view = 'top_movers';
                 alter table registry.generations enable trigger zone_stays"
            ))
            .await;
        let zone: Zone = name.parse().expect("a zone");
        let today = || zone.day_of(SystemClock.now()).to_string();
        let before = today();
        let answer = app.get("/v1/dashboard/top-movers?asset=KRW", app.operator()).await;
        let (body, after) = (answer.ok(), today());
        assert_eq!(body["zone"], name);
        assert!(body["day"] == before || body["day"] == after, "{body} between {before} and {after}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_overview_counts_payout_runs_and_limits() {
    let app = TestApp::with_bank().await;
    app.database
        .run(&format!(
            "insert into payout_runs_g1.payout_runs (opened_position, position, rows, posted, refused, done_before, recorded_at,
                 run_id, source, opened_by, total, paid, status, asset, name, reference)
             select p, p, 0, 0, 0, 0, '2026-11-21T09:10:00Z', gen_random_uuid(), '{}', '{}', 0, 0, status, 'KRW', 'salaries', 'run'
             from (values (10, 'open'), (11, 'open'), (12, 'running'), (13, 'paused'), (14, 'finished'), (15, 'finished'),
                       (16, 'finished'), (17, 'cancelled')) as runs (p, status);
             insert into limits_g1.limits (first_position, position, recorded_at, per_transfer, everyone, name, asset, kinds, zone)
             values (10, 10, '2026-11-21T09:11:00Z', 5, true, 'daily', 'KRW', 'transfer', 'UTC'),
                 (11, 11, '2026-11-21T09:11:00Z', 5, true, 'often', 'KRW', 'transfer', 'UTC')",
            id(A1),
            id(A2)
        ))
        .await;
    let overview = app.get("/v1/dashboard/overview", app.operator()).await;
    let runs = json!({"open": 2, "running": 1, "paused": 1, "finished": 3, "cancelled": 1});
    assert_eq!((&overview.ok()["payout_runs"], &overview.body["limits"]), (&runs, &json!(2)));
    app.finish().await;
}

/// Version 1 of the view neither has the columns nor the tables of version 2.
#[tokio::test]
async fn the_version_of_the_overview_before_is_shown_without_what_is_new() {
    let app = TestApp::with_bank().await;
    let read = async || app.get("/v1/dashboard/overview", app.operator()).await.ok().clone();
    let mut expected = read().await;
    assert_eq!((&expected["items"], &expected["totals"][0]["held"]), (&json!(3), &json!("5200")));
    app.database
        .run(
            "drop view live.asset_totals; drop view live.bank_counts; drop view live.refusals;
             create view live.asset_totals as
                 select asset, member_sum, system_sum, members_open, members_frozen, members_closed, system_accounts
                 from overview_g1.asset_totals;
             grant select on live.asset_totals to jangbu_reader",
        )
        .await;
    for new in ["standing_orders", "items", "offers_open", "refusals"] {
        expected[new] = json!(null);
    }
    for total in expected["totals"].as_array_mut().expect("totals") {
        (total["held"], total["open_holds"]) = (json!(null), json!(null));
    }
    assert_eq!(read().await, expected);
    // And the new one again, by the same connections.
    app.database
        .run(
            "drop view live.asset_totals;
             create view live.asset_totals as table overview_g1.asset_totals;
             create view live.bank_counts as table overview_g1.bank_counts;
             create view live.refusals as table overview_g1.refusals;
             grant select on all tables in schema live to jangbu_reader",
        )
        .await;
    assert_eq!(read().await["items"], 3);
    app.finish().await;
}

/// A day of the view is one of the zone of the generation: as many of them are shown as ever, whatever their length.
#[tokio::test]
async fn the_days_of_the_overview_are_those_of_the_zone_of_its_generation() {
    let app = TestApp::with_bank().await;
    let zone: Zone = "America/New_York".parse().expect("a zone");
    let since = |at| zone.day(at).expect("a day").since;
    let starts = successors(Some(since(SystemClock.now())), |start| Some(since(*start - Duration::from_secs(1))));
    let starts: Vec<_> = starts.take(40).collect();
    let days: Vec<String> = starts.iter().map(|start| format!("('{}'::timestamptz)", start.to_rfc3339())).collect();
    app.database
        .run(&format!(
            "alter table registry.generations disable trigger zone_stays;
             update registry.generations set zone = '{zone}' where view = 'overview';
             alter table registry.generations enable trigger zone_stays;
             delete from overview_g1.activity;
             insert into overview_g1.activity (bucket_start, posted_count, rejected_count, posted_volume, bucket, asset, kind)
             select start, 1, 0, 1, 'day', 'KRW', 'transfer' from (values {}) as days (start)",
            days.join(", ")
        ))
        .await;
    let overview = app.get("/v1/dashboard/overview", app.operator()).await;
    let activity = &overview.ok()["activity"];
    assert_eq!(activity["zone"], zone.name());
    let shown = activity["day"].as_array().expect("days").iter().map(|day| day["start"].clone()).collect::<Vec<_>>();
    // The day may end while this runs.
    let told: Vec<_> = starts[..31].iter().map(|start| json!(start)).collect();
    assert!(shown == told || shown == told[..30], "{shown:#?}");
    app.finish().await;
}
