//! Items and offers: their bodies, who may read them, their lists; and the transfer of a trade.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{A1, ALICE, B1, BOB, TestApp, id};

const COIN: u128 = 0x17e1;
const TICKET: u128 = 0x17e2;
const OFFER: u128 = 0x0ffe1;

impl TestApp {
    /// A coin that was minted for Bob and sold to Alice, who offers it, and a ticket of Bob's.
    async fn with_items() -> Self {
        let app = Self::with_bank().await;
        app.put_item(COIN, ALICE, "coins", 12).await;
        app.put_item(TICKET, BOB, "tickets", 13).await;
        app.put_offer(OFFER, COIN, "coins", 15).await;
        let sql = format!(
            "update items_g1.items set offer_id = '{}', position = 16, metadata_url = 'https://example.com/1.json', digest = '{}',
                 recorded_at = '2026-11-21T09:15:00.123456Z' where item_id = '{coin}';
             insert into items_g1.item_owners (position, since, item_id, owner, how) values
             (10, '2026-11-21T09:10:00Z', '{coin}', '{bob}', 'minted'),
             (11, '2026-11-21T09:11:00Z', '{coin}', '{}', 'transferred'),
             (12, '2026-11-21T09:12:00.5Z', '{coin}', '{}', 'traded'),
             (13, '2026-11-21T09:13:00Z', '{}', '{bob}', 'minted')",
            id(OFFER),
            "0f".repeat(32),
            id(crate::app::GONE),
            id(ALICE),
            id(TICKET),
            coin = id(COIN),
            bob = id(BOB),
        );
        app.database.run(&sql).await;
        app
    }

    /// A free item, as the view has it.
    async fn put_item(&self, item: u128, owner: u128, collection: &str, owned: i64) {
        sqlx::query(
            "insert into items_g1.items (owned_position, position, recorded_at, item_id, owner, offer_id, collection, serial,
                 metadata_url, digest)
             values ($1::int8, $1::int8, timestamptz '2026-11-21T09:10:00Z' + $1::int8 * interval '1 s', $2, $3, null, $4, $1::text, null,
                 null)",
        )
        .bind(owned)
        .bind(id(item))
        .bind(id(owner))
        .bind(collection)
        .execute(&self.database.pool)
        .await
        .expect("an item");
    }

    /// An open offer for an hour from now, as the view has it.
    async fn put_offer(&self, offer: u128, item: u128, collection: &str, opened: i64) {
        sqlx::query(
            "insert into items_g1.offers (opened_position, position, recorded_at, expires_at, offer_id, item_id, seller, destination,
                 buyer, transfer_id, amount, status, asset, collection)
             values ($1::int8, $1::int8 + 1, timestamptz '2026-11-21T09:10:00Z' + $1::int8 * interval '1 s',
                 clock_timestamp() + interval '1 h', $2, $3, $4, $5, null, null, 45000, 'open', 'KRW', $6)",
        )
        .bind(opened)
        .bind(id(offer))
        .bind(id(item))
        .bind(id(ALICE))
        .bind(id(A1))
        .bind(collection)
        .execute(&self.database.pool)
        .await
        .expect("an offer");
    }
}

fn item(number: u128) -> String {
    format!("/v1/items/{}", id(number))
}

fn listed(page: &Value, field: &str) -> Vec<String> {
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item[field].as_str().expect("an id").to_owned()).collect()
}

fn ids(numbers: &[u128]) -> Vec<String> {
    numbers.iter().map(|number| id(*number).to_string()).collect()
}

#[tokio::test]
async fn what_goes_out() {
    let app = TestApp::with_items().await;
    assert_json_snapshot!("item", app.get(&item(COIN), app.member(ALICE)).await.ok());
    assert_json_snapshot!("item_of_another", app.get(&item(TICKET), app.member(ALICE)).await.ok());
    let page = app.get("/v1/items?owner=me", app.member(ALICE)).await;
    assert_json_snapshot!("items", page.ok());
    assert_eq!(page.number("view-position"), 18);
    let offers = app.get("/v1/offers?collection=coins", app.member(BOB)).await;
    assert_json_snapshot!("offers", offers.ok(), { ".items[].expires_at" => "[then]" });
    app.finish().await;
}

/// Everybody may know of an item; whose it is and was, only the member, operators and services.
#[tokio::test]
async fn owners_are_shown_by_masked_names() {
    let app = TestApp::with_items().await;
    let seen = async |token: String| {
        let body = app.get(&item(COIN), token).await.ok().clone();
        let owners = body["owners"].as_array().expect("owners").clone();
        let owners =
            owners.iter().map(|owner| (owner["owner"].clone(), owner["masked_name"].clone())).collect::<Vec<_>>();
        (body["owner"].clone(), owners)
    };
    let (alice, bob, gone, none) = (json!(id(ALICE)), json!(id(BOB)), json!(id(crate::app::GONE)), Value::Null);
    let names = [json!("\u{ae40}**\u{c2a4}"), none.clone(), json!("R****t")];
    let with_names = |owners: [&Value; 3]| owners.into_iter().cloned().zip(names.clone()).collect::<Vec<_>>();
    assert_eq!(seen(app.member(ALICE)).await, (alice.clone(), with_names([&alice, &none, &none])));
    assert_eq!(seen(app.member(BOB)).await, (none.clone(), with_names([&none, &none, &bob])));
    assert_eq!(seen(app.member(0x5742)).await, (none.clone(), with_names([&none; 3])));
    let without_names: Vec<_> = [&alice, &gone, &bob].into_iter().cloned().map(|id| (id, none.clone())).collect();
    for token in [app.operator(), app.service()] {
        assert_eq!(seen(token).await, (alice.clone(), without_names.clone()));
    }
    app.finish().await;
}

#[tokio::test]
async fn items_are_for_everybody_and_their_list_is_for_the_owner() {
    let app = TestApp::with_items().await;
    assert_eq!(app.statuses(&item(COIN)).await, [200; 5]);
    assert_eq!(app.statuses(&item(0x404)).await, [404; 5]);
    app.get(&item(0x404), app.member(ALICE)).await.is(404, "item-unknown");
    assert_eq!(app.statuses("/v1/items?owner=me").await, [200, 200, 200, 403, 403]);
    assert_eq!(app.statuses("/v1/offers").await, [200; 5]);
    let own = async |member: u128| listed(app.get("/v1/items?owner=me", app.member(member)).await.ok(), "item_id");
    assert_eq!(own(ALICE).await, ids(&[COIN]));
    assert_eq!(own(BOB).await, ids(&[TICKET]));
    assert!(own(0x5742).await.is_empty());
    for wrong in ["/v1/items", "/v1/items?owner=you", "/v1/offers?collection=", "/v1/offers?collection=%00"] {
        app.get(wrong, app.member(ALICE)).await.is(400, "validation-failed");
    }
    app.finish().await;
}

#[tokio::test]
async fn only_offers_that_can_be_accepted_are_listed() {
    let app = TestApp::with_items().await;
    for (number, collection, opened) in [(2, "coins", 30), (3, "tickets", 31), (4, "coins", 32), (5, "coins", 33)] {
        app.put_offer(0x0ffe0 + number, TICKET, collection, opened).await;
    }
    let end = format!(
        "update items_g1.offers set status = 'cancelled' where offer_id = '{}';
         update items_g1.offers set expires_at = clock_timestamp() - interval '1 s' where offer_id = '{}'",
        id(0x0ffe4),
        id(0x0ffe5)
    );
    app.database.run(&end).await;
    let offers =
        async |query: &str| listed(app.get(&format!("/v1/offers{query}"), app.member(BOB)).await.ok(), "offer_id");
    assert_eq!(offers("").await, ids(&[0x0ffe3, 0x0ffe2, OFFER]));
    assert_eq!(offers("?collection=coins").await, ids(&[0x0ffe2, OFFER]));
    assert_eq!(offers("?collection=tickets").await, ids(&[0x0ffe3]));
    assert!(offers("?collection=coin").await.is_empty(), "a collection is looked for whole");
    app.finish().await;
}

#[tokio::test]
async fn pages_join_while_new_ones_arrive() {
    let app = TestApp::with_bank().await;
    let put = async |at: i64| {
        let number = 0x5_0000 + u128::from(at.unsigned_abs());
        app.put_item(number, ALICE, "coins", at).await;
        app.put_offer(number, number, if at % 2 == 0 { "coins" } else { "tickets" }, at).await;
    };
    for at in 101..=120 {
        put(at).await;
    }
    let mut next = 121;
    for (path, field, wanted) in [
        ("/v1/items?owner=me", "item_id", 1),
        ("/v1/offers?limit=7", "offer_id", 1),
        ("/v1/offers?collection=coins", "offer_id", 2),
    ] {
        let (newest, mut seen, mut cursor) = (next, Vec::new(), String::new());
        let size = if path.contains("limit") { "" } else { "&limit=7" };
        loop {
            let page = app.get(&format!("{path}{size}{cursor}"), app.member(ALICE)).await;
            seen.extend(listed(page.ok(), field));
            let Some(more) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={more}");
            put(next).await;
            next += 1;
        }
        let all = (101..newest).rev().filter(|at| at % wanted == 0);
        let all: Vec<u128> = all.map(|at| 0x5_0000 + u128::try_from(at).expect("positive")).collect();
        assert_eq!(seen, ids(&all), "{path}");
        let other = format!("/v1/offers?collection=others{cursor}");
        app.get(&other, app.member(ALICE)).await.is(400, "cursor-invalid");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_trade_names_its_item_and_a_run_its_order() {
    let app = TestApp::with_items().await;
    let (trade, run) = (id(0x74ade), id(0x707));
    app.database
        .run(&format!(
            "insert into transfers_g1.transfers (position, recorded_at, transfer_id, source, destination, amount, kind, status,
                 asset, reference, source_version, source_balance_after, destination_version, destination_balance_after,
                 despite_freeze, item_id, offer_id, order_id)
             values (17, '2026-11-21T09:15:00.123456Z', '{trade}', '{b1}', '{a1}', 45000, 'trade', 'posted', 'KRW', null, 4, 0, 5, 104000,
                 false, '{}', '{}', null),
             (18, '2026-11-21T09:16:00Z', '{run}', '{b1}', '{a1}', 5, 'transfer', 'posted', 'KRW', 'r', 5, 0, 6, 104005, false, null,
                 null, '{}')",
            id(COIN),
            id(OFFER),
            id(0x04de1),
            a1 = id(A1),
            b1 = id(B1),
        ))
        .await;
    let one = async |transfer| app.get(&format!("/v1/transfers/{transfer}"), app.member(BOB)).await.ok().clone();
    let causes = |shown: &Value| ["item_id", "offer_id", "order_id"].map(|field| shown.get(field).cloned());
    assert_eq!(causes(&one(trade).await), [Some(json!(id(COIN))), Some(json!(id(OFFER))), None]);
    assert_eq!(causes(&one(run).await), [None, None, Some(json!(id(0x04de1)))]);
    let found = async || app.get("/v1/transfers?reference=r", app.operator()).await.ok()["items"][0].clone();
    assert_eq!(causes(&found().await), [None, None, Some(json!(id(0x04de1)))]);
    // The version of the view before knows of neither.
    app.database
        .run(
            "drop view live.transfers;
             create view live.transfers as select position, recorded_at, source_version, destination_version,
                 transfer_id, source, destination, reverses, reversed_by, amount, source_balance_after,
                 destination_balance_after, available, kind, status, asset, code, memo, reference, postings, asked_by, service,
                 hold_id, despite_freeze
             from transfers_g1.transfers;
             grant select on live.transfers to jangbu_reader",
        )
        .await;
    for older in [one(trade).await, one(run).await, found().await] {
        assert_eq!(causes(&older), [None, None, None]);
    }
    app.finish().await;
}

/// What was put aside is not said to be absent, or to be as it was before.
#[tokio::test]
async fn what_is_put_aside_is_missed() {
    let app = TestApp::with_items().await;
    let park = async |key: String, touches: &str| {
        let sql = format!(
            "delete from registry.parked_events; delete from registry.parked_keys;
             insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
             values ('items', 1, '{key}', 17, 'a test', 'a test');
             insert into registry.parked_events (view, generation, key, position, commit_position, recorded_at, touches)
             values ('items', 1, '{key}', 17, 17, '2026-11-21T09:08:00Z', '{{{touches}}}')"
        );
        app.database.run(&sql).await;
    };
    let missing = async |path: &str, member: u128| {
        let reply = app.get(path, app.member(member)).await;
        assert_eq!(reply.status, 200, "{path}");
        reply.header("view-missing-events").map(str::to_owned)
    };
    let (own, one) = ("/v1/items?owner=me", Some("1".to_owned()));
    park(id(COIN).to_string(), &id(COIN).to_string()).await;
    assert_eq!(app.statuses(&item(COIN)).await, [503; 5]);
    assert_eq!(app.statuses(&item(TICKET)).await, [200; 5]);
    assert_eq!((missing(own, ALICE).await, missing(own, BOB).await), (one.clone(), None));
    // One that names who has it now, and one of which nothing is known.
    let key = id(0x17e9).to_string();
    park(key.clone(), &format!("{key},{}", id(BOB))).await;
    assert_eq!((missing(own, ALICE).await, missing(own, BOB).await), (None, one.clone()));
    park(key.clone(), &key).await;
    assert_eq!((missing(own, ALICE).await, missing(own, BOB).await), (one.clone(), one.clone()));
    // An offer that is there is no item of anybody; the list of offers may be wrong.
    park(id(OFFER).to_string(), &id(OFFER).to_string()).await;
    assert_eq!((missing(own, ALICE).await, missing(own, BOB).await), (None, None));
    assert_eq!(missing("/v1/offers", BOB).await, one);
    app.finish().await;
}

#[tokio::test]
async fn a_token_is_waited_for() {
    let app = TestApp::with_items().await;
    let position = app.database.append(1).await;
    let token = app.token(position).await;
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=0")];
    let paths = [item(COIN), "/v1/items?owner=me".to_owned(), "/v1/offers".to_owned()];
    app.database.reach("members", position).await;
    for path in &paths {
        app.get_with(path, app.member(ALICE), &headers).await.is(503, "view-behind");
    }
    app.database.reach("items", position).await;
    for path in &paths {
        app.get_with(path, app.member(ALICE), &[headers[0], ("prefer", "wait=5")]).await.ok();
    }
    app.finish().await;
}
