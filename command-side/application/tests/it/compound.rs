//! Several payments as one transfer.

use application::{
    Command, CompoundTransfer, Deposit, Destination, ExecuteError, FreezeAccount, OpenAccount, Outcome, Payment,
    Reverse, TransferAnswer,
};
use domain::Limits;
use events::recorded::{FreezeScope, TransferKind};
use kernel::{AccountId, AccountNumber, Actor, AssetCode, MemberId, Minor, Money, Role};
use uuid::Uuid;

use crate::client::{TestClient, member, operator, posted, refused, transfer, won};

fn eur(units: i128) -> Money {
    Money { asset: "EUR".parse().expect("an asset"), amount: Minor::new(units).expect("an amount") }
}

fn pay(source: AccountId, destination: AccountId, money: Money) -> Payment {
    Payment { source, destination: Destination::Account(destination), money }
}

fn compound(payments: Vec<Payment>) -> Command {
    Command::CompoundTransfer(CompoundTransfer { payments, memo: Some("together".into()), reference: None })
}

fn service() -> Actor {
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(555)) }
}

async fn open(client: &TestClient, owner: Actor, key: &str, asset: AssetCode) -> AccountId {
    match client.outcome(owner, key, Command::OpenAccount(OpenAccount { asset })).await {
        Outcome::Opened(account) => account.account_id,
        other => panic!("{other:?}"),
    }
}

fn lines(answer: &TransferAnswer) -> Vec<(AccountId, i128, i128)> {
    answer.postings.iter().map(|p| (p.account_id, p.amount.units(), p.balance_after.units())).collect()
}

#[tokio::test]
async fn payments_happen_in_order_in_one_commit_and_of_several_assets() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let (euros, c) = (eur(1).asset, client.open(member(3), "c").await);
    let (d, e) = (open(&client, member(1), "d", euros).await, open(&client, member(2), "e", euros).await);
    let fund = Command::Deposit(Deposit { account: d, money: eur(9), reference: "r".into(), unique_reference: false });
    posted(&client.outcome(operator(), "fund", fund).await);
    let before = client.log.commits().len();
    let payments = vec![pay(a, b, won(60)), pay(a, c, won(40)), pay(d, e, eur(9))];
    let Outcome::Posted(answer) = client.outcome(member(1), "t", compound(payments.clone())).await else { panic!() };
    assert_eq!(client.log.commits().len(), before + 1);
    assert_eq!(answer.posted.kind, TransferKind::Compound);
    assert_eq!(answer.posted.memo.as_deref(), Some("together"));
    let moved = [(a, -60, 40), (b, 60, 60), (a, -40, 0), (c, 40, 40), (d, -9, 0), (e, 9, 9)];
    assert_eq!(lines(&answer), moved);
    assert_eq!(answer.position, client.log.commits().last().expect("a commit").last());
    // Whoever has only the log tells the same.
    let other = TestClient::on(client.log.clone(), "server-1", |_| {});
    let again = other.ask(member(1), "t", compound(payments)).await.expect("an answer");
    assert!(again.replayed);
    assert_eq!(*again.answer, Outcome::Posted(answer));
}

#[tokio::test]
async fn what_one_brings_in_pays_for_the_next_and_nobody_is_short_in_between() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 10).await, client.open(member(2), "b").await);
    let c = client.open(member(3), "c").await;
    let (there, back) = (pay(a, b, won(10)), pay(b, c, won(7)));
    let Outcome::Refused(no) = client.outcome(operator(), "t", compound(vec![back.clone(), there.clone()])).await
    else {
        panic!()
    };
    assert_eq!((no.refusal.code.as_str(), no.refusal.available), ("insufficient-funds", Some(Minor::ZERO)));
    assert_eq!(no.transfer, None);
    let Outcome::Posted(yes) = client.outcome(operator(), "u", compound(vec![there, back])).await else { panic!() };
    assert_eq!(lines(&yes), [(a, -10, 0), (b, 10, 10), (b, -7, 3), (c, 7, 7)]);
    // A refusal is kept.
    let again = client.ask(operator(), "t", compound(vec![pay(b, c, won(7)), pay(a, b, won(10))])).await;
    let again = again.expect("an answer");
    assert!(again.replayed);
    assert_eq!(refused(&again.answer), "insufficient-funds");
}

#[tokio::test]
async fn a_member_pays_from_their_own_accounts_alone() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    posted(&client.outcome(member(1), "give", transfer(a, b, 50)).await);
    let mixed = || compound(vec![pay(a, b, won(1)), pay(b, a, won(1))]);
    let head = client.log.commits().len();
    assert_eq!(client.ask(member(1), "t", mixed()).await.unwrap_err(), ExecuteError::NotOwner);
    assert_eq!(client.log.commits().len(), head, "nothing is written");
    for (key, actor) in [("o", operator()), ("s", service())] {
        posted(&client.outcome(actor, key, mixed()).await);
    }
}

#[tokio::test]
async fn one_payment_that_cannot_be_refuses_all_and_moves_nothing() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let (frozen, d) = (client.open(member(3), "c").await, open(&client, member(2), "d", eur(1).asset).await);
    let freeze = Command::FreezeAccount(FreezeAccount { account: frozen, scope: FreezeScope::All, reason: None });
    client.outcome(operator(), "f", freeze).await;
    let Outcome::Posted(deposit) = client.deposit(a, 1, "cash").await else { panic!() };
    let cash = deposit.postings[0].account_id;
    let nobody = Payment { source: a, destination: Destination::Number(AccountNumber::from_digits(0)), money: won(1) };
    let wrong = [
        (pay(a, b, won(0)), "amount-not-positive"),
        (pay(a, a, won(1)), "same-account"),
        (nobody, "account-unknown"),
        (pay(a, cash, won(1)), "account-unknown"),
        (pay(a, AccountId::new(Uuid::nil()), won(1)), "account-unknown"),
        (pay(a, d, won(1)), "asset-mismatch"),
        (pay(a, frozen, won(1)), "account-frozen"),
        (pay(a, b, won(101)), "insufficient-funds"),
    ];
    for (number, (payment, code)) in wrong.into_iter().enumerate() {
        for (order, payments) in
            [vec![pay(a, b, won(1)), payment.clone()], vec![payment, pay(a, b, won(1))]].into_iter().enumerate()
        {
            let outcome = client.outcome(member(1), &format!("t{number}.{order}"), compound(payments)).await;
            assert_eq!(refused(&outcome), code, "{number}");
        }
    }
    let Outcome::Posted(one) = client.outcome(member(1), "one", compound(vec![pay(a, b, won(101))])).await else {
        panic!("nothing had moved")
    };
    assert_eq!(lines(&one), [(a, -101, 0), (b, 101, 101)]);
}

#[tokio::test]
async fn the_limit_of_a_transfer_is_one_for_all_payments_of_an_asset() {
    let limits: Limits = "KRW:10".parse().expect("limits");
    let client = TestClient::on(std::sync::Arc::default(), "server-0", |options| options.limits = limits);
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let pays = |one, two| compound(vec![pay(a, b, won(one)), pay(a, b, won(two))]);
    assert_eq!(refused(&client.outcome(member(1), "t", pays(6, 5)).await), "limit-exceeded");
    posted(&client.outcome(member(1), "u", pays(6, 4)).await);
}

#[tokio::test]
async fn a_reversal_undoes_all_of_it_once() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let c = client.open(member(3), "c").await;
    let payments = vec![pay(a, b, won(30)), pay(b, c, won(20))];
    let id = posted(&client.outcome(operator(), "t", compound(payments)).await);
    let reverse = || Command::Reverse(Reverse { transfer: id, reason: "mistake".into() });
    let Outcome::Posted(reversal) = client.outcome(operator(), "r", reverse()).await else { panic!() };
    assert_eq!(lines(&reversal), [(c, -20, 0), (b, 20, 30), (b, -30, 0), (a, 30, 100)]);
    assert_eq!(refused(&client.outcome(operator(), "s", reverse()).await), "already-reversed");
}
