//! The same command again.

use std::time::Duration;

use application::{
    CloseAccount, Command, Deposit, Destination, ExecuteError, FixedSide, FreezeAccount, OpenAccount, PlaceHold,
    QuoteExchange, Reverse, SetRate, TransferBatch, UnfreezeAccount, Withdraw,
};
use events::recorded::FreezeScope;

use crate::{
    client::{TestClient, krw, member, operator, order, posted, submission, transfer, won},
    orders, payouts,
};

#[tokio::test]
async fn every_kind_of_answer_is_told_again_the_same_by_a_server_that_knows_only_the_log() {
    let first = TestClient::new();
    let (a, b) = (first.funded("a", 100).await, first.open(member(2), "b").await);
    let empty = first.open(member(1), "empty").await;
    let moved = posted(&first.outcome(member(1), "moved", transfer(a, b, 1)).await);
    let reason = || Some("because".to_owned());
    let commands = [
        (member(1), Command::OpenAccount(OpenAccount { asset: krw() })),
        (
            operator(),
            Command::Deposit(Deposit { account: a, money: won(5), reference: "in".into(), unique_reference: false }),
        ),
        (
            operator(),
            Command::Withdraw(Withdraw { account: a, money: won(5), reference: "out".into(), unique_reference: false }),
        ),
        (
            operator(),
            Command::Withdraw(Withdraw {
                account: a,
                money: won(5_000),
                reference: "too much".into(),
                unique_reference: false,
            }),
        ),
        (member(1), transfer(a, b, 3)),
        (member(1), transfer(a, a, 3)),
        (
            operator(),
            Command::TransferBatch(TransferBatch { atomic: false, orders: vec![order(a, b, 1), order(a, b, 9_999)] }),
        ),
        (
            operator(),
            Command::TransferBatch(TransferBatch { atomic: true, orders: vec![order(a, b, 1), order(a, b, 9_999)] }),
        ),
        (operator(), Command::Reverse(Reverse { transfer: moved, reason: "undo".into() })),
        (operator(), Command::Reverse(Reverse { transfer: moved, reason: "undo again".into() })),
        (operator(), Command::FreezeAccount(FreezeAccount { account: a, scope: FreezeScope::All, reason: reason() })),
        (operator(), Command::FreezeAccount(FreezeAccount { account: a, scope: FreezeScope::All, reason: None })),
        (operator(), Command::UnfreezeAccount(UnfreezeAccount { account: a, reason: reason() })),
        (member(1), Command::CloseAccount(CloseAccount { account: a, reason: reason() })),
        (member(1), Command::CloseAccount(CloseAccount { account: empty, reason: reason() })),
    ];
    let mut answers = Vec::new();
    for (index, (actor, command)) in commands.iter().enumerate() {
        answers.push(first.ask(*actor, &format!("k{index}"), command.clone()).await.expect("answer"));
    }
    let written = first.log.commits().len();
    let restarted = TestClient::on(first.log.clone(), "server-1", |_| {});
    for (client, which) in [(&first, "from memory"), (&restarted, "from the log")] {
        for (index, (actor, command)) in commands.iter().enumerate() {
            let again = client.ask(*actor, &format!("k{index}"), command.clone()).await.expect("answer");
            assert_eq!(again.answer, answers[index].answer, "{which}: {command:?}");
            assert_eq!(again.token, answers[index].token, "{which}: {command:?}");
            assert!(again.replayed && !answers[index].replayed);
        }
    }
    assert_eq!(first.log.commits().len(), written, "nothing was written twice");
}

#[tokio::test]
async fn a_used_key_for_another_request_is_refused() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    posted(&client.outcome(member(1), "k", transfer(a, b, 1)).await);
    let restarted = TestClient::on(client.log.clone(), "server-1", |_| {});
    for client in [&client, &restarted] {
        assert_eq!(client.ask(member(1), "k", transfer(a, b, 2)).await.unwrap_err(), ExecuteError::KeyReused);
    }
    posted(&client.outcome(operator(), "k", transfer(a, b, 2)).await);
}

#[tokio::test]
async fn the_same_command_at_once_is_decided_once() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let hold = client.log.hold.lock().await;
    let asked: Vec<_> = (0..50)
        .map(|_| {
            let bank = client.bank.clone();
            tokio::spawn(async move { bank.execute(submission(member(1), "k", transfer(a, b, 1))).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(hold);
    let mut done = 0;
    for ask in asked {
        match ask.await.expect("task") {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error, ExecuteError::InFlight),
        }
    }
    assert_eq!(done, 1);
    assert_eq!(client.log.count("TransferPosted"), 2, "the funding and one transfer");
}

/// The stream that a command opened may be in memory when its answer is not any more.
#[tokio::test]
async fn what_a_command_opened_is_not_opened_again_by_its_replay() {
    let euro: kernel::AssetCode = "EUR".parse().expect("an asset");
    let client = TestClient::on(std::sync::Arc::default(), "server-0", |options| {
        options.cached_answers = 1;
        options.scales = [(krw(), 0), (euro, 2)].into();
    });
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let open = Command::OpenAccount(OpenAccount { asset: euro });
    let application::Outcome::Opened(euros) = client.outcome(member(1), "euros", open).await else { panic!() };
    let rate = "2".parse().expect("a rate");
    let rate = SetRate { from: krw(), to: euro, rate, spread_bps: 0, valid_for: 600 };
    client.outcome(operator(), "rate", Command::SetRate(rate)).await;
    let hold = PlaceHold {
        source: a,
        destination: Some(Destination::Account(b)),
        money: won(5),
        expires_in: 600,
        memo: None,
        reference: None,
    };
    let quote = QuoteExchange { source: a, destination: euros.account_id, fixed: FixedSide::Pay(won(5).amount) };
    let commands = [
        (member(1), Command::PlaceHold(hold)),
        (member(1), Command::QuoteExchange(quote)),
        (member(1), Command::PlaceOrder(orders::order(a, b, orders::daily()))),
        (operator(), payouts::open(a)),
    ];
    let mut answers = Vec::new();
    for (index, (actor, command)) in commands.iter().enumerate() {
        answers.push(client.ask(*actor, &index.to_string(), command.clone()).await.expect("an answer"));
    }
    for (index, (actor, command)) in commands.into_iter().enumerate() {
        let again = client.ask(actor, &index.to_string(), command).await.expect("an answer");
        assert!(again.replayed, "{index}");
        assert_eq!(again.answer, answers[index].answer, "{index}");
    }
}
