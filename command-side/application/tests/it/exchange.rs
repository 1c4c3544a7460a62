//! The exchange: rates, quotes that hold, and what the bank earns.

use application::{
    Command, ExecuteError, FixedSide, OpenAccount, Outcome, QuoteAnswer, QuoteExchange, Reverse, SetRate, UseQuote,
};
use chrono::TimeDelta;
use events::recorded::TransferKind;
use kernel::{AccountId, AssetCode, Minor, QuoteId};

use crate::client::{TestClient, krw, member, operator, posted, refused, transfer};

fn eur() -> AssetCode {
    "EUR".parse().expect("asset")
}

fn minor(units: i128) -> Minor {
    Minor::new(units).expect("amount")
}

/// A won costs that many euros.
fn rate(rate: &str, spread_bps: u32) -> Command {
    let rate = rate.parse().expect("a rate");
    Command::SetRate(SetRate { from: krw(), to: eur(), rate, spread_bps, valid_for: 60 })
}

fn quote(source: AccountId, destination: AccountId, fixed: FixedSide) -> Command {
    Command::QuoteExchange(QuoteExchange { source, destination, fixed })
}

fn exchange(quote: QuoteId) -> Command {
    Command::UseQuote(UseQuote { quote })
}

fn quoted(outcome: &Outcome) -> &QuoteAnswer {
    match outcome {
        Outcome::Quoted(quote) => quote,
        other => panic!("no quote: {other:?}"),
    }
}

fn sides(quote: &QuoteAnswer) -> (i128, i128) {
    (quote.made.pay.amount.units(), quote.made.receive.amount.units())
}

struct Money {
    client: TestClient,
    won: AccountId,
    euros: AccountId,
}

/// Member 1 with 100,000 won and an account of euros.
async fn money() -> Money {
    let client = TestClient::on(std::sync::Arc::default(), "server-0", |options| {
        options.scales = [(krw(), 0), (eur(), 2)].into();
    });
    let won = client.funded("won", 100_000).await;
    let Outcome::Opened(euros) =
        client.outcome(member(1), "euros", Command::OpenAccount(OpenAccount { asset: eur() })).await
    else {
        panic!()
    };
    Money { client, won, euros: euros.account_id }
}

#[tokio::test]
async fn a_member_pays_the_bank_which_pays_the_member() {
    let Money { client, won, euros } = money().await;
    assert!(matches!(client.outcome(operator(), "rate", rate("0.000625", 0)).await, Outcome::RateSet(_)));
    let answer = client.outcome(member(1), "q", quote(won, euros, FixedSide::Pay(minor(20_001)))).await;
    let offer = quoted(&answer);
    // 12.500625 euros.
    assert_eq!((sides(offer), offer.made.rate.as_str()), ((20_001, 1_250), "0.000625"));
    let Outcome::Posted(done) = client.outcome(member(1), "x", exchange(offer.quote_id)).await else { panic!() };
    assert_eq!(done.posted.kind, TransferKind::Exchange);
    let lines: Vec<_> = done.postings.iter().map(|p| (p.amount.units(), p.balance_after.units())).collect();
    assert_eq!(lines, [(-20_001, 79_999), (20_001, 20_001), (-1_250, -1_250), (1_250, 1_250)]);
    assert_eq!((done.postings[0].account_id, done.postings[3].account_id), (won, euros));
    assert_eq!(refused(&client.outcome(member(1), "y", exchange(offer.quote_id)).await), "quote-used");
    // The same answers from the log alone.
    let other = TestClient::on(client.log.clone(), "server-1", |_| {});
    for (actor, key, command, first) in [
        (member(1), "q", quote(won, euros, FixedSide::Pay(minor(20_001))), answer.clone()),
        (member(1), "x", exchange(offer.quote_id), Outcome::Posted(done.clone())),
    ] {
        let again = other.ask(actor, key, command).await.expect("an answer");
        assert!(again.replayed);
        assert_eq!(*again.answer, first);
    }
    let reverse = Command::Reverse(Reverse { transfer: done.transfer_id, reason: "mistake".into() });
    posted(&client.outcome(operator(), "r", reverse).await);
    posted(&client.outcome(member(1), "all", transfer(won, client.open(member(2), "b").await, 100_000)).await);
}

#[tokio::test]
async fn what_is_to_be_received_says_what_is_paid() {
    let Money { client, won, euros } = money().await;
    client.outcome(operator(), "rate", rate("0.000625", 100)).await;
    let answer = client.outcome(member(1), "q", quote(won, euros, FixedSide::Receive(minor(1_000)))).await;
    // 10 euros at 0.00061875, rounded up.
    assert_eq!((sides(quoted(&answer)), quoted(&answer).made.rate.as_str()), ((16_162, 1_000), "0.00061875"));
}

#[tokio::test]
async fn a_quote_holds_whatever_the_rate_becomes_and_an_expired_rate_is_never_used() {
    let Money { client, won, euros } = money().await;
    let ask = || quote(won, euros, FixedSide::Pay(minor(10_000)));
    assert_eq!(refused(&client.outcome(member(1), "none", ask()).await), "rate-unknown");
    client.outcome(operator(), "rate", rate("0.0005", 0)).await;
    let first = client.outcome(member(1), "q1", ask()).await;
    client.outcome(operator(), "other", rate("0.0007", 0)).await;
    let second = client.outcome(member(1), "q2", ask()).await;
    assert_eq!((sides(quoted(&first)).1, sides(quoted(&second)).1), (500, 700));
    let Outcome::Posted(done) = client.outcome(member(1), "x1", exchange(quoted(&first).quote_id)).await else {
        panic!()
    };
    assert_eq!(done.postings[3].amount, minor(500));
    // A quote holds for 30 seconds.
    client.log.pass(TimeDelta::seconds(31));
    assert_eq!(refused(&client.outcome(member(1), "x2", exchange(quoted(&second).quote_id)).await), "quote-expired");
    // And never longer than its rate.
    let third = client.outcome(member(1), "q3", ask()).await;
    let late = quoted(&third);
    assert!(late.made.expires_at <= late.recorded_at + TimeDelta::seconds(30));
    client.log.pass(TimeDelta::seconds(30));
    assert_eq!(refused(&client.outcome(member(1), "x3", exchange(late.quote_id)).await), "quote-expired");
    assert_eq!(refused(&client.outcome(member(1), "q4", ask()).await), "rate-unknown");
}

#[tokio::test]
async fn who_may_do_what_and_what_cannot_be() {
    let Money { client, won, euros } = money().await;
    client.outcome(operator(), "rate", rate("0.000625", 0)).await;
    let foreign = client.open(member(2), "b").await;
    let ask = |source, destination, fixed| quote(source, destination, fixed);
    let pay = |units| FixedSide::Pay(minor(units));
    for (key, source, destination) in [("s", foreign, euros), ("d", won, foreign)] {
        let answer = client.ask(member(1), key, ask(source, destination, pay(1_000))).await;
        assert_eq!(answer.unwrap_err(), ExecuteError::NotOwner);
    }
    for (key, source, destination, fixed, code) in [
        ("back", euros, won, pay(1_000), "rate-unknown"),
        ("same", won, won, pay(1_000), "rate-unknown"),
        ("nothing", won, euros, pay(0), "amount-not-positive"),
        ("little", won, euros, pay(15), "amount-too-small"),
        ("much", won, euros, FixedSide::Receive(Minor::MAX), "amount-overflow"),
    ] {
        assert_eq!(refused(&client.outcome(member(1), key, ask(source, destination, fixed)).await), code, "{key}");
    }
    let answer = client.outcome(member(1), "q", ask(won, euros, pay(100_001))).await;
    let id = quoted(&answer).quote_id;
    assert_eq!(refused(&client.outcome(member(2), "x", exchange(id)).await), "quote-unknown");
    let nothing = QuoteId::new(won.uuid());
    assert_eq!(refused(&client.outcome(member(1), "n", exchange(nothing)).await), "quote-unknown");
    // Money is looked at when it is exchanged; a refused exchange leaves the quote as it is.
    assert_eq!(refused(&client.outcome(member(1), "poor", exchange(id)).await), "insufficient-funds");
    posted(&client.deposit(won, 1, "more").await);
    posted(&client.outcome(member(1), "rich", exchange(id)).await);
}
