//! Payment codes: shown by a member, charged once by a kiosk.

use kernel::Role;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::chaos::Jangbu;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{ALL, Answer, Page, TestApp, TestClient, eventually, fresh_key, money},
};

/// Log and views hold together.
async fn verify(mut app: TestApp) {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}

async fn issue(member: &TestClient, account: Uuid) -> String {
    member.post("/v1/payment-codes", json!({"source": account})).await.expect(201).text("code")
}

fn charge(code: &str, destination: Uuid, amount: u64) -> Value {
    json!({"code": code, "destination": destination, "money": money("KRW", amount), "reference": "receipt 17"})
}

async fn charge_keyed(kiosk: &TestClient, key: &str, body: Value) -> Answer {
    kiosk.post_keyed("/v1/charges", key, body).await
}

/// A code that nobody was given.
fn wrong(number: u64) -> String {
    format!("{number:024}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_pays_once() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(10_000).await;
    let (payee, to) = app.funded_member(0).await;
    let kiosk = app.service();
    let issued = payer.post_keyed("/v1/payment-codes", "code", json!({"source": from})).await.expect(201);
    let code = issued.text("code");
    assert!(code.len() == 24 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    let again = payer.post_keyed("/v1/payment-codes", "code", json!({"source": from})).await.expect(201);
    assert!(again.replayed() && again.body == issued.body, "the same code again");
    assert_ne!(issue(&payer, from).await, code, "another one for another request");

    let paid = charge_keyed(&kiosk, "sale", charge(&code, to, 4_500)).await.expect(201);
    assert_eq!((paid.text("kind"), paid.text("reference")), ("charge".into(), "receipt 17".into()));
    assert_eq!((paid.id("source"), paid.id("destination")), (from, to));
    let again = charge_keyed(&kiosk, "sale", charge(&code, to, 4_500)).await.expect(201);
    assert!(again.replayed() && again.body == paid.body);
    charge_keyed(&kiosk, "sale", charge(&wrong(1), to, 4_500)).await.expect_problem(422, "idempotency-key-reused");
    charge_keyed(&kiosk, &fresh_key(), charge(&code, to, 4_500)).await.expect_problem(422, "payment-code-invalid");
    assert_eq!(payer.balance_at(from, paid.token()).await, "5500");
    for (who, account) in [(&payer, from), (&payee, to)] {
        let path = format!("/v1/accounts/{account}/transactions?kind=charge");
        assert_eq!(who.get_at(&path, paid.token()).await.expect(200).items().len(), 1);
    }
    // Neither the log nor a line of any process has the code.
    app.wait_until_level().await;
    for file in std::fs::read_dir(app.logs()).unwrap().flatten() {
        let text = std::fs::read(file.path()).unwrap();
        let has_code = text.windows(code.len()).any(|window| window == code.as_bytes());
        assert!(!has_code, "{} has the code", file.path().display());
    }
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    let found = "select count(*) from events where events::text like '%' || $1 || '%'";
    for (text, count) in [("receipt 17", 1), (code.as_str(), 0)] {
        let events: i64 = sqlx::query_scalar(found).bind(text).fetch_one(&mut log).await.unwrap();
        assert_eq!(events, count, "{text}");
    }
    log.close().await.unwrap();
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kiosks_with_one_code_are_paid_once() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(10_000).await;
    let (_, to) = app.funded_member(0).await;
    let code = issue(&payer, from).await;
    let mut at_once = JoinSet::new();
    for number in 0..20 {
        // Each is another program, so that none of them is taken for one who guesses.
        let kiosk = app.client(Role::Service, Uuid::from_u128(0x5e00 + number));
        let body = charge(&code, to, 100);
        at_once.spawn(async move { kiosk.post("/v1/charges", body).await });
    }
    let (paid, refused): (Vec<_>, Vec<_>) = at_once.join_all().await.into_iter().partition(|a| a.status == 201);
    assert_eq!((paid.len(), refused.len()), (1, 19));
    refused.into_iter().for_each(|answer| drop(answer.expect_problem(422, "payment-code-invalid")));
    assert_eq!(payer.balance_at(from, paid[0].token()).await, "9900");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_that_is_refused_leaves_the_code_as_it_is() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (payee, to) = app.funded_member(0).await;
    let dollars = payee.open("USD").await;
    let (kiosk, operator) = (app.service(), app.operator());
    let order = json!({"source": from, "max": money("KRW", 5_000), "expires_in": 300});
    let code = payer.post("/v1/payment-codes", order).await.expect(201).text("code");
    let send = async |body: Value| kiosk.post("/v1/charges", body).await;
    send(charge(&code, to, 5_001)).await.expect_problem(422, "payment-code-exceeded");
    let refused = send(charge(&code, to, 1_001)).await.expect_problem(422, "insufficient-funds");
    assert_eq!(refused.text("available"), "1000");
    send(charge(&code, from, 1)).await.expect_problem(422, "same-account");
    send(charge(&code, Uuid::from_u128(4), 1)).await.expect_problem(422, "account-unknown");
    send(charge(&code, to, 0)).await.expect_problem(422, "amount-not-positive");
    let mut foreign = charge(&code, dollars, 1);
    foreign["money"]["asset"] = json!("USD");
    send(foreign).await.expect_problem(422, "asset-mismatch");
    operator.post(&format!("/v1/accounts/{from}/freeze"), json!({})).await.expect(200);
    send(charge(&code, to, 1)).await.expect_problem(422, "account-frozen");
    payer.post("/v1/payment-codes", json!({"source": from})).await.expect_problem(422, "account-frozen");
    operator.post(&format!("/v1/accounts/{from}/unfreeze"), json!({})).await.expect(200);

    let mut held = charge(&code, to, 1_000);
    held["hold"] = json!(true);
    let held = send(held).await.expect(201);
    assert_eq!((held.text("status"), held.id("source"), held.id("destination")), ("active".into(), from, to));
    assert_eq!((held.text("remaining"), held.id("placed_by")), ("1000".into(), kiosk.id));
    send(charge(&code, to, 1)).await.expect_problem(422, "payment-code-invalid");
    let capture = format!("/v1/holds/{}/capture", held.id("hold_id"));
    let captured = kiosk.post(&capture, json!({"money": money("KRW", 700)})).await.expect(201);
    assert_eq!(payer.balance_at(from, captured.token()).await, "300");

    for who in [&payer, &payee] {
        who.post("/v1/charges", charge(&code, to, 1)).await.expect_problem(403, "forbidden");
    }
    payee.post("/v1/payment-codes", json!({"source": from})).await.expect_problem(403, "account-not-yours");
    operator.post("/v1/payment-codes", json!({"source": from})).await.expect_problem(403, "forbidden");
    let dear = json!({"source": from, "max": money("USD", 1)});
    payer.post("/v1/payment-codes", dear).await.expect_problem(422, "asset-mismatch");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_pays_nothing_once_its_time_is_over() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let kiosk = app.service();
    let order = json!({"source": from, "max": money("KRW", 1), "expires_in": 10});
    let code = payer.post("/v1/payment-codes", order).await.expect(201).text("code");
    // Too much for the code: nothing is paid, whatever the time.
    kiosk.post("/v1/charges", charge(&code, to, 2)).await.expect_problem(422, "payment-code-exceeded");
    let expired = eventually("the code has expired", async || {
        let answer = kiosk.post("/v1/charges", charge(&code, to, 2)).await;
        if answer.code() == "payment-code-exceeded" { Err(answer.body.to_string()) } else { Ok(answer) }
    })
    .await;
    expired.expect_problem(422, "payment-code-invalid");
    kiosk.post("/v1/charges", charge(&code, to, 1)).await.expect_problem(422, "payment-code-invalid");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_has_to_wait_and_nobody_else() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let kiosk = app.service();
    let (used, good) = (issue(&payer, from).await, issue(&payer, from).await);
    let paid = charge_keyed(&kiosk, "sale", charge(&used, to, 100)).await.expect(201);
    let mut answers = Vec::new();
    for number in 0..10 {
        // Unknown ones, a used one, and one with a wrong check digit are answered alike.
        let code = match number {
            0 => used.clone(),
            1 => format!("{}{}", &good[..23], (good.as_bytes()[23] - b'0' + 1) % 10),
            _ => wrong(number),
        };
        let answer = kiosk.post("/v1/charges", charge(&code, to, 100)).await;
        let mut body = answer.expect_problem(422, "payment-code-invalid").body;
        for field in ["request_id", "transfer_id"] {
            body[field] = Value::Null;
        }
        answers.push(body);
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    for code in [good.clone(), wrong(99)] {
        let refused = kiosk.post("/v1/charges", charge(&code, to, 100)).await.expect_problem(429, "too-many-requests");
        let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds));
        assert_eq!(refused.header("ratelimit-policy"), Some("\"too-many-requests\";q=10;w=60"));
    }
    let again = charge_keyed(&kiosk, "sale", charge(&used, to, 100)).await.expect(201);
    assert!(again.replayed() && again.body == paid.body, "it tells nothing new");
    let other = app.client(Role::Service, Uuid::from_u128(0x5f));
    other.post("/v1/charges", charge(&good, to, 100)).await.expect(201);
    verify(app).await;
}

/// The page for whoever programs a till.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = Page::open_in(".", "payment-codes", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [dear, paid, twice, account] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!([&dear["code"], &twice["code"]], ["payment-code-exceeded", "payment-code-invalid"]);
    assert_eq!([&paid["kind"], &paid["money"]["amount"]], ["charge", "4500"]);
    assert_eq!(account["balance"], "15500");
    page.end();
    verify(app).await;
}
