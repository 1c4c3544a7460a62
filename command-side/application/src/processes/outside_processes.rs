//! The process `outside`: top-ups, bank payouts and gift cards are seen through.
//!
//! The state of each stands in the log, and every move of it is a command on the version that this server saw: of two servers that both think
//! that they lead, one moves it. The outside is asked beside the runner, never in a command: before that it is recorded that it will be, and
//! afterwards what it said. A server that finds the one without the other asks what became of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    OutsideProcess,
    process::{MostTries, StepKind, kind_of},
};
use events::recorded::{
    Event, ProcessDirected, ProcessDirection, ProcessEvent, ProcessFailure, ProcessStarted, ProcessState, ProcessStep,
    ProcessStepFailed, ProcessStepTaken,
};
use kernel::{CorrelationId, Place, ProcessId, StreamId, Version};
use log::{InstanceState, ProcessInstance};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinHandle, time::Instant};
use traces::TraceContext;
use vault::DataKey;

use super::{
    outside::Providers,
    outside_calls::{Ask, Came, Seen, asking},
    process::{Change, FirstStep, Followed, Next, Process, ProcessError},
    step::{PROCESS_RUNNER, step_meta},
};
use crate::{
    AdvanceProcess, Command, CommandPort, DirectProcess, ExecuteError, KillMoment, KillPoint, StepReport, Submission,
    commands::{Members, seal_text},
};

const NAME: &str = "outside";
/// So soon it is looked at again while the outside is asked.
const LOOK: Duration = Duration::from_millis(5);
/// So long it is left alone if this server is not set for its provider.
const NO_PROVIDER: Duration = Duration::from_secs(30);
/// So many calls are under way at once.
const MOST_CALLS: usize = 64;
/// So many moves are made in one step of the runner.
const MOST_MOVES: usize = 8;

/// How the outside is asked.
#[derive(Clone, Copy, Debug)]
pub struct OutsideOptions {
    /// How often a step is tried that is not answered.
    pub unanswered: u32,
    /// How often a step is tried whose answers cannot be right.
    pub contradicted: u32,
    /// The pause after the first try; it doubles with each.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long an answer is waited for, at most. Adapters have limits of their own that are below it.
    pub longest_call: Duration,
}

impl Default for OutsideOptions {
    fn default() -> Self {
        Self {
            unanswered: MostTries::default().unanswered,
            contradicted: MostTries::default().contradicted,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(300),
            longest_call: Duration::from_secs(30),
        }
    }
}

/// One instance for each process; its id is that of the process.
pub struct OutsideProcesses {
    members: Members,
    bank: Arc<dyn CommandPort>,
    providers: Providers,
    options: OutsideOptions,
    permits: Arc<Semaphore>,
    /// What is under way. It only saves asking again: nothing rests on it.
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    asked: HashMap<ProcessId, Asked>,
    /// How often the outside said that it had not decided yet.
    pending: HashMap<ProcessId, u32>,
}

/// A call under way, or answered.
struct Asked {
    /// The process as it was then.
    after: Version,
    ask: Ask,
    answer: JoinHandle<Came>,
}

#[async_trait]
impl Process for OutsideProcesses {
    fn name(&self) -> &'static str {
        NAME
    }

    fn events(&self) -> &'static [&'static str] {
        &[ProcessStarted::NAME, ProcessStepTaken::NAME, ProcessStepFailed::NAME, ProcessDirected::NAME]
    }

    fn on(&self, followed: &Followed) -> Vec<Change> {
        let instance = followed.picked.event.stream.uuid();
        let start = || vec![Change::Start { instance, first: FirstStep::Now, data: json!({}) }];
        let Event::Process(event) = &followed.event else { return Vec::new() };
        let (leaves, is_directed) = match event {
            ProcessEvent::Started(_) => return start(),
            ProcessEvent::StepBegun(_) => return Vec::new(),
            ProcessEvent::StepTaken(taken) => (taken.leaves, false),
            ProcessEvent::StepFailed(failed) => (failed.leaves, false),
            ProcessEvent::Directed(directed) => (directed.leaves, true),
        };
        match (leaves.is_over(), is_directed) {
            (true, _) => vec![Change::End { instance }],
            (false, true) => start(),
            (false, false) => Vec::new(),
        }
    }

    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError> {
        let id = ProcessId::new(instance.instance);
        if self.is_asking(id) {
            return Ok(again(LOOK, "the provider's answer"));
        }
        // Whoever has just recorded that the outside will be asked knows that it was not yet.
        let mut begun_now = false;
        for _ in 0..MOST_MOVES {
            let Some(seen) = self.look(id).await? else {
                // The log was restored to a moment before it.
                self.forget(id);
                return Ok(Next::Done);
            };
            if let Some(next) = self.go_on(instance, &seen, &mut begun_now).await? {
                return Ok(next);
            }
        }
        Ok(again(LOOK, "its next step"))
    }
}

/// A test may kill the server here.
fn pass(seen: &Seen, moment: KillMoment) {
    if let Some(step) = seen.process.step() {
        KillPoint::of(seen.process.kind(), step, moment).pass();
    }
}

fn again(after: Duration, waits_for: &'static str) -> Next {
    Next::Again { after, waits_for }
}

impl OutsideProcesses {
    /// With these providers; money is moved through the bank.
    pub fn new(members: Members, bank: impl CommandPort, providers: Providers, options: OutsideOptions) -> Self {
        let permits = Arc::new(Semaphore::new(MOST_CALLS));
        Self { members, bank: Arc::new(bank), providers, options, permits, memory: Mutex::default() }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Each entry is whole after any panic.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, id: ProcessId) {
        let mut memory = self.memory();
        memory.asked.remove(&id);
        memory.pending.remove(&id);
    }

    fn is_asking(&self, id: ProcessId) -> bool {
        self.memory().asked.get(&id).is_some_and(|asked| !asked.answer.is_finished())
    }

    /// The process, read afresh.
    async fn look(&self, id: ProcessId) -> Result<Option<Seen>, ProcessError> {
        let stream = StreamId::from(id);
        let unit = self.members.read(stream).await.map_err(ProcessError::Step)?;
        let version = unit.version(stream);
        Ok(unit.get::<OutsideProcess>(stream).cloned().map(|process| Seen { id, version, process }))
    }

    /// Makes the next move; none if there may be another at once.
    async fn go_on(
        &self,
        instance: &ProcessInstance,
        seen: &Seen,
        begun_now: &mut bool,
    ) -> Result<Option<Next>, ProcessError> {
        let process = &seen.process;
        let Some(step) = process.step() else {
            KillPoint::over(process.kind(), process.state).pass();
            self.forget(seen.id);
            return Ok(Some(Next::Done));
        };
        if process.state == ProcessState::Stuck {
            return self.stuck(instance, seen, step).await;
        }
        match kind_of(step) {
            StepKind::Money => {
                pass(seen, KillMoment::Due);
                self.report(seen, StepReport::Due).await?;
                pass(seen, KillMoment::Recorded);
                return Ok(None);
            }
            StepKind::Call if !process.has_begun() => {
                pass(seen, KillMoment::Due);
                self.report(seen, StepReport::Begun).await?;
                pass(seen, KillMoment::Begun);
                *begun_now = true;
                return Ok(None);
            }
            StepKind::Call | StepKind::Question => {}
        }
        match self.take_answer(seen).await {
            Some((ask, came)) => {
                pass(seen, KillMoment::Answered);
                self.settle(seen, step, ask, came).await
            }
            None => {
                if kind_of(step) == StepKind::Question {
                    pass(seen, KillMoment::Due);
                }
                let is_new = step == ProcessStep::Cancel || std::mem::take(begun_now);
                self.ask(seen, step, if is_new { Ask::Do } else { Ask::Find }).await.map(Some)
            }
        }
    }

    /// An operator may have had it try again beside the log: then the log says so, too.
    async fn stuck(
        &self,
        instance: &ProcessInstance,
        seen: &Seen,
        step: ProcessStep,
    ) -> Result<Option<Next>, ProcessError> {
        self.forget(seen.id);
        let asked_for = instance.note.as_ref().filter(|_| instance.state == InstanceState::Running);
        let Some(note) = asked_for else {
            let why = format!(
                "step `{}` cannot go on: say how with POST /v1/processes/{}/retry, skip or compensate",
                step.as_str(),
                seen.id
            );
            return Ok(Some(Next::Stuck { why }));
        };
        let (process, direction) = (seen.id, ProcessDirection::Retry);
        let command = DirectProcess { process, direction, reason: note.clone() };
        self.execute(seen, "retry", Command::DirectProcess(command)).await?;
        Ok(None)
    }

    /// What the outside said, if it was asked about the process as it is now.
    async fn take_answer(&self, seen: &Seen) -> Option<(Ask, Came)> {
        let asked = self.memory().asked.remove(&seen.id)?;
        if asked.after != seen.version {
            return None;
        }
        // A call that broke may have been carried out.
        let lost = |_| Came::Failed(ProcessFailure::Unknown, "outcome-unknown");
        Some((asked.ask, asked.answer.await.unwrap_or_else(lost)))
    }

    /// Asks the outside, and lets the runner go on.
    async fn ask(&self, seen: &Seen, step: ProcessStep, ask: Ask) -> Result<Next, ProcessError> {
        let Ok(permit) = self.permits.clone().try_acquire_owned() else {
            return Ok(again(LOOK, "other calls to end"));
        };
        let key = self.key_of(seen).await?;
        let Some(asking) = asking(&self.providers, &key, seen, step, ask)? else {
            return Ok(again(NO_PROVIDER, "a command server that is set for its provider"));
        };
        let (members, longest) = (self.members.clone(), self.options.longest_call);
        // All calls of a process are one trace: their correlation is the process.
        let mut span = TraceContext::of(CorrelationId::new(seen.id.uuid())).begin("process call");
        span.text("process.step", step.as_str());
        let answer = tasks::brief(async move {
            let begun = Instant::now();
            let answered = tokio::time::timeout(longest, span.context().scope(asking)).await;
            let came = answered.unwrap_or(Came::Failed(ProcessFailure::Unknown, "outcome-unknown"));
            span.text("process.outcome", came.label());
            drop(span);
            metrics::histogram!("outside_call_seconds", "step" => step.as_str()).record(begun.elapsed());
            metrics::counter!("outside_calls_total", "step" => step.as_str(), "outcome" => came.label()).increment(1);
            drop(permit);
            members.shared.wake.notify_one();
            came
        });
        self.memory().asked.insert(seen.id, Asked { after: seen.version, ask, answer });
        Ok(again(LOOK, "the provider's answer"))
    }

    /// Records what the outside said. What it does not know is asked for, never guessed.
    async fn settle(&self, seen: &Seen, step: ProcessStep, ask: Ask, came: Came) -> Result<Option<Next>, ProcessError> {
        let is_late = seen.process.has_deadline() && self.members.shared.clock.now() >= seen.process.started.deadline;
        match (came, step) {
            (Came::Done(code), _) => self.taken(seen, code).await,
            // Nothing is there to take back, and nothing can be from now on.
            (Came::NotFound, ProcessStep::Cancel) => self.taken(seen, None).await,
            (Came::NotFound, ProcessStep::Settle) => self.fail(seen, ProcessFailure::Contradiction, "not-found").await,
            (Came::NotFound, _) if ask == Ask::Find && !is_late => self.ask(seen, step, Ask::Do).await.map(Some),
            (Came::NotFound, _) if ask == Ask::Find => self.fail(seen, ProcessFailure::Late, "deadline-passed").await,
            (Came::NotFound, _) => self.fail(seen, ProcessFailure::Contradiction, "not-found").await,
            (Came::Refused(code), _) => self.fail(seen, ProcessFailure::Refused, code.as_str()).await,
            (Came::Pending | Came::Failed(..), _) if is_late => {
                self.fail(seen, ProcessFailure::Late, "deadline-passed").await
            }
            (Came::Pending, _) if seen.process.has_deadline() => {
                Ok(Some(again(self.pause_after_pending(seen.id), "the provider's decision")))
            }
            (Came::Pending, _) => self.fail(seen, ProcessFailure::Unknown, "still-pending").await,
            (Came::Failed(failure, code), _) => self.fail(seen, failure, code).await,
        }
    }

    async fn taken(&self, seen: &Seen, code: Option<SecretString>) -> Result<Option<Next>, ProcessError> {
        self.memory().pending.remove(&seen.id);
        let code = match code {
            Some(code) => {
                let key = self.key_of(seen).await?;
                let place = Place { stream: seen.id.into(), version: seen.version.next(), field: "code" };
                Some(seal_text(&key, place, code.expose_secret()).map_err(ProcessError::Step)?)
            }
            None => None,
        };
        self.report(seen, StepReport::Taken { code }).await?;
        pass(seen, KillMoment::Recorded);
        Ok(None)
    }

    async fn fail(&self, seen: &Seen, failure: ProcessFailure, code: &str) -> Result<Option<Next>, ProcessError> {
        self.memory().pending.remove(&seen.id);
        let OutsideOptions { unanswered, contradicted, .. } = self.options;
        let most = MostTries { unanswered, contradicted };
        let Some(failed) = seen.process.failed(failure, code, most) else { return Ok(None) };
        let report = StepReport::Failed { failure, code: code.to_owned(), unanswered, contradicted };
        self.report(seen, report).await?;
        pass(seen, KillMoment::Recorded);
        let is_tried_again = match failed.failure {
            ProcessFailure::Refused | ProcessFailure::Late => false,
            ProcessFailure::NotDone | ProcessFailure::Unknown | ProcessFailure::Contradiction => {
                failed.leaves != ProcessState::Stuck
            }
        };
        Ok(is_tried_again.then(|| again(self.pause(failed.tries), "the next try")))
    }

    fn pause(&self, tries: u32) -> Duration {
        let OutsideOptions { first_pause, longest_pause, .. } = self.options;
        first_pause.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1).min(20))).min(longest_pause)
    }

    fn pause_after_pending(&self, id: ProcessId) -> Duration {
        let asked = {
            let mut memory = self.memory();
            let asked = memory.pending.entry(id).or_default();
            *asked = asked.saturating_add(1);
            *asked
        };
        self.pause(asked).min(Duration::from_secs(60))
    }

    async fn key_of(&self, seen: &Seen) -> Result<DataKey, ProcessError> {
        let key = self.members.shared.vault.key(seen.process.started.owner).await.map_err(ProcessError::Vault)?;
        key.ok_or(ProcessError::KeyDestroyed)
    }

    async fn report(&self, seen: &Seen, report: StepReport) -> Result<(), ProcessError> {
        let command = AdvanceProcess { process: seen.id, after: seen.version, report };
        self.execute(seen, "advance", Command::AdvanceProcess(command)).await
    }

    /// The id of the command derives from the version: of two that would move the process on from there, one does.
    async fn execute(&self, seen: &Seen, what: &str, command: Command) -> Result<(), ProcessError> {
        let step = format!("{what}/{}", seen.version);
        let meta = step_meta(&self.members, NAME, seen.id.uuid(), &step);
        match self.bank.execute(Submission { actor: PROCESS_RUNNER, meta, act: None, command }).await {
            // What became of it shows when it is read.
            Ok(_) | Err(ExecuteError::ProcessUnknown | ExecuteError::InFlight) => Ok(()),
            Err(error) => Err(ProcessError::Step(error.into())),
        }
    }
}
