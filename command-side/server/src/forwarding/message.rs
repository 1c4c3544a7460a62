//! What the payloads of frames are: JSON.

use std::sync::Arc;

use application::{Answer, Command, ExecuteError, Meta, OperatorAct, Outcome, PresentedToken, Submission};
use kernel::{Actor, CommandId, CorrelationId};
use log::Fingerprint;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;
use traces::{SpanId, TraceContext};

/// The form of what follows. Servers of another form do not forward to each other.
pub(crate) const FORM: u32 = 3;

/// Frames are cut above this size. One command may be larger than it.
pub(crate) const FRAME_GOAL: usize = 256 * 1024;

/// No frame is larger: the largest body of a command is 4 MiB, and its answer repeats it with balances.
pub(crate) const FRAME_LIMIT: usize = 16 * 1024 * 1024;

/// The first payload of each side.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub(crate) form: u32,
}

/// A command as it was accepted: who asks is known, and what is asked is right in form.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Forwarded {
    actor: Actor,
    command_id: CommandId,
    fingerprint: Fingerprint,
    correlation: CorrelationId,
    token: Option<PresentedToken>,
    /// The span of the way here, if the request is recorded.
    #[serde(default)]
    span: Option<SpanId>,
    act: Option<OperatorAct>,
    command: Command,
}

/// A command with its number on this connection, and the microseconds that it may still wait.
#[derive(Debug, Deserialize)]
pub(crate) struct Numbered<'a>(pub(crate) u64, pub(crate) u64, #[serde(borrow)] pub(crate) &'a RawValue);

/// What came of a command.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    Answered { outcome: Arc<Outcome>, replayed: bool, token: String },
    Failed(ExecuteError),
}

impl Forwarded {
    pub(crate) fn json(submission: &Submission, span: Option<SpanId>) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            actor: Actor,
            command_id: CommandId,
            fingerprint: Fingerprint,
            correlation: CorrelationId,
            token: Option<PresentedToken>,
            #[serde(skip_serializing_if = "Option::is_none")]
            span: Option<SpanId>,
            act: Option<&'a OperatorAct>,
            command: &'a Command,
        }
        let Meta { command_id, fingerprint, correlation, token, .. } = submission.meta;
        let (actor, act, command) = (submission.actor, submission.act.as_ref(), &submission.command);
        serde_json::to_string(&Borrowed { actor, command_id, fingerprint, correlation, token, span, act, command })
    }

    pub(crate) fn submission(self, deadline: Instant) -> Submission {
        let Self { actor, command_id, fingerprint, correlation, token, span, act, command } = self;
        let trace = span.map_or(TraceContext::UNRECORDED, |span| TraceContext::under(correlation, span));
        let meta = Meta { command_id, fingerprint, correlation, deadline, token, trace };
        Submission { actor, meta, act, command }
    }
}

impl Reply {
    pub(crate) fn of(result: Result<Answer, ExecuteError>) -> Self {
        match result {
            Ok(Answer { answer, replayed, token }) => {
                Self::Answered { outcome: answer, replayed, token: token.to_string() }
            }
            Err(error) => Self::Failed(error),
        }
    }

    pub(crate) fn result(self) -> Result<Answer, ExecuteError> {
        match self {
            Self::Answered { outcome, replayed, token } => {
                // Of a peer that proved itself: a defect, and the command is carried out.
                let token = token.parse().map_err(|_| ExecuteError::OutcomeUnknown)?;
                Ok(Answer { answer: outcome, replayed, token })
            }
            Self::Failed(error) => Err(error),
        }
    }
}
