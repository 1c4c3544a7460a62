//! Payout runs: who may do what, which rows are paid, and that no other command pays a row once more or leaves one out.

use std::time::Duration;

use application::{
    AddPayoutRows, CancelPayoutRun, Cap, CloseAccount, Command, ExecuteError, FreezeAccount, LimitedKind, OpenAccount,
    OpenPayoutRun, Outcome, PausePayoutRun, PayRows, PayoutAnswer, PayoutDestination, PayoutRow, ResumePayoutRun,
    SetLimit, StartPayoutRun,
};
use domain::PayoutStatus;
use events::recorded::{
    Event, FreezeScope, PayoutResult, PayoutRunEvent, TransferEvent, TransferKind, TransferRejected,
};
use kernel::{AccountId, AccountNumber, Actor, MemberId, Minor, PayoutRunId, Role, Zone};
use uuid::Uuid;

use crate::{
    client::{TestClient, member, operator, refused, submission, won},
    memory_log::MemoryLog,
};

pub fn service(number: u128) -> Actor {
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(number)) }
}

pub fn open(source: AccountId) -> Command {
    let (name, reference) = ("November salaries".to_owned(), "2026-11".to_owned());
    Command::OpenPayoutRun(OpenPayoutRun { source, name, reference })
}

pub fn add(run: PayoutRunId, rows: Vec<PayoutRow>) -> Command {
    Command::AddPayoutRows(AddPayoutRows { run, rows })
}

pub fn start(run: PayoutRunId, expected_rows: u32, total: i128) -> Command {
    Command::StartPayoutRun(StartPayoutRun { run, expected_rows, expected_total: won(total).amount })
}

pub fn pause(run: PayoutRunId) -> Command {
    Command::PausePayoutRun(PausePayoutRun { run })
}

pub fn resume(run: PayoutRunId) -> Command {
    Command::ResumePayoutRun(ResumePayoutRun { run })
}

pub fn cancel(run: PayoutRunId) -> Command {
    Command::CancelPayoutRun(CancelPayoutRun { run })
}

pub fn pay(run: PayoutRunId, rows: &[PayoutRow]) -> Command {
    Command::PayRows(PayRows { run, rows: rows.to_vec() })
}

pub fn row(number: u32, to: AccountId, units: i128) -> PayoutRow {
    let amount = won(units).amount;
    PayoutRow { row: number, destination: PayoutDestination::Account(to), amount, memo: Some(format!("pay {number}")) }
}

/// Rows of ten won each, with these numbers.
pub fn rows(numbers: impl IntoIterator<Item = u32>, to: AccountId) -> Vec<PayoutRow> {
    numbers.into_iter().map(|number| row(number, to, 10)).collect()
}

pub fn of_run(outcome: &Outcome) -> &PayoutAnswer {
    match outcome {
        Outcome::PayoutOpened(run) | Outcome::PayoutChanged(run) => run,
        other => panic!("no run: {other:?}"),
    }
}

/// What came of each row, in the order of the log.
pub fn results(log: &MemoryLog) -> Vec<PayoutResult> {
    let events = log.commits().into_iter().flat_map(|commit| commit.events);
    let results = events.flat_map(|event| {
        match Event::decode(&event.event_type, event.schema_version, &event.payload).expect("an event") {
            Event::PayoutRun(PayoutRunEvent::RowsPaid(paid)) => paid.results,
            _ => Vec::new(),
        }
    });
    results.collect()
}

pub fn paid_rows(log: &MemoryLog) -> Vec<u32> {
    results(log).into_iter().map(|result| result.row).collect()
}

/// A bank with an account of member 1 that holds so much, one of member 2, and an open run of service 7.
struct Setup {
    client: TestClient,
    a: AccountId,
    b: AccountId,
    run: PayoutRunId,
}

impl Setup {
    async fn new(units: i128) -> Self {
        let client = TestClient::new();
        let (a, b) = (client.funded("a", units).await, client.open(member(2), "b").await);
        let run = of_run(&client.outcome(service(7), "open", open(a)).await).run_id;
        Self { client, a, b, run }
    }

    async fn ask(&self, key: &str, command: Command) -> Outcome {
        self.client.outcome(service(7), key, command).await
    }

    /// With these rows, and started.
    async fn started(&self, rows: &[PayoutRow]) {
        of_run(&self.ask("add", add(self.run, rows.to_vec())).await);
        let total = rows.iter().map(|row| row.amount.units()).sum();
        let count = u32::try_from(rows.len()).expect("few");
        assert_eq!(of_run(&self.ask("start", start(self.run, count, total)).await).status, PayoutStatus::Running);
    }
}

#[tokio::test]
async fn a_run_is_opened_on_an_account_of_a_member() {
    let setup = Setup::new(100).await;
    let opened = setup.ask("open again", open(setup.a)).await;
    let run = of_run(&opened);
    assert_eq!((run.status, run.rows, run.total, run.posted), (PayoutStatus::Open, 0, Minor::ZERO, 0));
    assert_eq!((run.opened.source, run.opened.opened_by), (setup.a, service(7)));
    let nobody = AccountId::new(Uuid::from_u128(404));
    assert_eq!(refused(&setup.ask("nobody", open(nobody)).await), "account-unknown");
    let close = Command::CloseAccount(CloseAccount { account: setup.b, reason: None });
    setup.client.outcome(member(2), "close", close).await;
    assert_eq!(refused(&setup.ask("closed", open(setup.b)).await), "account-closed");
}

#[tokio::test]
async fn rows_are_added_until_it_starts_with_the_control_totals() {
    let setup = Setup::new(100).await;
    let (run, b) = (setup.run, setup.b);
    let first = setup.ask("add", add(run, rows([1, 2], b))).await;
    assert_eq!((of_run(&first).rows, of_run(&first).total), (2, won(20).amount));
    assert_eq!(refused(&setup.ask("again", add(run, rows([2, 3], b))).await), "payout-row-out-of-order");
    // Nothing is added, and it says how many there are.
    assert_eq!(of_run(&setup.ask("none", add(run, Vec::new())).await).rows, 2);
    let Outcome::Refused(no) = setup.ask("wrong total", start(run, 2, 21)).await else { panic!("it started") };
    assert_eq!(no.refusal.code, "control-total-mismatch");
    let totals = no.refusal.totals.expect("what it has");
    assert_eq!((totals.rows, totals.total), (2, won(20).amount));
    let second = setup.ask("more", add(run, rows([5], b))).await;
    assert_eq!(of_run(&second).rows, 3);
    assert_eq!(of_run(&setup.ask("start", start(run, 3, 30)).await).status, PayoutStatus::Running);
    assert_eq!(refused(&setup.ask("late", add(run, rows([6], b))).await), "payout-not-open");
    assert_eq!(refused(&setup.ask("start again", start(run, 3, 30)).await), "payout-not-open");
    // Asked once more, each gets its first answer.
    assert_eq!(setup.ask("add", add(run, rows([1, 2], b))).await, first);
    assert_eq!(setup.ask("more", add(run, rows([5], b))).await, second);
}

#[tokio::test]
async fn many_rows_are_several_chunks_of_one_commit() {
    let setup = Setup::new(100).await;
    let commits = setup.client.log.commits().len();
    let answer = setup.ask("add", add(setup.run, rows(1..=2_500, setup.b))).await;
    assert_eq!((of_run(&answer).rows, of_run(&answer).total), (2_500, won(25_000).amount));
    assert_eq!(setup.client.log.commits().len(), commits + 1);
    let added = (setup.client.log.count("PayoutRowsAdded"), setup.client.log.count("PayoutChunkAdded"));
    assert_eq!(added, (3, 3));
}

#[tokio::test]
async fn a_run_is_nobody_elses() {
    let setup = Setup::new(100).await;
    let run = setup.run;
    let all = [add(run, rows([1], setup.b)), start(run, 1, 10), pause(run), resume(run), cancel(run)];
    for (index, command) in all.into_iter().enumerate() {
        for actor in [service(8), Actor { role: Role::Member, ..service(7) }] {
            let answer = setup.client.ask(actor, &format!("{index}"), command.clone()).await;
            assert_eq!(answer.map(drop), Err(ExecuteError::PayoutUnknown), "{command:?}");
        }
    }
    let unknown = setup.client.ask(operator(), "unknown", pause(PayoutRunId::new(Uuid::from_u128(1)))).await;
    assert_eq!(unknown.map(drop), Err(ExecuteError::PayoutUnknown));
    // An operator may.
    let added = setup.client.outcome(operator(), "add", add(run, rows([1], setup.b))).await;
    assert_eq!(of_run(&added).rows, 1);
}

#[tokio::test]
async fn rows_that_are_not_the_next_ones_are_not_paid() {
    let setup = Setup::new(1_000).await;
    let all = rows([1, 2, 3, 5, 8], setup.b);
    let (log, run) = (setup.client.log.clone(), setup.run);
    assert_eq!(setup.ask("early", pay(run, &all[..1])).await, Outcome::Idle, "it has no rows");
    setup.started(&all).await;
    let other = |change: fn(&mut PayoutRow)| {
        let mut row = all[0].clone();
        change(&mut row);
        vec![row]
    };
    let more = |row: &mut PayoutRow| row.amount = won(11).amount;
    let renamed = |row: &mut PayoutRow| row.memo = None;
    let too_many = [all.clone(), rows([9], setup.b)].concat();
    let gap = [all[0].clone(), all[2].clone()].to_vec();
    for (index, wrong) in [all[1..].to_vec(), other(more), other(renamed), too_many, gap].iter().enumerate() {
        assert_eq!(setup.ask(&format!("wrong {index}"), pay(run, wrong)).await, Outcome::Idle, "{wrong:?}");
    }
    assert!(paid_rows(&log).is_empty());
    let answer = setup.ask("pay", pay(run, &all[..2])).await;
    assert_eq!((of_run(&answer).posted, of_run(&answer).paid), (2, won(20).amount));
    // Once more under the same id is the same answer; under another id, by another server, nothing.
    assert_eq!(setup.ask("pay", pay(run, &all[..2])).await, answer);
    let server = TestClient::on(log.clone(), "other", |_| {});
    assert_eq!(server.outcome(service(7), "pay too", pay(run, &all[..2])).await, Outcome::Idle);
    assert_eq!(server.outcome(service(7), "pay", pay(run, &all[..2])).await, answer);
    let last = server.outcome(service(7), "rest", pay(run, &all[2..])).await;
    assert_eq!((of_run(&last).status, of_run(&last).posted), (PayoutStatus::Finished, 5));
    assert_eq!(setup.ask("behind", pay(run, &all[2..])).await, Outcome::Idle);
    assert_eq!(paid_rows(&log), [1, 2, 3, 5, 8]);
    assert_eq!(log.count("TransferPosted"), 1 + 5, "the funding and each row");
}

#[tokio::test]
async fn nothing_is_paid_of_a_run_that_is_paused_or_cancelled() {
    let setup = Setup::new(1_000).await;
    let all = rows([1, 2, 3], setup.b);
    let run = setup.run;
    setup.started(&all).await;
    let paid = setup.ask("1", pay(run, &all[..1])).await;
    let paused = setup.ask("pause", pause(run)).await;
    assert_eq!((of_run(&paused).status, of_run(&paused).posted), (PayoutStatus::Paused, 1));
    assert_eq!(setup.ask("2", pay(run, &all[1..2])).await, Outcome::Idle);
    assert_eq!(refused(&setup.ask("pause again", pause(run)).await), "payout-not-running");
    let resumed = setup.ask("resume", resume(run)).await;
    assert_eq!(of_run(&resumed).status, PayoutStatus::Running);
    assert_eq!(refused(&setup.ask("resume again", resume(run)).await), "payout-not-paused");
    assert_eq!(of_run(&setup.ask("2", pay(run, &all[1..2])).await).posted, 2);
    let cancelled = setup.ask("cancel", cancel(run)).await;
    assert_eq!((of_run(&cancelled).status, of_run(&cancelled).posted), (PayoutStatus::Cancelled, 2));
    assert_eq!(setup.ask("3", pay(run, &all[2..])).await, Outcome::Idle);
    assert_eq!(refused(&setup.ask("cancel again", cancel(run)).await), "payout-over");
    // The answers of before say how far it was then, also by a server that has to read them.
    let server = TestClient::on(setup.client.log.clone(), "other", |_| {});
    for (key, command, answer) in [
        ("1", pay(run, &all[..1]), paid),
        ("pause", pause(run), paused),
        ("resume", resume(run), resumed),
        ("cancel", cancel(run), cancelled),
    ] {
        assert_eq!(server.outcome(service(7), key, command).await, answer, "{key}");
    }
}

#[tokio::test]
async fn each_row_is_a_transfer_that_is_posted_or_refused() {
    let setup = Setup::new(30).await;
    let (client, a, b) = (&setup.client, setup.a, setup.b);
    let euro = Command::OpenAccount(OpenAccount { asset: "EUR".parse().expect("asset") });
    let Outcome::Opened(euro) = client.outcome(member(3), "euro", euro).await else { panic!("not opened") };
    let Outcome::Opened(numbered) =
        client.outcome(member(3), "won", Command::OpenAccount(OpenAccount { asset: won(1).asset })).await
    else {
        panic!("not opened")
    };
    let frozen = client.open(member(3), "frozen").await;
    let freeze = FreezeAccount { account: frozen, scope: FreezeScope::All, reason: None };
    client.outcome(operator(), "freeze", Command::FreezeAccount(freeze)).await;
    let by_number = |number, to: AccountNumber| {
        let destination = PayoutDestination::Number(to);
        PayoutRow { destination, memo: None, ..row(number, b, 10) }
    };
    let all = [
        row(1, b, 10),
        by_number(2, numbered.account_number),
        by_number(3, AccountNumber::from_digits(4_711)),
        row(4, AccountId::new(Uuid::from_u128(404)), 10),
        row(5, a, 10),
        row(6, euro.account_id, 10),
        row(7, frozen, 10),
        row(8, b, 11),
        row(9, b, 10),
    ];
    setup.started(&all).await;
    let answer = setup.ask("pay", pay(setup.run, &all)).await;
    let run = of_run(&answer);
    assert_eq!((run.status, run.posted, run.refused), (PayoutStatus::Finished, 3, 6));
    assert_eq!(run.paid, won(30).amount);
    let results = results(&client.log);
    let codes: Vec<_> = results.iter().map(|result| result.refusal.as_ref().map_or("", |no| &no.code)).collect();
    let (unknown, frozen) = ("account-unknown", "account-frozen");
    let expected = ["", "", unknown, unknown, "same-account", "asset-mismatch", frozen, "insufficient-funds", ""];
    assert_eq!(codes, expected);
    // The transfers are in the same commit, in order, and say what they are.
    let commit = client.log.commits().pop().expect("a commit");
    let mut transfers = Vec::new();
    for event in &commit.events {
        let decoded = Event::decode(&event.event_type, event.schema_version, &event.payload).expect("an event");
        let Event::Transfer(transfer) = decoded else { continue };
        let (kind, reference, memo, asked_by) = match transfer {
            TransferEvent::Posted(posted) => (posted.kind, posted.reference, posted.memo, posted.asked_by),
            TransferEvent::Rejected(TransferRejected { facts, asked_by, .. }) => {
                (facts.kind, facts.reference, facts.memo, asked_by)
            }
            other => panic!("another event: {other:?}"),
        };
        assert_eq!((kind, reference.as_deref()), (TransferKind::Payout, Some("2026-11")));
        assert_eq!(asked_by, Some(service(7)), "who opened the run");
        assert_eq!(memo, all[transfers.len()].memo);
        transfers.push(event.stream);
    }
    let of_rows: Vec<_> = results.iter().map(|result| result.transfer.into()).collect();
    assert_eq!(transfers, of_rows);
}

#[tokio::test]
async fn limits_of_payouts_count_each_row() {
    let setup = Setup::new(1_000).await;
    let limit = SetLimit {
        name: "salaries".to_owned(),
        asset: won(1).asset,
        kinds: vec![LimitedKind::Payout],
        everyone: true,
        per_transfer: None,
        per_day: Some(Cap { amount: Some(won(20).amount), count: None }),
        per_month: None,
        zone: Zone::UTC,
    };
    setup.client.outcome(operator(), "limit", Command::SetLimit(limit)).await;
    let all = rows(1..=4, setup.b);
    setup.started(&all).await;
    let answer = setup.ask("pay", pay(setup.run, &all)).await;
    assert_eq!((of_run(&answer).posted, of_run(&answer).refused), (2, 2));
    let refusal = results(&setup.client.log)[3].refusal.clone().expect("refused");
    assert_eq!((refusal.code.as_str(), refusal.limit.expect("which").name.as_str()), ("limit-exceeded", "salaries"));
}

/// A command that came to nothing is decided again when it comes again, also if its neighbours in the batch wrote something.
#[tokio::test]
async fn that_nothing_had_to_be_done_is_not_remembered() {
    let setup = Setup::new(1_000).await;
    let all = rows([1], setup.b);
    of_run(&setup.ask("add", add(setup.run, all.clone())).await);
    let held = setup.client.log.hold.lock().await;
    let ask = |actor, key: &str, command| {
        let (bank, submission) = (setup.client.bank.clone(), submission(actor, key, command));
        tokio::spawn(async move { bank.execute(submission).await.expect("an answer") })
    };
    let below = ask(service(7), "below", open(setup.a));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (idle, beside) = (ask(service(7), "pay", pay(setup.run, &all)), ask(service(7), "beside", open(setup.a)));
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(held);
    for task in [below, beside] {
        of_run(&task.await.expect("a task").answer);
    }
    assert_eq!(*idle.await.expect("a task").answer, Outcome::Idle, "it has not started");
    of_run(&setup.ask("start", start(setup.run, 1, 10)).await);
    assert_eq!(of_run(&setup.ask("pay", pay(setup.run, &all)).await).status, PayoutStatus::Finished);
}

#[tokio::test]
async fn an_account_is_no_run() {
    let setup = Setup::new(1_000).await;
    let all = rows([1], setup.b);
    let unknown = setup.client.ask(service(7), "account", pay(PayoutRunId::new(setup.a.uuid()), &all)).await;
    assert_eq!(unknown.map(drop), Err(ExecuteError::PayoutUnknown));
}
