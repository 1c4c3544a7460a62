//! Carrying an erasure through: fence the owner in the log, revoke, wait until every server knows, look at the accounts
//! again, destroy, tell the log.

use std::collections::{BTreeMap, BTreeSet};

use chrono::SubsecRound;
use contracts::recorded::{MemberErased, MemberRecorded, Recorded};
use domain::member::{Deciding, MemberEvent, MemberRefusal, PersonEvent, StateReader};
use kernel::{Actor, MemberId, Role, StreamId};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;
use vault::Certificate;

use super::{
    ProcessRunner, RoundError,
    step::{PROCESS_RUNNER, step_id},
    timers::Asked,
};
use crate::{
    Command, ExecuteError, Submission,
    members::{
        MemberError,
        accounts::OpenAccount,
        handler::{At, CommandHandler, PendingEvent},
        unit_of_work::UnitOfWork,
    },
};

/// When this server revoked the tokens of whom it is erasing, and what the log has been told to wait for.
#[derive(Default)]
pub struct Revoked {
    at: BTreeMap<Uuid, Instant>,
    waiting: BTreeSet<Uuid>,
}

/// The owner's stream in the log says that they left: no server will ever open an account for them again.
#[derive(Clone, Copy, Debug)]
struct Fence(());

/// From now on no account is opened for a member who is leaving.
struct Enclose {
    member: MemberId,
    erasure: Uuid,
}

impl CommandHandler for Enclose {
    type Answer = Fence;

    fn actor(&self, _: &UnitOfWork) -> Actor {
        PROCESS_RUNNER
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        Ok(deciding.fence(self.member, self.erasure))
    }

    fn tell(&self, events: &[PendingEvent], unit: &UnitOfWork) -> Result<Fence, MemberError> {
        let written = events.iter().any(|event| matches!(event.recorded, Recorded::OwnerLeft(_)));
        if written || unit.owner(self.member).has_left() {
            return Ok(Fence(()));
        }
        tracing::error!(member.id = %self.member, "an erasure under way is not told by the member's stream");
        Err(ExecuteError::Internal.into())
    }
}

/// Nothing personal is left.
struct Finish {
    member: MemberId,
    erasure: Uuid,
    digest: String,
}

impl CommandHandler for Finish {
    type Answer = ();

    fn actor(&self, _: &UnitOfWork) -> Actor {
        PROCESS_RUNNER
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        Ok(deciding.finish_erasure(self.member, self.erasure))
    }

    fn record(&self, event: &MemberEvent, _: At, _: &UnitOfWork) -> Result<Option<MemberRecorded>, MemberError> {
        let MemberEvent::Person(_, PersonEvent::Erased) = event else { return Ok(None) };
        Ok(Some(MemberErased { erasure: self.erasure, digest: self.digest.clone() }.into()))
    }

    fn tell(&self, _: &[PendingEvent], _: &UnitOfWork) -> Result<(), MemberError> {
        Ok(())
    }
}

impl ProcessRunner {
    /// Carries every erasure one step further, or through.
    pub(super) async fn carry_erasures(&mut self) -> Result<(), RoundError> {
        let Some(watching) = &self.watching else { return Ok(()) };
        let asked: Vec<(Uuid, Asked)> = watching.erasures.iter().map(|(id, asked)| (*id, asked.clone())).collect();
        self.revoked.at.retain(|id, _| asked.iter().any(|(erasure, _)| erasure == id));
        self.revoked.waiting.retain(|id| asked.iter().any(|(erasure, _)| erasure == id));
        for (erasure, asked) in asked {
            match self.carry_erasure(erasure, &asked).await {
                // A stream of one member that cannot be read holds up nobody else.
                Err(RoundError::Step(MemberError::Execute(ExecuteError::Internal))) => {
                    metrics::counter!("processes_failures").increment(1);
                    tracing::error!(
                        erasure.id = %erasure, member.id = %asked.member,
                        "an erasure cannot go on; run `jangbu log verify`"
                    );
                }
                outcome => outcome?,
            }
        }
        metrics::gauge!("erasures_waiting_for_accounts").set(self.revoked.waiting.len() as f64);
        Ok(())
    }

    async fn carry_erasure(&mut self, erasure: Uuid, asked: &Asked) -> Result<(), RoundError> {
        // Read from the log in every round: a log that was restored meanwhile may have lost the fence. Erasures that an older
        // version of the bank requested have none yet.
        let fence = self.fence(erasure, asked.member).await?;
        if self.is_revoked_everywhere(erasure, asked.member).await?
            && self.are_accounts_closed(erasure, asked.member, fence).await?
        {
            self.finish(erasure, asked, fence).await?;
        }
        Ok(())
    }

    async fn fence(&self, erasure: Uuid, member: MemberId) -> Result<Fence, RoundError> {
        if self.members.unit_of(member.owner_stream()).await.map_err(RoundError::Step)?.owner(member).has_left() {
            return Ok(Fence(()));
        }
        let (enclose, step) = (Enclose { member, erasure }, self.step(erasure, "fence"));
        let locks = [StreamId::new(member.uuid()), member.owner_stream()];
        let told = self.members.carry_out(&enclose, &step, &locks).await.map_err(RoundError::Step)?;
        Ok(told.answer)
    }

    /// Whether every server has known for sure that the member's tokens count no more. The time is counted from when this
    /// server saw to it, by its own clock that only goes forward.
    async fn is_revoked_everywhere(&mut self, erasure: Uuid, member: MemberId) -> Result<bool, RoundError> {
        let shared = &self.members.shared;
        let since = match self.revoked.at.get(&erasure) {
            Some(since) => *since,
            None => {
                shared.vault.revoke_member(member).await.map_err(RoundError::Vault)?;
                *self.revoked.at.entry(erasure).or_insert_with(Instant::now)
            }
        };
        Ok(since.elapsed() >= shared.options.revoked_everywhere)
    }

    /// Whether no account is open: the second look, now that nobody can open another. An empty one that an older version of
    /// the bank opened in the meantime is closed for the member; one that holds money is an operator's case, and the erasure
    /// waits.
    async fn are_accounts_closed(&mut self, erasure: Uuid, member: MemberId, _: Fence) -> Result<bool, RoundError> {
        let open = self.members.accounts_not_closed(member).await.map_err(RoundError::Step)?;
        let mut held = 0;
        for account in open {
            if !account.closable || !self.close(erasure, member, &account).await {
                held += 1;
            }
        }
        if held == 0 {
            self.revoked.waiting.remove(&erasure);
        } else if self.revoked.waiting.insert(erasure) {
            tracing::warn!(
                erasure.id = %erasure, member.id = %member, accounts = held,
                "an erasure waits: the member has accounts that cannot be closed"
            );
        }
        Ok(held == 0)
    }

    /// Closes an account as the member would; whether it is closed. The version is in the step: what is refused today may
    /// be granted when something has happened to the account.
    async fn close(&self, erasure: Uuid, member: MemberId, open: &OpenAccount) -> bool {
        let step = format!("close/{}/{}", open.account, open.version);
        let meta = self.step(erasure, &step);
        let submission = Submission {
            actor: Actor { role: Role::Member, id: member },
            command_id: step_id(erasure, &step),
            fingerprint: meta.fingerprint,
            correlation: meta.correlation,
            deadline: meta.deadline,
            token: None,
            command: Command::CloseAccount {
                account: open.account,
                reason: Some("its owner is being erased".to_owned()),
            },
        };
        match self.bank.execute(submission).await {
            Ok(answer) => matches!(&*answer.outcome, crate::Outcome::Changed(_)),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an account of a leaving member is still open"
                );
                false
            }
        }
    }

    /// Destroys what is personal, keeps the certificate, and tells the log. Never without the fence.
    async fn finish(&mut self, erasure: Uuid, asked: &Asked, _: Fence) -> Result<(), RoundError> {
        let shared = &self.members.shared;
        // What a database keeps of a time, so that the certificate is the same when it is read back.
        let (requested_at, now) = (asked.at.trunc_subsecs(6), shared.clock.now().trunc_subsecs(6));
        let erased = shared.vault.erase(erasure, asked.member, &asked.by, requested_at, now).await;
        let digest = digest(&erased.map_err(RoundError::Vault)?).map_err(RoundError::Certificate)?;
        let finish = Finish { member: asked.member, erasure, digest };
        let stream = StreamId::new(asked.member.uuid());
        self.members.carry_out(&finish, &self.step(erasure, "erased"), &[stream]).await.map_err(RoundError::Step)?;
        metrics::counter!("members_erased").increment(1);
        tracing::info!(erasure.id = %erasure, member.id = %asked.member, "a member was erased");
        if let Some(watching) = &mut self.watching {
            watching.erasures.remove(&erasure);
        }
        Ok(())
    }
}

/// SHA-256 of a certificate as JSON, in hexadecimal digits.
fn digest(certificate: &Certificate) -> Result<String, serde_json::Error> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(certificate)?)))
}
