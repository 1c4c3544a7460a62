//! Another code for a sign-up.

use events::recorded::{Event, SignUpEvent, StreamKind};
use kernel::{Actor, Role, StreamId};
use log::Appended;
use uuid::Uuid;

use super::{
    CodeSent, MemberError, MemberRules, Members,
    member_rules::{MemberAnswer, answer_or_refusal},
    sign_up::code_sent,
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork},
};

struct ResendCode(StreamId);

impl Command for ResendCode {
    type Rules = MemberRules;
    type Answer = MemberAnswer<CodeSent>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).resend(self.0);
        rules.record_plain(decided, work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<CodeSent>, IncompleteEvents> {
        answer_or_refusal(events, code_sent(events))
    }
}

impl Members {
    /// Has another code sent for a sign-up.
    pub async fn resend(&self, sign_up: Uuid, meta: Meta) -> Result<Receipt<CodeSent>, MemberError> {
        let work = move |members: Self, claim| async move {
            let stream = StreamId::new(sign_up);
            let first = members.require_kind(stream, StreamKind::SignUp, MemberError::SignUpUnknown).await?;
            // Whoever asks for a sign-up is the member they will be.
            let Event::SignUp(SignUpEvent::Started(start)) = first else {
                return Err(ExecuteError::Internal.into());
            };
            let actor = Actor { role: Role::Member, id: start.member };
            members.carry_out(&claim, (actor, meta), ResendCode(stream)).await
        };
        self.accept(meta, work).await
    }
}
