//! The process `erasure`: carries an erasure through: fence the owner in the log, revoke, wait until every server knows, look at the accounts
//! again, destroy, record it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use domain::member::StateReader;
use events::recorded::{ErasureRequested, Event, MemberErased, MemberEvent, OwnerEvent};
use kernel::{Actor, MemberId, Role};
use log::{Appended, ProcessInstance};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;
use vault::{Certificate, NewMessage};

use super::{
    accounts::{OpenAccount, not_closed},
    process::{Change, FirstStep, Followed, Next, Process, ProcessError},
    step::{PROCESS_RUNNER, step_meta},
};
use crate::{
    CloseAccount, Command, CommandPort, Submission,
    commands::{MemberAnswer, MemberError, MemberRules, Members},
    engine::{self, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

const NAME: &str = "erasure";
/// The longest pause between two looks at the accounts of a member who waits to be erased.
const LONGEST_LOOK: Duration = Duration::from_secs(60);

/// One instance for each erasure.
pub struct Erasure {
    members: Members,
    bank: Arc<dyn CommandPort>,
    underway: Mutex<BTreeMap<Uuid, Underway>>,
}

/// What this server knows of an erasure, besides the log.
#[derive(Clone, Copy)]
struct Underway {
    /// When this server revoked the member's tokens.
    revoked: Instant,
    /// How often the member's accounts were looked at in vain.
    looks: u32,
}

/// Who is to be erased, and who asked for it: the data of an instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    member: MemberId,
    /// As `role:id`.
    by: String,
    at: DateTime<Utc>,
}

/// The owner's stream in the log says that they left: no server will ever open an account for them again.
#[derive(Clone, Copy, Debug)]
struct Fence(());

/// From now on no account is opened for a member who is leaving.
struct Enclose {
    member: MemberId,
    erasure: Uuid,
}

impl engine::Command for Enclose {
    type Rules = MemberRules;
    type Answer = MemberAnswer<Fence>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).fence(self.member, self.erasure);
        rules.record_plain(Ok(decided), work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<MemberAnswer<Fence>, IncompleteEvents> {
        let written = events.iter().any(|event| matches!(event.recorded, Event::Owner(OwnerEvent::Left(_))));
        if written || unit.owner(self.member).has_left() {
            return Ok(Ok(Fence(())));
        }
        tracing::error!(member.id = %self.member, "the member's stream does not say that an erasure is under way");
        Err(IncompleteEvents)
    }
}

/// Nothing personal is left.
struct Finish {
    member: MemberId,
    erasure: Uuid,
    digest: String,
}

impl engine::Command for Finish {
    type Rules = MemberRules;
    type Answer = MemberAnswer<()>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).finish_erasure(self.member, self.erasure, self.digest.clone());
        rules.record_plain(Ok(decided), work)
    }

    fn answer(
        &self,
        _: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<()>, IncompleteEvents> {
        Ok(Ok(()))
    }
}

#[async_trait]
impl Process for Erasure {
    fn name(&self) -> &'static str {
        NAME
    }

    fn events(&self) -> &'static [&'static str] {
        &[ErasureRequested::NAME, MemberErased::NAME]
    }

    fn on(&self, followed: &Followed) -> Vec<Change> {
        let picked = &followed.picked;
        match &followed.event {
            Event::Member(MemberEvent::ErasureRequested(requested)) => vec![Change::Start {
                instance: requested.erasure,
                first: FirstStep::Now,
                data: json!(Asked {
                    member: MemberId::new(picked.event.stream.uuid()),
                    by: picked.actor.to_string(),
                    at: picked.recorded_at,
                }),
            }],
            Event::Member(MemberEvent::Erased(erased)) => vec![Change::End { instance: erased.erasure }],
            _ => Vec::new(),
        }
    }

    async fn effects(&self, followed: &Followed) -> Result<Vec<NewMessage>, ProcessError> {
        let member = MemberId::new(followed.picked.event.stream.uuid());
        let vault = &self.members.shared.vault;
        match &followed.event {
            Event::Member(MemberEvent::ErasureRequested(_)) => vault.revoke_member(member).await,
            Event::Member(MemberEvent::Erased(_)) => vault.destroy_again(member).await.map(drop),
            _ => Ok(()),
        }
        .map_err(ProcessError::Vault)?;
        Ok(Vec::new())
    }

    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError> {
        let erasure = instance.instance;
        let asked: Asked = serde_json::from_value(instance.data.clone()).map_err(ProcessError::Data)?;
        // Read from the log each time: a log that was restored meanwhile may have lost the fence. Erasures that an older version
        // of the bank requested have none yet.
        let fence = self.fence(erasure, asked.member).await?;
        let left = self.time_to_revoke(erasure, asked.member).await?;
        if !left.is_zero() {
            return Ok(Next::Again {
                after: left,
                waits_for: "every server to know that the member's tokens count no more",
            });
        }
        let held = self.held_accounts(erasure, asked.member, fence).await?;
        if held > 0 {
            let after = self.next_look(erasure, asked.member, held);
            return Ok(Next::Again { after, waits_for: "the member's accounts to be empty, and open for closing" });
        }
        self.finish(erasure, &asked, fence).await?;
        self.forget(erasure);
        Ok(Next::Done)
    }
}

impl Erasure {
    pub fn new(members: Members, bank: Arc<dyn CommandPort>) -> Self {
        Self { members, bank, underway: Mutex::default() }
    }

    fn underway(&self) -> MutexGuard<'_, BTreeMap<Uuid, Underway>> {
        // Each entry is whole after any panic.
        self.underway.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, erasure: Uuid) {
        self.underway().remove(&erasure);
        self.show_waiting();
    }

    fn show_waiting(&self) {
        let waiting = self.underway().values().filter(|underway| underway.looks > 0).count();
        metrics::gauge!("erasures_waiting_for_accounts").set(waiting as f64);
    }

    async fn fence(&self, erasure: Uuid, member: MemberId) -> Result<Fence, ProcessError> {
        let unit = self.members.read(member.owner_stream()).await.map_err(ProcessError::Step)?;
        if unit.owner(member).has_left() {
            return Ok(Fence(()));
        }
        let (enclose, meta) = (Enclose { member, erasure }, step_meta(&self.members, NAME, erasure, "fence"));
        let receipt = self.members.carry_out_step(PROCESS_RUNNER, meta, enclose).await.map_err(ProcessError::Step)?;
        Ok(receipt.answer)
    }

    /// How long it takes until every server knows for sure that the member's tokens count no more. The time is counted from
    /// when this server saw to it, by its own clock that only goes forward.
    async fn time_to_revoke(&self, erasure: Uuid, member: MemberId) -> Result<Duration, ProcessError> {
        let shared = &self.members.shared;
        let known = self.underway().get(&erasure).copied();
        let revoked = match known {
            Some(underway) => underway.revoked,
            None => {
                shared.vault.revoke_member(member).await.map_err(ProcessError::Vault)?;
                let underway = Underway { revoked: Instant::now(), looks: 0 };
                self.underway().entry(erasure).or_insert(underway).revoked
            }
        };
        Ok(shared.options.revoked_everywhere.saturating_sub(revoked.elapsed()))
    }

    /// How many accounts are open: the second look, now that nobody can open another. An empty one that an older version of
    /// the bank opened in the meantime is closed for the member; one that holds money is an operator's case, and the erasure
    /// waits.
    async fn held_accounts(&self, erasure: Uuid, member: MemberId, _: Fence) -> Result<usize, ProcessError> {
        let open = not_closed(self.members.shared.log.as_ref(), member).await;
        let mut held = 0;
        for account in open.map_err(|error| ProcessError::Step(error.into()))? {
            if !account.closable || !self.close(erasure, member, &account).await {
                held += 1;
            }
        }
        Ok(held)
    }

    /// When the accounts are looked at again: soon at first, then less and less often.
    fn next_look(&self, erasure: Uuid, member: MemberId, held: usize) -> Duration {
        let looks = {
            let mut underway = self.underway();
            let looks = underway.get_mut(&erasure).map(|underway| {
                underway.looks = underway.looks.saturating_add(1);
                underway.looks
            });
            looks.unwrap_or(1)
        };
        if looks == 1 {
            tracing::warn!(
                erasure.id = %erasure, member.id = %member, accounts = held,
                "an erasure waits: the member has accounts that cannot be closed"
            );
        }
        self.show_waiting();
        let poll = self.members.shared.options.poll;
        LONGEST_LOOK.min(poll * 240).min(poll * 2_u32.saturating_pow(looks.min(8)))
    }

    /// Closes an account as the member would; whether it is closed. The version is in the step: what is refused today may
    /// be granted when something has happened to the account.
    async fn close(&self, erasure: Uuid, member: MemberId, open: &OpenAccount) -> bool {
        let step = format!("close/{}/{}", open.account, open.version);
        let submission = Submission {
            actor: Actor { role: Role::Member, id: member },
            meta: step_meta(&self.members, NAME, erasure, &step),
            act: None,
            command: Command::CloseAccount(CloseAccount {
                account: open.account,
                reason: Some("its owner is being erased".to_owned()),
            }),
        };
        match self.bank.execute(submission).await {
            Ok(answer) => matches!(&*answer.answer, crate::Outcome::Changed(_)),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an account of a leaving member is still open"
                );
                false
            }
        }
    }

    /// Destroys what is personal, keeps the certificate, and records it. Never without the fence.
    async fn finish(&self, erasure: Uuid, asked: &Asked, _: Fence) -> Result<(), ProcessError> {
        let shared = &self.members.shared;
        // What a database keeps of a time, so that the certificate is the same when it is read back.
        let (requested_at, now) = (asked.at.trunc_subsecs(6), shared.clock.now().trunc_subsecs(6));
        let erased = shared.vault.erase(erasure, asked.member, &asked.by, requested_at, now).await;
        let digest = digest(&erased.map_err(ProcessError::Vault)?).map_err(ProcessError::Certificate)?;
        let finish = Finish { member: asked.member, erasure, digest };
        let meta = step_meta(&self.members, NAME, erasure, "erased");
        self.members.carry_out_step(PROCESS_RUNNER, meta, finish).await.map_err(ProcessError::Step)?;
        metrics::counter!("members_erased_total").increment(1);
        tracing::info!(erasure.id = %erasure, member.id = %asked.member, "a member was erased");
        Ok(())
    }
}

/// SHA-256 of a certificate as JSON, in hexadecimal digits.
fn digest(certificate: &Certificate) -> Result<String, serde_json::Error> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(certificate)?)))
}
