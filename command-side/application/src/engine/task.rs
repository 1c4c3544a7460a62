//! Commands on their way through the engine, their types erased.

use std::{any::Any, sync::Arc};

use kernel::{Actor, CommandId, CommitRef, ConsistencyToken, Ids};
use log::{Appended, NewCommit};
use tokio::{sync::oneshot, time::Instant};
use traces::OpenSpan;

use super::{
    Command, Decision, IncompleteEvents, Meta, OperatorAct, PendingEvent, Receipt, UnitOfWork, decision::Decided,
    in_flight::Claim, pending_event::position, queue::Waiting,
};
use crate::ExecuteError;

/// A submission on its way through the engine. Dropping it frees its command id for the next try.
pub struct Job {
    pub actor: Actor,
    pub meta: Meta,
    pub queued_at: Instant,
    /// From here to its answer.
    pub span: OpenSpan,
    act: Option<OperatorAct>,
    is_error: bool,
    claim: Claim,
    task: Box<dyn Task>,
}

/// An answer as it is kept for a retry.
pub type KeptAnswer = Arc<dyn Any + Send + Sync>;

/// A command with the place its outcome goes to.
trait Task: Send {
    fn weight(&self) -> usize;

    /// Decides, if whoever asks was admitted. `false` if it comes to an error, which it holds.
    fn decide(&mut self, work: &mut Decision<'_>, admitted: Result<(), ExecuteError>) -> bool;

    /// Makes the answer ready, from the events that were written.
    fn answer(
        &mut self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
        receipt: Receipt<()>,
    ) -> Result<(), IncompleteEvents>;

    /// The answer that is ready, to be kept.
    fn kept(&self) -> Option<KeptAnswer>;

    /// Sends what is ready, or this error.
    fn finish(self: Box<Self>, failed: Option<ExecuteError>);
}

/// A command of a known type.
struct TypedTask<C: Command> {
    command: C,
    rules: Arc<C::Rules>,
    outcome: Option<Result<Receipt<C::Answer>, C::Error>>,
    /// Whether it wrote anything. If not, the same command may come to something later: its answer is not kept.
    has_written: bool,
    reply: oneshot::Sender<Result<Receipt<C::Answer>, C::Error>>,
}

impl<C: Command> Task for TypedTask<C> {
    fn weight(&self) -> usize {
        self.command.weight()
    }

    fn decide(&mut self, work: &mut Decision<'_>, admitted: Result<(), ExecuteError>) -> bool {
        let decided = admitted.map_err(C::Error::from).and_then(|()| self.command.decide(&self.rules, work));
        self.outcome = decided.err().map(Err);
        self.outcome.is_none()
    }

    fn answer(
        &mut self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
        receipt: Receipt<()>,
    ) -> Result<(), IncompleteEvents> {
        let answer = self.command.answer(events, place, unit)?;
        self.outcome = Some(Ok(receipt.map(|()| answer)));
        self.has_written = place.is_some();
        Ok(())
    }

    fn kept(&self) -> Option<KeptAnswer> {
        match &self.outcome {
            Some(Ok(receipt)) if self.has_written => Some(Arc::new(receipt.clone())),
            _ => None,
        }
    }

    fn finish(self: Box<Self>, failed: Option<ExecuteError>) {
        let outcome = match failed {
            Some(error) => Err(error.into()),
            None => self.outcome.unwrap_or_else(|| Err(ExecuteError::Internal.into())),
        };
        // The client may have gone; what was decided stands all the same.
        let _ = self.reply.send(outcome);
    }
}

impl Job {
    pub fn new<C: Command>(
        (actor, meta, act): (Actor, Meta, Option<OperatorAct>),
        (command, rules): (C, Arc<C::Rules>),
        claim: Claim,
        reply: oneshot::Sender<Result<Receipt<C::Answer>, C::Error>>,
    ) -> Self {
        let task = Box::new(TypedTask { command, rules, outcome: None, has_written: false, reply });
        let span = meta.trace.begin("command");
        Self { actor, meta, queued_at: Instant::now(), span, act, is_error: false, claim, task }
    }

    /// Decides the command on the unit of work. After a defect the unit of work is worth nothing.
    pub fn decide(&mut self, unit: &mut UnitOfWork, ids: &dyn Ids) -> Decided {
        let mut work = Decision::new(unit, ids, self.actor, self.meta.command_id);
        let admitted = work.admit(self.meta.token, self.act.as_ref());
        self.is_error = !self.task.decide(&mut work, admitted);
        if !self.is_error {
            work.sign(self.meta.token);
        }
        work.finish(self.is_error)
    }

    /// Whether it was decided that nothing is written, for an error.
    pub fn is_error(&self) -> bool {
        self.is_error
    }

    /// What the log is to be given.
    pub fn commit(&self, events: &[PendingEvent]) -> Result<NewCommit, serde_json::Error> {
        let Meta { command_id, fingerprint, correlation, .. } = self.meta;
        let events = events.iter().map(PendingEvent::new_event).collect::<Result<_, _>>()?;
        Ok(NewCommit { command_id, fingerprint, actor: self.actor, correlation, events })
    }

    /// Makes the answer to events at a place ready.
    pub fn answer(
        &mut self,
        events: &[PendingEvent],
        place: Appended,
        unit: &UnitOfWork,
        replayed: bool,
    ) -> Result<(), IncompleteEvents> {
        let receipt = receipt(self.meta.command_id, events, place, replayed);
        self.task.answer(events, Some(place), unit, receipt)
    }

    /// Makes the answer ready if nothing had to be written. It is as fresh as the log's end, which is given.
    pub fn answer_idle(&mut self, token: ConsistencyToken, unit: &UnitOfWork) -> Result<(), IncompleteEvents> {
        self.task.answer(&[], None, unit, Receipt { answer: (), replayed: false, token })
    }

    /// The answer that is ready, to be kept for a retry.
    pub fn kept(&self) -> Option<KeptAnswer> {
        self.task.kept()
    }

    /// Answers with what is ready: an answer, or the error that was decided.
    pub fn finish(self) {
        self.send(None);
    }

    /// Answers that it was not carried out, or that nobody knows.
    pub fn fail(self, error: ExecuteError) {
        self.send(Some(error));
    }

    fn send(mut self, failed: Option<ExecuteError>) {
        if failed.is_some() {
            self.span.fail();
        }
        // First the command id, then the answer: whoever has the answer may send the next request at once.
        drop(self.claim);
        drop(self.span);
        self.task.finish(failed);
    }
}

impl Waiting for Job {
    fn principal(&self) -> Actor {
        self.actor
    }

    fn weight(&self) -> usize {
        self.task.weight()
    }
}

/// The receipt for events at a place.
pub fn receipt(command_id: CommandId, events: &[PendingEvent], place: Appended, replayed: bool) -> Receipt<()> {
    let position = position(place.first, events.len().saturating_sub(1));
    let commit = CommitRef { position, command_id, recorded_at: place.recorded_at };
    Receipt { answer: (), replayed, token: ConsistencyToken::of(place.log, Some(commit)) }
}
