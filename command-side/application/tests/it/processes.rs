//! The runner with a process of its own: on accounts, so of no member, and with steps that fail.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use application::{
    Bank, Change, Command, FirstStep, Followed, FreezeAccount, Meta, Next, Outcome, PROCESS_RUNNER, PlaceHold, Process,
    ProcessError, ReleaseHold, Submission, UnfreezeAccount, step_id,
};
use async_trait::async_trait;
use chrono::TimeDelta;
use events::recorded::{Event, FreezeScope};
use kernel::{AccountId, CorrelationId, Position};
use log::{Fingerprint, InstanceState, ProcessInstance, ProcessStore};
use serde_json::json;
use tokio::{sync::oneshot, time::Instant};
use uuid::Uuid;
use vault::NewMessage;

use crate::{
    client::{member, operator, won},
    members::app::{TestApp, until},
};

/// Lifts every freeze an hour after it.
struct Thaw {
    bank: Bank,
    is_broken: Arc<AtomicBool>,
    steps: Arc<AtomicUsize>,
}

#[async_trait]
impl Process for Thaw {
    fn name(&self) -> &'static str {
        "thaw"
    }

    fn events(&self) -> &'static [&'static str] {
        &["AccountFrozen", "AccountUnfrozen"]
    }

    fn on(&self, followed: &Followed) -> Vec<Change> {
        let instance = followed.picked.event.stream.uuid();
        match &followed.event {
            event if event.event_type().name == "AccountFrozen" => {
                let first = FirstStep::At(followed.picked.recorded_at + TimeDelta::hours(1));
                vec![Change::Start { instance, first, data: json!({ "reason": "frozen" }) }]
            }
            _ => vec![Change::End { instance }],
        }
    }

    async fn effects(&self, _: &Followed) -> Result<Vec<NewMessage>, ProcessError> {
        Ok(Vec::new())
    }

    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError> {
        self.steps.fetch_add(1, Ordering::SeqCst);
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(ProcessError::Unfounded { position: Position::new(1) });
        }
        let command_id = step_id("thaw", instance.instance, "unfreeze");
        let meta = Meta {
            command_id,
            fingerprint: Fingerprint(*command_id.uuid().as_bytes()),
            correlation: CorrelationId::new(Uuid::nil()),
            deadline: Instant::now() + std::time::Duration::from_secs(10),
            token: None,
            trace: Default::default(),
        };
        let account = AccountId::new(instance.instance);
        let command = Command::UnfreezeAccount(UnfreezeAccount { account, reason: Some("an hour has passed".into()) });
        let actor = kernel::Actor { role: kernel::Role::Operator, ..PROCESS_RUNNER };
        self.bank.execute(Submission { actor, meta, act: None, command }).await.expect("an answer");
        Ok(Next::Done)
    }
}

fn freeze(account: AccountId) -> Command {
    Command::FreezeAccount(FreezeAccount { account, scope: FreezeScope::All, reason: None })
}

/// So many seconds after the time at which the log in memory records everything.
fn after_the_freeze(app: &TestApp, seconds: i64) {
    app.clock.set(chrono::DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time"));
}

/// A runner with this process too, and what it is controlled by.
struct Thawing {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
    is_broken: Arc<AtomicBool>,
    steps: Arc<AtomicUsize>,
}

impl Thawing {
    fn start(app: &TestApp, is_broken: bool) -> Self {
        let (is_broken, steps) = (Arc::new(AtomicBool::new(is_broken)), Arc::new(AtomicUsize::new(0)));
        let thaw = Thaw { bank: app.client.bank.clone(), is_broken: is_broken.clone(), steps: steps.clone() };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(app.process_runner().with(thaw).run(async {
            let _ = stopped.await;
        }));
        Self { stop, task, is_broken, steps }
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.expect("it ends in order");
    }
}

#[tokio::test]
async fn a_deadline_is_met_by_whichever_server_leads_then() {
    let app = TestApp::new().await;
    let account = app.client.open(member(1), "a").await;
    let instance = account.uuid();
    let first = Thawing::start(&app, false);
    app.client.outcome(operator(), "freeze", freeze(account)).await;
    until("it is seen", || async { app.processes.states("thaw") == [(instance, InstanceState::Waiting)] }).await;
    first.stop().await;
    after_the_freeze(&app, 3599);
    let second = Thawing::start(&app, false);
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(app.log.count("AccountUnfrozen"), 0, "not before its time");
    after_the_freeze(&app, 3601);
    until("it is done", || async { app.processes.states("thaw") == [(instance, InstanceState::Done)] }).await;
    assert_eq!(app.log.count("AccountUnfrozen"), 1);
    let commits = app.log.commits();
    let step = commits.iter().find(|commit| commit.events[0].event_type == "AccountUnfrozen").expect("a commit");
    assert_eq!(step.command_id, step_id("thaw", instance, "unfreeze"));
    assert!(matches!(
        Event::decode(&step.events[0].event_type, step.events[0].schema_version, &step.events[0].payload),
        Ok(event) if event.event_type().name == "AccountUnfrozen"
    ));
    second.stop().await;
    app.end().await;
}

#[tokio::test]
async fn one_that_ends_before_its_deadline_takes_no_step() {
    let app = TestApp::new().await;
    let account = app.client.open(member(1), "a").await;
    let runner = Thawing::start(&app, false);
    app.client.outcome(operator(), "freeze", freeze(account)).await;
    let lift = Command::UnfreezeAccount(UnfreezeAccount { account, reason: None });
    app.client.outcome(operator(), "lift", lift).await;
    until("it is done", || async { app.processes.states("thaw") == [(account.uuid(), InstanceState::Done)] }).await;
    app.wait(7200);
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(runner.steps.load(Ordering::SeqCst), 0);
    runner.stop().await;
    app.end().await;
}

/// A step that fails is tried a few times, then waits for an operator; the others go on meanwhile.
#[tokio::test]
async fn what_is_stuck_waits_for_an_operator_and_holds_up_nobody() {
    let app = TestApp::new().await;
    let account = app.client.open(member(1), "a").await;
    let runner = Thawing::start(&app, true);
    app.client.outcome(operator(), "freeze", freeze(account)).await;
    after_the_freeze(&app, 3601);
    let instance = account.uuid();
    until("it is stuck", || async { app.processes.states("thaw") == [(instance, InstanceState::Stuck)] }).await;
    assert_eq!(runner.steps.load(Ordering::SeqCst), 5);
    let stuck = app.processes.find(&[("thaw", instance)]).await.expect("an answer").pop().expect("kept");
    assert_eq!(
        (stuck.tries, stuck.error.as_deref()),
        (5, Some("the event at position 1 rests on one that is not there"))
    );
    app.sign_up("s", "minsu", "kim@example.com").await.expect("sent");
    until("a code is on its way", || async { app.messages().await.len() == 1 }).await;

    runner.is_broken.store(false, Ordering::SeqCst);
    assert!(app.processes.retry("thaw", instance, "fixed").await.expect("asked"));
    until("it is done", || async { app.processes.states("thaw") == [(instance, InstanceState::Done)] }).await;
    assert_eq!(app.log.count("AccountUnfrozen"), 1);
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn an_older_leader_writes_nothing_and_begins_again() {
    let app = TestApp::new().await;
    let runner = Thawing::start(&app, false);
    let account = app.client.open(member(1), "a").await;
    app.client.outcome(operator(), "freeze", freeze(account)).await;
    until("it is seen", || async { !app.processes.states("thaw").is_empty() }).await;
    app.processes.depose();
    after_the_freeze(&app, 3601);
    // Its write is refused; it asks for the lead again, as anybody would, and gets it under a newer epoch.
    until("it is done", || async { app.processes.states("thaw") == [(account.uuid(), InstanceState::Done)] }).await;
    assert_eq!(app.log.count("AccountUnfrozen"), 1, "the step was written once");
    runner.stop().await;
    app.end().await;
}

/// A server that does not lead must not serve members either while vault and log are not of one history.
#[tokio::test]
async fn a_server_that_does_not_lead_reports_another_history_too() {
    let app = TestApp::new().await;
    let leader = app.runner();
    app.joined("minsu", "kim@example.com").await;
    until("the vault is level", || async { app.messages().await.len() == 1 }).await;
    leader.stop().await;
    let held = app.processes.try_lead("another server").await.expect("asked").expect("nobody leads");
    let (report, trouble) = tokio::sync::watch::channel(None);
    let (stop, stopped) = oneshot::channel();
    let standby = tokio::spawn(app.process_runner().reporting(report).run(async {
        let _ = stopped.await;
    }));
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(*trouble.borrow(), None, "they fit");
    app.log.restore(0);
    until("it is reported", || async { trouble.borrow().is_some() }).await;
    let _ = stop.send(());
    standby.await.expect("it ends in order");
    held.release().await;
    app.end().await;
}

/// Two holds of a minute: one is given up before, the other is not.
#[tokio::test]
async fn what_remains_of_a_hold_is_given_back_when_its_time_is_over() {
    let app = TestApp::new().await;
    app.clock.set(app.log.now());
    let account = app.client.funded("a", 100).await;
    let runner = app.runner();
    let mut holds = Vec::new();
    for key in ["kept", "given up"] {
        let (money, destination, memo, reference) = (won(30), None, None, None);
        let place =
            Command::PlaceHold(PlaceHold { source: account, destination, money, expires_in: 60, memo, reference });
        let Outcome::HoldPlaced(hold) = app.client.outcome(member(1), key, place).await else { panic!() };
        holds.push(hold.hold_id);
    }
    let release = Command::ReleaseHold(ReleaseHold { hold: holds[1], money: None, reason: None });
    app.client.outcome(member(1), "release", release).await;
    let states = |kept| {
        let mut states = vec![(holds[0].uuid(), kept), (holds[1].uuid(), InstanceState::Done)];
        states.sort_unstable_by_key(|(hold, _)| *hold);
        states
    };
    let of_holds = || {
        let mut states = app.processes.states("hold-expiry");
        states.sort_unstable_by_key(|(hold, _)| *hold);
        states
    };
    until("they are seen", || async { of_holds() == states(InstanceState::Waiting) }).await;
    // The server thinks that it is time, and the log does not.
    app.clock.set(app.log.now() + TimeDelta::seconds(61));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(app.log.count("HoldExpired"), 0);
    app.log.pass(TimeDelta::seconds(61));
    until("it is over", || async { of_holds() == states(InstanceState::Done) }).await;
    assert_eq!((app.log.count("HoldExpired"), app.log.count("AccountFundsReleased")), (1, 2));
    runner.stop().await;
    app.end().await;
}
