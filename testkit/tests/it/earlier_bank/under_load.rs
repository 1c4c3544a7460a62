//! A bank with holds, compound transfers, exchange and freezes of debits: upgraded while its accounts pay.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::chaos::{Jangbu, Part};
use uuid::Uuid;

use super::{Earlier, id, jangbu, members_are_known, old_keys_get_their_old_answers, what_was_recorded_is_still_there};
use crate::{
    kill::people,
    support::{Answer, Crowd, LogClock, TestApp, TestClient, eventually, money},
};

/// The accounts of the bank that pay and are paid meanwhile: those of the hold.
struct Paying {
    source: Uuid,
    destination: Uuid,
}

impl Paying {
    fn of(earlier: &Earlier) -> Self {
        let payments = &earlier.asked("/v1/transfers/compound")["postings"];
        let accounts = earlier.kept["accounts"].as_object().unwrap();
        let bears = |number: &Value| accounts.iter().find(|(_, account)| account["account_number"] == *number);
        let (destination, _) = bears(&payments[0]["destination"]).unwrap();
        Self { source: id(&payments[0]["source"]), destination: destination.parse().unwrap() }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_of_the_build_of_2026_11_30_is_upgraded_under_load() {
    let earlier = Earlier::of("2026-11-30");
    let mut app = TestApp::restore(&earlier.folder).await;
    let jangbu = jangbu(&app);
    jangbu.run(&["migrate", "up"]).await.unwrap();
    it_is_an_hour_after_the_last_commit(&app).await;
    let before = app.ledger().await;

    // The query server is ready once the views that are new are there. What the earlier build made, it shows before.
    app.bank.start(&[Part::Command(0), Part::Command(1)]).await.unwrap();
    app.bank.spawn(Part::Query).unwrap();
    let (mut accounts, clients) = people(&mut app, &[0, 1]).await;
    let paying = Paying::of(&earlier);
    accounts.extend([paying.source, paying.destination]);
    let crowd = Crowd::start(8, clients, accounts, false);
    crowd.journal.wait_for_more(30).await;
    earlier_versions_are_read(&mut app, &earlier).await;
    views_are_upgraded(&mut app, &jangbu, &crowd).await;
    old_keys_get_their_old_answers(&mut app, &earlier, str::to_owned).await;
    crowd.journal.wait_for_more(30).await;
    let journal = crowd.stop().await;

    app.wait_until_level().await;
    what_was_recorded_is_still_there(&mut app, &earlier, &[paying.source, paying.destination]).await;
    what_was_shown_is_shown(&mut app, &earlier).await;
    the_hold_is_captured_to_its_end(&mut app, &earlier, &paying).await;
    the_exchange_goes_on(&mut app, &earlier).await;
    a_freeze_of_debits_still_stops_them(&mut app, &earlier, &paying).await;
    what_is_new_works_on_old_accounts(&mut app, &earlier, &paying).await;
    members_are_known(&mut app, &earlier).await;
    app.wait_until_level().await;
    jangbu.run(&["log", "verify"]).await.unwrap();
    let mut ledger = app.close().await;
    ledger.posted.retain(|transfer, _| !before.posted.contains_key(transfer));
    assert_eq!(journal.check(&ledger), (0, 0));
}

/// By the log's clock, so that what counts for some days only, such as the hold, still counts whenever the test runs. The tables are
/// migrated before: new ones would lie in the schema of that clock.
async fn it_is_an_hour_after_the_last_commit(app: &TestApp) {
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    let last = sqlx::query_scalar("select recorded_at from log_head");
    let last: DateTime<Utc> = last.fetch_one(&mut log).await.unwrap();
    LogClock::take_over(app, last).await.set(last + TimeDelta::hours(1)).await;
}

/// The query server of this build reads the generations of the earlier one, which nobody follows now.
async fn earlier_versions_are_read(app: &mut TestApp, earlier: &Earlier) {
    let operator = app.operator();
    let shown = earlier.kept["reads"].as_array().unwrap();
    for kept in shown {
        let path = kept["path"].as_str().unwrap();
        let answer = eventually(path, async || {
            let seen = operator.send(Method::GET, &format!("{}{path}", operator.query), &[], None).await;
            let seen = seen.map_err(|error| error.to_string())?;
            if seen.status == 200 { Ok(seen) } else { Err(seen.body.to_string()) }
        })
        .await;
        assert!(has_all_of(&answer.body, &kept["answer"]), "{path}: {} was {}", answer.body, kept["answer"]);
    }
}

/// As `docs/runbooks/change-view.md` says: the projector of this build stands by, then the views are upgraded.
async fn views_are_upgraded(app: &mut TestApp, jangbu: &Jangbu, crowd: &Crowd) {
    let due = jangbu.run(&["views", "upgrade", "--dry-run"]).await.unwrap();
    assert!(views(&due).contains(&"transfers"), "{due}");
    app.bank.start(&[Part::Relay]).await.unwrap();
    // No projector of the earlier build runs here: until the promotion this one says that nobody follows its views.
    app.bank.spawn(Part::Projector).unwrap();
    let upgrade = ["views", "upgrade", "--reason", "ticket 4711"];
    let (made, ()) = tokio::join!(jangbu.run(&upgrade), crowd.journal.wait_for_more(30));
    let made = made.unwrap();
    assert_eq!(views(&made), views(&due), "{made}");
    app.bank.wait_until_ready(Part::Projector).await.unwrap();
    app.bank.wait_until_ready(Part::Query).await.unwrap();
    assert_eq!(jangbu.run(&["views", "upgrade", "--dry-run"]).await.unwrap(), json!([]));
}

fn views(listed: &Value) -> Vec<&str> {
    let mut names: Vec<_> = listed.as_array().unwrap().iter().map(|view| view["view"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// What was shown of transfers and holds is shown by the new versions, field by field; they may show more.
async fn what_was_shown_is_shown(app: &mut TestApp, earlier: &Earlier) {
    let operator = app.operator();
    for kept in earlier.kept["reads"].as_array().unwrap() {
        let path = kept["path"].as_str().unwrap();
        let seen = operator.get(path).await.expect(200);
        assert!(has_all_of(&seen.body, &kept["answer"]), "{path}: {} was {}", seen.body, kept["answer"]);
    }
}

/// Whether every field of before is there, with its value.
fn has_all_of(is: &Value, was: &Value) -> bool {
    match (is, was) {
        (Value::Object(is), Value::Object(was)) => {
            was.iter().all(|(name, was)| is.get(name).is_some_and(|is| has_all_of(is, was)))
        }
        (Value::Array(is), Value::Array(was)) => {
            is.len() == was.len() && is.iter().zip(was).all(|(is, was)| has_all_of(is, was))
        }
        (is, was) => is == was,
    }
}

/// What became of the funds of a hold.
fn amounts(hold: &Answer) -> [String; 4] {
    ["status", "captured", "released", "remaining"].map(|field| hold.text(field))
}

async fn held(client: &TestClient, account: Uuid, token: &str) -> String {
    client.get_at(&format!("/v1/accounts/{account}"), token).await.expect(200).text("held")
}

/// However much the crowd took from the account, what was held of it is there.
async fn the_hold_is_captured_to_its_end(app: &mut TestApp, earlier: &Earlier, paying: &Paying) {
    let (operator, payee) = (app.operator(), app.client(Role::Member, earlier.member("boram")));
    let path = format!("/v1/holds/{}", id(&earlier.kept["active_hold"]));
    let hold = operator.get(&path).await.expect(200);
    assert_eq!(amounts(&hold), ["active", "2000", "0", "3500"]);
    assert_eq!((hold.id("source"), hold.id("destination")), (paying.source, paying.destination));
    let account = operator.get(&format!("/v1/accounts/{}", paying.source)).await.expect(200);
    assert_eq!(account.text("held"), "3500");

    let capture = format!("{path}/capture");
    let part = payee.post(&capture, json!({"money": money("KRW", 2_000), "final": false})).await.expect(201);
    assert_eq!(held(&operator, paying.source, part.token()).await, "1500");
    let last = payee.post(&capture, json!({"money": money("KRW", 1_000)})).await.expect(201);
    assert_eq!(last.text("reference"), "booking 118");
    let over = operator.get_at(&path, last.token()).await.expect(200);
    assert_eq!(amounts(&over), ["captured", "5000", "500", "0"]);
    assert_eq!(held(&operator, paying.source, last.token()).await, "0");
    payee.post(&capture, json!({})).await.expect_problem(422, "hold-not-active");
}

/// Quotes are as they were, and the rate of then makes new ones.
async fn the_exchange_goes_on(app: &mut TestApp, earlier: &Earlier) {
    let member = app.client(Role::Member, earlier.member("anna"));
    let quotes = &earlier.kept["quotes"];
    for (quote, code) in [("used", "quote-used"), ("unused", "quote-expired")] {
        let again = json!({"quote_id": quotes[quote]});
        member.post("/v1/exchanges", again).await.expect_problem(422, code);
    }
    let asked = earlier.asked("/v1/exchanges/quotes");
    let pay = json!({"source": asked["source"], "destination": asked["destination"], "pay": "100"});
    let quote = member.post("/v1/exchanges/quotes", pay).await.expect(201);
    assert_eq!([quote.text("rate"), quote.text("receive")], ["1343.49875", "1343"]);
    let done = member.post("/v1/exchanges", json!({"quote_id": quote.id("quote_id")})).await.expect(201);
    assert_eq!(done.text("kind"), "exchange");
}

async fn a_freeze_of_debits_still_stops_them(app: &mut TestApp, earlier: &Earlier, paying: &Paying) {
    let frozen = id(&earlier.kept["frozen_for_debits"]);
    let owner = app.client(Role::Member, earlier.member("boram"));
    owner.transfer(frozen, paying.source, 1).await.expect_problem(422, "account-frozen");
    app.service().deposit(frozen, "KRW", 1).await;
    let unfrozen = app.operator().post(&format!("/v1/accounts/{frozen}/unfreeze"), json!({"reason": "settled"})).await;
    let unfrozen = unfrozen.expect(200);
    assert_eq!((unfrozen.text("status"), &unfrozen.body["freeze"]), ("open".into(), &json!(null)));
}

/// Limits count for an account of before, a payment code pays from it, and its owner is given an item.
async fn what_is_new_works_on_old_accounts(app: &mut TestApp, earlier: &Earlier, paying: &Paying) {
    let (operator, service) = (app.operator(), app.service());
    let member = app.client(Role::Member, earlier.member("anna"));
    let limit = json!({"asset": "KRW", "kinds": ["charge"], "everyone": true, "per_day": {"count": 1}});
    operator.put("/v1/limits/charges", limit).await.expect(200);
    service.deposit(paying.source, "KRW", 1_000).await;
    for (amount, refused) in [(400, None), (1, Some("limit-exceeded"))] {
        let code = member.post("/v1/payment-codes", json!({"source": paying.source})).await.expect(201).text("code");
        let charge = json!({
            "code": code, "destination": paying.destination, "money": money("KRW", amount), "reference": "receipt 17",
        });
        let charged = service.post("/v1/charges", charge).await;
        match refused {
            None => assert_eq!(charged.expect(201).text("kind"), "charge"),
            Some(code) => drop(charged.expect_problem(422, code)),
        }
    }
    let number = &earlier.kept["accounts"][paying.source.to_string()]["account_number"];
    let item = json!({"collection": "Seoul Skyline", "serial": "17/100", "owner": number});
    let minted = service.post("/v1/items", item).await.expect(201);
    let seen = member.get_at(&format!("/v1/items/{}", minted.id("item_id")), minted.token()).await.expect(200);
    assert_eq!(seen.text("serial"), "17/100");
}
