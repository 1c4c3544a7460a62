//! Random commands that move, hold, charge, trade, exchange, order and pay out, in parallel through two servers, held
//! against a model of a few pages.

mod by_itself;
mod done;
mod exchange;
mod expiry;
mod limits;
mod model;
mod orders;
mod runs;
mod wishes;
mod world;

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use kernel::{Clock, Role, SystemClock};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use testkit::{app::all_items, chaos::Part};
use tokio::task::JoinSet;

use crate::{
    clocks::wait_for,
    support::{EarlyTimers, LogClock, TestApp, verify},
};
use by_itself::{bring_to_an_end, carried_out, paid_so_far};
use done::id;
use limits::{ASSIGNED, LIMITS};
use model::Model;
use world::{PEOPLE, Wish, World, pick};

/// Minor units of each asset that each person has at first.
const FUNDS: i128 = 2_000;
const CLIENTS: u64 = 8;
const EACH: usize = 60;
/// What is sure to be among what was carried out, so that the test tests it.
const SURE: [&str; 12] = [
    "transfer",
    "deposit",
    "withdrawal",
    "hold",
    "rate",
    "quote",
    "exchange",
    "order",
    "order-run",
    "open-run",
    "start-run",
    "row",
];

async fn act(world: Arc<World>, number: u64) -> usize {
    let mut random = SmallRng::seed_from_u64(number);
    let mut refused = 0;
    for count in 0..EACH {
        // What the bank pays by itself may be reversed, too.
        let run = pick(&mut random, &world.made.lock().unwrap().runs).filter(|_| random.random_ratio(1, 10));
        if let Some(run) = run {
            let paid = paid_so_far(&world, run.id).await;
            world.made.lock().unwrap().transfers.extend(paid);
        }
        let key = format!("model-{number}-{count}");
        let Some(wish) = world.wish(&mut random, &key) else { continue };
        let answer = world.ask(random.random_range(0..2), &key, wish).await;
        refused += usize::from(answer.status >= 400);
    }
    refused
}

/// A zone in which it is about noon at this time, so that no day ends meanwhile.
fn zone_at_noon(time: &str) -> String {
    let west = i64::from(time.parse::<DateTime<Utc>>().unwrap().hour()) - 12;
    // In these names a plus is west.
    if west == 0 { "UTC".to_owned() } else { format!("Etc/GMT{west:+}") }
}

/// The people with their accounts and limits, and a rate for each direction.
async fn prepare(app: &mut TestApp) -> World {
    let (mut people, mut won, mut dollars, mut numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut now = String::new();
    let service = app.service();
    for _ in 0..PEOPLE {
        let client = app.member();
        let opened = client.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201);
        let account = opened.id("account_id");
        service.deposit(account, "KRW", FUNDS).await;
        numbers.push(opened.text("account_number"));
        won.push(account);
        let account = client.open("USD").await;
        now = service.deposit(account, "USD", FUNDS).await.text("recorded_at");
        dollars.push(account);
        let second = app.client_at(1, Role::Member, client.id);
        people.push([client, second]);
    }
    let operator = app.operator();
    let zone = zone_at_noon(&now);
    for limit in LIMITS {
        operator.put(&format!("/v1/limits/{}", limit.name), limit.body(&zone)).await.expect(200);
    }
    operator.put(&format!("/v1/accounts/{}/limits", won[0]), json!({"names": [ASSIGNED]})).await.expect(200);
    let second = app.client_at(1, Role::Operator, operator.id);
    let operators = [operator, second];
    let world = World { people, operators, won, numbers, dollars, zone, made: Mutex::default() };
    let mut random = SmallRng::seed_from_u64(CLIENTS);
    for (from, to) in [("USD", "KRW"), ("KRW", "USD")] {
        world.ask(0, &format!("rate-{from}"), wishes::rate(&mut random, from, to)).await.expect(200);
    }
    world
}

/// An offer that is sure to expire: among the others there may be none.
async fn offer_for_a_while(world: &World) {
    let minted = json!({"collection": "stamps", "serial": "the last", "owner": world.numbers[0]});
    let wish = Wish::post(None, "mint", "/v1/items", minted);
    let item = world.ask(0, "last-mint", wish).await.expect(201).id("item_id");
    let price = json!({"asset": "KRW", "amount": "1"});
    let body = json!({"item_id": item, "price": price, "destination": world.won[0], "expires_in": 3_600});
    world.ask(0, "last-offer", Wish::post(Some(0), "offer", "/v1/offers", body)).await.expect(201);
}

/// Everything is shown as the model says.
async fn check_reads(world: &World, model: &Model) {
    let operator = &world.operators[0];
    for (account, expected, used) in model.accounts() {
        let path = format!("/v1/accounts/{account}");
        let seen = operator.get(&path).await.expect(200);
        assert_eq!(["asset", "balance", "held", "available"].map(|field| seen.body[field].clone()), expected, "{path}");
        let Some(used) = used else {
            assert_eq!((&seen.body["owner"], seen.text("name").split('/').next()), (&Value::Null, Some("exchange")));
            continue;
        };
        let seen = operator.get(&format!("{path}/limits")).await.expect(200);
        for [name, window, amount, count] in used.shown(expected[0].as_str().unwrap()) {
            let entry = seen.items().iter().find(|entry| entry["name"] == name && entry["window"] == window);
            let entry = entry.unwrap_or_else(|| panic!("no {name} {window}: {}", seen.body));
            assert_eq!((&entry["amount"]["used"], &entry["count"]["used"]), (&amount, &count), "{path} {entry}");
        }
    }
    for (hold, expected) in model.holds() {
        let seen = operator.get(&format!("/v1/holds/{hold}")).await.expect(200).body;
        let amounts = [&seen["money"]["amount"], &seen["captured"], &seen["released"], &seen["remaining"]];
        assert_eq!(amounts, expected.map(|amount| json!(amount.to_string())).each_ref(), "{seen}");
    }
    for (person, clients) in world.people.iter().enumerate() {
        let mine = clients[0].get("/v1/items?owner=me&limit=200").await.expect(200);
        let items: HashSet<_> = mine.items().iter().map(|item| id(&item["item_id"])).collect();
        assert_eq!(items, model.items_of(person), "the items of person {person}");
    }
    for (order, expected) in model.orders.all() {
        let seen = operator.get(&format!("/v1/standing-orders/{order}")).await.expect(200).body;
        let runs: Vec<_> = seen["runs"].as_array().unwrap().iter().map(|run| id(&run["transfer_id"])).collect();
        assert_eq!((seen["status"].as_str(), &runs), (Some(expected.status), &expected.runs), "{seen}");
    }
    for (run, expected) in model.runs.all() {
        let path = format!("/v1/payout-runs/{run}");
        expected.check(&operator.get(&path).await.expect(200).body);
        let results = all_items(operator, &format!("{path}/results")).await;
        let pending = results.iter().filter(|result| result["status"] == "pending").count();
        assert_eq!(
            (pending, results.len() - pending),
            (expected.pending(), expected.posted + expected.refused),
            "{path}"
        );
        assert!(pending == 0 || expected.status == "cancelled", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_asked_for_at_the_same_time_the_books_hold() {
    let parts = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query, Part::Auditor];
    // A few rows at a time, so that runs are paused and cancelled while they pay.
    let mut app = TestApp::start_with(&[], &[("JANGBU_PAYOUT_BATCH", "2")]).await;
    let mut clock = LogClock::take_over(&app, SystemClock.now()).await;
    app.bank.start(&parts).await.unwrap();
    let world = Arc::new(prepare(&mut app).await);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(act(world.clone(), number));
    }
    let refused: usize = clients.join_all().await.into_iter().sum();
    app.wait_until_level().await;
    bring_to_an_end(&world).await;
    offer_for_a_while(&world).await;
    app.wait_until_level().await;

    let mut done = std::mem::take(&mut world.made.lock().unwrap().done);
    assert!(done.len() > 100 && refused > 10, "{} were carried out, {refused} refused", done.len());
    done.extend(carried_out(&world).await);
    // The rows of one commit keep their order.
    done.sort_by_key(|done| done.position);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    done.iter().for_each(|done| *counts.entry(done.what).or_default() += 1);
    println!("{refused} were refused; carried out: {counts:?}");
    assert!(SURE.iter().all(|what| counts.contains_key(what)), "{counts:?}");

    let funds = [(&world.won[..], "KRW", FUNDS), (&world.dollars[..], "USD", FUNDS)];
    let mut model = Model::new(&funds, &world.numbers, world.won[0]);
    for done in &done {
        model.apply(done);
        model.check();
    }

    // What was to expire does so, and nothing else.
    let later = SystemClock.now() + TimeDelta::hours(2);
    let (holds, offers) = model.expire(later);
    assert!(holds > 0 && offers > 0, "{holds} holds and {offers} offers expire");
    clock.set(later).await;
    let timers = EarlyTimers::start(&app).await;
    wait_for(&app, "HoldExpired", holds).await;
    wait_for(&app, "OfferExpired", offers).await;
    drop(timers);
    model.check();
    app.wait_until_level().await;
    check_reads(&world, &model).await;
    assert_eq!((app.count_events("HoldExpired").await, app.count_events("OfferExpired").await), (holds, offers));
    verify(app).await;
}
