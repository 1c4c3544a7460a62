//! The providers over HTTP: what they decide, what they remember, and what they do wrong on request.

use std::{path::PathBuf, time::Duration};

use harness::{LocalProviders, Options};
use kernel::{Ids, RandomIds};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// A client of one provider.
struct Client {
    http: reqwest::Client,
    url: String,
}

/// The status and the body; nothing if the connection was closed.
type Answer = Option<(u16, Value)>;

impl Client {
    fn of(providers: &LocalProviders, name: &str) -> Self {
        Self { http: reqwest::Client::new(), url: format!("{}/{name}", providers.url()) }
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url)).header("Idempotency-Key", key).json(body);
        Self::answer(request).await
    }

    async fn get(&self, path: &str) -> Answer {
        Self::answer(self.http.get(format!("{}{path}", self.url))).await
    }

    async fn control(&self, what: &Value) {
        let sent = self.http.post(format!("{}/control", self.url)).json(what).send().await.expect("an answer");
        assert_eq!(sent.status().as_u16(), 204);
    }

    async fn answer(request: reqwest::RequestBuilder) -> Answer {
        let answer = request.timeout(Duration::from_secs(20)).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.expect("JSON")))
    }
}

async fn start(options: &Options) -> LocalProviders {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    LocalProviders::start(listener, options).expect("it starts")
}

fn quick() -> Options {
    Options { late: Duration::from_millis(200), settle: Duration::from_millis(100), ..Options::default() }
}

fn key() -> String {
    RandomIds.fresh().to_string()
}

fn payment(payment_key: &str) -> Value {
    json!({"payment_key": payment_key, "asset": "KRW", "amount": "5000"})
}

fn payout(number: &str) -> Value {
    json!({"bank": "ANYBANK", "number": number, "holder": "Kim Minji", "asset": "KRW", "amount": "5000"})
}

fn card(product: &str) -> Value {
    json!({"product": product, "asset": "KRW", "amount": "5000"})
}

fn field<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.as_ref().and_then(|(_, body)| body[name].as_str()).unwrap_or_default()
}

fn status(answer: &Answer) -> u16 {
    answer.as_ref().map_or(0, |(status, _)| *status)
}

/// Asks until the state is this one.
async fn until(client: &Client, path: &str, key: &str, state: &str) -> Answer {
    let asked = async {
        loop {
            let answer = client.get(&format!("{path}?key={key}")).await;
            if field(&answer, "state") == state {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), asked).await.unwrap_or_else(|_| panic!("{key} never was {state}"))
}

#[tokio::test]
async fn the_beginning_of_a_payment_key_says_what_becomes_of_it() {
    let providers = start(&quick()).await;
    let toss = Client::of(&providers, "toss");
    let (ok, refused) = (key(), key());
    let answer = toss.post("/payments/confirm", &ok, &payment("ok-1")).await;
    assert_eq!((status(&answer), field(&answer, "state"), field(&answer, "key")), (200, "confirmed", ok.as_str()));
    assert_eq!((field(&answer, "amount"), field(&answer, "payment_key")), ("5000", "ok-1"));
    let again = toss.post("/payments/confirm", &ok, &payment("ok-1")).await;
    assert_eq!(again, answer, "the same call is carried out once");
    let answer = toss.post("/payments/confirm", &refused, &payment("refuse-1")).await;
    assert_eq!((status(&answer), field(&answer, "state"), field(&answer, "reason")), (422, "refused", "card-refused"));
    let answer = toss.post("/payments/confirm", &key(), &payment("nonsense")).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (422, "payment-unknown"));
    let answer = toss.post("/payments/confirm", &ok, &payment("ok-2")).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (409, "key-reused"));
    let answer = toss.post("/payments/confirm", &key(), &payment("ok-1")).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (422, "payment-taken"), "a payment is good for one key");
    let books = toss.get("/books").await.expect("the book").1;
    assert_eq!(books["totals"], json!([{"asset": "KRW", "amount": "5000"}]), "{books}");
}

#[tokio::test]
async fn a_lost_answer_is_booked_once_and_found() {
    let providers = start(&quick()).await;
    let toss = Client::of(&providers, "toss");
    let key = key();
    assert_eq!(toss.post("/payments/confirm", &key, &payment("lost-1")).await, None, "the connection was closed");
    let found = toss.get(&format!("/payments?key={key}")).await;
    assert_eq!((status(&found), field(&found, "state")), (200, "confirmed"));
    let again = toss.post("/payments/confirm", &key, &payment("lost-1")).await;
    assert_eq!((status(&again), field(&again, "state")), (200, "confirmed"), "only the first answer is lost");
    let books = toss.get("/books").await.expect("the book").1;
    assert_eq!(books["items"].as_array().map(Vec::len), Some(1), "{books}");
}

#[tokio::test]
async fn a_late_answer_is_pending_meanwhile() {
    let providers = start(&Options { late: Duration::from_millis(600), ..quick() }).await;
    let toss = Client::of(&providers, "toss");
    let key = key();
    let body = payment("late-1");
    let (answer, ()) = tokio::join!(toss.post("/payments/confirm", &key, &body), async {
        until(&toss, "/payments", &key, "pending").await;
    });
    assert_eq!((status(&answer), field(&answer, "state")), (200, "confirmed"));
}

#[tokio::test]
async fn an_answer_comes_twice_on_one_connection() {
    let providers = start(&quick()).await;
    let mut stream = TcpStream::connect(providers.address).await.expect("a connection");
    let (key, body) = (key(), payment("twice-1").to_string());
    let request = format!(
        "POST /toss/payments/confirm HTTP/1.1\r\nHost: toss\r\nContent-Type: application/json\r\n\
         Idempotency-Key: {key}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut received = String::new();
    let both = async {
        let mut buffer = [0; 4096];
        while received.matches("HTTP/1.1 200 OK").count() < 2 || !received.ends_with('}') {
            let read = stream.read(&mut buffer).await.expect("read");
            assert!(read > 0, "closed after {received}");
            received.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    };
    timeout(Duration::from_secs(10), both).await.expect("two answers");
    assert_eq!(received.matches(&key).count(), 2, "{received}");
}

#[tokio::test]
async fn what_is_cancelled_stays_cancelled_whenever_the_order_comes() {
    let providers = start(&quick()).await;
    let toss = Client::of(&providers, "toss");
    let (early, ok) = (key(), key());
    let cancel = |key: &str| json!({"key": key, "payment_key": "ok-1", "asset": "KRW", "amount": "5000"});
    let answer = toss.post("/payments/cancel", &key(), &cancel(&early)).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (404, "not-found"));
    let answer = toss.post("/payments/confirm", &early, &payment("ok-1")).await;
    assert_eq!((status(&answer), field(&answer, "state")), (422, "cancelled"), "it came too late");
    let answer = toss.post("/payments/confirm", &ok, &payment("ok-1")).await;
    assert_eq!(status(&answer), 200, "the payment itself was never taken: {answer:?}");
    let wrong = json!({"key": ok, "payment_key": "ok-1", "asset": "KRW", "amount": "4000"});
    assert_eq!(status(&toss.post("/payments/cancel", &key(), &wrong).await), 409);
    for _ in 0..2 {
        let answer = toss.post("/payments/cancel", &key(), &cancel(&ok)).await;
        assert_eq!((status(&answer), field(&answer, "state")), (200, "cancelled"));
    }
    let books = toss.get("/books").await.expect("the book").1;
    assert_eq!(books["totals"], json!([]), "{books}");
}

#[tokio::test]
async fn a_payout_settles_comes_back_or_is_refused() {
    let providers = start(&quick()).await;
    let bank = Client::of(&providers, "bank");
    let (settles, returns, refused, given_up) = (key(), key(), key(), key());
    let answer = bank.post("/payouts", &settles, &payout("110-1")).await;
    assert_eq!((status(&answer), field(&answer, "state")), (202, "accepted"));
    assert_eq!(status(&bank.post("/payouts", &returns, &payout("001-1")).await), 202);
    let answer = bank.post("/payouts", &refused, &payout("991-1")).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (422, "account-unknown"));
    until(&bank, "/payouts", &settles, "settled").await;
    let returned = until(&bank, "/payouts", &returns, "returned").await;
    assert_eq!(field(&returned, "reason"), "account-closed");
    let answer = bank.post("/payouts/cancel", &settles, &json!({"key": settles})).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (422, "settled"));
    let answer = bank.post("/payouts/cancel", &given_up, &json!({"key": given_up})).await;
    assert_eq!((status(&answer), field(&answer, "state")), (200, "cancelled"));
    assert_eq!(status(&bank.post("/payouts", &given_up, &payout("110-1")).await), 422);
    let books = bank.get("/books").await.expect("the book").1;
    assert_eq!(books["totals"], json!([{"asset": "KRW", "amount": "5000"}]), "{books}");
    assert!(!books.to_string().contains("Minji"), "the holder stands nowhere: {books}");
}

#[tokio::test]
async fn a_card_is_issued_sold_out_slow_or_used() {
    let providers = start(&quick()).await;
    let issuer = Client::of(&providers, "gift-cards");
    let (coffee, slow, used) = (key(), key(), key());
    let answer = issuer.post("/cards", &coffee, &card("coffee")).await;
    assert_eq!((status(&answer), field(&answer, "state"), field(&answer, "code").len()), (200, "issued", 19));
    assert_eq!(issuer.post("/cards", &coffee, &card("coffee")).await, answer, "the same card");
    let answer = issuer.post("/cards", &key(), &card("sold-out")).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (422, "sold-out"));
    let answer = issuer.post("/cards", &slow, &card("slow")).await;
    assert_eq!((status(&answer), field(&answer, "state"), field(&answer, "code")), (202, "pending", ""));
    assert_eq!(field(&until(&issuer, "/cards", &slow, "issued").await, "code").len(), 19);
    assert_eq!(status(&issuer.post("/cards", &used, &card("used")).await), 200);
    let answer = issuer.post("/cards/void", &used, &json!({"key": used})).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (422, "used"));
    let answer = issuer.post("/cards/void", &coffee, &json!({"key": coffee})).await;
    assert_eq!((status(&answer), field(&answer, "state"), field(&answer, "code")), (200, "void", ""));
    let books = issuer.get("/books").await.expect("the book").1;
    assert!(!books.to_string().contains("\"code\""), "the book shows no card: {books}");
}

#[tokio::test]
async fn it_does_wrong_what_it_is_told_to() {
    let providers = start(&quick()).await;
    let toss = Client::of(&providers, "toss");
    let confirm = async |name: &str| toss.post("/payments/confirm", &key(), &payment(name)).await;
    toss.control(&json!({"fail": 1})).await;
    assert_eq!(status(&confirm("ok-fail").await), 503);
    assert_eq!(toss.get("/books").await.expect("the book").1["items"], json!([]), "nothing was done");
    toss.control(&json!({"broken": 1})).await;
    assert_eq!(status(&confirm("ok-broken").await), 500);
    toss.control(&json!({"lost": 1})).await;
    assert_eq!(confirm("ok-lost").await, None);
    toss.control(&json!({"wrong": 1})).await;
    assert_eq!(field(&confirm("ok-amount").await, "amount"), "1");
    toss.control(&json!({"wrong": 1, "wrong_how": "refusal"})).await;
    assert_eq!(status(&confirm("ok-refusal").await), 422);
    toss.control(&json!({"wrong": 1, "wrong_how": "state"})).await;
    assert_eq!(field(&confirm("ok-state").await, "state"), "perhaps");
    assert_eq!(status(&confirm("ok-right").await), 200, "each was for one call");
    let books = toss.get("/books").await.expect("the book").1;
    assert_eq!(books["totals"], json!([{"asset": "KRW", "amount": "30000"}]), "all but the first were done: {books}");
    toss.control(&json!({"forget": true})).await;
    assert_eq!(toss.get("/books").await.expect("the book").1["items"], json!([]));
}

#[tokio::test]
async fn calls_need_the_api_key_and_a_key() {
    let providers = start(&Options { api_key: Some("secret".to_owned()), ..quick() }).await;
    let toss = Client::of(&providers, "toss");
    assert_eq!(status(&toss.post("/payments/confirm", &key(), &payment("ok-1")).await), 401);
    assert_eq!(status(&toss.get("/books").await), 401);
    let request = toss.http.post(format!("{}/payments/confirm", toss.url)).bearer_auth("secret");
    let answer = Client::answer(request.json(&payment("ok-1"))).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (400, "idempotency-key-missing"));
    let request = toss.http.post(format!("{}/payments/confirm", toss.url)).bearer_auth("secret");
    let negative = json!({"payment_key": "ok-1", "asset": "KRW", "amount": "-1"});
    let answer = Client::answer(request.header("Idempotency-Key", key()).json(&negative)).await;
    assert_eq!((status(&answer), field(&answer, "reason")), (400, "amount-not-positive"));
}

#[tokio::test]
async fn a_book_in_a_folder_is_there_after_a_restart() {
    let folder = PathBuf::from(format!("/var/tmp/jangbu-providers-{}", RandomIds.fresh().simple()));
    let options = Options { folder: Some(folder.clone()), ..quick() };
    let (confirmed, cancelled) = (key(), key());
    let providers = start(&options).await;
    let toss = Client::of(&providers, "toss");
    toss.post("/payments/confirm", &confirmed, &payment("ok-1")).await;
    toss.post("/payments/cancel", &cancelled, &json!({"key": cancelled})).await;
    drop(providers);
    let providers = start(&options).await;
    let toss = Client::of(&providers, "toss");
    let found = toss.get(&format!("/payments?key={confirmed}")).await;
    assert_eq!((status(&found), field(&found, "state")), (200, "confirmed"));
    let late = toss.post("/payments/confirm", &cancelled, &payment("ok-2")).await;
    assert_eq!((status(&late), field(&late, "state")), (422, "cancelled"));
    std::fs::remove_dir_all(folder).expect("it was there");
}
