//! Items and trades: whose an item is, and how it changes hands for money.

use serde_json::{Value, json};
use testkit::chaos::Jangbu;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{ALL, Answer, Page, TestApp, TestClient, fresh_key, money},
};

/// Log and views hold together.
async fn verify(mut app: TestApp) {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}

/// The number of another account of somebody.
async fn number(client: &TestClient) -> String {
    client.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201).text("account_number")
}

async fn mint(app: &mut TestApp, serial: &str, owner: &str) -> Answer {
    let body = json!({"collection": "Seoul Skyline", "serial": serial, "owner": owner, "digest": "ab".repeat(32)});
    app.service().post("/v1/items", body).await.expect(201)
}

fn offer(item: &Answer, destination: Uuid, price: u64) -> Value {
    json!({"item_id": item.id("item_id"), "price": money("KRW", price), "destination": destination})
}

/// The ids of what somebody has, no older than a token.
async fn owned(client: &TestClient, token: &str) -> Vec<Value> {
    let list = client.get_at("/v1/items?owner=me", token).await.expect(200);
    list.items().iter().map(|item| item["item_id"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_is_minted_given_away_offered_and_sold() {
    let mut app = TestApp::start(&ALL).await;
    let first = app.member();
    let (seller, to) = app.funded_member(0).await;
    let (buyer, from) = app.funded_member(1_000).await;
    let (first_number, seller_number) = (number(&first).await, number(&seller).await);
    let item = mint(&mut app, "17/100", &first_number).await;
    assert_eq!((item.text("status"), item.id("owner")), ("free".into(), first.id));
    assert_eq!((item.text("serial"), &item.body["metadata_url"]), ("17/100".into(), &Value::Null));
    let path = format!("/v1/items/{}", item.id("item_id"));
    let give = format!("{path}/transfer");
    let given = first.post_keyed(&give, "give", json!({"to": seller_number})).await.expect(200);
    assert_eq!((given.id("item_id"), given.body.get("owner")), (item.id("item_id"), None));
    let again = first.post_keyed(&give, "give", json!({"to": seller_number})).await.expect(200);
    assert!(again.replayed() && again.body == given.body);
    first.post(&give, json!({"to": seller_number})).await.expect_problem(403, "item-not-yours");

    let opened = seller.post("/v1/offers", offer(&item, to, 450)).await.expect(201);
    assert_eq!((opened.text("status"), opened.text("collection")), ("open".into(), "Seoul Skyline".into()));
    assert_eq!((opened.id("item_id"), &opened.body["price"]), (item.id("item_id"), &money("KRW", 450)));
    let listed = buyer.get_at("/v1/offers?collection=Seoul%20Skyline", opened.token()).await.expect(200);
    assert_eq!(
        listed.items().iter().map(|one| one["offer_id"].clone()).collect::<Vec<_>>(),
        [opened.body["offer_id"].clone()]
    );
    seller.post(&give, json!({"to": first_number})).await.expect_problem(422, "item-locked");
    seller.post("/v1/offers", offer(&item, to, 1)).await.expect_problem(422, "item-locked");

    let accept = format!("/v1/offers/{}/accept", opened.id("offer_id"));
    let sold = buyer.post_keyed(&accept, "buy", json!({"source": from})).await.expect(201);
    assert_eq!((sold.text("kind"), sold.id("item_id")), ("trade".into(), item.id("item_id")));
    assert_eq!((sold.id("offer_id"), sold.id("source"), sold.id("destination")), (opened.id("offer_id"), from, to));
    let again = buyer.post_keyed(&accept, "buy", json!({"source": from})).await.expect(201);
    assert!(again.replayed() && again.body == sold.body);
    assert_eq!(seller.balance_at(to, sold.token()).await, "450");
    assert_eq!(owned(&buyer, sold.token()).await, [item.body["item_id"].clone()]);
    assert_eq!(owned(&seller, sold.token()).await, [] as [Value; 0]);
    let seen = buyer.get_at(&path, sold.token()).await.expect(200);
    assert_eq!(seen.body["owners"].as_array().map(Vec::len), Some(3), "{}", seen.body);
    let none = buyer.get_at("/v1/offers?collection=Seoul%20Skyline", sold.token()).await.expect(200);
    assert_eq!(none.items().len(), 0);
    let seen = buyer.get_at(&format!("/v1/transfers/{}", sold.id("transfer_id")), sold.token()).await.expect(200);
    assert_eq!(
        (seen.text("kind"), seen.id("item_id"), seen.id("offer_id")),
        ("trade".into(), item.id("item_id"), opened.id("offer_id"))
    );
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_buyers_one_gets_the_item_and_the_others_keep_their_money() {
    let mut app = TestApp::start(&ALL).await;
    let (seller, to) = app.funded_member(0).await;
    let owner = number(&seller).await;
    let item = mint(&mut app, "1", &owner).await;
    let opened = seller.post("/v1/offers", offer(&item, to, 450)).await.expect(201);
    let accept = format!("/v1/offers/{}/accept", opened.id("offer_id"));
    let mut at_once = JoinSet::new();
    for _ in 0..10 {
        let ((buyer, from), accept) = (app.funded_member(1_000).await, accept.clone());
        at_once.spawn(async move {
            let answer = buyer.post(&accept, json!({"source": from})).await;
            (buyer, from, answer)
        });
    }
    let mut paid = Vec::new();
    for (buyer, from, answer) in at_once.join_all().await {
        match answer.status {
            201 => paid.push(answer),
            _ => {
                let refused = answer.expect_problem(422, "offer-not-open");
                assert_eq!(buyer.balance_at(from, refused.token()).await, "1000");
            }
        }
    }
    assert_eq!(paid.len(), 1);
    assert_eq!(seller.balance_at(to, paid[0].token()).await, "450");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_that_is_not_paid_stays_open_and_one_that_is_taken_back_frees_the_item() {
    let mut app = TestApp::start(&ALL).await;
    let (seller, to) = app.funded_member(100).await;
    let (poor, empty) = app.funded_member(10).await;
    let owner = number(&seller).await;
    let item = mint(&mut app, "1", &owner).await;
    let opened = seller.post("/v1/offers", offer(&item, to, 50)).await.expect(201);
    let path = format!("/v1/offers/{}", opened.id("offer_id"));
    let accept = format!("{path}/accept");
    let refused = poor.post(&accept, json!({"source": empty})).await.expect_problem(422, "insufficient-funds");
    assert_eq!(refused.text("available"), "10");
    let kept = poor.get_at(&format!("/v1/transfers/{}", refused.id("transfer_id")), refused.token()).await.expect(200);
    assert_eq!((kept.text("status"), kept.text("kind")), ("rejected".into(), "trade".into()));
    seller.post(&accept, json!({"source": to})).await.expect_problem(422, "own-offer");
    poor.post(&accept, json!({"source": to})).await.expect_problem(403, "account-not-yours");
    poor.delete(&path).await.expect_problem(403, "offer-not-yours");
    let ended = seller.delete_keyed(&path, "end").await.expect(200);
    assert_eq!((ended.text("status"), ended.id("offer_id")), ("cancelled".into(), opened.id("offer_id")));
    let again = seller.delete_keyed(&path, "end").await.expect(200);
    assert!(again.replayed() && again.body == ended.body);
    seller.delete(&path).await.expect_problem(422, "offer-not-open");
    poor.post(&accept, json!({"source": empty})).await.expect_problem(422, "offer-not-open");
    let reader = number(&poor).await;
    let give = format!("/v1/items/{}/transfer", item.id("item_id"));
    seller.post(&give, json!({"to": reader})).await.expect(200);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_or_not_yours_is_refused() {
    let mut app = TestApp::start(&ALL).await;
    let (seller, to) = app.funded_member(0).await;
    let (other, theirs) = app.funded_member(0).await;
    let dollars = seller.open("USD").await;
    let owner = number(&seller).await;
    let item = mint(&mut app, "1", &owner).await;
    let again = json!({"collection": "Seoul Skyline", "serial": "1", "owner": owner});
    let (service, operator) = (app.service(), app.operator());
    service.post_keyed("/v1/items", "twice", again.clone()).await.expect_problem(409, "serial-taken");
    let frozen = service.post_keyed("/v1/items", "twice", again.clone()).await.expect_problem(409, "serial-taken");
    assert!(frozen.replayed());
    operator.post("/v1/items", json!({"collection": "Other", "serial": "1", "owner": owner})).await.expect(201);
    seller.post("/v1/items", again).await.expect_problem(403, "forbidden");
    // Twelve digits that no account has.
    let nobody = kernel::AccountNumber::from_digits(1).to_string();
    let body = json!({"collection": "Other", "serial": "2", "owner": nobody});
    service.post("/v1/items", body).await.expect_problem(422, "account-unknown");

    let nowhere = Uuid::from_u128(4);
    let give = format!("/v1/items/{}/transfer", item.id("item_id"));
    seller
        .post(&format!("/v1/items/{nowhere}/transfer"), json!({"to": owner}))
        .await
        .expect_problem(404, "item-unknown");
    seller.post(&give, json!({"to": nobody})).await.expect_problem(422, "account-unknown");
    other.post(&give, json!({"to": owner})).await.expect_problem(403, "item-not-yours");
    other.post("/v1/offers", offer(&item, theirs, 5)).await.expect_problem(403, "item-not-yours");
    seller.post("/v1/offers", offer(&item, theirs, 5)).await.expect_problem(403, "account-not-yours");
    seller.post("/v1/offers", offer(&item, dollars, 5)).await.expect_problem(422, "asset-mismatch");
    seller.post("/v1/offers", offer(&item, to, 0)).await.expect_problem(422, "amount-not-positive");
    let mut unknown = offer(&item, to, 5);
    unknown["item_id"] = json!(nowhere);
    seller.post("/v1/offers", unknown).await.expect_problem(404, "item-unknown");
    other
        .post(&format!("/v1/offers/{nowhere}/accept"), json!({"source": theirs}))
        .await
        .expect_problem(404, "offer-unknown");
    other.delete(&format!("/v1/offers/{nowhere}")).await.expect_problem(404, "offer-unknown");
    other.get(&format!("/v1/items/{nowhere}")).await.expect_problem(404, "item-unknown");
    let key = fresh_key();
    let opened = seller.post_keyed("/v1/offers", &key, offer(&item, to, 5)).await.expect(201);
    let replayed = seller.post_keyed("/v1/offers", &key, offer(&item, to, 5)).await.expect(201);
    assert!(replayed.replayed() && replayed.body == opened.body);
    verify(app).await;
}

/// The page for programmers of a market place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = Page::open_in(".", "items", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [locked, sold, owned, account] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!(locked["code"], "item-locked");
    assert_eq!([&sold["kind"], &sold["money"]["amount"]], ["trade", "45000"]);
    assert_eq!(owned["items"][0]["item_id"], sold["item_id"]);
    assert_eq!(account["balance"], "45000");
    page.end();
    verify(app).await;
}
