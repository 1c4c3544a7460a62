//! Bad input: each with its problem code, and nothing written.

mod calls;
mod rules;
mod wrong;

use kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, fresh_key, money};

/// A transfer with one thing changed.
fn changed(good: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut body = good.clone();
    change(&mut body);
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_transfers_are_refused_and_nothing_is_written() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(1000).await;
    let good = TestClient::transfer_body(from, to, 1);
    let head = app.head().await;
    let amounts = [
        json!(5),
        json!(5.0),
        json!(null),
        json!(true),
        json!({}),
        json!(["5"]),
        json!(""),
        json!("-"),
        json!("+1"),
        json!("1.5"),
        json!("1e3"),
        json!(" 1"),
        json!("1 "),
        json!("1\n"),
        json!("0x10"),
        json!("1_000"),
        json!("１"),
        json!("NaN"),
        json!("9".repeat(39)),
        json!(format!("-{}", "9".repeat(39))),
    ];
    for amount in amounts {
        let body = changed(&good, |body| body["money"]["amount"] = amount.clone());
        let answer = payer.post("/v1/transfers", body).await.expect_problem(400, "validation-failed");
        assert!(!answer.body["errors"].as_array().unwrap().is_empty(), "{amount}: {}", answer.body);
    }
    let shapes = [
        changed(&good, |body| body["extra"] = json!(1)),
        changed(&good, |body| body["money"]["extra"] = json!(1)),
        changed(&good, |body| drop(body.as_object_mut().unwrap().remove("money"))),
        changed(&good, |body| drop(body.as_object_mut().unwrap().remove("source"))),
        changed(&good, |body| drop(body.as_object_mut().unwrap().remove("destination"))),
        changed(&good, |body| body["source"] = json!("not-an-id")),
        changed(&good, |body| body["destination"] = json!("12345")),
        changed(&good, |body| body["destination"] = json!("")),
        changed(&good, |body| body["destination"] = json!("000000000000")),
        changed(&good, |body| body["memo"] = json!(7)),
        changed(&good, |body| body["memo"] = json!("m".repeat(257))),
        changed(&good, |body| body["memo"] = json!("line\r\nset-cookie: a=b")),
        changed(&good, |body| body["memo"] = json!("nothing\u{0}more")),
        json!([]),
        json!([from, to, {"asset": "KRW", "amount": "1"}, null]),
        changed(&good, |body| body["money"] = json!(["KRW", "1"])),
        json!("text"),
        json!(null),
        json!(1),
    ];
    for body in shapes {
        payer.post("/v1/transfers", body).await.expect_problem(400, "validation-failed");
    }
    let unknown = changed(&good, |body| body["money"]["asset"] = json!("XXX"));
    payer.post("/v1/transfers", unknown).await.expect_problem(400, "asset-unknown");
    payer.post("/v1/accounts", json!({"asset": "XXX"})).await.expect_problem(400, "asset-unknown");
    assert_eq!(app.head().await, head, "nothing was written");
    app.close().await;
}

async fn raw(client: &TestClient, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    client.send(Method::POST, &format!("{}{path}", client.command), headers, Some(body.to_vec())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_not_the_json_asked_for_are_refused() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(1000).await;
    let good = TestClient::transfer_body(from, to, 1).to_string();
    let head = app.head().await;
    let json = ("content-type", "application/json");
    let deep = "[".repeat(100_000 / 4);
    let malformed: [&[u8]; 8] = [
        &good.as_bytes()[..good.len() - 1],
        &good.as_bytes()[..good.len() / 2],
        b"",
        b"{",
        b"not json",
        b"{\"source\": \"\xff\xfe\"}",
        deep.as_bytes(),
        b"{}{}",
    ];
    for (number, body) in malformed.into_iter().enumerate() {
        let key = format!("m{number}");
        let answer = raw(&payer, "/v1/transfers", &[json, ("idempotency-key", &key)], body).await;
        // The last two begin as JSON of another shape: they fail at that already.
        assert!(number >= 6 || answer.code() == "malformed-json", "{number}: {}", answer.body);
        assert!(matches!(answer.code(), "malformed-json" | "validation-failed"), "{number}: {}", answer.body);
        answer.expect(400);
    }
    let twice = good.replacen('{', &format!(r#"{{"source":"{from}","#), 1);
    let answer = raw(&payer, "/v1/transfers", &[json, ("idempotency-key", "twice")], twice.as_bytes()).await;
    answer.expect_problem(400, "validation-failed");
    let twice = good.replace(r#""asset":"KRW""#, r#""asset":"KRW","asset":"KRW""#);
    let answer = raw(&payer, "/v1/transfers", &[json, ("idempotency-key", "twice")], twice.as_bytes()).await;
    answer.expect_problem(400, "validation-failed");
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"] {
        let headers = [("content-type", content_type), ("idempotency-key", "type")];
        raw(&payer, "/v1/transfers", &headers, good.as_bytes()).await.expect_problem(415, "unsupported-media-type");
    }
    let answer = raw(&payer, "/v1/transfers", &[("idempotency-key", "type")], good.as_bytes()).await;
    answer.expect_problem(415, "unsupported-media-type");
    assert_eq!(app.head().await, head, "nothing was written");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_not_keys_are_refused() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(1000).await;
    let good = TestClient::transfer_body(from, to, 1).to_string();
    let head = app.head().await;
    let json = ("content-type", "application/json");
    let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
    for path in ["/v1/transfers", "/v1/accounts", "/v1/deposits", "/v1/transfers/batch"] {
        let answer = raw(&payer, path, &[json], good.as_bytes()).await;
        // A caller who may not call it at all may get that answer first.
        assert!(matches!(answer.code(), "idempotency-key-missing" | "forbidden"), "{path}: {}", answer.body);
    }
    let twice = [json, ("idempotency-key", "one"), ("idempotency-key", "two")];
    raw(&payer, "/v1/transfers", &twice, good.as_bytes()).await.expect(400);
    for key in ["", too_long.as_str(), "with space", "b\u{fc}rgschaft", "tab\tbed"] {
        let answer = raw(&payer, "/v1/transfers", &[json, ("idempotency-key", key)], good.as_bytes()).await.expect(400);
        assert!(answer.code().starts_with("idempotency-key-"), "{key:?}: {}", answer.body);
    }
    assert_eq!(app.head().await, head, "nothing was written");
    raw(&payer, "/v1/transfers", &[json, ("idempotency-key", &longest)], good.as_bytes()).await.expect(201);
    raw(&payer, "/v1/transfers", &[json, ("idempotency-key", "!~%00'--")], good.as_bytes()).await.expect(201);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_caller_may_not_do_is_refused_and_nothing_is_written() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (other, to) = app.funded_member(1000).await;
    let (operator, service) = (app.operator(), app.service());
    let nobody = Uuid::from_u128(0xdead);
    let head = app.head().await;
    let reason = json!({"reason": "why not"});
    let booking = json!({"account_id": from, "money": money("KRW", 1), "reference": "r"});
    let batch = json!({"atomic": true, "transfers": [TestClient::transfer_body(from, to, 1)]});
    let path = |verb: &str, id: Uuid| format!("/v1/accounts/{id}/{verb}");
    let answers = [
        (payer.transfer(to, from, 1).await, 403, "account-not-yours"),
        (payer.post("/v1/deposits", booking.clone()).await, 403, "forbidden"),
        (payer.post("/v1/withdrawals", booking).await, 403, "forbidden"),
        (payer.post("/v1/transfers/batch", batch).await, 403, "forbidden"),
        (payer.post(&path("freeze", from), reason.clone()).await, 403, "forbidden"),
        (payer.post(&path("unfreeze", from), reason.clone()).await, 403, "forbidden"),
        (payer.post(&format!("/v1/transfers/{nobody}/reverse"), reason.clone()).await, 403, "forbidden"),
        (service.post(&format!("/v1/transfers/{nobody}/reverse"), reason.clone()).await, 403, "forbidden"),
        (operator.post("/v1/accounts", json!({"asset": "KRW"})).await, 403, "forbidden"),
        (payer.post(&path("close", to), reason.clone()).await, 404, "account-unknown"),
        (payer.post(&path("close", nobody), reason.clone()).await, 404, "account-unknown"),
        (operator.post(&path("freeze", nobody), reason.clone()).await, 404, "account-unknown"),
        (operator.post(&format!("/v1/transfers/{nobody}/reverse"), reason.clone()).await, 404, "transfer-unknown"),
        (payer.post("/v1/nothing-here", reason).await, 404, "not-found"),
    ];
    for (number, (answer, status, code)) in answers.into_iter().enumerate() {
        assert_eq!((answer.status, answer.code()), (status, code), "{number}: {}", answer.body);
        answer.expect_problem(status, code);
    }
    let wrong_method = payer.send(Method::GET, &format!("{}/v1/transfers", payer.command), &[], None).await.unwrap();
    wrong_method.expect_problem(405, "method-not-allowed");
    assert_eq!(app.head().await, head, "nothing was written");
    // Reading what is not one's own is the same as reading what is not there.
    app.wait_until_level().await;
    for path in ["", "/transactions", "/balance"] {
        other.get(&format!("/v1/accounts/{to}{path}")).await.expect(200);
        payer.get(&format!("/v1/accounts/{to}{path}")).await.expect_problem(404, "account-unknown");
        payer.get(&format!("/v1/accounts/{nobody}{path}")).await.expect_problem(404, "account-unknown");
    }
    payer.get("/v1/dashboard/overview").await.expect_problem(403, "forbidden");
    payer.get("/v1/views").await.expect_problem(403, "forbidden");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_against_the_rules_are_refused_and_no_money_moves() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let dollars = payer.open("USD").await;
    let rich = payer.open("BUP").await;
    let most = "9".repeat(38);
    app.service().deposit(rich, "BUP", &most).await;
    let nobody = Uuid::from_u128(0xdead);
    let in_asset = |asset: &str, from: Uuid, to: Uuid, amount: &str| json!({"source": from, "destination": to, "money": money(asset, amount)});
    let cases = [
        (TestClient::transfer_body(from, to, 0), "amount-not-positive"),
        (TestClient::transfer_body(from, to, -5), "amount-not-positive"),
        (TestClient::transfer_body(from, to, "-0"), "amount-not-positive"),
        (TestClient::transfer_body(from, from, 1), "same-account"),
        (TestClient::transfer_body(from, nobody, 1), "account-unknown"),
        (TestClient::transfer_body(from, dollars, 1), "asset-mismatch"),
        (in_asset("USD", from, to, "1"), "asset-mismatch"),
        (TestClient::transfer_body(from, to, 1001), "insufficient-funds"),
        (TestClient::transfer_body(from, to, &most), "insufficient-funds"),
    ];
    for (body, code) in cases {
        payer.post("/v1/transfers", body).await.expect_problem(422, code);
    }
    let body = json!({"account_id": rich, "money": money("BUP", 1), "reference": "one too many"});
    app.service().post("/v1/deposits", body).await.expect_problem(422, "amount-overflow");
    let ledger = app.close().await;
    assert_eq!((ledger.accounts[&from].balance, ledger.accounts[&to].balance), (1000, 0));
    assert_eq!(ledger.accounts[&rich].balance, most.parse::<i128>().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn injections_are_words_like_any_others() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let longest = "\u{1f4b0}".repeat(256);
    let memos = [
        "'); drop table events; --",
        "\" or 1=1 --",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "%0d%0aset-cookie: a=b",
        "{{7*7}}",
        "../../etc/passwd",
        "\\u0000",
        "O'Brien & \"Sons\" \\",
        "\u{627}\u{200f}desrever",
        longest.as_str(),
    ];
    for memo in memos {
        let body = json!({"source": from, "destination": to, "money": money("KRW", 1), "memo": memo});
        let posted = payer.post("/v1/transfers", body).await.expect(201);
        assert_eq!(posted.text("memo"), memo);
        let seen =
            payer.get_at(&format!("/v1/transfers/{}", posted.id("transfer_id")), posted.token()).await.expect(200);
        assert_eq!(seen.text("memo"), memo);
    }
    let ledger = app.close().await;
    assert!(memos.iter().all(|memo| ledger.with_memo(memo).len() == 1));
}

/// A client of each role.
struct People {
    member: TestClient,
    operator: TestClient,
    service: TestClient,
    nobody: TestClient,
}

impl People {
    fn of(&self, role: Role) -> &TestClient {
        match role {
            Role::Member => &self.member,
            Role::Operator => &self.operator,
            Role::Service => &self.service,
            Role::Partner => panic!("what partners may send is tested in partners.rs"),
        }
    }
}

/// A bank with a member who has an account in each of two assets, and with another member's account.
async fn bank() -> (TestApp, People, calls::Accounts) {
    let mut app = TestApp::start(&ALL).await;
    let (member, source) = app.funded_member(1000).await;
    let dollars = member.open("USD").await;
    let other = app.member().post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201);
    let (destination, number) = (other.id("account_id"), other.text("account_number"));
    let (operator, service, nobody) = (app.operator(), app.service(), app.stranger());
    let people = People { member, operator, service, nobody };
    (app, people, calls::Accounts { source, dollars, destination, number })
}

/// Sends a request of this call; must be that problem.
async fn refused(
    who: &TestClient,
    (method, path): (&Method, &str),
    headers: &[(&str, &str)],
    body: &[u8],
    (status, code): (u16, &str),
) {
    let url = format!("{}{path}", who.command);
    let answer = who.send(method.clone(), &url, headers, Some(body.to_vec())).await.unwrap();
    let shown = String::from_utf8_lossy(&body[..body.len().min(600)]);
    let found = (answer.status, answer.code());
    assert_eq!(found, (status, code), "{method} {path} {headers:?} {shown}: {}", answer.body);
    answer.expect_problem(status, code);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_later_call_refuses_what_is_malformed_and_nothing_is_written() {
    let (mut app, people, accounts) = bank().await;
    let calls = calls::all(&accounts);
    let head = app.head().await;
    for call in &calls {
        let (who, at) = (people.of(call.roles[0]), (&call.method, call.path.as_str()));
        let headers = [("content-type", "application/json"), ("idempotency-key", "wrong")];
        for (body, code) in wrong::bodies(call) {
            refused(who, at, &headers, body.to_string().as_bytes(), (400, code)).await;
        }
        let good = call.body.to_string();
        for (path, code) in wrong::paths(call) {
            refused(who, (&call.method, &path), &headers, good.as_bytes(), (400, code)).await;
        }
        not_as_it_has_to_be_sent(&people, call).await;
    }
    tables_are_tables(&people).await;
    assert_eq!(app.head().await, head, "nothing was written");
    // Each was refused for what was wrong with it: the body that it was made from is understood.
    for call in &calls {
        let who = people.of(call.roles[0]);
        let (url, key) = (format!("{}{}", who.command, call.path), fresh_key());
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        let body = call.body.to_string().into_bytes();
        let answer = who.send(call.method.clone(), &url, &headers, Some(body)).await.unwrap();
        let is_understood = matches!(answer.status, 200..=299 | 404 | 422);
        assert!(is_understood, "{} {}: {} {}", call.method, call.path, answer.status, answer.body);
    }
    app.wait_until_level().await;
    app.close().await;
}

/// A right body that is sent in a wrong way, and bytes that are no body.
async fn not_as_it_has_to_be_sent(people: &People, call: &calls::Call) {
    let (who, at) = (people.of(call.roles[0]), (&call.method, call.path.as_str()));
    let (json, key) = (("content-type", "application/json"), ("idempotency-key", "wrong"));
    let good = call.body.to_string();
    let media = (415, "unsupported-media-type");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "text/csv", "application/json; charset=utf-16"] {
        refused(who, at, &[("content-type", kind), key], good.as_bytes(), media).await;
    }
    refused(who, at, &[key], good.as_bytes(), media).await;
    refused(who, at, &[json, key, ("content-encoding", "gzip")], good.as_bytes(), media).await;

    let no_key = (400, "idempotency-key-missing");
    refused(who, at, &[json], good.as_bytes(), no_key).await;
    for bad in ["", &"k".repeat(256), "with space", "b\u{fc}rgschaft"] {
        refused(who, at, &[json, ("idempotency-key", bad)], good.as_bytes(), no_key).await;
    }
    refused(who, at, &[json, key, ("idempotency-key", "second")], good.as_bytes(), no_key).await;

    let control = good.replacen('{', "{\"\u{1}\": 1", 1);
    let (cut, twice) = (&good.as_bytes()[..good.len() - 1], format!("{good}{good}"));
    let malformed: [&[u8]; 6] = [cut, twice.as_bytes(), control.as_bytes(), b"{\"\xff\": 1}", b"{'a': 1}", b"\0"];
    for bytes in malformed {
        refused(who, at, &[json, key], bytes, (400, "malformed-json")).await;
    }
    if !call.optional.contains(&"") {
        refused(who, at, &[json, key], b"", (400, "malformed-json")).await;
    }
    if let Some((name, value)) = call.body.as_object().and_then(|fields| fields.iter().next()) {
        let doubled = good.replacen('{', &format!("{{{}:{value},", json!(name)), 1);
        refused(who, at, &[json, key], doubled.as_bytes(), (400, "validation-failed")).await;
    }
    let padded = good.clone() + &" ".repeat((64 << 10) + 1 - good.len());
    refused(who, at, &[json, key], padded.as_bytes(), (413, "payload-too-large")).await;

    refused(&people.nobody, at, &[json, key], good.as_bytes(), (401, "unauthorized")).await;
    for role in [Role::Member, Role::Operator, Role::Service] {
        if !call.roles.contains(&role) {
            refused(people.of(role), at, &[json, key], good.as_bytes(), (403, "forbidden")).await;
        }
    }
}

/// The rows of a payout run are no JSON.
async fn tables_are_tables(people: &People) {
    let path = format!("/v1/payout-runs/{}/rows", calls::NOTHING);
    let at = (&Method::POST, path.as_str());
    let (csv, key) = (("content-type", "text/csv"), ("idempotency-key", "wrong"));
    let good = format!("row,destination,amount,memo\n1,{},5,rent\n", calls::NOTHING).into_bytes();
    for kind in ["application/json", "text/plain", "text/csv; charset=utf-16", "application/vnd.ms-excel"] {
        refused(&people.service, at, &[("content-type", kind), key], &good, (415, "unsupported-media-type")).await;
    }
    refused(&people.service, at, &[key], &good, (415, "unsupported-media-type")).await;
    let zipped = [csv, key, ("content-encoding", "gzip")];
    refused(&people.service, at, &zipped, &good, (415, "unsupported-media-type")).await;
    let tables: [&[u8]; 6] = [
        b"",
        b"\0",
        b"row,destination,amount\n",
        b"row;destination;amount;memo\n",
        b"1,123456789189,5,rent\n",
        b"row,destination,amount,memo\n1,\xff,5,\n",
    ];
    for table in tables {
        refused(&people.service, at, &[csv, key], table, (400, "validation-failed")).await;
    }
    refused(&people.service, at, &[csv], &good, (400, "idempotency-key-missing")).await;
    let long = "k".repeat(256);
    refused(&people.service, at, &[csv, ("idempotency-key", &long)], &good, (400, "idempotency-key-missing")).await;
    for id in ["not-an-id", "a%00b"] {
        let path = format!("/v1/payout-runs/{id}/rows");
        refused(&people.service, (at.0, &path), &[csv, key], &good, (400, "validation-failed")).await;
    }
    refused(&people.nobody, at, &[csv, key], &good, (401, "unauthorized")).await;
    refused(&people.member, at, &[csv, key], &good, (403, "forbidden")).await;
    let large = [good, vec![b'\n'; 4 << 20]].concat();
    refused(&people.service, at, &[csv, key], &large, (413, "payload-too-large")).await;
}
