//! References that are to be unique.

use serde_json::json;

use crate::support::{ALL, TestApp, money};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unique_reference_is_booked_once_by_each_principal() {
    let mut app = TestApp::start(&ALL).await;
    let (_, account) = app.funded_member(1_000).await;
    let (operator, service) = (app.operator(), app.service());
    let booking = |unique: bool| json!({"account_id": account, "money": money("KRW", 5), "reference": "bank-17", "unique_reference": unique});
    let first = service.post_keyed("/v1/deposits", "first", booking(true)).await.expect(201);
    for (path, key) in [("/v1/deposits", "in"), ("/v1/withdrawals", "out")] {
        let again = service.post_keyed(path, key, booking(true)).await;
        let again = again.expect_problem(409, "reference-taken");
        assert_eq!(again.id("transfer_id"), first.id("transfer_id"));
        let replayed = service.post_keyed(path, key, booking(true)).await;
        assert!(replayed.replayed() && replayed.body == again.body, "{}", replayed.body);
    }
    assert!(service.post_keyed("/v1/deposits", "first", booking(true)).await.expect(201).replayed());
    service.post("/v1/deposits", booking(false)).await.expect(201);
    operator.post("/v1/deposits", booking(true)).await.expect(201);
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&account].balance, 1_015);
}
