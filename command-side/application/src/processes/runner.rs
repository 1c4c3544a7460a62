//! The runner: one server leads, follows the log for all processes, and takes the steps that are due.

use std::{collections::HashMap, error::Error, num::NonZeroUsize, sync::Arc, time::Duration};

use kernel::{AccountId, CommitRef, MemberId, Position};
use log::{Leadership, ProcessStore};
use lru::LruCache;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{
    all,
    destroy_again::DestroyAgain,
    process::{Process, ProcessError},
};
use crate::{CommandPort, commands::Members};

/// Runs the processes. One in each command server, of which one leads.
pub struct ProcessRunner {
    pub(super) members: Members,
    pub(super) store: Arc<dyn ProcessStore>,
    pub(super) processes: Vec<Box<dyn Process>>,
    /// Shown to operators as the one who leads.
    holder: String,
    /// Why events are not followed, if it is for an operator to decide what is true.
    trouble: watch::Sender<Option<String>>,
}

/// What a leader knows. A new one begins with nothing: all of it is in the log, beside it, or in the vault.
pub(super) struct Lead {
    pub(super) leadership: Box<dyn Leadership>,
    pub(super) reading: Option<Reading>,
    /// The end of the log at which the log was last found to be the one that the vault was brought up to.
    pub(super) checked: Option<CommitRef>,
    pub(super) again: DestroyAgain,
    /// Instances whose step is not taken before then, although it is due.
    pub(super) not_before: HashMap<(&'static str, Uuid), Instant>,
    pub(super) swept: Option<Instant>,
    pub(super) counted: Option<Instant>,
    /// Whose the accounts are that notifications were about: that never changes. None of the bank's own.
    pub(super) owners: LruCache<AccountId, Option<MemberId>>,
}

/// How far the log was followed.
pub(super) struct Reading {
    /// Instances were made of everything up to here.
    pub(super) instances: Position,
    /// The vault was brought up to everything up to here.
    pub(super) effects: Position,
    /// What is kept beside the log, for each process.
    pub(super) cursors: Vec<Position>,
    /// How far the vault has been brought, as it was last seen.
    pub(super) vault: Position,
}

/// Why a round ended early. The next one begins where it was.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("the vault is at position {cursor}, the log ends at {head}: it is not the log this vault belongs to")]
    Ahead { cursor: Position, head: Position },
    #[error(
        "the vault was brought up to a commit at position {} that the log does not hold: one of the two was restored from a \
         backup. If the log is right, `jangbu log adopt --reason WHY` brings the vault to it", .0.position
    )]
    OtherHistory(CommitRef),
    #[error("another server runs the processes now")]
    Deposed,
}

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// So many owners of accounts are remembered; one forgotten costs a look-up.
const KNOWN_OWNERS: NonZeroUsize = NonZeroUsize::new(20_000).expect("more than none");
/// How often a server that does not lead asks whether it may.
const STANDBY: Duration = Duration::from_millis(500);

impl ProcessRunner {
    /// For these members; accounts that an erased member opened in the last moment are closed through the bank. `holder` names
    /// this server for operators.
    pub fn new(
        members: Members,
        bank: impl CommandPort,
        store: Arc<dyn ProcessStore>,
        holder: impl Into<String>,
    ) -> Self {
        let processes = all(&members, Arc::new(bank), &store);
        Self { members, store, processes, holder: holder.into(), trouble: watch::Sender::new(None) }
    }

    /// Runs this process too.
    pub fn with(mut self, process: impl Process + 'static) -> Self {
        self.processes.push(Box::new(process));
        self
    }

    /// Reports there why events are not followed, if it is for an operator to decide what is true.
    pub fn reporting(self, trouble: watch::Sender<Option<String>>) -> Self {
        Self { trouble, ..self }
    }

    /// Works until `stop` comes. Being stopped anywhere is as good as a crash: nothing is lost and nothing doubled.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut lead: Option<Lead> = None;
        let mut standby = None;
        let mut failures = 0;
        loop {
            let round = tokio::select! {
                () = &mut stop => break,
                round = self.round_or_standby(&mut lead, &mut standby) => round,
            };
            let pause = match round {
                Ok(Pace::AtOnce) => continue,
                Ok(Pace::After(pause)) => {
                    failures = 0;
                    pause
                }
                Err(RoundError::Deposed) => {
                    lead = None;
                    tracing::warn!("another server runs the processes now");
                    STANDBY
                }
                Err(error) => {
                    failures += 1;
                    metrics::counter!("processes_failures_total").increment(1);
                    tracing::error!(error = &error as &dyn Error, failures, "the process runner is held up");
                    LONGEST_PAUSE.min(self.members.shared.options.poll * 2_u32.saturating_pow(failures.min(8)))
                }
            };
            tokio::select! {
                () = &mut stop => break,
                () = sleep(pause) => {}
                // Only the leader has anything to do for it.
                () = self.members.shared.wake.notified(), if failures == 0 && lead.is_some() => {}
            }
        }
        metrics::gauge!("processes_leading").set(0.0);
        if let Some(lead) = lead {
            lead.leadership.release().await;
        }
    }

    /// One round as leader; or a look whether this server may lead. `standby` is the end at which a server that does not lead
    /// last found that vault and log are of one history.
    async fn round_or_standby(
        &self,
        lead: &mut Option<Lead>,
        standby: &mut Option<CommitRef>,
    ) -> Result<Pace, RoundError> {
        if lead.as_ref().is_some_and(|lead| !lead.leadership.is_held()) {
            *lead = None;
        }
        metrics::gauge!("processes_leading").set(f64::from(u8::from(lead.is_some())));
        let round = match lead {
            Some(lead) => self.round(lead).await,
            None => match self.store.try_lead(&self.holder).await.map_err(ProcessError::Log)? {
                Some(leadership) => {
                    tracing::info!(epoch = leadership.epoch(), "this server runs the processes");
                    *lead = Some(Lead::new(leadership));
                    return Ok(Pace::AtOnce);
                }
                None => self.look_at_history(standby).await.map(|()| Pace::After(STANDBY)),
            },
        };
        match &round {
            Ok(_) => {
                self.trouble.send_if_modified(|trouble| trouble.take().is_some());
            }
            // Vault and log are not of one history: nothing counts that was read before.
            Err(error @ (RoundError::OtherHistory(_) | RoundError::Ahead { .. })) => {
                lead.iter_mut().for_each(Lead::forget);
                *standby = None;
                self.trouble.send_replace(Some(error.to_string()));
            }
            Err(_) => {}
        }
        round
    }

    async fn round(&self, lead: &mut Lead) -> Result<Pace, RoundError> {
        if lead.again.go_on(&self.members).await? || self.follow(lead).await? {
            return Ok(Pace::AtOnce);
        }
        self.take_steps(lead).await?;
        self.do_housekeeping(lead).await?;
        if self.notify(lead).await? {
            return Ok(Pace::AtOnce);
        }
        Ok(Pace::After(self.members.shared.options.poll))
    }
}

/// When the next round begins.
enum Pace {
    AtOnce,
    After(Duration),
}

impl Lead {
    fn new(leadership: Box<dyn Leadership>) -> Self {
        Self {
            leadership,
            reading: None,
            checked: None,
            again: DestroyAgain::default(),
            not_before: HashMap::new(),
            swept: None,
            counted: None,
            owners: LruCache::new(KNOWN_OWNERS),
        }
    }

    /// Forgets what was read: the next round begins at what is kept beside the log.
    pub(super) fn forget(&mut self) {
        (self.reading, self.checked) = (None, None);
    }
}
