//! The process runner: what has to follow from the events of members, in the end, whatever crashed.
//!
//! It reads those events in order and brings the vault after them: passwords settled or destroyed, messages queued, keys
//! of erased members destroyed again should a backup bring them back. Sign-ups whose time ran out are ended, erasures
//! carried through. Every step may be repeated, by this server or by another at the same time: the cursor in the vault
//! is a fence for the messages, command ids derived from the step are one for the log, and the rest is idempotent.

mod destroy_again;
mod erasure;
mod follow;
mod messages;
mod sign_up_expiry;
mod step;
mod timers;

use std::{error::Error, time::Duration};

use kernel::{CommitRef, Position};
use log::ReadError;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use vault::VaultError;

use self::{destroy_again::DestroyAgain, erasure::Revoked, timers::Watching};
use super::{MemberError, Members};
use crate::Bank;

/// Does what follows from the events of members. One in each command server.
pub struct ProcessRunner {
    members: Members,
    bank: Bank,
    /// How far the vault has been brought, as it was last seen.
    cursor: Option<Position>,
    /// The end of the log at which the log was last found to be the one that the vault was brought after.
    checked: Option<CommitRef>,
    /// Why members' events are not followed, if it is for an operator to decide what is true.
    trouble: watch::Sender<Option<String>>,
    watching: Option<Watching>,
    again: DestroyAgain,
    revoked: Revoked,
    saved: Option<(Instant, Position)>,
    swept: Option<Instant>,
}

/// Why a round ended early. The next one begins where it was.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error("the log cannot be read")]
    Log(#[source] ReadError),
    #[error("the event at position {position} cannot be read")]
    Event {
        position: Position,
        #[source]
        source: contracts::recorded::DecodeError,
    },
    #[error("the event at position {position} rests on one that is not there")]
    Unfounded { position: Position },
    #[error("the vault is at position {cursor}, the log ends at {head}: it is not the log this vault belongs to")]
    Ahead { cursor: Position, head: Position },
    #[error(
        "the vault was brought after a commit at position {} that the log does not hold: one of the two was restored from a \
         backup. If the log is right, `jangbu log adopt --reason WHY` brings the vault to it", .0.position
    )]
    OtherHistory(CommitRef),
    #[error("the vault cannot be brought after the log")]
    Vault(#[source] VaultError),
    #[error("a step of the process runner could not be carried out")]
    Step(#[source] MemberError),
    #[error("a certificate cannot be written down")]
    Certificate(#[source] serde_json::Error),
}

/// Snapshots of what is watched are written this often, if anything has changed.
const SAVE_EVERY: Duration = Duration::from_secs(60);
/// What sign-ups left in the vault is swept this often.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl ProcessRunner {
    /// For these members; accounts that an erased member opened in the last moment are closed through the bank.
    pub fn new(members: Members, bank: Bank) -> Self {
        Self {
            members,
            bank,
            cursor: None,
            checked: None,
            trouble: watch::Sender::new(None),
            watching: None,
            again: DestroyAgain::default(),
            revoked: Revoked::default(),
            saved: None,
            swept: None,
        }
    }

    /// Tells there why members' events are not followed, if it is for an operator to decide what is true.
    pub fn telling(self, trouble: watch::Sender<Option<String>>) -> Self {
        Self { trouble, ..self }
    }

    /// Works until `stop` comes. Being stopped anywhere is as good as a crash: nothing is lost and nothing doubled.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut failures = 0;
        loop {
            let round = tokio::select! {
                () = &mut stop => return,
                round = self.round() => round,
            };
            let pause = match round {
                Ok(true) => {
                    self.trouble.send_if_modified(|trouble| trouble.take().is_some());
                    continue;
                }
                Ok(false) => {
                    self.trouble.send_if_modified(|trouble| trouble.take().is_some());
                    failures = 0;
                    self.members.shared.options.poll
                }
                Err(error) => {
                    self.judge(&error);
                    failures += 1;
                    metrics::counter!("processes_failures").increment(1);
                    tracing::error!(error = &error as &dyn Error, failures, "the process runner is held up");
                    LONGEST_PAUSE.min(self.members.shared.options.poll * 2_u32.saturating_pow(failures.min(8)))
                }
            };
            tokio::select! {
                () = &mut stop => return,
                () = sleep(pause) => {}
                () = self.members.shared.wake.notified(), if failures == 0 => {}
            }
        }
    }

    /// After an error that says that vault and log are not of one history, nothing counts that was read before.
    fn judge(&mut self, error: &RoundError) {
        if matches!(error, RoundError::OtherHistory(_) | RoundError::Ahead { .. }) {
            (self.cursor, self.checked, self.watching) = (None, None, None);
            self.trouble.send_replace(Some(error.to_string()));
        }
    }

    /// One round; whether there is more to do at once.
    async fn round(&mut self) -> Result<bool, RoundError> {
        if self.destroy_again().await? {
            return Ok(true);
        }
        if self.follow().await? {
            return Ok(true);
        }
        self.expire_sign_ups().await?;
        self.carry_erasures().await?;
        self.sweep().await?;
        self.save().await;
        Ok(false)
    }
}
