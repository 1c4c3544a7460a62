//! Bodies of the right form that ask for what the rules forbid: the refusal is recorded, and nothing else is.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    bank,
    calls::{Accounts, NOTHING},
};
use crate::support::{Answer, TestApp, TestClient, fresh_key, money};

/// What there is to ask wrong things of.
struct Things {
    item: Uuid,
    hold: Uuid,
    run: Uuid,
    code: String,
}

type Case<'a> = (&'a TestClient, String, Value, (u16, &'static str));

const NOT_POSITIVE: (u16, &str) = (422, "amount-not-positive");
const MISMATCH: (u16, &str) = (422, "asset-mismatch");
const SHORT: (u16, &str) = (422, "insufficient-funds");
const SAME: (u16, &str) = (422, "same-account");

/// How many events are more than a refusal.
async fn changes(app: &TestApp) -> i64 {
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    let count = "select count(*) from events where type not in ('CommandRefused', 'TransferRejected')";
    sqlx::query_scalar(count).fetch_one(&mut log).await.unwrap()
}

fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}

/// Amounts of zero and less, the wrong asset, more than there is.
fn amounts<'a>(member: &'a TestClient, service: &'a TestClient, accounts: &Accounts, things: &Things) -> Vec<Case<'a>> {
    let Accounts { source, destination, .. } = accounts;
    let most = "9".repeat(37);
    let code = json!({"source": source});
    let charge = json!({"code": things.code, "destination": destination, "reference": "r"});
    let held = with(&charge, "hold", json!(true));
    let offer = json!({"item_id": things.item, "destination": source});
    let schedule = json!({"every": "day", "time": "09:00"});
    let order = json!({"source": source, "destination": destination, "schedule": schedule});
    let hold = json!({"source": source, "destination": destination});
    let verb = |verb: &str| format!("/v1/holds/{}/{verb}", things.hold);
    let calls = [
        (member, "/v1/payment-codes".to_owned(), "max", code),
        (service, "/v1/charges".to_owned(), "money", charge),
        (service, "/v1/charges".to_owned(), "money", held),
        (member, "/v1/offers".to_owned(), "price", offer),
        (member, "/v1/standing-orders".to_owned(), "money", order),
        (member, "/v1/holds".to_owned(), "money", hold),
        (service, verb("capture"), "money", json!({})),
        (member, verb("increase"), "money", json!({})),
        (service, verb("release"), "money", json!({})),
    ];
    let mut cases = Vec::new();
    for (who, path, field, body) in calls {
        for (amount, refusal) in
            [(money("KRW", 0), NOT_POSITIVE), (money("KRW", -1), NOT_POSITIVE), (money("USD", 1), MISMATCH)]
        {
            cases.push((who, path.clone(), with(&body, field, amount), refusal));
        }
        let too_much = match path.as_str() {
            "/v1/charges" | "/v1/holds" => Some(SHORT),
            path if path.ends_with("/capture") || path.ends_with("/release") => Some((422, "hold-exceeded")),
            _ => None,
        };
        if let Some(refusal) = too_much {
            cases.push((who, path, with(&body, field, money("KRW", &most)), refusal));
        }
    }
    cases
}

/// What is not there, not the caller's, or not as the caller says.
fn others<'a>(member: &'a TestClient, service: &'a TestClient, accounts: &Accounts, things: &Things) -> Vec<Case<'a>> {
    let Accounts { source, dollars, destination, number } = accounts;
    let one = money("KRW", 1);
    let schedule = json!({"every": "day", "time": "09:00"});
    let order = json!({"source": source, "destination": source, "money": one, "schedule": schedule});
    let quote = |field: &str, amount: &str| json!({"source": dollars, "destination": source, field: amount});
    let hold = json!({"source": source, "destination": source, "money": one});
    let offer = json!({"item_id": NOTHING, "price": one, "destination": source});
    let start = json!({"expected_rows": 1, "expected_total": "-1"});
    let not_there = |what: &str, verb: &str| format!("/v1/{what}/{NOTHING}/{verb}");
    vec![
        (member, "/v1/exchanges/quotes".into(), quote("pay", "0"), NOT_POSITIVE),
        (member, "/v1/exchanges/quotes".into(), quote("receive", "-1"), NOT_POSITIVE),
        (member, "/v1/exchanges".into(), json!({"quote_id": NOTHING}), (422, "quote-unknown")),
        (member, "/v1/standing-orders".into(), order.clone(), SAME),
        (member, "/v1/standing-orders".into(), with(&order, "source", json!(destination)), (403, "account-not-yours")),
        (member, "/v1/holds".into(), hold.clone(), SAME),
        (member, "/v1/holds".into(), with(&hold, "source", json!(destination)), (403, "account-not-yours")),
        (member, "/v1/offers".into(), offer, (404, "item-unknown")),
        (member, "/v1/payment-codes".into(), json!({"source": destination}), (403, "account-not-yours")),
        (service, format!("/v1/payout-runs/{}/start", things.run), start.clone(), (422, "control-total-mismatch")),
        (service, not_there("payout-runs", "start"), start, (404, "payout-unknown")),
        (service, not_there("payout-runs", "cancel"), json!({}), (404, "payout-unknown")),
        (member, not_there("items", "transfer"), json!({"to": number}), (404, "item-unknown")),
        (member, not_there("offers", "accept"), json!({"source": source}), (404, "offer-unknown")),
        (member, not_there("standing-orders", "pause"), json!({}), (404, "order-unknown")),
        (member, not_there("standing-orders", "resume"), json!({}), (404, "order-unknown")),
        (service, not_there("holds", "capture"), json!({}), (404, "hold-unknown")),
        (service, not_there("holds", "release"), json!({}), (404, "hold-unknown")),
    ]
}

/// Rows that are wrong are named, and left out.
async fn wrong_rows(service: &TestClient, run: Uuid, to: Uuid) -> Answer {
    let rows = [
        format!("0,{to},5,"),
        format!("1,{to},0,"),
        format!("1,{to},-1,"),
        format!("1,{to},{},", "9".repeat(39)),
        format!("1,{to},1.5,"),
        format!("x,{to},5,"),
        "1,not-an-id,5,".to_owned(),
        format!("1,{to},5,nul\0"),
        format!("1,{to},5,{}", "m".repeat(257)),
        format!("1,{to}"),
    ];
    let table = format!("row,destination,amount,memo\n{}\n", rows.join("\n"));
    let (url, key) = (format!("{}/v1/payout-runs/{run}/rows", service.command), fresh_key());
    let headers = [("content-type", "text/csv"), ("idempotency-key", key.as_str())];
    let answer = service.send(Method::POST, &url, &headers, Some(table.into_bytes())).await.unwrap().expect(200);
    assert_eq!((answer.number("rejected"), answer.number("added")), (rows.len() as i64, 0), "{}", answer.body);
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), rows.len(), "{}", answer.body);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_later_call_refuses_what_the_rules_forbid_and_only_that_is_written() {
    let (mut app, people, accounts) = bank().await;
    let (member, service, operator) = (&people.member, &people.service, &people.operator);
    service.put("/v1/rates/USD/KRW", json!({"rate": "1350.25", "valid_for": 3_600})).await.expect(200);
    let own = member.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201).text("account_number");
    let minted = json!({"collection": "Seoul Skyline", "serial": "17/100", "owner": own});
    let hold = json!({"source": accounts.source, "destination": accounts.destination, "money": money("KRW", 100)});
    let run = json!({"source": accounts.source, "name": "Salaries", "reference": "payroll"});
    let things = Things {
        item: service.post("/v1/items", minted).await.expect(201).id("item_id"),
        hold: member.post("/v1/holds", hold).await.expect(201).id("hold_id"),
        run: service.post("/v1/payout-runs", run).await.expect(201).id("run_id"),
        // For as long as it can be used, so that it is never refused for its time.
        code: {
            let asked = json!({"source": accounts.source, "expires_in": 300});
            member.post("/v1/payment-codes", asked).await.expect(201).text("code")
        },
    };
    let before = changes(&app).await;
    let cases = [amounts(member, service, &accounts, &things), others(member, service, &accounts, &things)];
    for (who, path, body, (status, code)) in cases.into_iter().flatten() {
        let answer = who.post(&path, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path} {body}: {}", answer.body);
        answer.expect_problem(status, code);
    }
    let limits = format!("/v1/accounts/{NOTHING}/limits");
    operator.put(&limits, json!({"names": []})).await.expect_problem(404, "account-unknown");
    let limits = format!("/v1/accounts/{}/limits", accounts.source);
    operator.put(&limits, json!({"names": ["not-set"]})).await.expect_problem(422, "limit-unknown");
    operator.delete("/v1/limits/not-set").await.expect_problem(404, "limit-unknown");
    let rate = json!({"rate": "1", "valid_for": 60});
    service.put("/v1/rates/KRW/KRW", rate).await.expect_problem(422, "asset-mismatch");
    member.delete(&format!("/v1/offers/{NOTHING}")).await.expect_problem(404, "offer-unknown");
    member.delete(&format!("/v1/standing-orders/{NOTHING}")).await.expect_problem(404, "order-unknown");
    assert_eq!(wrong_rows(service, things.run, accounts.destination).await.text("total"), "0");
    assert_eq!(changes(&app).await, before, "nothing but refusals was written");
    app.wait_until_level().await;
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&accounts.source].balance, 1000);
    assert_eq!(ledger.accounts[&accounts.destination].balance, 0);
}
