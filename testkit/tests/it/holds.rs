//! Holds: funds that are set aside, paid in parts, given back.

use serde_json::{Value, json};
use testkit::chaos::Jangbu;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{ALL, Answer, Page, TestApp, TestClient, money},
};

/// Funds of the source are held for the destination.
async fn place(client: &TestClient, source: Uuid, destination: Uuid, amount: u64) -> Answer {
    let body = json!({"source": source, "destination": destination, "money": money("KRW", amount), "reference": "118"});
    client.post("/v1/holds", body).await.expect(201)
}

fn path(hold: &Answer, verb: &str) -> String {
    format!("/v1/holds/{}/{verb}", hold.id("hold_id"))
}

/// What became of the funds, as the body of a hold says.
fn amounts(hold: &Value) -> [&str; 5] {
    [&hold["status"], &hold["money"]["amount"], &hold["captured"], &hold["released"], &hold["remaining"]]
        .map(|field| field.as_str().unwrap_or_else(|| panic!("{hold}")))
}

/// What an account shows, no older than a token: balance, held, available.
async fn funds(client: &TestClient, account: Uuid, token: &str) -> [String; 3] {
    let seen = client.get_at(&format!("/v1/accounts/{account}"), token).await.expect(200);
    ["balance", "held", "available"].map(|field| seen.text(field))
}

/// Log and views hold together.
async fn verify(app: &mut TestApp) {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_is_placed_increased_captured_in_parts_and_the_rest_given_back() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (payee, to) = app.funded_member(0).await;
    let placed = place(&payer, from, to, 300).await;
    assert_eq!(amounts(&placed.body), ["active", "300", "0", "0", "300"]);
    assert_eq!((placed.id("source"), placed.id("destination"), placed.id("placed_by")), (from, to, payer.id));
    assert_eq!([&placed.body["memo"], &placed.body["reference"]], [&json!(null), &json!("118")]);
    assert_eq!(funds(&payer, from, placed.token()).await, ["1000", "300", "700"]);
    // What is held cannot be spent.
    let refused = payer.transfer(from, to, 701).await.expect_problem(422, "insufficient-funds");
    assert_eq!(refused.text("available"), "700");

    let increased = payer.post(&path(&placed, "increase"), json!({"money": money("KRW", 50)})).await.expect(200);
    assert_eq!(amounts(&increased.body), ["active", "350", "0", "0", "350"]);
    assert_eq!(increased.text("expires_at"), placed.text("expires_at"));
    let part = json!({"money": money("KRW", 120), "final": false, "reference": "parcel 1"});
    let first = payee.post(&path(&placed, "capture"), part).await.expect(201);
    assert_eq!((first.text("kind"), first.id("hold_id")), ("capture".into(), placed.id("hold_id")));
    assert_eq!((first.id("source"), first.id("destination"), first.text("reference")), (from, to, "parcel 1".into()));
    // The payee sees the own side only.
    let sides = first.body["postings"].as_array().unwrap();
    assert_eq!([&sides[0]["balance_after"], &sides[1]["balance_after"]], [&json!(null), &json!("120")]);
    assert_eq!(funds(&payer, from, first.token()).await, ["880", "230", "650"]);
    let second = payee.post(&path(&placed, "capture"), json!({"money": money("KRW", 200)})).await.expect(201);
    assert_eq!(second.text("reference"), "118", "what the hold is called");
    assert_eq!(funds(&payer, from, second.token()).await, ["680", "0", "680"]);

    let read = format!("/v1/holds/{}", placed.id("hold_id"));
    for who in [&payer, &payee, &app.operator()] {
        let seen = who.get_at(&read, second.token()).await.expect(200);
        assert_eq!(amounts(&seen.body), ["captured", "350", "320", "30", "0"]);
        assert_eq!(seen.number("position"), second.number("position"));
    }
    let stranger = app.member();
    stranger.get_at(&read, second.token()).await.expect_problem(404, "hold-unknown");
    for (who, account) in [(&payer, from), (&payee, to)] {
        let list =
            who.get_at(&format!("/v1/accounts/{account}/holds?status=captured"), second.token()).await.expect(200);
        assert_eq!(list.items().iter().map(amounts).collect::<Vec<_>>(), [["captured", "350", "320", "30", "0"]]);
    }
    let seen = payer.get_at(&format!("/v1/transfers/{}", first.id("transfer_id")), second.token()).await.expect(200);
    assert_eq!((seen.text("kind"), seen.id("hold_id")), ("capture".into(), placed.id("hold_id")));
    payee.post(&path(&placed, "capture"), json!({})).await.expect_problem(422, "hold-not-active");
    verify(&mut app).await;
    let ledger = app.close().await;
    assert_eq!((ledger.accounts[&from].balance, ledger.accounts[&to].balance), (680, 320));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn funds_are_given_back_in_parts() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (payee, to) = app.funded_member(0).await;
    let placed = place(&payer, from, to, 300).await;
    let some = payee.post(&path(&placed, "release"), json!({"money": money("KRW", 100), "reason": "sold out"})).await;
    let some = some.expect(200);
    assert_eq!(amounts(&some.body), ["active", "300", "0", "100", "200"]);
    assert_eq!(funds(&payer, from, some.token()).await, ["1000", "200", "800"]);
    let all = payee.post_keyed(&path(&placed, "release"), "all", json!({})).await.expect(200);
    assert_eq!(amounts(&all.body), ["released", "300", "0", "300", "0"]);
    assert_eq!(funds(&payer, from, all.token()).await, ["1000", "0", "1000"]);
    payee.post(&path(&placed, "release"), json!({})).await.expect_problem(422, "hold-not-active");
    payer
        .post(&path(&placed, "increase"), json!({"money": money("KRW", 1)}))
        .await
        .expect_problem(422, "hold-not-active");
    // The answers of before are given again as they were, though the hold is over.
    let again = payee.post_keyed(&path(&placed, "release"), "all", json!({})).await.expect(200);
    assert!(again.replayed() && again.body == all.body, "{}", again.body);
    verify(&mut app).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_that_is_sent_twenty_times_pays_once() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (payee, to) = app.funded_member(0).await;
    let placed = payer
        .post_keyed("/v1/holds", "hold", json!({"source": from, "destination": to, "money": money("KRW", 300)}))
        .await
        .expect(201);
    let capture = path(&placed, "capture");
    let body = json!({"money": money("KRW", 100), "final": false});
    let mut at_once = JoinSet::new();
    for _ in 0..20 {
        let (payee, capture, body) = (payee.clone(), capture.clone(), body.clone());
        at_once.spawn(async move { payee.post_keyed(&capture, "the-key", body).await });
    }
    let answers = at_once.join_all().await;
    let late = payee.post_keyed(&capture, "the-key", body).await.expect(201);
    assert!(late.replayed());
    for answer in answers.iter().filter(|answer| answer.status != 409) {
        assert_eq!((answer.status, &answer.body), (201, &late.body));
    }
    // Under keys of their own only as many are paid as the hold has funds for.
    let mut at_once = JoinSet::new();
    for _ in 0..10 {
        let (payee, capture) = (payee.clone(), capture.clone());
        let body = json!({"money": money("KRW", 90), "final": false});
        at_once.spawn(async move { payee.post(&capture, body).await });
    }
    let (paid, refused): (Vec<_>, Vec<_>) = at_once.join_all().await.into_iter().partition(|a| a.status == 201);
    assert_eq!(paid.len(), 2, "{refused:?}");
    for answer in refused {
        assert_eq!(answer.expect_problem(422, "hold-exceeded").text("remaining"), "20");
    }
    let body = json!({"source": from, "destination": to, "money": money("KRW", 300)});
    let again = payer.post_keyed("/v1/holds", "hold", body).await.expect(201);
    assert!(again.replayed() && again.body == placed.body, "{}", again.body);
    verify(&mut app).await;
    let ledger = app.close().await;
    assert_eq!((ledger.accounts[&from].balance, ledger.accounts[&to].balance), (720, 280));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_hold_does_not_allow_is_refused_and_no_money_moves() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (payee, to) = app.funded_member(0).await;
    let (other, third) = app.funded_member(0).await;
    let dollars = payee.open("USD").await;
    let operator = app.operator();
    let order = |amount: i64| json!({"source": from, "destination": to, "money": money("KRW", amount)});
    payer.post("/v1/holds", order(1001)).await.expect_problem(422, "insufficient-funds");
    payer.post("/v1/holds", order(0)).await.expect_problem(422, "amount-not-positive");
    for (destination, code) in
        [(from, "same-account"), (Uuid::from_u128(4), "account-unknown"), (dollars, "asset-mismatch")]
    {
        let body = json!({"source": from, "destination": destination, "money": money("KRW", 1)});
        payer.post("/v1/holds", body).await.expect_problem(422, code);
    }
    other.post("/v1/holds", order(1)).await.expect_problem(403, "account-not-yours");

    let placed = place(&payer, from, to, 300).await;
    let capture = path(&placed, "capture");
    let above = json!({"money": money("KRW", 301)});
    for verb in ["capture", "release"] {
        let refused = payee.post(&path(&placed, verb), above.clone()).await.expect_problem(422, "hold-exceeded");
        assert_eq!(refused.text("remaining"), "300", "{verb}");
    }
    for (body, code) in [
        (json!({"destination": third}), "hold-destination-differs"),
        (json!({"money": money("USD", 1)}), "asset-mismatch"),
        (json!({"money": money("KRW", 0)}), "amount-not-positive"),
        (json!({"money": money("KRW", -1)}), "amount-not-positive"),
    ] {
        operator.post(&capture, body).await.expect_problem(422, code);
    }
    let more = json!({"money": money("KRW", 701)});
    payer.post(&path(&placed, "increase"), more).await.expect_problem(422, "insufficient-funds");
    payer.post(&format!("/v1/holds/{from}/capture"), json!({})).await.expect_problem(404, "hold-unknown");
    payer.post(&format!("/v1/accounts/{from}/close"), json!({})).await.expect_problem(422, "account-not-empty");
    let all = payer.transfer(from, to, 700).await.expect(201);
    assert_eq!(funds(&payer, from, all.token()).await, ["300", "300", "0"]);
    payer.post(&format!("/v1/accounts/{from}/close"), json!({})).await.expect_problem(422, "account-not-empty");
    verify(&mut app).await;
    let ledger = app.close().await;
    assert_eq!((ledger.accounts[&from].balance, ledger.accounts[&to].balance), (300, 700));
}

/// What each may do with a hold with a destination and with one without.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_part_has_its_rights() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (payee, to) = app.funded_member(0).await;
    let (stranger, theirs) = app.funded_member(0).await;
    let (operator, service) = (app.operator(), app.service());
    let one = || json!({"money": money("KRW", 1)});
    let some = || json!({"money": money("KRW", 1), "final": false});

    let promised = place(&payer, from, to, 100).await;
    for verb in ["capture", "release"] {
        payer.post(&path(&promised, verb), one()).await.expect_problem(403, "hold-not-yours");
    }
    payee.post(&path(&promised, "increase"), one()).await.expect_problem(403, "hold-not-yours");
    service.post(&path(&promised, "increase"), one()).await.expect_problem(403, "hold-not-yours");
    for verb in ["capture", "increase", "release"] {
        stranger.post(&path(&promised, verb), one()).await.expect_problem(404, "hold-unknown");
    }
    for who in [&payee, &service, &operator] {
        who.post(&path(&promised, "capture"), some()).await.expect(201);
        who.post(&path(&promised, "release"), one()).await.expect(200);
    }
    for who in [&payer, &operator] {
        who.post(&path(&promised, "increase"), one()).await.expect(200);
    }

    let open = payer.post("/v1/holds", json!({"source": from, "money": money("KRW", 100)})).await.expect(201);
    assert_eq!(open.body["destination"], json!(null));
    payer.post(&path(&open, "capture"), one()).await.expect_problem(403, "hold-not-yours");
    payee.post(&path(&open, "capture"), one()).await.expect_problem(404, "hold-unknown");
    service.post(&path(&open, "capture"), some()).await.expect_problem(422, "hold-destination-missing");
    for (destination, code) in [(from, "same-account"), (Uuid::from_u128(4), "account-unknown")] {
        let body = json!({"destination": destination});
        service.post(&path(&open, "capture"), body).await.expect_problem(422, code);
    }
    for destination in [to, theirs] {
        let body = json!({"money": money("KRW", 10), "destination": destination, "final": false});
        service.post(&path(&open, "capture"), body).await.expect(201);
    }
    payer.post(&path(&open, "release"), json!({})).await.expect(200);

    let by_service = place(&service, from, to, 100).await;
    assert_eq!(by_service.id("placed_by"), service.id);
    payer.post(&path(&by_service, "increase"), one()).await.expect_problem(403, "hold-not-yours");
    service.post(&path(&by_service, "increase"), one()).await.expect(200);
    service.get_at(&format!("/v1/holds/{}", by_service.id("hold_id")), by_service.token()).await.expect(200);
    verify(&mut app).await;
    let ledger = app.close().await;
    assert_eq!((ledger.accounts[&to].balance, ledger.accounts[&theirs].balance), (13, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversed_capture_gives_the_money_back_and_leaves_the_hold_as_it_is() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (payee, to) = app.funded_member(0).await;
    let placed = place(&payer, from, to, 300).await;
    let captured = payee.post(&path(&placed, "capture"), json!({})).await.expect(201);
    let reverse = format!("/v1/transfers/{}/reverse", captured.id("transfer_id"));
    let reversal = app.operator().post(&reverse, json!({"reason": "never shipped"})).await.expect(201);
    assert_eq!((reversal.text("kind"), reversal.body.get("hold_id")), ("reversal".into(), None));
    assert_eq!(funds(&payer, from, reversal.token()).await, ["1000", "0", "1000"]);
    let seen = payer.get_at(&format!("/v1/holds/{}", placed.id("hold_id")), reversal.token()).await.expect(200);
    assert_eq!(amounts(&seen.body), ["captured", "300", "300", "0", "0"]);
    verify(&mut app).await;
    app.close().await;
}

/// The page for programmers of a shop or a wallet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = Page::open_in(".", "holds", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [held, first, hold, account] = &lines[..] else { panic!("{}", out.stdout) };
    let shown = |body: &Value| ["balance", "held", "available"].map(|field| body[field].clone());
    assert_eq!(shown(held), ["50000", "30000", "20000"]);
    assert_eq!([&first["kind"], &first["money"]["amount"], &first["reference"]], ["capture", "12000", "parcel 1"]);
    assert_eq!(amounts(hold), ["captured", "35000", "32000", "3000", "0"]);
    assert_eq!(shown(account), ["18000", "0", "18000"]);
    page.end();
    app.close().await;
}
