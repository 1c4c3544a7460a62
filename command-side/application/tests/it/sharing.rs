//! Two command servers on one log.

use application::{Command, FreezeAccount, Outcome};
use events::recorded::FreezeScope;

use crate::client::{TestClient, member, operator, posted, refused, submission, transfer};

#[tokio::test]
async fn a_refusal_is_never_decided_on_what_another_server_has_changed() {
    let one = TestClient::new();
    let two = TestClient::on(one.log.clone(), "server-1", |_| {});
    let (a, b) = (one.funded("a", 10).await, one.open(member(2), "b").await);
    posted(&one.outcome(member(1), "t", transfer(a, b, 10)).await);
    posted(&two.deposit(a, 5, "by the other").await);
    posted(&one.outcome(member(1), "u", transfer(a, b, 5)).await);
    assert_eq!(refused(&one.outcome(member(1), "v", transfer(a, b, 1)).await), "insufficient-funds");
}

#[tokio::test]
async fn a_freeze_on_one_server_holds_on_the_other() {
    let one = TestClient::new();
    let two = TestClient::on(one.log.clone(), "server-1", |_| {});
    let (a, b) = (one.funded("a", 10).await, one.open(member(2), "b").await);
    posted(&one.outcome(member(1), "t", transfer(a, b, 1)).await);
    let freeze = Command::FreezeAccount(FreezeAccount { account: a, scope: FreezeScope::All, reason: None });
    assert!(matches!(two.outcome(operator(), "f", freeze).await, Outcome::Changed(_)));
    assert_eq!(refused(&one.outcome(member(1), "u", transfer(a, b, 1)).await), "account-frozen");
}

#[tokio::test]
async fn the_same_key_on_both_servers_is_carried_out_once() {
    let one = TestClient::new();
    let two = TestClient::on(one.log.clone(), "server-1", |_| {});
    let (a, b) = (one.funded("a", 10).await, one.open(member(2), "b").await);
    let command = || submission(member(1), "k", transfer(a, b, 1));
    let (x, y) = tokio::join!(one.bank.execute(command()), two.bank.execute(command()));
    let (x, y) = (x.expect("answer"), y.expect("answer"));
    assert_eq!(x.answer, y.answer);
    assert_ne!(x.replayed, y.replayed);
    assert_eq!(one.log.count("TransferPosted"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_on_the_same_accounts_lose_nothing() {
    let one = TestClient::new();
    let two = TestClient::on(one.log.clone(), "server-1", |_| {});
    let (a, b) = (one.funded("a", 500).await, one.open(member(2), "b").await);
    let mut asked = Vec::new();
    for index in 0..400 {
        let bank = if index % 2 == 0 { one.bank.clone() } else { two.bank.clone() };
        let command = submission(member(1), &format!("t{index}"), transfer(a, b, 1));
        asked.push(tokio::spawn(async move { bank.execute(command).await }));
    }
    let mut done = 0;
    for ask in asked {
        done += i128::from(ask.await.expect("task").is_ok());
    }
    let three = TestClient::on(one.log.clone(), "server-2", |_| {});
    let Outcome::Posted(last) = three.outcome(member(1), "last", transfer(a, b, 1)).await else { panic!() };
    let balances: Vec<_> = last.postings.iter().map(|p| p.balance_after.units()).collect();
    assert_eq!(balances, [500 - done - 1, done + 1]);
    assert!(done > 0);
}
