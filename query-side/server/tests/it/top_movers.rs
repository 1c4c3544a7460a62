//! The ranking of the most active accounts.

use serde_json::json;

use crate::app::{A1, A2, B1, TestApp, id};

#[tokio::test]
async fn the_most_active_come_first_and_equals_share_a_place() {
    let app = TestApp::with_bank().await;
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
    app.finish().await;
}
