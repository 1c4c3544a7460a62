//! A batch that is decided while the append of the one before is in flight: nothing of it is told or written unless that is
//! durable.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use application::{Answer, Command, ExecuteError, Outcome, PresentedToken, RevokedTokens, Submission};
use kernel::AccountId;
use tokio::{sync::MutexGuard, task::JoinHandle, time::sleep};
use uuid::Uuid;

use crate::{
    client::{TestClient, member, operator, order, posted, refused, submission, transfer},
    memory_log::{Fault, MemoryLog},
};

/// As many as it takes to be decided ahead.
const ENOUGH: usize = 16;

type Asked = JoinHandle<Result<Answer, ExecuteError>>;

fn ask(client: &TestClient, submission: Submission) -> Asked {
    let bank = client.bank.clone();
    tokio::spawn(async move { bank.execute(submission).await })
}

/// Time for everybody to come to a stop.
async fn settle() {
    sleep(Duration::from_millis(20)).await;
}

/// Two accounts: the first holds 100, and the second, of member 2, nothing.
async fn accounts(client: &TestClient) -> (AccountId, AccountId) {
    (client.funded("a", 100).await, client.open(member(2), "b").await)
}

/// One append is in flight: all of `a` goes to `b`. Others wait, which spend what it brings, and are decided.
struct Flight {
    below: Asked,
    ahead: Vec<Asked>,
}

impl Flight {
    async fn begin(client: &TestClient, (a, b): (AccountId, AccountId)) -> Self {
        let below = ask(client, submission(member(1), "below", transfer(a, b, 100)));
        settle().await;
        let spend = |index| submission(member(2), &format!("ahead{index}"), transfer(b, a, 1));
        let ahead = (0..ENOUGH).map(|index| ask(client, spend(index))).collect();
        settle().await;
        assert_eq!(client.bank.waiting(), 0, "they were taken to be decided");
        Self { below, ahead }
    }

    /// How many of those ahead were posted, and how many refused.
    async fn count(ahead: Vec<Asked>) -> (usize, usize) {
        let mut counts = (0, 0);
        for asked in ahead {
            match &*asked.await.expect("task").expect("an answer").answer {
                Outcome::Posted(_) => counts.0 += 1,
                outcome => {
                    assert_eq!(refused(outcome), "insufficient-funds");
                    counts.1 += 1;
                }
            }
        }
        counts
    }
}

/// What another server finds in the log, which has no memory of what was decided here.
async fn balances(log: &Arc<MemoryLog>, (a, b): (AccountId, AccountId)) -> Vec<i128> {
    let other = TestClient::on(log.clone(), "other", |_| {});
    other.deposit(a, 1, "see a").await;
    let Outcome::Posted(seen) = other.outcome(operator(), "see b", Command::Transfer(order(a, b, 1))).await else {
        panic!("not posted")
    };
    seen.postings.iter().map(|posting| posting.balance_after.units()).collect()
}

#[tokio::test]
async fn what_waits_is_decided_ahead_and_written_by_one_append() {
    let client = TestClient::new();
    let accounts = accounts(&client).await;
    let before = client.log.appends.load(std::sync::atomic::Ordering::SeqCst);
    let hold = client.log.hold.lock().await;
    let Flight { below, ahead } = Flight::begin(&client, accounts).await;
    drop(hold);
    posted(&below.await.expect("task").expect("an answer").answer);
    assert_eq!(Flight::count(ahead).await, (ENOUGH, 0));
    assert_eq!(client.log.appends.load(std::sync::atomic::Ordering::SeqCst), before + 2);
    assert_eq!(balances(&client.log, accounts).await, [ENOUGH as i128, 100 - ENOUGH as i128 + 1]);
}

#[tokio::test]
async fn nothing_that_was_decided_ahead_outlives_an_append_that_wrote_nothing() {
    let faults = [
        (Fault::Away, ExecuteError::LogUnavailable),
        (Fault::NotLeader, ExecuteError::NotLeader),
        (Fault::Stopped, ExecuteError::Stopped),
    ];
    for (fault, error) in faults {
        let client = TestClient::new();
        let accounts = accounts(&client).await;
        let hold = client.log.hold.lock().await;
        let Flight { below, ahead } = Flight::begin(&client, accounts).await;
        client.log.fail_next(fault);
        drop(hold);
        assert_eq!(below.await.expect("task").unwrap_err(), error);
        assert_eq!(Flight::count(ahead).await, (0, ENOUGH), "{fault:?}: what they would have spent never came");
        assert_eq!(balances(&client.log, accounts).await, [100, 1], "{fault:?}");
    }
}

#[tokio::test]
async fn what_was_decided_ahead_of_a_lost_append_is_decided_again() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::LostAndLate, Fault::Refused] {
        let client = TestClient::new();
        let accounts = accounts(&client).await;
        let hold = client.log.hold.lock().await;
        let Flight { below, ahead } = Flight::begin(&client, accounts).await;
        client.log.fail_next(fault);
        drop(hold);
        posted(&below.await.expect("task").expect("an answer").answer);
        assert_eq!(Flight::count(ahead).await, (ENOUGH, 0), "{fault:?}");
        assert_eq!(balances(&client.log, accounts).await, [ENOUGH as i128, 100 - ENOUGH as i128 + 1], "{fault:?}");
    }
}

/// The append below meets a change of another server, and its command is decided otherwise: so are those ahead.
#[tokio::test]
async fn a_conflict_below_changes_what_comes_of_those_ahead() {
    let client = TestClient::new();
    let (a, b) = accounts(&client).await;
    let other = TestClient::on(client.log.clone(), "other", |_| {});
    let hold = client.log.hold.lock().await;
    // It is in line before the append of this server.
    let taken = ask(&other, submission(member(1), "by the other", transfer(a, b, 60)));
    settle().await;
    let Flight { below, ahead } = Flight::begin(&client, (a, b)).await;
    drop(hold);
    posted(&taken.await.expect("task").expect("an answer").answer);
    assert_eq!(refused(&below.await.expect("task").expect("an answer").answer), "insufficient-funds");
    assert_eq!(Flight::count(ahead).await, (ENOUGH, 0), "the other brought 60");
    assert_eq!(balances(&client.log, (a, b)).await, [40 + ENOUGH as i128, 60 - ENOUGH as i128 + 1]);
}

/// Holds the log for the append that was decided ahead: whoever asks for the lock in time is served before it.
async fn hold_next<'l>(log: &'l MemoryLog, hold: MutexGuard<'l, ()>) -> MutexGuard<'l, ()> {
    let next = log.hold.lock();
    tokio::pin!(next);
    tokio::select! { biased; _ = &mut next => unreachable!("it is held"), () = settle() => {} }
    drop(hold);
    let next = next.await;
    settle().await;
    next
}

#[tokio::test]
async fn nobody_is_answered_before_their_own_append_is_durable() {
    let cases = [
        (None, (ENOUGH, 0)),
        (Some(Fault::LostBefore), (ENOUGH, 0)),
        (Some(Fault::LostAfter), (ENOUGH, 0)),
        (Some(Fault::LostAndLate), (ENOUGH, 0)),
        (Some(Fault::Refused), (ENOUGH, 0)),
    ];
    for (fault, counts) in cases {
        let client = TestClient::new();
        let accounts = accounts(&client).await;
        let hold = client.log.hold.lock().await;
        let Flight { below, ahead } = Flight::begin(&client, accounts).await;
        let hold = hold_next(&client.log, hold).await;
        assert!(below.is_finished(), "it is durable");
        assert!(!ahead.iter().any(JoinHandle::is_finished), "they are not");
        fault.into_iter().for_each(|fault| client.log.fail_next(fault));
        drop(hold);
        posted(&below.await.expect("task").expect("an answer").answer);
        assert_eq!(Flight::count(ahead).await, counts, "{fault:?}");
        let left = 100 - ENOUGH as i128;
        assert_eq!(balances(&client.log, accounts).await, [ENOUGH as i128, left + 1], "{fault:?}");
    }
}

#[tokio::test]
async fn if_the_append_of_those_ahead_writes_nothing_what_is_below_stays() {
    let faults = [
        (Fault::Away, ExecuteError::LogUnavailable),
        (Fault::NotLeader, ExecuteError::NotLeader),
        (Fault::Stopped, ExecuteError::Stopped),
    ];
    for (fault, error) in faults {
        let client = TestClient::new();
        let accounts = accounts(&client).await;
        let hold = client.log.hold.lock().await;
        let Flight { below, ahead } = Flight::begin(&client, accounts).await;
        let hold = hold_next(&client.log, hold).await;
        client.log.fail_next(fault);
        drop(hold);
        posted(&below.await.expect("task").expect("an answer").answer);
        for asked in ahead {
            assert_eq!(asked.await.expect("task").unwrap_err(), error);
        }
        assert_eq!(balances(&client.log, accounts).await, [0, 101], "{fault:?}");
    }
}

/// The money that another server brought is not in this server's memory: a refusal that would rest on that memory is not decided
/// ahead, and those behind it wait with it.
#[tokio::test]
async fn a_refusal_ahead_never_rests_on_what_is_only_in_memory() {
    let client = TestClient::new();
    let (a, b) = accounts(&client).await;
    let poor = client.open(member(2), "poor").await;
    posted(&client.deposit(poor, 1, "a little").await);
    let other = TestClient::on(client.log.clone(), "other", |_| {});
    posted(&other.deposit(poor, 50, "by the other").await);
    let hold = client.log.hold.lock().await;
    let below = ask(&client, submission(member(1), "below", transfer(a, b, 100)));
    settle().await;
    let mut ahead: Vec<_> =
        (0..8).map(|index| ask(&client, submission(member(2), &format!("t{index}"), transfer(b, a, 1)))).collect();
    ahead.push(ask(&client, submission(member(2), "rich by now", transfer(poor, a, 51))));
    ahead.extend((8..15).map(|index| ask(&client, submission(member(2), &format!("t{index}"), transfer(b, a, 1)))));
    settle().await;
    assert_eq!(client.bank.waiting(), 0);
    drop(hold);
    posted(&below.await.expect("task").expect("an answer").answer);
    assert_eq!(Flight::count(ahead).await, (ENOUGH, 0));
}

/// What the append below leaves is as the log has it: a refusal may rest on that, once it is durable.
#[tokio::test]
async fn a_refusal_ahead_may_rest_on_what_the_append_below_leaves() {
    let client = TestClient::new();
    let (a, b) = accounts(&client).await;
    let hold = client.log.hold.lock().await;
    let below = ask(&client, submission(member(1), "below", transfer(a, b, 100)));
    settle().await;
    let reads = crate::engine::count_reads(&client.log);
    let ahead: Vec<_> =
        (0..ENOUGH).map(|index| ask(&client, submission(member(1), &format!("t{index}"), transfer(a, b, 1)))).collect();
    settle().await;
    let hold = hold_next(&client.log, hold).await;
    assert!(!ahead.iter().any(JoinHandle::is_finished), "the refusals are not durable");
    drop(hold);
    posted(&below.await.expect("task").expect("an answer").answer);
    assert_eq!(Flight::count(ahead).await, (0, ENOUGH));
    assert_eq!(reads.load(std::sync::atomic::Ordering::SeqCst), 0, "nothing had to be read");
}

#[tokio::test]
async fn a_command_that_is_decided_ahead_is_in_flight() {
    let client = TestClient::new();
    let (a, b) = accounts(&client).await;
    let hold = client.log.hold.lock().await;
    let Flight { below, ahead } = Flight::begin(&client, (a, b)).await;
    let again = client.ask(member(2), "ahead3", transfer(b, a, 1)).await;
    assert_eq!(again.unwrap_err(), ExecuteError::InFlight);
    drop(hold);
    posted(&below.await.expect("task").expect("an answer").answer);
    assert_eq!(Flight::count(ahead).await, (ENOUGH, 0));
    assert!(client.ask(member(2), "ahead3", transfer(b, a, 1)).await.expect("an answer").replayed);
}

#[tokio::test]
async fn a_command_whose_time_is_over_when_the_append_below_ends_is_dropped() {
    let client = TestClient::new();
    let (a, b) = accounts(&client).await;
    let hold = client.log.hold.lock().await;
    let below = ask(&client, submission(member(1), "below", transfer(a, b, 100)));
    settle().await;
    let spend = |index: usize| {
        let mut submission = submission(member(2), &format!("ahead{index}"), transfer(b, a, 1));
        if index == 3 {
            submission.meta.deadline = tokio::time::Instant::now() + Duration::from_millis(100);
        }
        ask(&client, submission)
    };
    let mut ahead: Vec<_> = (0..ENOUGH).map(spend).collect();
    sleep(Duration::from_millis(150)).await;
    assert_eq!(client.bank.waiting(), 0);
    drop(hold);
    posted(&below.await.expect("task").expect("an answer").answer);
    assert_eq!(ahead.remove(3).await.expect("task").unwrap_err(), ExecuteError::DeadlinePassed);
    assert_eq!(Flight::count(ahead).await, (ENOUGH - 1, 0));
}

/// Those whose tokens are revoked.
#[derive(Debug, Default)]
struct Revoked(Mutex<HashSet<Uuid>>);

impl RevokedTokens for Revoked {
    fn insert(&self, subject: Uuid) {
        self.0.lock().expect("whole").insert(subject);
    }

    fn contains(&self, subject: Uuid) -> bool {
        self.0.lock().expect("whole").contains(&subject)
    }
}

#[tokio::test]
async fn a_command_whose_token_is_revoked_after_it_was_decided_ahead_moves_nothing() {
    let revoked = Arc::new(Revoked::default());
    let client = TestClient::on(Arc::default(), "server-0", |options| options.revoked = Some(revoked.clone()));
    let (a, b) = accounts(&client).await;
    let hold = client.log.hold.lock().await;
    let below = ask(&client, submission(member(1), "below", transfer(a, b, 100)));
    settle().await;
    let spend = |index: usize| {
        let mut submission = submission(member(2), &format!("ahead{index}"), transfer(b, a, 1));
        let subject = member(if index == 3 { 2 } else { 3 }).id;
        submission.meta.token = Some(PresentedToken { subject, session: None });
        ask(&client, submission)
    };
    let mut ahead: Vec<_> = (0..ENOUGH).map(spend).collect();
    settle().await;
    assert_eq!(client.bank.waiting(), 0);
    revoked.insert(member(2).id.uuid());
    drop(hold);
    posted(&below.await.expect("task").expect("an answer").answer);
    assert_eq!(ahead.remove(3).await.expect("task").unwrap_err(), ExecuteError::TokenRefused);
    assert_eq!(Flight::count(ahead).await, (ENOUGH - 1, 0));
}

/// The log is restored while an append is in flight: it finds another history, and nothing of this one is written.
#[tokio::test]
async fn what_was_decided_ahead_is_decided_again_on_a_restored_log() {
    let client = TestClient::new();
    let (a, b) = accounts(&client).await;
    let commits = client.log.commits().len();
    posted(&client.outcome(member(1), "gone", transfer(a, b, 70)).await);
    let hold = client.log.hold.lock().await;
    let below = ask(&client, submission(member(1), "below", transfer(a, b, 30)));
    settle().await;
    let ahead: Vec<_> =
        (0..ENOUGH).map(|index| ask(&client, submission(member(2), &format!("t{index}"), transfer(b, a, 5)))).collect();
    settle().await;
    client.log.restore(commits);
    drop(hold);
    posted(&below.await.expect("task").expect("an answer").answer);
    assert_eq!(Flight::count(ahead).await, (6, ENOUGH - 6), "30 came, of the 100 before");
    assert_eq!(balances(&client.log, (a, b)).await, [100, 1]);
}

#[tokio::test]
async fn an_engine_that_is_drained_carries_out_what_it_decided_ahead() {
    let client = TestClient::new();
    let accounts = accounts(&client).await;
    let TestClient { bank, executor, log } = client;
    let hold = log.hold.lock().await;
    let asking = TestClient { bank, executor, log: log.clone() };
    let Flight { below, ahead } = Flight::begin(&asking, accounts).await;
    let drained = tokio::spawn(asking.executor.drain());
    settle().await;
    drop(hold);
    posted(&below.await.expect("task").expect("an answer").answer);
    assert_eq!(Flight::count(ahead).await, (ENOUGH, 0));
    drained.await.expect("drained");
}
