//! Holds: who may do what, in which order things may happen, and whose clock says that their time is over.

use application::{
    CaptureHold, Command, Destination, ExecuteError, ExpireHold, FreezeAccount, HoldAnswer, IncreaseHold, Outcome,
    PlaceHold, ReleaseHold, Reverse, TransferAnswer,
};
use chrono::TimeDelta;
use domain::HoldStatus;
use events::recorded::{FreezeScope, TransferKind};
use kernel::{AccountId, Actor, HoldId, MemberId, Minor, Money, Role};
use uuid::Uuid;

use crate::client::{TestClient, member, operator, posted, refused, transfer, won};

fn service(number: u128) -> Actor {
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(number)) }
}

fn place(source: AccountId, destination: Option<AccountId>, units: i128) -> Command {
    Command::PlaceHold(PlaceHold {
        source,
        destination: destination.map(Destination::Account),
        money: won(units),
        expires_in: 60,
        memo: Some("room 304".into()),
        reference: Some("booking-17".into()),
    })
}

fn capture(hold: HoldId, units: Option<i128>, is_final: bool) -> Command {
    let money = units.map(won);
    Command::CaptureHold(CaptureHold { hold, money, destination: None, is_final, reference: None })
}

fn capture_to(hold: HoldId, destination: AccountId) -> Command {
    let destination = Some(Destination::Account(destination));
    Command::CaptureHold(CaptureHold { hold, money: None, destination, is_final: true, reference: None })
}

fn increase(hold: HoldId, units: i128) -> Command {
    Command::IncreaseHold(IncreaseHold { hold, money: won(units) })
}

fn release(hold: HoldId, money: Option<Money>) -> Command {
    Command::ReleaseHold(ReleaseHold { hold, money, reason: None })
}

fn of_hold(outcome: &Outcome) -> &HoldAnswer {
    match outcome {
        Outcome::HoldPlaced(hold) | Outcome::HoldChanged(hold) => hold,
        other => panic!("no hold: {other:?}"),
    }
}

fn of_transfer(outcome: &Outcome) -> &TransferAnswer {
    match outcome {
        Outcome::Posted(transfer) => transfer,
        other => panic!("not posted: {other:?}"),
    }
}

fn units(hold: &HoldAnswer) -> (i128, i128, i128) {
    (hold.amounts.amount.units(), hold.amounts.captured.units(), hold.amounts.released.units())
}

/// An account of member 1 with 100, one of member 2, and a hold of so much between them.
async fn held(client: &TestClient, amount: i128) -> (AccountId, AccountId, HoldId) {
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let outcome = client.outcome(member(1), "hold", place(a, Some(b), amount)).await;
    assert!(matches!(outcome, Outcome::HoldPlaced(_)));
    (a, b, of_hold(&outcome).hold_id)
}

#[tokio::test]
async fn held_funds_cannot_be_spent_and_are_captured_in_parts() {
    let client = TestClient::new();
    let (a, b, hold) = held(&client, 70).await;
    let Outcome::Refused(no) = client.outcome(member(1), "t", transfer(a, b, 31)).await else { panic!() };
    assert_eq!((no.refusal.code.as_str(), no.refusal.available), ("insufficient-funds", Some(won(30).amount)));
    posted(&client.outcome(member(1), "u", transfer(a, b, 30)).await);
    let first = client.outcome(member(2), "c", capture(hold, Some(20), false)).await;
    let first = of_transfer(&first);
    assert_eq!((first.posted.kind, first.posted.hold), (TransferKind::Capture, Some(hold)));
    assert_eq!(first.posted.memo.as_deref(), Some("room 304"));
    assert_eq!(first.posted.reference.as_deref(), Some("booking-17"));
    let moved: Vec<_> =
        first.postings.iter().map(|p| (p.account_id, p.amount.units(), p.balance_after.units())).collect();
    assert_eq!(moved, [(a, -20, 50), (b, 20, 50)]);
    assert_eq!(first.position, client.log.commits().last().expect("a commit").last());
    let Outcome::Refused(no) = client.outcome(member(2), "d", capture(hold, Some(51), true)).await else { panic!() };
    assert_eq!((no.refusal.code.as_str(), no.refusal.remaining), ("hold-exceeded", Some(won(50).amount)));
    // The last capture gives the rest back.
    posted(&client.outcome(member(2), "e", capture(hold, Some(10), true)).await);
    assert_eq!(refused(&client.outcome(member(2), "f", capture(hold, None, true)).await), "hold-not-active");
    posted(&client.outcome(member(1), "g", transfer(a, b, 40)).await);
    assert_eq!(refused(&client.outcome(member(1), "h", transfer(a, b, 1)).await), "insufficient-funds");
}

#[tokio::test]
async fn every_answer_is_given_again_from_the_log_alone() {
    let client = TestClient::new();
    let (_, _, hold) = held(&client, 50).await;
    let steps = [
        (member(1), "i", increase(hold, 20)),
        (member(2), "c", capture(hold, Some(20), false)),
        (member(2), "r", release(hold, Some(won(5)))),
        (operator(), "s", release(hold, None)),
        (member(2), "t", release(hold, None)),
    ];
    let mut first = Vec::new();
    for (actor, key, command) in &steps {
        first.push(client.outcome(*actor, key, command.clone()).await);
    }
    assert_eq!(units(of_hold(&first[0])), (70, 0, 0));
    assert_eq!(units(of_hold(&first[2])), (70, 20, 5));
    let last = of_hold(&first[3]);
    assert_eq!((units(last), last.status), ((70, 20, 50), HoldStatus::Released));
    assert_eq!(refused(&first[4]), "hold-not-active");
    let other = TestClient::on(client.log.clone(), "server-1", |_| {});
    for ((actor, key, command), first) in steps.into_iter().zip(first) {
        let again = other.ask(actor, key, command).await.expect("an answer");
        assert!(again.replayed);
        assert_eq!(*again.answer, first);
    }
}

/// Each with the payer (member 1), the receiver (member 2), a stranger, the service that placed it, another, and an operator.
#[tokio::test]
async fn who_may_do_what() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 1_000).await, client.open(member(2), "b").await);
    let (yours, unknown) = (Err(ExecuteError::HoldNotYours), Err(ExecuteError::HoldUnknown));
    let actors = [member(1), member(2), member(3), service(7), service(8), operator()];
    type Wish = fn(HoldId, Option<i128>, bool) -> Command;
    let may: [(Wish, [&Result<(), ExecuteError>; 6]); 3] = [
        (capture, [&yours, &Ok(()), &unknown, &Ok(()), &Ok(()), &Ok(())]),
        (|hold, _, _| increase(hold, 1), [&yours, &yours, &unknown, &Ok(()), &yours, &Ok(())]),
        (|hold, _, _| release(hold, None), [&yours, &Ok(()), &unknown, &Ok(()), &Ok(()), &Ok(())]),
    ];
    for (row, (command, expected)) in may.into_iter().enumerate() {
        for (column, (actor, expected)) in actors.into_iter().zip(expected).enumerate() {
            let key = format!("{row}.{column}");
            let hold = of_hold(&client.outcome(service(7), &key, place(a, Some(b), 10)).await).hold_id;
            let answer = client.ask(actor, &format!("w{key}"), command(hold, None, true)).await;
            assert_eq!(&answer.map(drop), expected, "{actor} {key}");
        }
    }
    // Without a destination the payer may give up the hold, and nobody else's member may capture it.
    let hold = of_hold(&client.outcome(service(7), "free", place(a, None, 10)).await).hold_id;
    for (who, error) in [(1, ExecuteError::HoldNotYours), (2, ExecuteError::HoldUnknown)] {
        assert_eq!(client.ask(member(who), "grab", capture_to(hold, b)).await.unwrap_err(), error);
    }
    of_hold(&client.outcome(member(1), "give up", release(hold, None)).await);
    // Nobody holds funds of somebody else's account, or of the bank's own.
    assert_eq!(client.ask(member(2), "steal", place(a, Some(b), 1)).await.unwrap_err(), ExecuteError::NotOwner);
    let Outcome::Posted(deposit) = client.deposit(a, 1, "cash").await else { panic!() };
    let cash = deposit.postings[0].account_id;
    assert_eq!(refused(&client.outcome(operator(), "cash?", place(cash, Some(b), 1)).await), "account-unknown");
    assert_eq!(refused(&client.outcome(operator(), "to cash?", place(a, Some(cash), 1)).await), "account-unknown");
}

#[tokio::test]
async fn a_hold_without_a_destination_is_captured_to_the_one_that_is_named() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let hold = of_hold(&client.outcome(member(1), "h", place(a, None, 60)).await).hold_id;
    assert_eq!(refused(&client.outcome(operator(), "c", capture(hold, None, true)).await), "hold-destination-missing");
    posted(&client.outcome(operator(), "d", capture_to(hold, b)).await);
    let bound = of_hold(&client.outcome(member(1), "i", place(a, Some(b), 40)).await).hold_id;
    assert_eq!(refused(&client.outcome(operator(), "e", capture_to(bound, a)).await), "hold-destination-differs");
}

#[tokio::test]
async fn a_frozen_payer_pays_nothing_and_gets_funds_back() {
    let client = TestClient::new();
    let (a, b, hold) = held(&client, 50).await;
    let freeze = |scope| Command::FreezeAccount(FreezeAccount { account: a, scope, reason: None });
    for (key, scope) in [("all", FreezeScope::All), ("debits", FreezeScope::Debits)] {
        client.outcome(operator(), key, freeze(scope)).await;
        for (name, command) in
            [("c", capture(hold, Some(1), false)), ("i", increase(hold, 1)), ("p", place(a, Some(b), 1))]
        {
            let outcome = client.outcome(operator(), &format!("{key} {name}"), command).await;
            assert_eq!(refused(&outcome), "account-frozen", "{key} {name}");
        }
    }
    let hold = client.outcome(operator(), "r", release(hold, None)).await;
    assert_eq!(of_hold(&hold).status, HoldStatus::Released);
}

#[tokio::test]
async fn a_reversed_capture_gives_the_money_back_and_not_the_hold() {
    let client = TestClient::new();
    let (a, b, hold) = held(&client, 50).await;
    let id = posted(&client.outcome(member(2), "c", capture(hold, None, true)).await);
    let reverse = Command::Reverse(Reverse { transfer: id, reason: "mistake".into() });
    posted(&client.outcome(operator(), "r", reverse).await);
    assert_eq!(refused(&client.outcome(member(2), "d", capture(hold, None, true)).await), "hold-not-active");
    posted(&client.outcome(member(1), "t", transfer(a, b, 100)).await);
}

#[tokio::test]
async fn an_operator_takes_money_back_from_a_frozen_account() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let id = posted(&client.outcome(member(1), "t", transfer(a, b, 60)).await);
    let freeze = |account| Command::FreezeAccount(FreezeAccount { account, scope: FreezeScope::All, reason: None });
    client.outcome(operator(), "f", freeze(b)).await;
    let reverse = |transfer| Command::Reverse(Reverse { transfer, reason: "fraud".into() });
    let reversal = client.outcome(operator(), "r", reverse(id)).await;
    assert!(of_transfer(&reversal).posted.despite_freeze);
    let id = posted(&client.deposit(a, 5, "more").await);
    let reversal = client.outcome(operator(), "s", reverse(id)).await;
    assert!(!of_transfer(&reversal).posted.despite_freeze);
    // What is held is not there to be taken back.
    let more = posted(&client.deposit(a, 50, "again").await);
    of_hold(&client.outcome(member(1), "h", place(a, Some(b), 120)).await);
    let outcome = client.outcome(operator(), "u", reverse(more)).await;
    assert_eq!(refused(&outcome), "insufficient-funds");
}

#[tokio::test]
async fn its_time_is_over_by_the_clock_of_the_log() {
    let client = TestClient::new();
    let (a, b, hold) = held(&client, 50).await;
    let expire = || Command::ExpireHold(ExpireHold { hold });
    assert_eq!(client.outcome(operator(), "early", expire()).await, Outcome::Idle);
    client.log.pass(TimeDelta::seconds(59));
    posted(&client.outcome(member(2), "c", capture(hold, Some(10), false)).await);
    client.log.pass(TimeDelta::seconds(2));
    for (key, command) in [("c2", capture(hold, Some(1), true)), ("i", increase(hold, 1)), ("r", release(hold, None))] {
        let outcome = client.outcome(operator(), key, command).await;
        assert_eq!(refused(&outcome), "hold-expired", "{key}");
    }
    // The funds are held until that is recorded.
    assert_eq!(refused(&client.outcome(member(1), "t", transfer(a, b, 51)).await), "insufficient-funds");
    let expired = client.outcome(operator(), "x", expire()).await;
    assert_eq!((units(of_hold(&expired)), of_hold(&expired).status), ((50, 10, 40), HoldStatus::Expired));
    assert_eq!(client.outcome(operator(), "y", expire()).await, Outcome::Idle);
    assert_eq!(refused(&client.outcome(operator(), "d", capture(hold, None, true)).await), "hold-expired");
    posted(&client.outcome(member(1), "u", transfer(a, b, 90)).await);
}

/// The server thinks that there is time; the log says when it is recorded. And the other way round, after the log's clock was set back.
#[tokio::test]
async fn what_was_decided_on_another_time_is_decided_again() {
    let client = TestClient::new();
    let (a, b, hold) = held(&client, 50).await;
    // The log is not asked for its time before this: every stream is in memory.
    client.log.pass(TimeDelta::seconds(3_600));
    let conflicts = client.log.appends.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(refused(&client.outcome(member(2), "c", capture(hold, None, true)).await), "hold-expired");
    assert!(client.log.appends.load(std::sync::atomic::Ordering::SeqCst) > conflicts);
    let late = of_hold(&client.outcome(member(1), "h", place(a, Some(b), 40)).await).hold_id;
    client.log.pass(TimeDelta::seconds(120));
    // It learns of the time by writing.
    posted(&client.outcome(member(1), "t", transfer(a, b, 1)).await);
    client.log.pass(TimeDelta::seconds(-120));
    posted(&client.outcome(member(2), "d", capture(late, None, true)).await);
}

#[tokio::test]
async fn the_limit_of_a_transfer_is_the_limit_of_a_hold() {
    let limits: domain::Limits = "KRW:60".parse().expect("limits");
    let client = TestClient::on(std::sync::Arc::default(), "server-0", |options| options.limits = limits);
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    assert_eq!(refused(&client.outcome(member(1), "h", place(a, Some(b), 61)).await), "limit-exceeded");
    let hold = of_hold(&client.outcome(member(1), "i", place(a, Some(b), 60)).await).hold_id;
    assert_eq!(refused(&client.outcome(member(1), "j", increase(hold, 1)).await), "limit-exceeded");
    assert_eq!(
        of_transfer(&client.outcome(member(2), "c", capture(hold, None, true)).await).postings[1].amount,
        Minor::new(60).expect("amount")
    );
}
