//! Looking without writing, in the task of who asks: what the log tells of a used key, what a command would come to now, and what
//! a stream holds. Nothing here is kept, and everything is read afresh.

use std::error::Error;

use kernel::{Actor, CommandId, StreamId};
use log::{Appended, Commit, ReadError};
use uuid::Uuid;

use super::{
    Command, Decision, Engine, IncompleteEvents, Log, Meta, PendingEvent, Receipt, UnitOfWork,
    decision::Decided,
    read_error::{read_failed, unanswered},
    task::receipt,
};
use crate::ExecuteError;

/// Of a command that is only looked at.
const NO_COMMAND: CommandId = CommandId::new(Uuid::nil());

impl<R: Send + Sync + 'static> Engine<R> {
    /// What came of a command, if it is in the log.
    pub async fn recall<C: Command<Rules = R>>(
        &self,
        meta: &Meta,
        command: &C,
    ) -> Result<Option<Receipt<C::Answer>>, C::Error> {
        let Some(commit) = self.commit_of(meta.command_id).await? else { return Ok(None) };
        if commit.fingerprint != meta.fingerprint {
            return Err(ExecuteError::KeyReused.into());
        }
        let answer =
            |events: &[PendingEvent], place: Appended, unit: &UnitOfWork| command.answer(events, Some(place), unit);
        let receipt = self.answer_again(&commit, answer).await?;
        metrics::counter!(self.options().metrics.replays).increment(1);
        Ok(Some(receipt))
    }

    /// What a command wrote, if it is in the log.
    pub async fn commit_of(&self, command: CommandId) -> Result<Option<Commit>, ExecuteError> {
        let found = find(self.log(), command).await.map_err(|error| read_failed(&error))?;
        Ok(found.into_iter().next())
    }

    /// The receipt for what a command wrote, as a repeat of the command gets it.
    pub async fn answer_again<T: Send>(
        &self,
        commit: &Commit,
        answer: impl Fn(&[PendingEvent], Appended, &UnitOfWork) -> Result<T, IncompleteEvents> + Send,
    ) -> Result<Receipt<T>, ExecuteError> {
        let (log, metrics) = (self.log(), self.options().metrics);
        let defect = |error: &dyn Error| {
            tracing::error!(
                error = error.to_string(), command.id = %commit.command_id,
                "a commit cannot be read again"
            );
            ExecuteError::Internal
        };
        let events = PendingEvent::of_commit(commit).map_err(|error| defect(&error))?;
        let id = log.head().await.map_err(|error| unanswered(&error))?.log;
        let place = Appended { log: id, first: commit.first, recorded_at: commit.recorded_at };
        let mut unit = UnitOfWork::new(0, metrics);
        let answer = loop {
            let answer = answer(&events, place, &unit);
            if !unit.lacks_any() {
                break answer.map_err(|error| defect(&error))?;
            }
            unit.read_missing_patiently(log).await.map_err(|error| unanswered(&error))?;
        };
        Ok(receipt(commit.command_id, &events, place, true).map(|()| answer))
    }

    /// The events that a command would write now.
    pub async fn foresee<C: Command<Rules = R>>(
        &self,
        actor: Actor,
        command: &C,
    ) -> Result<Vec<PendingEvent>, C::Error> {
        let mut unit = UnitOfWork::new(0, self.options().metrics);
        loop {
            let mut work = Decision::new(&mut unit, self.ids(), actor, NO_COMMAND);
            let error = command.decide(self.rules(), &mut work).err();
            let Decided { events, defect, .. } = work.finish(error.is_some());
            if unit.lacks_any() {
                unit.roll_back_all();
                unit.read_missing_patiently(self.log()).await.map_err(|error| read_failed(&error))?;
                continue;
            }
            if let Some(defect) = defect {
                let error = &defect as &dyn Error;
                tracing::error!(error, "a command does not fit the log");
                return Err(ExecuteError::Internal.into());
            }
            return error.map_or(Ok(events), Err);
        }
    }

    /// One stream, whatever it is.
    pub async fn read(&self, stream: StreamId) -> Result<UnitOfWork, ExecuteError> {
        let mut unit = UnitOfWork::new(0, self.options().metrics);
        unit.stream(stream);
        unit.read_missing_patiently(self.log()).await.map_err(|error| read_failed(&error))?;
        if unit.is_broken(stream) {
            return Err(ExecuteError::Internal);
        }
        Ok(unit)
    }
}

/// What a command wrote, also if it must be fetched first.
async fn find(log: &dyn Log, command: CommandId) -> Result<Vec<Commit>, ReadError> {
    match log.find_commits(&[command]).await {
        Err(ReadError::NotFetched(wanted)) => {
            for wanted in wanted {
                log.fetch(wanted).await?;
            }
            log.find_commits(&[command]).await
        }
        found => found,
    }
}
