//! What a process is.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded;
use log::{Picked, ProcessInstance, ReadError};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;
use vault::{NewMessage, VaultError};

use crate::{ExecuteError, commands::MemberError};

/// Follows events of any aggregate, keeps an instance for each thing that it sees through, and takes the steps that are due.
///
/// One server runs it at a time, but a server that was thought dead may still be at work. So everything that it does may be
/// done twice: steps are commands whose ids derive from process, instance and step, and effects outside of the log are the
/// same the second time.
#[async_trait]
pub trait Process: Send + Sync {
    /// Its name in tables, command ids and metrics, and for operators. It never changes.
    fn name(&self) -> &'static str;

    /// The types of events that it follows.
    fn events(&self) -> &'static [&'static str];

    /// What an event makes of its instances. A deadline stands in the event, so it is in the log with its cause.
    fn on(&self, followed: &Followed) -> Vec<Change>;

    /// What an event asks for outside of the log, and the messages that are to be sent. Events come in the order of their
    /// positions, and may come again.
    async fn effects(&self, _followed: &Followed) -> Result<Vec<NewMessage>, ProcessError> {
        Ok(Vec::new())
    }

    /// Takes the next step of an instance that is due.
    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError>;
}

/// An event that a process follows, decoded.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Where it stands, when it was recorded, and who asked for it.
    pub picked: Picked,
    /// The event.
    pub event: recorded::Event,
}

/// What an event makes of an instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It starts; or starts again, with other data.
    Start {
        /// Its id.
        instance: Uuid,
        /// When its first step is due.
        first: FirstStep,
        /// What the process has to know of it later. No personal data.
        data: Value,
    },
    /// It is done. Nothing happens if there is none.
    End {
        /// Its id.
        instance: Uuid,
    },
}

/// When the first step of an instance is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstStep {
    /// At once.
    Now,
    /// At a deadline that the event gives.
    At(DateTime<Utc>),
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Nothing is left to do.
    Done,
    /// It is not over: the step is taken again after a while.
    Again {
        /// How long to wait, at least.
        after: Duration,
        /// What it waits for, for operators.
        waits_for: &'static str,
    },
    /// It cannot go on before an operator says how.
    Stuck {
        /// Why, for operators.
        why: String,
    },
}

/// Why a process cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The log, or what is kept beside it, cannot be read.
    #[error("the log cannot be read")]
    Log(#[source] ReadError),
    /// An event cannot be read.
    #[error("the event at position {position} cannot be read")]
    Event {
        /// Where it stands.
        position: kernel::Position,
        /// Why not.
        #[source]
        source: recorded::DecodeError,
    },
    /// An event says something of what never began.
    #[error("the event at position {position} rests on one that is not there")]
    Unfounded {
        /// Where it stands.
        position: kernel::Position,
    },
    /// The data of an instance have another shape than this build gives them.
    #[error("the data of the instance cannot be read")]
    Data(#[source] serde_json::Error),
    /// The vault cannot be brought up to the log.
    #[error("the vault cannot be brought up to the log")]
    Vault(#[source] VaultError),
    /// A step that is a command of a member was not carried out.
    #[error("a step could not be carried out")]
    Step(#[source] MemberError),
    /// A certificate cannot be written down.
    #[error("a certificate cannot be written down")]
    Certificate(#[source] serde_json::Error),
    /// What a process has to tell the outside was sealed for a member whose key is not there any more.
    #[error("the key of the account's owner is not in the vault")]
    KeyDestroyed,
}

impl ProcessError {
    /// Whether something that all processes need is away for the moment. Any other error is of the one instance: the others
    /// go on.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Log(error) => !matches!(error, ReadError::Damaged { .. }),
            Self::Vault(error) => matches!(error, VaultError::Unavailable(_) | VaultError::Kek(_)),
            Self::Step(MemberError::VaultUnavailable(_)) => true,
            Self::Step(MemberError::Execute(error)) => *error != ExecuteError::Internal,
            Self::Step(_)
            | Self::Event { .. }
            | Self::Unfounded { .. }
            | Self::Data(_)
            | Self::Certificate(_)
            | Self::KeyDestroyed => false,
        }
    }

    /// The error with its causes, on one line.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}
