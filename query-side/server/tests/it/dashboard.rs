//! The pages of the dashboard: their bodies, and who may read them.

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
        "day": "2026-11-21", "asset": "KRW",
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
