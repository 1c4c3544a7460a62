//! A refusal that was decided outside of the log, such as a wrong password: it is recorded all the same.

use domain::member::MemberRefusal;
use kernel::Actor;
use log::Appended;

use super::{
    MemberError, MemberRules, Members,
    member_rules::{MemberAnswer, answer_or_refusal},
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, UnitOfWork},
};

struct Refuse(MemberRefusal);

impl Command for Refuse {
    type Rules = MemberRules;
    type Answer = MemberAnswer<()>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        rules.record_plain(Err(self.0), work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<()>, IncompleteEvents> {
        answer_or_refusal(events, Some(()))
    }
}

impl Members {
    /// Records that a member's command was refused by a check outside of the log, with a code that is kept, such as
    /// `password-wrong`; gives the error to answer with.
    pub async fn refuse(&self, actor: Actor, code: &'static str, meta: Meta) -> MemberError {
        let Some(refusal) = MemberRefusal::kept(code) else { return ExecuteError::Internal.into() };
        let work =
            move |members: Self, claim| async move { members.carry_out(&claim, (actor, meta), Refuse(refusal)).await };
        match self.accept(meta, work).await {
            Err(error) => error,
            // The key had another answer before: whatever it was, it is not for this answer to say.
            Ok(_) => ExecuteError::InFlight.into(),
        }
    }
}
