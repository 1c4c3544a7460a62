//! What the query server says of the audit.

use std::time::Instant;

use testkit::chaos::Part;

use super::{
    Audited,
    plants::{How, Template, plant},
};
use crate::support::{ALL, Answer, TestApp, eventually};

/// What the header says.
fn audited_position(answer: &Answer) -> Option<i64> {
    answer.headers.get("audited-position")?.to_str().ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_say_how_far_the_books_are_proven_and_operators_see_the_rest() {
    let parts = [Part::Command(0), Part::Relay, Part::Projector, Part::Query, Part::Auditor];
    let mut audited = Audited::start(&parts).await;
    let transfer = audited.payer.transfer(audited.from, audited.to, 37).await.expect(201).id("transfer_id");
    audited.app.wait_until_level().await;
    audited.wait_until_proven().await;
    let head = audited.app.head().await;
    let path = format!("/v1/accounts/{}", audited.from);
    let payer = audited.payer.clone();
    eventually("a read says that all is proven", async || {
        let answer = payer.get(&path).await;
        if audited_position(&answer) == Some(head) { Ok(()) } else { Err(format!("{:?}", answer.headers)) }
    })
    .await;
    payer.get("/v1/audit").await.expect_problem(403, "forbidden");
    audited.app.service().get("/v1/audit").await.expect_problem(403, "forbidden");
    audited.app.stranger().get("/v1/audit").await.expect_problem(401, "unauthorized");
    let operator = audited.app.operator();
    let audit = operator.get("/v1/audit").await.expect(200).body;
    assert_eq!(
        (&audit["audited_position"], &audit["head"], &audit["lag_events"]),
        (&head.into(), &head.into(), &0.into())
    );
    assert_eq!((&audit["alarms"], &audit["stopped_by"]), (&serde_json::json!([]), &serde_json::Value::Null));
    let rules = audit["invariants"].as_array().unwrap();
    let of_legs = rules.iter().find(|rule| rule["rule"].as_str().unwrap().contains("legs")).unwrap();
    assert!(of_legs["checked"].as_u64() > Some(0) && of_legs["found"] == 0, "{of_legs}");

    let template = Template::of(&audited.log, transfer).await;
    let mut events = template.again().await;
    events[1].version += 1;
    plant(&audited.log, &events, How::default()).await;
    let (alarm, ..) = audited.alarm("a skipped version", Instant::now()).await;
    let audit = operator.get("/v1/audit").await.expect(200).body;
    assert_eq!((&audit["stopped_by"], &audit["alarms"][0]["id"]), (&alarm.into(), &alarm.into()));
    assert_eq!(audit["alarms"][0]["position"], head + 3, "the end of the commit");
    eventually("the books are proven up to the alarm, and no further", async || {
        let proven = audited_position(&payer.get(&path).await);
        if proven == Some(head + 2) { Ok(()) } else { Err(format!("{proven:?}")) }
    })
    .await;
    audited.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_without_an_auditor_says_that_nothing_is_proven() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    app.wait_until_level().await;
    let answer = payer.get(&format!("/v1/accounts/{from}")).await.expect(200);
    assert_eq!(audited_position(&answer), None);
    let audit = app.operator().get("/v1/audit").await.expect(200).body;
    assert_eq!(audit["audited_position"], serde_json::Value::Null);
    assert_eq!(audit["lag_events"], app.head().await);
    app.close().await;
}
