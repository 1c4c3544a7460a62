//! Credentials, consistency tokens and cursors that do not hold.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Clock, ConsistencyToken, LogId, Position, SystemClock};
use serde_json::{Value, json};
use testkit::kit::Keys;
use uuid::Uuid;

use crate::support::{ALL, TestApp, TestClient};

fn claims(id: Uuid) -> Value {
    let now = SystemClock.now().timestamp();
    json!({"sub": id, "role": "member", "iat": now, "exp": now + 3600})
}

fn with(mut claims: Value, field: &str, value: Value) -> Value {
    claims[field] = value;
    claims
}

fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// Every kind of token that must not be taken.
fn bad_tokens(keys: &Keys, id: Uuid) -> Vec<(&'static str, String)> {
    let stranger_dir = std::env::temp_dir().join(format!("jangbu-stranger-{id}"));
    let stranger = Keys::open(&stranger_dir).unwrap();
    let (header, good) = (json!({"alg": "EdDSA", "typ": "JWT"}), claims(id));
    let valid = keys.sign(&header, &good);
    let (body, signature) = valid.rsplit_once('.').unwrap();
    let hour_ago = SystemClock.now().timestamp() - 3600;
    let other_body = valid.split('.').nth(1).unwrap().chars().rev().collect::<String>();
    let tokens = vec![
        ("garbage", "nonsense".to_owned()),
        ("dots", "..".to_owned()),
        ("none", unsigned(&json!({"alg": "none"}), &good, "")),
        ("None", unsigned(&json!({"alg": "None", "typ": "JWT"}), &good, "")),
        ("none with a signature", keys.sign(&json!({"alg": "none"}), &good)),
        ("hs256 by name", keys.sign(&json!({"alg": "HS256"}), &good)),
        ("no signature", format!("{body}.")),
        ("cut signature", format!("{body}.{}", &signature[..signature.len() - 2])),
        ("changed claims", valid.replace(valid.split('.').nth(1).unwrap(), &other_body)),
        ("another key", stranger.sign(&header, &good)),
        ("expired", keys.sign(&header, &with(good.clone(), "exp", json!(hour_ago)))),
        ("not yet", keys.sign(&header, &with(good.clone(), "nbf", json!(hour_ago + 7200)))),
        ("no end", keys.sign(&header, &with(good.clone(), "exp", Value::Null))),
        ("no subject", keys.sign(&header, &with(good.clone(), "sub", Value::Null))),
        ("a subject that is no id", keys.sign(&header, &with(good.clone(), "sub", json!("root")))),
        ("an unknown role", keys.sign(&header, &with(good.clone(), "role", json!("god")))),
        ("no role", keys.sign(&header, &with(good, "role", Value::Null))),
        ("very long", "a".repeat(7000)),
    ];
    std::fs::remove_dir_all(stranger_dir).unwrap();
    tokens
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_do_not_hold_open_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(100).await;
    let head = app.head().await;
    let keys = app.keys.clone();
    for (what, token) in bad_tokens(&keys, payer.id).into_iter().chain([("nothing at all", String::new())]) {
        let stranger = app.client_with(0, payer.id, token);
        let answer = stranger.transfer(from, to, 1).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        assert!(answer.header("www-authenticate").is_some(), "{what}");
        answer.expect_problem(401, "unauthorized");
        let answer = stranger.get(&format!("/v1/accounts/{from}")).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        answer.expect_problem(401, "unauthorized");
    }
    let valid = keys.sign(&json!({"alg": "EdDSA"}), &claims(payer.id));
    let twice = [("authorization", "Bearer x"), ("authorization", valid.as_str())];
    let url = format!("{}/v1/accounts/{from}", payer.query);
    let answer = payer.send(reqwest::Method::GET, &url, &twice, None).await.unwrap();
    answer.expect_problem(401, "unauthorized");
    assert_eq!(app.head().await, head, "nothing was written");
    app.client_with(0, payer.id, valid).transfer(from, to, 1).await.expect(201);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consistency_tokens_that_mean_nothing_here_are_refused_at_once() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let good: ConsistencyToken = open_token(&payer).await.parse().unwrap();
    let foreign = ConsistencyToken { log: LogId::new(Uuid::from_u128(7)), ..good };
    let future = ConsistencyToken { position: Position::new(good.position.number() + 1_000_000), ..good };
    let farthest = ConsistencyToken { position: Position::new(i64::MAX), ..good };
    let cases = [
        ("garbage".to_owned(), "consistency-token-invalid"),
        (String::new(), "consistency-token-invalid"),
        ("v1.".to_owned(), "consistency-token-invalid"),
        (format!("{good}A"), "consistency-token-invalid"),
        (good.to_string().replace("v2.", "v9."), "consistency-token-invalid"),
        (foreign.to_string(), "consistency-token-foreign"),
        (future.to_string(), "consistency-token-future"),
        (farthest.to_string(), "consistency-token-future"),
    ];
    let paths =
        [format!("/v1/accounts/{from}"), format!("/v1/accounts/{from}/transactions"), "/v1/accounts".to_owned()];
    for (token, code) in &cases {
        for path in &paths {
            let url = format!("{}{path}", payer.query);
            let headers = [("consistency-token", token.as_str()), ("prefer", "wait=5, stale-ok")];
            let answer = payer.send(reqwest::Method::GET, &url, &headers, None).await.unwrap();
            assert_eq!(answer.code(), *code, "{token} at {path}: {}", answer.body);
            answer.expect_problem(400, code);
        }
    }
    payer.get_at(&paths[0], &good.to_string()).await.expect(200);
    app.close().await;
}

/// The token of something just written.
async fn open_token(client: &TestClient) -> String {
    client.post("/v1/accounts", json!({"asset": "EUR"})).await.expect(201).token().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cursors_and_queries_that_do_not_fit_are_refused() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (other, to) = app.funded_member(100).await;
    for _ in 0..3 {
        payer.transfer(from, to, 1).await.expect(201);
    }
    app.wait_until_level().await;
    let list = format!("/v1/accounts/{from}/transactions");
    let page = payer.get(&format!("{list}?limit=1")).await.expect(200);
    let cursor = page.text("next_cursor");
    payer.get(&format!("{list}?limit=1&cursor={cursor}")).await.expect(200);
    for bad in ["x", "", "AAAA", &cursor[1..], &format!("{cursor}x"), "%00", "' or 1=1"] {
        let answer = payer.get(&format!("{list}?cursor={bad}")).await;
        assert_eq!((answer.status, answer.code()), (400, "cursor-invalid"), "{bad:?}: {}", answer.body);
    }
    // A cursor is good for the list it came from.
    let foreign = other.get(&format!("/v1/accounts/{to}/transactions?cursor={cursor}")).await;
    foreign.expect_problem(400, "cursor-invalid");
    for query in ["limit=0", "limit=201", "limit=-1", "limit=x", "from=yesterday", "unknown=1", "limit=1&limit=2"] {
        let answer = payer.get(&format!("{list}?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, "validation-failed"), "{query}: {}", answer.body);
    }
    for query in ["position=-1", "position=x", "at=now", "at=2026-01-01T00:00:00Z&position=1"] {
        let answer = payer.get(&format!("/v1/accounts/{from}/balance?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
    }
    payer.get("/v1/payees?account_number=123").await.expect(400);
    payer.get("/v1/accounts/not-an-id").await.expect(400);
    app.close().await;
}
