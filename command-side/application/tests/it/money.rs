//! What the commands do.

use application::{
    CloseAccount, Command, Deposit, Destination, ExecuteError, FreezeAccount, OpenAccount, Outcome, Reverse,
    TransferBatch, TransferOrder, Withdraw,
};
use events::recorded::FreezeScope;
use kernel::Minor;

use crate::client::{TestClient, krw, member, operator, order, posted, refused, transfer, won};

#[tokio::test]
async fn a_transfer_answers_with_both_balances_and_its_last_position() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let Outcome::Posted(answer) = client.outcome(member(1), "t", transfer(a, b, 30)).await else { panic!() };
    let balances = answer.postings.iter().map(|p| (p.account_id, p.amount.units(), p.balance_after.units()));
    assert_eq!(balances.collect::<Vec<_>>(), [(a, -30, 70), (b, 30, 30)]);
    assert_eq!(answer.position, client.log.commits().last().expect("commit").last());
    let owners: Vec<_> = answer.postings.iter().map(|p| p.owner).collect();
    assert_eq!(owners, [Some(member(1).id), Some(member(2).id)]);
}

#[tokio::test]
async fn a_destination_may_be_an_account_number() {
    let client = TestClient::new();
    let a = client.funded("a", 100).await;
    let Outcome::Opened(b) = client.outcome(member(2), "b", Command::OpenAccount(OpenAccount { asset: krw() })).await
    else {
        panic!()
    };
    let to = |number| {
        let destination = Destination::Number(number);
        Command::Transfer(TransferOrder { source: a, destination, money: won(1), memo: None })
    };
    let Outcome::Posted(answer) = client.outcome(member(1), "t", to(b.account_number)).await else { panic!() };
    assert_eq!(answer.postings[1].account_id, b.account_id);
    let nobody = kernel::AccountNumber::from_digits(0);
    assert_eq!(refused(&client.outcome(member(1), "u", to(nobody)).await), "account-unknown");
}

#[tokio::test]
async fn only_the_owner_and_operators_move_money() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let head = client.log.commits().len();
    assert_eq!(client.ask(member(2), "t", transfer(a, b, 1)).await.unwrap_err(), ExecuteError::NotOwner);
    let close = Command::CloseAccount(CloseAccount { account: a, reason: None });
    assert_eq!(client.ask(member(2), "c", close).await.unwrap_err(), ExecuteError::AccountUnknown);
    assert_eq!(client.log.commits().len(), head, "nothing is written");
    posted(&client.outcome(operator(), "t", transfer(a, b, 1)).await);
}

#[tokio::test]
async fn the_banks_own_accounts_are_nobodys() {
    let client = TestClient::new();
    let a = client.funded("a", 100).await;
    let Outcome::Posted(deposit) = client.deposit(a, 1, "d").await else { panic!() };
    let cash = deposit.postings[0].account_id;
    assert_eq!(deposit.postings[0].owner, None);
    assert_eq!(refused(&client.outcome(operator(), "t", transfer(cash, a, 1)).await), "account-unknown");
    assert_eq!(refused(&client.outcome(operator(), "u", transfer(a, cash, 1)).await), "account-unknown");
    let freeze = Command::FreezeAccount(FreezeAccount { account: cash, scope: FreezeScope::All, reason: None });
    assert_eq!(client.ask(operator(), "f", freeze).await.unwrap_err(), ExecuteError::AccountUnknown);
}

#[tokio::test]
async fn a_batch_is_decided_in_order_and_each_for_itself() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 10).await, client.open(member(2), "b").await);
    let orders = vec![order(a, b, 8), order(a, b, 8), order(b, a, 5)];
    let batch = Command::TransferBatch(TransferBatch { atomic: false, orders });
    let Outcome::Batch(results) = client.outcome(operator(), "x", batch).await else { panic!() };
    let shown: Vec<_> = results
        .iter()
        .map(|r| r.as_ref().map(|t| t.postings[0].balance_after.units()).map_err(|r| r.refusal.code.as_str()))
        .collect();
    assert_eq!(shown, [Ok(2), Err("insufficient-funds"), Ok(3)]);
}

#[tokio::test]
async fn an_atomic_batch_is_all_or_nothing() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 10).await, client.open(member(2), "b").await);
    let batch = |units| {
        Command::TransferBatch(TransferBatch { atomic: true, orders: vec![order(a, b, 8), order(a, b, units)] })
    };
    let Outcome::Batch(results) = client.outcome(operator(), "x", batch(8)).await else { panic!() };
    let codes: Vec<_> = results.iter().map(|r| r.as_ref().expect_err("refused").refusal.code.as_str()).collect();
    assert_eq!(codes, ["batch-aborted", "insufficient-funds"]);
    assert_eq!(client.log.count("TransferPosted"), 1, "only the funding");
    let Outcome::Batch(results) = client.outcome(operator(), "y", batch(2)).await else { panic!() };
    assert!(results.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_transfer_is_reversed_once() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 10).await, client.open(member(2), "b").await);
    let id = posted(&client.outcome(member(1), "t", transfer(a, b, 4)).await);
    let reverse = || Command::Reverse(Reverse { transfer: id, reason: "mistake".into() });
    let Outcome::Posted(reversal) = client.outcome(operator(), "r", reverse()).await else { panic!() };
    assert_eq!(reversal.posted.reverses, Some(id));
    let balances: Vec<_> = reversal.postings.iter().map(|p| p.balance_after.units()).collect();
    assert_eq!(balances, [0, 10]);
    assert_eq!(refused(&client.outcome(operator(), "s", reverse()).await), "already-reversed");
    let unknown = Command::Reverse(Reverse { transfer: kernel::TransferId::new(a.uuid()), reason: "x".into() });
    assert_eq!(client.ask(operator(), "u", unknown).await.unwrap_err(), ExecuteError::TransferUnknown);
}

/// The log finds such a stream by its command, and needs no row for it.
#[tokio::test]
async fn the_first_transfer_of_a_command_takes_its_id() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 10).await, client.open(member(2), "b").await);
    let id = posted(&client.outcome(member(1), "t", transfer(a, b, 4)).await);
    client.outcome(member(1), "u", transfer(a, b, 400)).await;
    client.outcome(operator(), "r", Command::Reverse(Reverse { transfer: id, reason: "mistake".into() })).await;
    let mut transfers = 0;
    for commit in client.log.commits() {
        let opened =
            commit.events.iter().filter(|e| ["TransferPosted", "TransferRejected"].contains(&e.event_type.as_str()));
        for event in opened {
            assert_eq!(event.stream, kernel::StreamId::from(commit.command_id), "{}", event.event_type);
            transfers += 1;
        }
    }
    assert_eq!(transfers, 4, "a deposit, a transfer, a refused one and a reversal");
}

#[tokio::test]
async fn a_refusal_tells_what_was_there() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 10).await, client.open(member(2), "b").await);
    let Outcome::Refused(no) = client.outcome(member(1), "t", transfer(a, b, 11)).await else { panic!() };
    assert_eq!(no.refusal.available, Some(Minor::new(10).expect("amount")));
    assert!(no.transfer.is_some());
    assert_eq!(client.log.count("TransferRejected"), 1);
}

/// A balance has 38 digits, and the account of the outside takes part in every deposit of its server.
#[tokio::test]
async fn a_deposit_of_all_digits_leaves_the_server_able_to_take_more() {
    let client = TestClient::new();
    let most = 10_i128.pow(38) - 1;
    let (a, b, c) =
        (client.open(member(1), "a").await, client.open(member(2), "b").await, client.open(member(3), "c").await);
    let first = posted(&client.deposit(a, most, "d1").await);
    posted(&client.deposit(b, most, "d2").await);
    posted(&client.deposit(c, 1, "d3").await);
    assert_eq!(refused(&client.deposit(a, 1, "d4").await), "amount-overflow", "an account of a member has an end");
    let Outcome::Posted(usual) = client.deposit(c, 2, "d5").await else { panic!() };
    let withdraw =
        Command::Withdraw(Withdraw { account: b, money: won(most), reference: "w".into(), unique_reference: false });
    posted(&client.outcome(operator(), "w", withdraw).await);
    let undo = Command::Reverse(Reverse { transfer: first, reason: "mistake".into() });
    posted(&client.outcome(operator(), "u", undo).await);
    let Outcome::Posted(later) = client.deposit(c, 2, "d6").await else { panic!() };
    assert_ne!(usual.postings[0].account_id, later.postings[0].account_id, "the first account is free again");
}

#[tokio::test]
async fn a_reference_that_is_to_be_unique_is_used_once_by_each_principal() {
    let client = TestClient::new();
    let a = client.open(member(1), "a").await;
    let other = kernel::Actor { id: member(998).id, ..operator() };
    let deposit = |units, reference: &str, unique_reference| {
        Command::Deposit(Deposit { account: a, money: won(units), reference: reference.into(), unique_reference })
    };
    // What is refused does not use it up.
    let too_much =
        Command::Withdraw(Withdraw { account: a, money: won(1), reference: "x".into(), unique_reference: true });
    assert_eq!(refused(&client.outcome(operator(), "w", too_much).await), "insufficient-funds");
    let first = posted(&client.outcome(operator(), "d", deposit(5, "x", true)).await);
    let eur = kernel::Money { asset: "EUR".parse().expect("asset"), amount: won(1).amount };
    let again = [
        deposit(5, "x", true),
        Command::Withdraw(Withdraw { account: a, money: won(1), reference: "x".into(), unique_reference: true }),
        // Nothing else of it is decided, such as an account for the outside that is opened for the first time.
        Command::Deposit(Deposit { account: a, money: eur, reference: "x".into(), unique_reference: true }),
    ];
    for (number, command) in again.into_iter().enumerate() {
        let Outcome::Refused(no) = client.outcome(operator(), &format!("again {number}"), command).await else {
            panic!()
        };
        assert_eq!(
            (no.refusal.code.as_str(), no.refusal.taken_by, no.transfer),
            ("reference-taken", Some(first), None)
        );
    }
    posted(&client.outcome(operator(), "e", deposit(5, "x", false)).await);
    posted(&client.outcome(other, "f", deposit(5, "x", true)).await);
    posted(&client.outcome(operator(), "g", deposit(5, "y", true)).await);
    let replayed = client.ask(operator(), "again 0", deposit(5, "x", true)).await.expect("an answer");
    assert!(replayed.replayed);
}

/// Two servers, one reference, at once: one of them books it.
#[tokio::test]
async fn two_servers_book_a_unique_reference_once() {
    let client = TestClient::new();
    let a = client.open(member(1), "a").await;
    posted(&client.deposit(a, 1, "cash").await);
    let others: Vec<_> = (1..4).map(|n| TestClient::on(client.log.clone(), &format!("server-{n}"), |_| {})).collect();
    let deposit = || Deposit { account: a, money: won(5), reference: "x".into(), unique_reference: true };
    let asked = others.iter().enumerate().map(|(n, server)| async move {
        server.outcome(operator(), &format!("k{n}"), Command::Deposit(deposit())).await
    });
    let outcomes = futures::future::join_all(asked).await;
    let booked = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Posted(_))).count();
    assert_eq!(booked, 1, "{outcomes:?}");
}
