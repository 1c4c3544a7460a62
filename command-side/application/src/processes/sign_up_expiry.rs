//! The process `sign-up-expiry`: a sign-up ends when its time runs out, and the vault forgets what it held.

use std::sync::Arc;

use async_trait::async_trait;
use domain::member::StateReader;
use events::recorded::{ContactChanged, Event, MemberEvent, SignUpCompleted, SignUpEnded, SignUpEvent, SignUpStarted};
use kernel::StreamId;
use log::{Appended, InstanceFilter, InstanceState, ProcessInstance, ProcessStore};
use serde_json::json;
use uuid::Uuid;
use vault::NewMessage;

use super::{
    messages::sign_up_start,
    process::{Change, FirstStep, Followed, Next, Process, ProcessError},
    step::{PROCESS_RUNNER, step_meta},
};
use crate::{
    commands::{MemberAnswer, MemberError, MemberRules, Members},
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

const NAME: &str = "sign-up-expiry";
/// More sign-ups than can be pending for one contact.
const PENDING: i64 = 10_000;

/// One instance for each sign-up; its id is that of the sign-up.
pub struct SignUpExpiry {
    members: Members,
    store: Arc<dyn ProcessStore>,
}

/// A sign-up whose time ran out comes to nothing.
struct Expire(StreamId);

impl Command for Expire {
    type Rules = MemberRules;
    type Answer = MemberAnswer<()>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).expire(self.0);
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
impl Process for SignUpExpiry {
    fn name(&self) -> &'static str {
        NAME
    }

    fn events(&self) -> &'static [&'static str] {
        &[SignUpStarted::NAME, SignUpCompleted::NAME, SignUpEnded::NAME, ContactChanged::NAME]
    }

    fn on(&self, followed: &Followed) -> Vec<Change> {
        let instance = followed.picked.event.stream.uuid();
        match &followed.event {
            Event::SignUp(SignUpEvent::Started(started)) => vec![Change::Start {
                instance,
                first: FirstStep::At(started.expires_at),
                data: json!({ "contact": started.contact_key }),
            }],
            Event::SignUp(SignUpEvent::Completed(_) | SignUpEvent::Ended(_)) => {
                vec![Change::End { instance }]
            }
            _ => Vec::new(),
        }
    }

    async fn effects(&self, followed: &Followed) -> Result<Vec<NewMessage>, ProcessError> {
        let (vault, picked) = (&self.members.shared.vault, &followed.picked);
        let stream = picked.event.stream;
        match &followed.event {
            Event::SignUp(SignUpEvent::Completed(completed)) => {
                let joined = StreamId::new(completed.member.uuid());
                let unit = self.members.read(joined).await.map_err(ProcessError::Step)?;
                let unfounded = ProcessError::Unfounded { position: picked.position };
                let person = unit.person(completed.member).ok_or(unfounded)?;
                let settled = vault.settle(stream.uuid(), completed.member, person.login).await;
                settled.map_err(ProcessError::Vault)?;
                let start = sign_up_start(&self.members, picked).await?;
                self.end_others(start.contact_key).await?;
            }
            Event::Member(MemberEvent::ContactChanged(changed)) => self.end_others(changed.contact_key).await?,
            Event::SignUp(SignUpEvent::Ended(_)) => {
                let start = sign_up_start(&self.members, picked).await?;
                vault.discard(stream.uuid(), start.member).await.map_err(ProcessError::Vault)?;
            }
            _ => {}
        }
        Ok(Vec::new())
    }

    /// That it was completed in the same instant shows when it is read.
    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError> {
        let expire = Expire(StreamId::new(instance.instance));
        let meta = step_meta(&self.members, NAME, instance.instance, "expire");
        self.members.carry_out_step(PROCESS_RUNNER, meta, expire).await.map_err(ProcessError::Step)?;
        Ok(Next::Done)
    }
}

impl SignUpExpiry {
    pub fn new(members: Members, store: Arc<dyn ProcessStore>) -> Self {
        Self { members, store }
    }

    /// A contact became a member's: the other sign-ups that are pending for it come to nothing, and no code of theirs makes a
    /// member any more. The log records it only when their time runs out: whoever began one of them would else see in
    /// positions that somebody with this contact is a member now.
    async fn end_others(&self, contact: StreamId) -> Result<(), ProcessError> {
        let (state, data) = (Some(InstanceState::Waiting), Some(json!({ "contact": contact })));
        let filter = InstanceFilter { process: Some(NAME), state, data };
        let pending = self.store.instances(&filter, PENDING).await.map_err(ProcessError::Log)?;
        let others: Vec<Uuid> = pending.into_iter().map(|other| other.instance).collect();
        for other in others {
            self.members.shared.vault.end_pending(other).await.map_err(ProcessError::Vault)?;
        }
        Ok(())
    }
}
