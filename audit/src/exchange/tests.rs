use chrono::TimeDelta;
use events::recorded::{AccountNumberAssigned, AccountOpened, Legs};
use kernel::{AccountNumber, TransferId};

use super::*;
use crate::test_log::{CASH, Events, TestLog, account, krw, member, minor, money, posted};

/// The dollars of the first member.
const DOLLARS: u128 = 5;
/// What the bank exchanges from.
const BANKS_DOLLARS: u128 = 111;
const BANKS_WON: u128 = 112;
const QUOTE: u128 = 70;

fn usd() -> AssetCode {
    "USD".parse().expect("an asset")
}

fn dollars(amount: i128) -> Money {
    Money { asset: usd(), amount: minor(amount) }
}

fn rate_of(from: AssetCode, to: AssetCode) -> u128 {
    from.rate_stream(to).uuid().as_u128()
}

/// A dollar costs this many won, less half a percent, for an hour.
fn dollar_at(log: &TestLog, rate: &str) -> RateSet {
    let expires_at = log.now + TimeDelta::hours(1);
    RateSet { from: usd(), to: krw(), rate: rate.into(), spread_bps: 50, expires_at }
}

fn set(set: RateSet) -> Events {
    vec![(rate_of(set.from, set.to), set.into())]
}

/// A member with 200 dollars, and a bank that exchanges them.
fn with_dollars() -> TestLog {
    let mut log = TestLog::new();
    let system = |name: &str, asset| AccountOpened { holder: Holder::System { name: name.into() }, asset };
    log.sound(vec![
        (101, system("cash/test", usd()).into()),
        (BANKS_DOLLARS, system("exchange/test", usd()).into()),
        (BANKS_WON, system("exchange/test#1", krw()).into()),
    ]);
    let number = AccountNumber::from_digits(5);
    let holder = Holder::Member { owner: member(1), number };
    log.sound(vec![
        (DOLLARS, AccountOpened { holder, asset: usd() }.into()),
        (number.stream().uuid().as_u128(), AccountNumberAssigned { account: account(DOLLARS) }.into()),
    ]);
    let deposit = Legs::between(account(101), account(DOLLARS), dollars(20_000));
    log.sound(log.pay(1005, posted(TransferKind::Deposit, deposit), vec![]));
    log
}

fn with_rate() -> TestLog {
    let mut log = with_dollars();
    log.sound(set(dollar_at(&log, "1350.25")));
    log
}

/// 100 dollars for the won that they are worth.
fn made(log: &TestLog) -> QuoteMade {
    QuoteMade {
        owner: member(1),
        source: account(DOLLARS),
        destination: account(1),
        pay: dollars(10_000),
        receive: money(134_349),
        rate: "1343.49875".into(),
        expires_at: log.now + TimeDelta::seconds(30),
    }
}

fn with_quote() -> TestLog {
    let mut log = with_rate();
    log.sound(vec![(QUOTE, made(&log).into())]);
    log
}

fn leg(of: u128, Money { asset, amount }: Money) -> Leg {
    Leg { account: account(of), asset, amount }
}

fn back(Money { asset, amount }: Money) -> Money {
    Money { asset, amount: amount.negated() }
}

/// The legs of an exchange: who pays, the bank's two accounts, who receives.
fn legs(pay: Money, receive: Money, [from, takes, gives, to]: [u128; 4]) -> Vec<Leg> {
    vec![leg(from, back(pay)), leg(takes, pay), leg(gives, back(receive)), leg(to, receive)]
}

fn as_quoted() -> Vec<Leg> {
    legs(dollars(10_000), money(134_349), [DOLLARS, BANKS_DOLLARS, BANKS_WON, 1])
}

fn used(quote: u128, transfer: u128) -> (u128, Event) {
    (quote, QuoteUsed { transfer: TransferId::new(Uuid::from_u128(transfer)) }.into())
}

/// The quote is used for a transfer of these legs.
fn exchanged(log: &TestLog, transfer: u128, legs: Vec<Leg>) -> Events {
    let posted = posted(TransferKind::Exchange, Legs::new(legs).expect("they cancel"));
    let mut events = vec![used(QUOTE, transfer)];
    events.extend(log.pay(transfer, posted, vec![]));
    events
}

#[test]
fn a_quote_is_carried_out_once() {
    let mut log = with_quote();
    let kept = serde_json::to_string(&log.fold.exchange).expect("JSON");
    log.fold.exchange = serde_json::from_str(&kept).expect("rates and quotes");
    log.sound(exchanged(&log, 11, as_quoted()));
    assert!(log.fold.exchange.quotes.is_empty());
    log.wrong(exchanged(&log, 12, as_quoted()), "was never made, or was used before");
    // For a fixed sum of won, and won for dollars at a rate of their own, of which the bank takes nothing.
    let fixed = QuoteMade { pay: dollars(5), receive: money(66), ..made(&log) };
    log.sound(vec![(71, fixed.into())]);
    let of_won = RateSet { from: krw(), to: usd(), rate: "0.00074".into(), spread_bps: 0, ..dollar_at(&log, "1") };
    log.sound(set(of_won));
    let (source, destination) = (account(1), account(DOLLARS));
    let (pay, receive) = (money(100_000), dollars(7_400));
    let turned = QuoteMade { source, destination, pay, receive, rate: "0.00074".into(), ..made(&log) };
    log.sound(vec![(72, turned.into())]);
}

#[test]
fn a_quote_is_used_in_its_time() {
    let mut log = with_quote();
    // Each commit is a second later than the one before.
    log.now += TimeDelta::seconds(27);
    log.sound(exchanged(&log, 11, as_quoted()));
    let mut log = with_quote();
    log.now += TimeDelta::seconds(28);
    log.wrong(exchanged(&log, 11, as_quoted()), "and is used at 2026-11-30 03:0");
}

#[test]
fn each_way_to_carry_a_quote_out_wrong_is_found() {
    let wrong = |legs: Vec<Leg>, words: &str| {
        let mut log = with_quote();
        log.wrong(exchanged(&log, 11, legs), words);
    };
    let sides = [DOLLARS, BANKS_DOLLARS, BANKS_WON, 1];
    wrong(legs(dollars(9_999), money(134_349), sides), "and is carried out as 134349 KRW");
    wrong(legs(dollars(10_000), money(134_350), sides), "and is carried out as 134350 KRW");
    let to_other = [DOLLARS, BANKS_DOLLARS, BANKS_WON, 2];
    wrong(legs(dollars(10_000), money(134_349), to_other), "to 00000000-0000-0000-0000-000000000002 for 10000 USD");
    let with_cash = [DOLLARS, 101, BANKS_WON, 1];
    wrong(legs(dollars(10_000), money(134_349), with_cash), "which is no exchange account of the bank");
    let with_cash = [DOLLARS, BANKS_DOLLARS, CASH, 1];
    wrong(legs(dollars(10_000), money(134_349), with_cash), "which is no exchange account of the bank");
    let mut more = as_quoted();
    more.extend([leg(BANKS_WON, back(money(1))), leg(1, money(1))]);
    wrong(more, "is carried out in 6 legs");

    let mut log = with_quote();
    log.wrong(vec![used(QUOTE, 11)], "which is no exchange of its commit");
    let mut log = with_quote();
    let unquoted = posted(TransferKind::Exchange, Legs::new(as_quoted()).expect("they cancel"));
    log.wrong(log.pay(11, unquoted.clone(), vec![]), "is an exchange with 0 quotes");
    let mut log = with_quote();
    let other = TransferPosted { kind: TransferKind::Compound, ..unquoted };
    let mut events = vec![used(QUOTE, 11)];
    events.extend(log.pay(11, other, vec![]));
    log.wrong(events, "which is no exchange of its commit");
}

#[test]
fn each_quote_that_does_not_follow_from_its_rate_is_found() {
    let wrong = |change: &dyn Fn(QuoteMade) -> QuoteMade, words: &str| {
        let mut log = with_rate();
        let made = change(made(&log));
        log.wrong(vec![(QUOTE, made.into())], words);
    };
    wrong(&|made| QuoteMade { owner: member(2), ..made }, "which are not both theirs");
    wrong(&|made| QuoteMade { destination: account(2), ..made }, "which are not both theirs");
    wrong(&|made| QuoteMade { source: account(1), ..made }, "which are not both theirs");
    wrong(&|made| QuoteMade { rate: "1350.25".into(), ..made }, "at the rate 1350.25, and another counts");
    wrong(&|made| QuoteMade { rate: "1343.49876".into(), ..made }, "at the rate 1343.49876, and another counts");
    let not_from = "which does not follow from the rate 1343.49875";
    wrong(&|made| QuoteMade { receive: money(134_350), ..made }, not_from);
    wrong(&|made| QuoteMade { pay: dollars(10_002), receive: money(134_350), ..made }, not_from);
    wrong(&|made| QuoteMade { receive: money(0), ..made }, not_from);
    wrong(&|made| QuoteMade { pay: dollars(-1), ..made }, not_from);
    let later = |made: QuoteMade| QuoteMade { expires_at: made.expires_at + TimeDelta::hours(1), ..made };
    wrong(&later, "and its rate counts until");

    let mut log = with_dollars();
    log.wrong(vec![(QUOTE, made(&log).into())], "when no rate for USD and KRW counts");
    let mut log = with_rate();
    log.now += TimeDelta::hours(1);
    log.wrong(vec![(QUOTE, made(&log).into())], "when no rate for USD and KRW counts");
    // The newest rate counts.
    let mut log = with_rate();
    log.sound(set(dollar_at(&log, "1351")));
    log.wrong(vec![(QUOTE, made(&log).into())], "at the rate 1343.49875, and another counts");
    let mut log = with_quote();
    log.wrong(vec![(QUOTE, made(&log).into())], "is made as version 2");
}

#[test]
fn quotes_of_two_assets_agree_on_their_scales() {
    // A hundred times as much would be right if a cent were a dollar.
    let dear = |log: &TestLog| QuoteMade { receive: money(13_434_987), ..made(log) };
    let mut log = with_rate();
    log.sound(vec![(QUOTE, dear(&log).into())]);
    let mut log = with_quote();
    log.wrong(vec![(71, dear(&log).into())], "which does not follow from the rate 1343.49875");
    log.sound(vec![(72, made(&log).into())]);
}

#[test]
fn rates_are_numbers_on_their_own_streams() {
    let mut log = with_dollars();
    let other = dollar_at(&log, "1350.25");
    log.wrong(vec![(rate_of(krw(), usd()), other.into())], "is set for USD and KRW, whose rate is on another stream");
    let mut log = with_dollars();
    log.wrong(set(dollar_at(&log, "many")), "is set to `many`, which is no rate");
}

#[test]
fn quotes_whose_time_is_over_are_forgotten() {
    let mut log = with_rate();
    for number in 0..u128::try_from(KEPT).expect("a number") {
        log.sound(vec![(5000 + number, made(&log).into())]);
    }
    assert_eq!(log.fold.exchange.quotes.len(), 29);
}
