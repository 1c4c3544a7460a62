//! What operators look up: anything by its names, the log with what it comes to, a balance over time, refusals.

use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Ids, RandomIds};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, fresh_key, money, verify};

/// Kind and id of all that is found under a text.
async fn find(operator: &TestClient, text: &str) -> Vec<(String, String)> {
    let path = format!("/v1/find?q={}", text.replace(' ', "%20").replace('#', "%23"));
    let found = operator.get(&path).await.expect(200);
    let field = |item: &Value, name: &str| item[name].as_str().unwrap_or_else(|| panic!("{}", found.body)).to_owned();
    found.items().iter().map(|item| (field(item, "kind"), field(item, "id"))).collect()
}

/// A thing of each kind: what it is, and its id.
async fn things(app: &mut TestApp, payer: &TestClient, from: Uuid, to: Uuid) -> Vec<(&'static str, Uuid)> {
    let operator = app.operator();
    let number = payer.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201).text("account_number");
    let paid = payer.transfer(from, to, 10).await.expect(201);
    let hold = json!({"source": from, "destination": to, "money": money("KRW", 20)});
    let hold = payer.post("/v1/holds", hold).await.expect(201);
    let schedule = json!({"every": "month", "day": 31, "time": "09:30", "zone": "Asia/Seoul", "count": 12});
    let order =
        json!({"source": from, "destination": to, "money": money("KRW", 1), "memo": "rent", "schedule": schedule});
    let order = payer.post("/v1/standing-orders", order).await.expect(201);
    let run = json!({"source": from, "name": "Salaries", "reference": "payroll-7"});
    let run = app.service().post("/v1/payout-runs", run).await.expect(201);
    let item = json!({"collection": "Seoul Skyline", "serial": "17/100", "owner": number, "digest": "ab".repeat(32)});
    let item = app.service().post("/v1/items", item).await.expect(201);
    let partner = operator.post("/v1/partners", json!({"name": "Hangang Coffee"})).await.expect(201);
    vec![
        ("account", from),
        ("transfer", paid.id("transfer_id")),
        ("hold", hold.id("hold_id")),
        ("order", order.id("order_id")),
        ("payout-run", run.id("run_id")),
        ("item", item.id("item_id")),
        ("partner", partner.id("partner_id")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_found_by_what_it_is_called() {
    let mut app = TestApp::start(&ALL).await;
    let operator = app.operator();
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let things = things(&mut app, &payer, from, to).await;
    app.wait_until_level().await;
    for (kind, id) in &things {
        let found = find(&operator, &id.to_string()).await;
        for kind in [*kind, "stream"] {
            assert!(found.contains(&(kind.to_owned(), id.to_string())), "{kind}: {found:?}");
        }
    }
    let number = operator.get(&format!("/v1/accounts/{from}")).await.expect(200).text("account_number");
    assert_eq!(find(&operator, &number).await, [("account".to_owned(), from.to_string())]);
    let deposits = find(&operator, "a test").await;
    assert!(deposits.len() == 1 && deposits[0].0 == "transfer", "{deposits:?}");
    let run = things.iter().find(|(kind, _)| *kind == "payout-run").unwrap().1;
    assert_eq!(find(&operator, "payroll-7").await, [("payout-run".to_owned(), run.to_string())]);

    // What only the log knows.
    let position = operator.get("/v1/log/positions/2").await.expect(200).number("first_position").to_string();
    for text in ["#2", "2"] {
        assert!(find(&operator, text).await.contains(&("commit".to_owned(), position.clone())), "{text}");
    }
    let (newest, page) = (app.newest_command().await, operator.get("/v1/log?limit=1").await.expect(200));
    let head = ("commit".to_owned(), page.items()[0]["first_position"].to_string());
    assert!(find(&operator, &newest.to_string()).await.contains(&head), "the command that wrote last");
    let correlation = RandomIds.fresh();
    let (url, key, id) = (format!("{}/v1/transfers", payer.command), fresh_key(), correlation.to_string());
    let headers =
        [("content-type", "application/json"), ("idempotency-key", key.as_str()), ("x-correlation-id", id.as_str())];
    let body = TestClient::transfer_body(from, to, 3).to_string().into_bytes();
    let paid = payer.send(Method::POST, &url, &headers, Some(body)).await.unwrap().expect(201);
    let found = find(&operator, &id).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let commit = operator.get(&format!("/v1/log/positions/{}", found[0].1)).await.expect(200);
    assert_eq!((commit.id("correlation_id"), commit.id("command_id")), (correlation, request_of(&paid)));
    assert!(find(&operator, &RandomIds.fresh().to_string()).await.is_empty());
    verify(app).await;
}

/// The command that an answer is of, as it says itself.
fn request_of(answer: &Answer) -> Uuid {
    answer.header("x-request-id").unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_browsed_and_a_stream_is_folded() {
    let mut app = TestApp::start(&ALL).await;
    let operator = app.operator();
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    for amount in 1..=20 {
        payer.transfer(from, to, amount).await.expect(201);
    }
    // Page by page to the beginning, and nothing twice or never.
    let (mut due, mut path) = (app.head().await + 1, "/v1/log?limit=7".to_owned());
    loop {
        let page = operator.get(&path).await.expect(200);
        for commit in page.items() {
            assert_eq!(commit["last_position"].as_i64(), Some(due - 1), "{commit}");
            due = commit["first_position"].as_i64().unwrap();
            let places: Vec<_> = commit["events"].as_array().unwrap().iter().map(|e| e["position"].as_i64()).collect();
            assert_eq!((places[0], places.len()), (Some(due), usize::try_from(last(commit) + 1 - due).unwrap()));
            assert!(commit["actor"]["id"].is_string() && commit["events"][0]["data"].is_object(), "{commit}");
        }
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/log?limit=7&cursor={cursor}");
    }
    assert_eq!(due, 1, "the first commit");
    let between = operator.get("/v1/log?after=5&before=15").await.expect(200);
    let firsts: Vec<_> = between.items().iter().map(|commit| commit["first_position"].as_i64().unwrap()).collect();
    assert!(!firsts.is_empty() && firsts.iter().all(|first| (6..15).contains(first)), "{firsts:?}");
    operator.get(&format!("/v1/log/positions/{}", due + 1_000_000)).await.expect_problem(404, "not-found");
    operator.get("/v1/log?cursor=nothing").await.expect_problem(400, "cursor-invalid");

    // What the rules of the bank make of the account is what the view shows.
    let stream = operator.get(&format!("/v1/log/streams/{from}?fold=true&limit=200")).await.expect(200);
    assert_eq!((stream.text("kind"), &stream.body["next_after_version"]), ("account".into(), &Value::Null));
    let versions: Vec<_> = stream.items().iter().map(|event| event["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, (1..=stream.number("version")).collect::<Vec<_>>());
    assert!(stream.items().iter().all(|event| event.get("state_error").is_none()), "{}", stream.body);
    app.wait_until_level().await;
    let shown = operator.get(&format!("/v1/accounts/{from}")).await.expect(200);
    assert_eq!(stream.items().last().unwrap()["state"]["balance"], shown.text("balance"));
    let part = operator.get(&format!("/v1/log/streams/{from}?after_version=2&limit=3")).await.expect(200);
    let versions: Vec<_> = part.items().iter().map(|event| event["version"].clone()).collect();
    assert_eq!((versions, part.number("next_after_version")), (vec![json!(3), json!(4), json!(5)], 5));
    assert!(part.items()[0].get("state").is_none(), "it was not asked for");
    let unknown = format!("/v1/log/streams/{}", RandomIds.fresh());
    operator.get(&unknown).await.expect_problem(404, "not-found");
    verify(app).await;
}

fn last(commit: &Value) -> i64 {
    commit["last_position"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chart_shows_what_the_statement_says() {
    let mut app = TestApp::start(&ALL).await;
    let operator = app.operator();
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let mut times = Vec::new();
    for amount in [100, 20, 3] {
        let paid = payer.transfer(from, to, amount).await.expect(201);
        times.push(paid.text("recorded_at"));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let refused = payer.transfer(from, to, 5_000).await.expect_problem(422, "insufficient-funds");
    let path = format!("/v1/accounts/{from}/history?from={}&to={}&points=17", times[0], times[2]);
    let history = operator.get_at(&path, refused.token()).await.expect(200);
    let points = history.body["points"].as_array().unwrap();
    let balances: Vec<_> = points.iter().map(|point| point["balance"].as_str().unwrap()).collect();
    assert_eq!((balances.len(), balances[0], balances[16]), (17, "900", "877"));
    for point in points {
        let at = point["at"].as_str().unwrap();
        let then = operator.get(&format!("/v1/accounts/{from}/balance?at={at}")).await.expect(200);
        assert_eq!(then.text("balance"), point["balance"].as_str().unwrap(), "{at}");
    }
    let refusals = operator.get_at("/v1/dashboard/refusals", refused.token()).await.expect(200);
    let counted = &refusals.items()[0];
    assert_eq!([&counted["code"], &counted["kind"]], ["insufficient-funds", "transfer"]);
    assert_eq!(counted["count"], 1);
    verify(app).await;
}

/// A partner that may read accounts of its own.
pub(crate) async fn partner(app: &mut TestApp) -> TestClient {
    let (operator, nobody) = (app.operator(), app.stranger());
    let created = operator.post("/v1/partners", json!({"name": "Hangang Coffee"})).await.expect(201);
    let keys = format!("/v1/partners/{}/keys", created.id("partner_id"));
    let key = operator.post(&keys, json!({"scopes": ["accounts:read"]})).await.expect(201);
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", key.id("key_id"), key.text("secret"))));
    let headers = [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let form = Some(b"grant_type=client_credentials".to_vec());
    let url = format!("{}/v1/oauth/token", nobody.command);
    let exchanged = nobody.send(Method::POST, &url, &headers, form).await.unwrap().expect(200);
    app.client_with(0, created.id("partner_id"), exchanged.text("access_token"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_looks() {
    let mut app = TestApp::start(&ALL).await;
    let (member, account) = app.funded_member(10).await;
    let (partner, nobody) = (partner(&mut app).await, app.stranger());
    partner.get("/v1/accounts").await.expect(200);
    for path in [
        "/v1/find?q=1".to_owned(),
        "/v1/log".to_owned(),
        "/v1/log/positions/1".to_owned(),
        format!("/v1/log/streams/{account}"),
        format!("/v1/accounts/{account}/history"),
        "/v1/dashboard/refusals".to_owned(),
        "/v1/members".to_owned(),
        format!("/v1/members/{}", member.id),
        format!("/v1/members/{}/sessions", member.id),
        format!("/v1/members/{}/devices", member.id),
    ] {
        for who in [&member, &app.service(), &partner] {
            who.get(&path).await.expect_problem(403, "forbidden");
        }
        nobody.get(&path).await.expect_problem(401, "unauthorized");
    }
    verify(app).await;
}
