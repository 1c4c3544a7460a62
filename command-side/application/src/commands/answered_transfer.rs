//! What was answered to the command that a transfer came of.
//!
//! The log does not hold commands, only what they wrote. Their answers are told from that alone, by the functions that answer a repeat.

use std::sync::Arc;

use events::recorded::{Event, StreamKind, TransferEvent};
use kernel::{Actor, ApprovalId, CommandId, Position, StreamId, TransferId, Version};
use log::{Appended, Commit, ReadError};

use super::{
    MemberError, Members,
    approval_answer::ApprovalAnswer,
    transfer_outcome::{transfer_outcome, transfers},
};
use crate::{
    Answer, ExecuteError, Outcome,
    engine::{IncompleteEvents, PendingEvent, Receipt, UnitOfWork, read_failed},
};

/// The command that a transfer came of, and its answer.
#[derive(Clone, Debug)]
pub struct AnsweredTransfer {
    /// The command.
    pub command_id: CommandId,
    /// Who sent it.
    pub actor: Actor,
    /// What a repeat of it is answered; none if it was a step of a process of the bank, which no client sent.
    pub answer: Option<Answer>,
}

/// So many positions are asked at once whether a commit ends there.
const ENDS: i64 = 512;

impl Members {
    /// What was answered to the command that a transfer came of, posted or refused.
    ///
    /// # Errors
    ///
    /// If there is no such transfer, or the log cannot be read.
    pub async fn answered_transfer(&self, transfer: TransferId) -> Result<AnsweredTransfer, MemberError> {
        let unknown = MemberError::Execute(ExecuteError::TransferUnknown);
        self.require_kind(transfer.into(), StreamKind::Transfer, unknown).await?;
        let commit = self.commit_with(transfer.into()).await?.ok_or(ExecuteError::Internal)?;
        let Receipt { answer, replayed, token } = self.engine().answer_again(&commit, outcome).await?;
        let answer = answer.map(|answer| Receipt { answer, replayed, token });
        Ok(AnsweredTransfer { command_id: commit.command_id, actor: commit.actor, answer })
    }

    /// The commit with the first event of a transfer. The first transfer of a command has the command's id.
    async fn commit_with(&self, transfer: StreamId) -> Result<Option<Commit>, MemberError> {
        let holds = |commit: &Commit| commit.events.iter().any(|event| event.stream == transfer);
        let own = self.engine().commit_of(CommandId::new(transfer.uuid())).await?.filter(holds);
        if own.is_some() {
            return Ok(own);
        }
        match self.command_with(transfer).await? {
            Some(command) => Ok(self.engine().commit_of(command).await?),
            None => Ok(None),
        }
    }

    /// The command that wrote the first event of a stream. The log is asked where commits end: the first end from that event on is that of its
    /// own commit.
    async fn command_with(&self, stream: StreamId) -> Result<Option<CommandId>, MemberError> {
        let log = &self.shared.log;
        let failed = |error: ReadError| read_failed(&error);
        let Some(first) = log.read_picked(stream, Version::ZERO.next()).await.map_err(failed)? else {
            return Ok(None);
        };
        let head = log.head().await.map_err(failed)?.position;
        let mut from = first.position;
        while from <= head {
            let ends: Vec<Position> = (0..ENDS).map(|index| from.plus(index)).collect();
            let found = log.commit_refs(&ends).await.map_err(failed)?;
            if let Some(commit) = found.into_iter().flatten().next() {
                return Ok(Some(commit.command_id));
            }
            from = from.plus(ENDS);
        }
        Ok(None)
    }
}

/// The outcome of the command that wrote these events; none if it was a step of a process of the bank.
///
/// Nothing tells a batch of one transfer from that transfer: it counts as the transfer.
fn outcome(
    events: &[PendingEvent],
    place: Appended,
    unit: &UnitOfWork,
) -> Result<Option<Arc<Outcome>>, IncompleteEvents> {
    let is_step = |event: &PendingEvent| {
        matches!(event.recorded, Event::StandingOrder(_) | Event::PayoutRun(_) | Event::Process(_))
    };
    if events.iter().any(is_step) {
        return Ok(None);
    }
    // What was approved is done in the commit of the approval, and whoever approved is told of that.
    if let Some(granted) = events.iter().find(|event| matches!(event.recorded, Event::Approval(_))) {
        let decided = ApprovalAnswer::decided_in(events, ApprovalId::new(granted.stream.uuid()), unit)?;
        return Ok(Some(Arc::new(Outcome::ApprovalDecided(decided.ok_or(IncompleteEvents)?))));
    }
    let is_transfer = |event: &&PendingEvent| {
        matches!(event.recorded, Event::Transfer(TransferEvent::Posted(_) | TransferEvent::Rejected(_)))
    };
    if events.iter().filter(is_transfer).count() == 1 {
        return transfer_outcome(events, Some(place), unit).map(Some);
    }
    let all = transfers(events, place, unit).into_iter().collect::<Result<_, _>>()?;
    Ok(Some(Arc::new(Outcome::Batch(all))))
}
