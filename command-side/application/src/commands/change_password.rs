//! Another password. The hash is the vault's; the log records that it changed.

use kernel::{Actor, MemberId, Role};
use log::Appended;
use uuid::Uuid;
use vault::PasswordHash;

use super::{
    MemberError, MemberRules, Members,
    member_rules::{MemberAnswer, answer_or_refusal},
    sealing::vault_failed,
};
use crate::engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork};

struct ChangePassword(MemberId);

impl Command for ChangePassword {
    type Rules = MemberRules;
    type Answer = MemberAnswer<()>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).change_password(self.0);
        rules.record_plain(decided, work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<()>, IncompleteEvents> {
        answer_or_refusal(events, (!events.is_empty()).then_some(()))
    }
}

impl Members {
    /// Another password. The caller has verified the current one a moment ago, and ends the member's other sessions after.
    pub async fn password_changed(
        &self,
        member: MemberId,
        new: PasswordHash,
        meta: Meta,
    ) -> Result<Receipt<()>, MemberError> {
        let work = move |members: Self, claim| async move {
            let actor = Actor { role: Role::Member, id: member };
            let receipt = members.carry_out(&claim, (actor, meta), ChangePassword(member)).await?;
            // Also the second time: the first may have ended here. The vault keeps the later of two changes.
            match members.shared.vault.replace(member, &new, receipt.token).await.map_err(vault_failed)? {
                true => Ok(receipt),
                false => Err(MemberError::MemberUnknown),
            }
        };
        self.accept(meta, work).await
    }

    /// What came of a command without an answer of its own, such as a change of password, if it is in the log: to be asked
    /// when a check fails that would fail the second time though the first time it did not, such as the current password's.
    pub async fn answered_before(&self, meta: &Meta) -> Result<Option<Receipt<()>>, MemberError> {
        self.recall(meta, &ChangePassword(MemberId::new(Uuid::nil()))).await
    }
}
