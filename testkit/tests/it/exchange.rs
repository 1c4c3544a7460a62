//! The exchange: a member sells one asset to the bank and gets another.

use serde_json::{Value, json};

use crate::{
    runbooks::variables,
    support::{ALL, Page, TestApp, verify},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dollars_become_won_as_quoted() {
    let mut app = TestApp::start(&ALL).await;
    let member = app.member();
    let (dollars, won) = (member.open("USD").await, member.open("KRW").await);
    app.service().deposit(dollars, "USD", 20_000).await;
    let quote = json!({"source": dollars, "destination": won, "pay": "10000"});
    member.post("/v1/exchanges/quotes", quote.clone()).await.expect_problem(422, "rate-unknown");
    let rate = json!({"rate": "1350.25", "spread_bps": 50, "valid_for": 3_600});
    member.put("/v1/rates/USD/KRW", rate.clone()).await.expect_problem(403, "forbidden");
    let set = app.service().put("/v1/rates/USD/KRW", rate.clone()).await.expect(200);
    assert_eq!([&set.body["from"], &set.body["to"], &set.body["rate"]], ["USD", "KRW", "1350.25"]);

    let offer = member.post_keyed("/v1/exchanges/quotes", "q", quote.clone()).await.expect(201);
    assert_eq!([&offer.body["rate"], &offer.body["pay"], &offer.body["receive"]], ["1343.49875", "10000", "134349"]);
    let wanted = json!({"source": dollars, "destination": won, "receive": "134350"});
    assert_eq!(member.post("/v1/exchanges/quotes", wanted).await.expect(201).text("pay"), "10001");
    // Another rate does not change what was quoted.
    app.operator().put("/v1/rates/USD/KRW", json!({"rate": "1", "valid_for": 60})).await.expect(200);
    let take = json!({"quote_id": offer.id("quote_id")});
    app.member().post("/v1/exchanges", take.clone()).await.expect_problem(422, "quote-unknown");
    let done = member.post_keyed("/v1/exchanges", "x", take.clone()).await.expect(201);
    assert_eq!((done.text("kind"), &done.body["money"]), ("exchange".into(), &json!(null)));
    let lines: Vec<_> = done.body["postings"].as_array().unwrap().iter().map(|line| line["amount"].clone()).collect();
    assert_eq!(lines, ["-10000", "10000", "-134349", "134349"]);
    let again = member.post_keyed("/v1/exchanges", "x", take.clone()).await.expect(201);
    assert!(again.replayed() && again.body == done.body, "{}", again.body);
    member.post("/v1/exchanges", take).await.expect_problem(422, "quote-used");
    assert_eq!(member.balance_at(won, done.token()).await, "134349");
    assert_eq!(member.balance_at(dollars, done.token()).await, "10000");
    let line = member.get_at(&format!("/v1/accounts/{won}/transactions?kind=exchange"), done.token()).await.expect(200);
    assert_eq!(line.items().len(), 1);

    let mut bad = Vec::new();
    for (field, value) in
        [("rate", json!("0")), ("rate", json!(1.5)), ("valid_for", json!(0)), ("spread_bps", json!(10_000))]
    {
        let mut body = rate.clone();
        body[field] = value;
        bad.push(app.operator().put("/v1/rates/USD/KRW", body).await);
    }
    let both = json!({"source": dollars, "destination": won, "pay": "1", "receive": "1"});
    bad.push(member.post("/v1/exchanges/quotes", both).await);
    bad.push(member.post("/v1/exchanges/quotes", json!({"source": dollars, "destination": won})).await);
    bad.into_iter().for_each(|answer| drop(answer.expect_problem(400, "validation-failed")));
    app.operator().put("/v1/rates/KRW/KRW", rate.clone()).await.expect_problem(422, "asset-mismatch");
    app.operator().put("/v1/rates/KRW/XYZ", rate).await.expect_problem(400, "asset-unknown");
    verify(app).await;
}

/// The page for whoever changes money.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = Page::open_in(".", "exchange", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [rate, pay, quote, done, account, again] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!((&rate["rate"], &rate["spread_bps"]), (&json!("1350.25"), &json!(50)));
    assert_eq!([&pay["rate"], &pay["pay"], &pay["receive"]], ["1343.49875", "10000", "134349"]);
    assert_eq!([&quote["pay"], &quote["receive"]], ["10001", "134350"]);
    let amounts: Vec<_> = done["postings"].as_array().unwrap().iter().map(|line| line["amount"].clone()).collect();
    assert_eq!(done["kind"], "exchange");
    assert_eq!(amounts, ["-10001", "10001", "-134350", "134350"]);
    assert_eq!([&account["balance"], &again["code"]], ["134350", "quote-used"]);
    page.end();
    verify(app).await;
}
