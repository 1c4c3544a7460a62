//! What was, page by page and moment by moment.

use serde_json::json;

use crate::support::{ALL, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_stable_while_new_items_arrive() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let mut token = String::new();
    for amount in 1..=23 {
        token = payer.transfer(from, to, amount).await.expect(201).token().to_owned();
    }
    let list = format!("/v1/accounts/{from}/transactions");
    let mut page = payer.get_at(&format!("{list}?limit=5"), &token).await.expect(200);
    let mut seen = Vec::new();
    loop {
        assert!(page.items().len() <= 5);
        seen.extend(page.items().iter().map(|item| (item["position"].as_i64().unwrap(), item["amount"].clone())));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        // Somebody pays while the pages are turned: it is newer than all of them, and moves none.
        let newer = payer.transfer(from, to, 1).await.expect(201);
        page = payer.get_at(&format!("{list}?limit=5&cursor={cursor}"), newer.token()).await.expect(200);
    }
    assert!(seen.is_sorted_by(|a, b| a.0 > b.0), "newest first, none twice: {seen:?}");
    let amounts: Vec<_> = seen.into_iter().map(|(_, amount)| amount).collect();
    let mut ought: Vec<_> = (1..=23).rev().map(|amount| json!(format!("-{amount}"))).collect();
    ought.push(json!("1000"));
    assert_eq!(amounts, ought, "what was there when the first page was read, and nothing else");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_balance_then_is_read_by_position_and_by_time() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let mut moments = Vec::new();
    let mut token = String::new();
    for amount in [1, 10, 100] {
        let posted = payer.transfer(from, to, amount).await.expect(201);
        let after = posted.body["postings"][0]["balance_after"].as_str().unwrap().to_owned();
        moments.push((posted.number("position"), posted.text("recorded_at"), after));
        token = posted.token().to_owned();
        // Two commits may share a moment of the log's clock; a pause makes "then" mean one of them.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let balance = format!("/v1/accounts/{from}/balance");
    for (position, at, ought) in &moments {
        for query in [format!("position={position}"), format!("at={at}")] {
            let then = payer.get_at(&format!("{balance}?{query}"), &token).await.expect(200);
            assert_eq!(&then.text("balance"), ought, "{query}");
        }
    }
    let before = payer.get_at(&format!("{balance}?position={}", moments[0].0 - 3), &token).await.expect(200);
    assert_eq!(before.text("balance"), "1000");
    let (first, last) = (&moments[0].1, &moments[2].1);
    let list = format!("/v1/accounts/{from}/transactions");
    let between = payer.get_at(&format!("{list}?from={first}&to={last}"), &token).await.expect(200);
    let amounts: Vec<_> = between.items().iter().map(|item| item["amount"].as_str().unwrap()).collect();
    assert!(amounts.contains(&"-1") && amounts.contains(&"-10") && !amounts.contains(&"1000"), "{amounts:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_transfers_are_shown_with_their_code_and_totals_add_up_to_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 300).await.expect(201);
    let refused = payer.transfer(from, to, 5000).await.expect_problem(422, "insufficient-funds");
    let ledger = app.ledger().await;
    let (id, code) = ledger.rejected.first_key_value().unwrap();
    let seen = payer.get_at(&format!("/v1/transfers/{id}"), refused.token()).await.expect(200);
    assert_eq!((seen.text("status"), seen.text("code")), ("rejected".into(), code.clone()));
    app.wait_until_level().await;
    let overview = app.operator().get("/v1/dashboard/overview").await.expect(200);
    let text = overview.body.to_string();
    assert!(text.contains("\"1000\"") && text.contains("\"-1000\""), "members' and system's totals: {text}");
    for header in ["view-position", "view-lag-ms"] {
        assert!(overview.header(header).and_then(|value| value.parse::<i64>().ok()).is_some(), "{header}");
    }
    let assets = payer.get("/v1/assets").await.expect(200);
    assert!(assets.body.to_string().contains("BUP"), "{}", assets.body);
    app.close().await;
}
