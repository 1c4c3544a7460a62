//! Limits: held in the commit that pays, whoever set them and whenever.

use std::sync::atomic::Ordering;

use application::{
    AssignLimits, CaptureHold, Command, DeleteLimit, Destination, ExecuteError, Outcome, PlaceHold, ReleaseHold,
    Reverse, SetLimit, TransferBatch, Withdraw,
};
use chrono::TimeDelta;
use events::recorded::{Cap, LimitWindow, LimitedKind, Refusal};
use kernel::{AccountId, HoldId, Minor, Zone};

use crate::client::{TestClient, krw, member, operator, order, posted, refused, transfer, won};

fn minor(units: i128) -> Minor {
    Minor::new(units).expect("amount")
}

/// So much a day for everyone.
fn daily(name: &str, kinds: &[LimitedKind], units: i128) -> SetLimit {
    SetLimit {
        name: name.into(),
        asset: krw(),
        kinds: kinds.to_vec(),
        everyone: true,
        per_transfer: None,
        per_day: Some(Cap { amount: Some(minor(units)), count: None }),
        per_month: None,
        zone: Zone::SEOUL,
    }
}

async fn set(client: &TestClient, key: &str, limit: SetLimit) {
    let outcome = client.outcome(operator(), key, Command::SetLimit(limit)).await;
    assert!(matches!(outcome, Outcome::LimitSet(_)), "{outcome:?}");
}

fn reached(outcome: &Outcome) -> &Refusal {
    assert_eq!(refused(outcome), "limit-exceeded");
    let Outcome::Refused(refused) = outcome else { panic!("{outcome:?}") };
    &refused.refusal
}

fn remaining(outcome: &Outcome) -> i128 {
    reached(outcome).limit.as_ref().and_then(|limit| limit.remaining).expect("an amount").units()
}

/// Two funded accounts of member 1 and one of member 2.
async fn bank() -> (TestClient, AccountId, AccountId) {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 1_000).await, client.open(member(2), "b").await);
    (client, a, b)
}

#[tokio::test]
async fn a_transfer_above_what_is_left_of_the_day_is_refused_and_says_what_is_left() {
    let (client, a, b) = bank().await;
    set(&client, "l", daily("day", &[LimitedKind::Transfer], 100)).await;
    posted(&client.outcome(member(1), "1", transfer(a, b, 70)).await);
    let outcome = client.outcome(member(1), "2", transfer(a, b, 31)).await;
    let limit = reached(&outcome).limit.clone().expect("a limit");
    assert_eq!((limit.name.as_str(), limit.window, limit.remaining), ("day", LimitWindow::Day, Some(minor(30))));
    assert!(limit.resets_at.is_some());
    // The same answer for the same key, also when more would be left.
    client.log.pass(TimeDelta::days(1));
    assert_eq!(client.outcome(member(1), "2", transfer(a, b, 31)).await, outcome);
    posted(&client.outcome(member(1), "3", transfer(a, b, 100)).await);
    assert_eq!(remaining(&client.outcome(member(1), "4", transfer(a, b, 1)).await), 0);
}

#[tokio::test]
async fn many_in_one_batch_leave_no_more_than_the_limit() {
    let (client, a, b) = bank().await;
    set(&client, "l", daily("day", &[LimitedKind::Transfer], 100)).await;
    let orders = (0..9).map(|_| order(a, b, 30)).collect();
    let batch = Command::TransferBatch(TransferBatch { atomic: false, orders });
    let Outcome::Batch(results) = client.outcome(operator(), "batch", batch).await else { panic!("no batch") };
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    let orders = (0..2).map(|_| order(a, b, 6)).collect();
    let batch = Command::TransferBatch(TransferBatch { atomic: true, orders });
    let Outcome::Batch(results) = client.outcome(operator(), "atomic", batch).await else { panic!("no batch") };
    let codes: Vec<_> = results.iter().map(|result| result.as_ref().unwrap_err().refusal.code.as_str()).collect();
    assert_eq!(codes, ["batch-aborted", "limit-exceeded"]);
    posted(&client.outcome(member(1), "1", transfer(a, b, 10)).await);
}

#[tokio::test]
async fn a_reversal_gives_back_and_a_withdrawal_counts_by_its_own_kind() {
    let (client, a, b) = bank().await;
    set(&client, "l", daily("day", &[LimitedKind::Transfer, LimitedKind::Withdrawal], 100)).await;
    let first = posted(&client.outcome(member(1), "1", transfer(a, b, 60)).await);
    let withdraw = |reference: &str, units| {
        let (account, money, reference) = (a, won(units), reference.to_owned());
        Command::Withdraw(Withdraw { account, money, reference, unique_reference: false })
    };
    posted(&client.outcome(operator(), "2", withdraw("w", 40)).await);
    assert_eq!(remaining(&client.outcome(operator(), "3", withdraw("x", 1)).await), 0);
    posted(&client.outcome(operator(), "r", Command::Reverse(Reverse { transfer: first, reason: "t".into() })).await);
    assert_eq!(remaining(&client.outcome(member(1), "4", transfer(a, b, 61)).await), 60);
}

fn place(source: AccountId, destination: AccountId, units: i128) -> Command {
    Command::PlaceHold(PlaceHold {
        source,
        destination: Some(Destination::Account(destination)),
        money: won(units),
        expires_in: 3_600,
        memo: None,
        reference: None,
    })
}

async fn held(client: &TestClient, key: &str, command: Command) -> HoldId {
    match client.outcome(member(1), key, command).await {
        Outcome::HoldPlaced(hold) => hold.hold_id,
        other => panic!("no hold: {other:?}"),
    }
}

#[tokio::test]
async fn a_hold_counts_once_and_the_reversal_of_its_capture_gives_back() {
    let (client, a, b) = bank().await;
    set(&client, "l", daily("day", &[LimitedKind::Hold], 100)).await;
    let hold = held(&client, "h", place(a, b, 80)).await;
    let capture = Command::CaptureHold(CaptureHold {
        hold,
        money: Some(won(50)),
        destination: None,
        is_final: true,
        reference: None,
    });
    let captured = posted(&client.outcome(member(2), "c", capture).await);
    assert_eq!(remaining(&client.outcome(member(1), "i", place(a, b, 51)).await), 50);
    posted(
        &client.outcome(operator(), "r", Command::Reverse(Reverse { transfer: captured, reason: "t".into() })).await,
    );
    let second = held(&client, "j", place(a, b, 100)).await;
    let release = Command::ReleaseHold(ReleaseHold { hold: second, money: Some(won(40)), reason: None });
    assert!(matches!(client.outcome(member(2), "g", release).await, Outcome::HoldChanged(_)));
    held(&client, "k", place(a, b, 40)).await;
    assert_eq!(remaining(&client.outcome(member(1), "m", place(a, b, 1)).await), 0);
}

#[tokio::test]
async fn a_limit_counts_for_the_accounts_that_it_is_assigned_to_until_it_is_deleted() {
    let (client, a, b) = bank().await;
    let few = SetLimit { everyone: false, ..daily("few", &[LimitedKind::Transfer], 10) };
    set(&client, "l", few).await;
    posted(&client.outcome(member(1), "1", transfer(a, b, 20)).await);
    let assign = |limits: &[&str]| {
        let limits = limits.iter().map(|name| (*name).to_owned()).collect();
        Command::AssignLimits(AssignLimits { account: a, limits })
    };
    assert_eq!(refused(&client.outcome(operator(), "no", assign(&["few", "many"])).await), "limit-unknown");
    let outcome = client.outcome(operator(), "yes", assign(&["few", "few"])).await;
    assert!(matches!(&outcome, Outcome::LimitsAssigned(assigned) if assigned.limits == ["few"]), "{outcome:?}");
    assert_eq!(remaining(&client.outcome(member(1), "2", transfer(a, b, 11)).await), 10);
    let delete = || Command::DeleteLimit(DeleteLimit { name: "few".into() });
    assert_eq!(client.outcome(operator(), "d", delete()).await, Outcome::LimitDeleted);
    assert_eq!(client.ask(operator(), "e", delete()).await.unwrap_err(), ExecuteError::LimitUnknown);
    posted(&client.outcome(member(1), "3", transfer(a, b, 100)).await);
}

/// An append that comes when the day is over counts for the next day.
#[tokio::test]
async fn the_window_is_that_of_the_commit() {
    let (client, a, b) = bank().await;
    set(&client, "l", daily("day", &[LimitedKind::Transfer], 100)).await;
    let day = Zone::SEOUL.day(client.log.now()).expect("a day");
    posted(&client.outcome(member(1), "1", transfer(a, b, 100)).await);
    client.log.pass(day.until - client.log.now());
    let outcome = client.outcome(member(1), "2", transfer(a, b, 100)).await;
    posted(&outcome);
    let Outcome::Posted(transfer) = outcome else { panic!() };
    assert!(transfer.recorded_at >= day.until);
    assert_eq!(
        transfer.posted.counted_for()[0].counted.until,
        Zone::SEOUL.day(transfer.recorded_at).expect("a day").until
    );
}

/// Nothing of a limit's stream is added to by a payment, so no conflict tells a server that led before that it was changed.
#[tokio::test]
async fn a_server_that_leads_again_knows_what_another_leader_set_meanwhile() {
    let (client, a, b) = bank().await;
    client.log.term.store(1, Ordering::SeqCst);
    posted(&client.outcome(member(1), "1", transfer(a, b, 1)).await);
    let other = TestClient::on(client.log.clone(), "server-1", |_| {});
    set(&other, "l", daily("day", &[LimitedKind::Transfer], 10)).await;
    client.log.term.store(3, Ordering::SeqCst);
    assert_eq!(remaining(&client.outcome(member(1), "2", transfer(a, b, 11)).await), 10);
}

#[tokio::test]
async fn a_payment_without_limits_looks_for_them_once() {
    let (client, a, b) = bank().await;
    posted(&client.outcome(member(1), "1", transfer(a, b, 1)).await);
    let reads = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = reads.clone();
    *client.log.on_read.lock().expect("whole") = Some(Box::new(move |streams| {
        let looked = streams.iter().any(|(stream, _)| *stream == kernel::StreamId::LIMITS);
        seen.fetch_add(usize::from(looked), Ordering::SeqCst);
    }));
    for key in ["2", "3", "4"] {
        posted(&client.outcome(member(1), key, transfer(a, b, 1)).await);
    }
    assert_eq!(reads.load(Ordering::SeqCst), 0);
}
