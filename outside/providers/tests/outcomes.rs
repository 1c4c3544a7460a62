//! Each thing that a provider can do is the right outcome, over real HTTP. A success never comes of a lost answer.

use std::{path::PathBuf, time::Duration};

use application::{BankAccount, BankProvider, CallError, CallKey, CallResult, GiftCardIssuer, PaymentProvider, Reply};
use harness::{LocalProviders, Options};
use kernel::{Ids, Money, RandomIds};
use provider_adapters::{Bank, Caller, GiftCards, Limits, ProviderOptions, Toss};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::timeout,
};

const QUICK: Limits = Limits { connect: Duration::from_millis(500), total: Duration::from_millis(800) };

async fn start(options: &Options) -> LocalProviders {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    LocalProviders::start(listener, options).expect("it starts")
}

fn options() -> Options {
    Options { late: Duration::from_secs(30), settle: Duration::from_millis(100), ..Options::default() }
}

fn caller_at(url: &str) -> Caller {
    Caller::new("JANGBU_TEST_URL", &url.into(), None, QUICK).expect("a URL")
}

fn toss_of(providers: &LocalProviders) -> Toss {
    Toss::new(caller_at(&format!("{}/toss", providers.url())))
}

fn bank_of(providers: &LocalProviders) -> Bank {
    Bank::new(caller_at(&format!("{}/bank", providers.url())))
}

fn issuer_of(providers: &LocalProviders) -> GiftCards {
    GiftCards::new(caller_at(&format!("{}/gift-cards/", providers.url())))
}

async fn control(providers: &LocalProviders, name: &str, what: &Value) {
    let url = format!("{}/{name}/control", providers.url());
    let answer = reqwest::Client::new().post(url).json(what).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 204);
}

fn key() -> CallKey {
    RandomIds.fresh()
}

fn won(amount: &str) -> Money {
    Money { asset: "KRW".parse().expect("an asset"), amount: amount.parse().expect("an amount") }
}

fn account(number: &str) -> BankAccount {
    BankAccount { bank: "ANYBANK".to_owned(), number: number.into(), holder: "Kim Minji".into() }
}

/// The outcome in one word, with the code of a refusal.
fn word<T>(result: &CallResult<T>) -> String {
    match result {
        Ok(Reply::Done(_)) => "done".to_owned(),
        Ok(Reply::Refused(code)) => format!("refused {}", code.as_str()),
        Ok(Reply::Pending) => "pending".to_owned(),
        Ok(Reply::NotFound) => "not found".to_owned(),
        Err(CallError::NotDone { .. }) => "not done".to_owned(),
        Err(CallError::Unknown { .. }) => "unknown".to_owned(),
        Err(CallError::Contradiction { .. }) => "contradiction".to_owned(),
    }
}

/// Confirms a payment; the outcome, and what is found afterwards.
async fn confirm(toss: &Toss, payment_key: &str) -> (String, String) {
    let (key, payment_key) = (key(), SecretString::from(payment_key));
    let outcome = toss.confirm(key, &payment_key, won("5000")).await;
    (word(&outcome), word(&toss.find(key, &payment_key).await))
}

fn both(outcome: &str, found: &str) -> (String, String) {
    (outcome.to_owned(), found.to_owned())
}

#[tokio::test]
async fn payments_are_confirmed_refused_or_found() {
    let providers = start(&options()).await;
    let toss = toss_of(&providers);
    assert_eq!(confirm(&toss, "ok-1").await, both("done", "done"));
    assert_eq!(confirm(&toss, "refuse-1").await, both("refused card-refused", "refused card-refused"));
    assert_eq!(confirm(&toss, "lost-1").await, both("unknown", "done"));
    assert_eq!(confirm(&toss, "late-1").await, both("unknown", "pending"));
    assert_eq!(confirm(&toss, "twice-1").await, both("done", "done"));
    assert_eq!(confirm(&toss, "ok-1").await, both("refused payment-taken", "refused payment-taken"));
    assert_eq!(word(&toss.find(key(), &"ok-1".into()).await), "not found", "a payment under another key is not ours");
}

#[tokio::test]
async fn an_answer_that_comes_twice_is_nobody_elses() {
    let providers = start(&options()).await;
    let toss = toss_of(&providers);
    for round in 0..20 {
        let twice = SecretString::from(format!("twice-{round}"));
        assert_eq!(word(&toss.confirm(key(), &twice, won("5000")).await), "done");
        assert_eq!(confirm(&toss, &format!("refuse-{round}")).await.0, "refused card-refused");
    }
}

#[tokio::test]
async fn what_fails_at_the_provider_is_not_done_or_unknown() {
    let providers = start(&options()).await;
    let toss = toss_of(&providers);
    for (fault, outcome) in [
        (json!({"fail": 1}), both("not done", "not found")),
        (json!({"broken": 1}), both("unknown", "done")),
        (json!({"lost": 1}), both("unknown", "done")),
        (json!({"timeout": 1}), both("unknown", "done")),
        (json!({"late": 1}), both("unknown", "pending")),
        (json!({"twice": 1}), both("done", "done")),
        (json!({"wrong": 1, "wrong_how": "amount"}), both("contradiction", "done")),
        (json!({"wrong": 1, "wrong_how": "key"}), both("contradiction", "done")),
        (json!({"wrong": 1, "wrong_how": "state"}), both("contradiction", "done")),
        (json!({"wrong": 1, "wrong_how": "refusal"}), both("contradiction", "done")),
    ] {
        control(&providers, "toss", &fault).await;
        assert_eq!(confirm(&toss, &format!("ok-{}", key())).await, outcome, "{fault}");
    }
    control(&providers, "toss", &json!({"fail": 2})).await;
    assert_eq!(confirm(&toss, "refuse-1").await, both("not done", "not done"));
    control(&providers, "toss", &json!({"forget": true})).await;
    assert_eq!(word(&toss.find(key(), &"ok-1".into()).await), "not found");
}

#[tokio::test]
async fn a_payment_is_cancelled_once_and_for_ever() {
    let providers = start(&options()).await;
    let toss = toss_of(&providers);
    let (never, confirmed, refused) = (key(), key(), key());
    let (payment, other) = (SecretString::from("ok-1"), SecretString::from("refuse-1"));
    let cancel = async |of: CallKey, payment: &SecretString| word(&toss.cancel(key(), payment, of, won("5000")).await);
    assert_eq!(cancel(never, &payment).await, "not found");
    assert_eq!(word(&toss.confirm(never, &payment, won("5000")).await), "refused cancelled", "it came too late");
    assert_eq!(word(&toss.confirm(confirmed, &payment, won("5000")).await), "done");
    let other_amount = toss.cancel(key(), &payment, confirmed, won("4000")).await;
    assert_eq!(word(&other_amount), "contradiction");
    control(&providers, "toss", &json!({"lost": 1})).await;
    assert_eq!(cancel(confirmed, &payment).await, "unknown");
    assert_eq!(cancel(confirmed, &payment).await, "done");
    assert_eq!(word(&toss.find(confirmed, &payment).await), "refused cancelled");
    assert_eq!(word(&toss.confirm(refused, &other, won("5000")).await), "refused card-refused");
    assert_eq!(cancel(refused, &other).await, "not found");
}

/// Asks until it is decided.
async fn decided<T>(what: &str, ask: impl AsyncFn() -> CallResult<T>) -> CallResult<T> {
    let asked = async {
        loop {
            let result = ask().await;
            if word(&result) != "pending" {
                return result;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), asked).await.unwrap_or_else(|_| panic!("{what} was never decided"))
}

#[tokio::test]
async fn payouts_settle_come_back_or_are_refused() {
    let providers = start(&options()).await;
    let bank = bank_of(&providers);
    let money = won("5000");
    for (number, outcome, in_the_end) in [
        ("110-1", "pending", "done"),
        ("001-1", "pending", "refused returned"),
        ("991-1", "refused account-unknown", "refused account-unknown"),
        ("771-1", "unknown", "done"),
        ("661-1", "pending", "done"),
    ] {
        let key = key();
        assert_eq!(word(&bank.submit(key, &account(number), money).await), outcome, "{number}");
        let end = decided(number, async || bank.find(key, money).await).await;
        assert_eq!(word(&end), in_the_end, "{number}");
        let gives_up = if in_the_end == "done" { "refused settled" } else { "done" };
        assert_eq!(word(&bank.cancel(key).await), gives_up, "{number}");
    }
    let (never, other) = (key(), key());
    assert_eq!(word(&bank.find(never, money).await), "not found");
    assert_eq!(word(&bank.cancel(never).await), "done");
    assert_eq!(word(&bank.submit(never, &account("110-1"), money).await), "refused cancelled");
    bank.submit(other, &account("110-1"), money).await.expect("submitted");
    assert_eq!(word(&bank.submit(other, &account("110-1"), won("1")).await), "contradiction", "a key is one payout");
    assert_eq!(word(&bank.find(other, won("1")).await), "contradiction");
}

#[tokio::test]
async fn cards_come_with_their_code_or_not_at_all() {
    let providers = start(&options()).await;
    let issuer = issuer_of(&providers);
    let money = won("10000");
    for (product, outcome, in_the_end, made_void) in [
        ("coffee", "done", "done", "done"),
        ("sold-out", "refused sold-out", "refused sold-out", "done"),
        ("slow", "pending", "done", "done"),
        ("used", "done", "done", "refused used"),
        ("lost", "unknown", "done", "done"),
    ] {
        let key = key();
        assert_eq!(word(&issuer.issue(key, product, money).await), outcome, "{product}");
        let found = decided(product, async || issuer.find(key, money).await).await;
        assert_eq!(word(&found), in_the_end, "{product}");
        if let Ok(Reply::Done(code)) = &found {
            assert_eq!(code.expose_secret().len(), 19, "{product}");
        }
        assert_eq!(word(&issuer.void(key).await), made_void, "{product}");
    }
    let never = key();
    assert_eq!(word(&issuer.void(never).await), "done");
    assert_eq!(word(&issuer.issue(never, "coffee", money).await), "refused void");
}

#[tokio::test]
async fn a_provider_that_is_away_has_certainly_not_done_it() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let toss = Toss::new(caller_at(&format!("http://{address}")));
    assert_eq!(word(&toss.confirm(key(), &"ok-1".into(), won("5000")).await), "not done");
}

#[tokio::test]
async fn the_key_file_is_read_for_each_call() {
    let providers = start(&Options { api_key: Some("right".to_owned()), ..options() }).await;
    let file = PathBuf::from(format!("/var/tmp/jangbu-provider-key-{}", RandomIds.fresh().simple()));
    let set = ProviderOptions {
        provider_toss_url: Some(format!("{}/toss", providers.url()).into()),
        provider_toss_key_file: Some(file.clone()),
        ..ProviderOptions::default()
    };
    let set = set.providers().expect("the settings are right");
    assert!(set.bank.is_none() && set.gift_cards.is_none() && set.payment("other").is_none());
    let toss = set.payment("toss").expect("it is set");
    let confirm = async || word(&toss.confirm(key(), &format!("ok-{}", key()).into(), won("5000")).await);
    assert_eq!(confirm().await, "not done", "there is no file");
    std::fs::write(&file, "wrong\n").expect("written");
    assert_eq!(confirm().await, "not done", "401");
    std::fs::write(&file, "right\n").expect("written");
    assert_eq!(confirm().await, "done");
    std::fs::remove_file(file).expect("it was there");
}

#[test]
fn a_url_that_is_none_is_reported_by_its_setting() {
    let set = |url: &str| ProviderOptions { bank_url: Some(url.into()), ..ProviderOptions::default() }.providers();
    for url in ["no url", "ftp://bank", "http://bank/?key=1"] {
        let error = set(url).err().expect("refused").to_string();
        assert!(error.starts_with("JANGBU_BANK_URL"), "{error}");
        assert!(!error.contains(url), "it may hold a password: {error}");
    }
    assert!(set("").expect("nothing is set").bank.is_none());
}

/// A server that answers every connection with these bytes.
async fn answering(bytes: String) -> Toss {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes.as_bytes()).await;
            // Closed at this end first, and not before the client has read: a reset would take the answer away.
            let _ = stream.shutdown().await;
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
        }
    });
    Toss::new(caller_at(&format!("http://{address}")))
}

#[tokio::test]
async fn what_is_no_answer_is_unknown() {
    let answer =
        |status: &str, body: &str| format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for (bytes, outcome) in [
        ("nonsense".to_owned(), "unknown"),
        (answer("200 OK", "{}"), "contradiction"),
        (answer("200 OK", "<html>"), "unknown"),
        (answer("200 OK", &format!("\"{}\"", "x".repeat(20_000))), "unknown"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{".to_owned(), "unknown"),
        (answer("302 Found", ""), "unknown"),
        (answer("503 Service Unavailable", "busy"), "unknown"),
        (answer("502 Bad Gateway", ""), "unknown"),
        (answer("429 Too Many Requests", ""), "not done"),
    ] {
        let toss = answering(bytes.clone()).await;
        assert_eq!(word(&toss.confirm(key(), &"ok-1".into(), won("5000")).await), outcome, "{bytes:.60}");
    }
}
