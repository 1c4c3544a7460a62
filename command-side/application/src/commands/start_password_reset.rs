//! A password reset begins: a code goes to the contact of the member who has the login id, if one does.

use chrono::{DateTime, Utc};
use domain::member::LoginId;
use events::recorded::{Event, PasswordResetEvent};
use kernel::{Actor, MemberId, Role, StreamId};
use log::Appended;
use uuid::Uuid;

use super::{
    MemberError, MemberRules, Members,
    member_rules::{MemberAnswer, answer_or_refusal},
    sealing::vault_failed,
};
use crate::engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork};

/// A reset that began. It is the same whether or not a member has the login id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetStarted {
    /// The reset.
    pub id: Uuid,
    /// When its code ends, and the reset with it.
    pub expires_at: DateTime<Utc>,
}

struct StartPasswordReset {
    reset: StreamId,
    login: StreamId,
}

impl Command for StartPasswordReset {
    type Rules = MemberRules;
    type Answer = MemberAnswer<ResetStarted>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).start_reset(self.reset, self.login);
        rules.record_plain(Ok(decided), work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<ResetStarted>, IncompleteEvents> {
        let started = |event: &PendingEvent| match &event.recorded {
            Event::PasswordReset(PasswordResetEvent::Started(started)) => {
                Some(ResetStarted { id: event.stream.uuid(), expires_at: started.expires_at })
            }
            _ => None,
        };
        answer_or_refusal(events, events.iter().find_map(started))
    }
}

/// Who acts in a reset, in the log: nobody is known before the code was right.
pub fn actor_of_reset(reset: Uuid) -> Actor {
    Actor { role: Role::Member, id: MemberId::new(reset) }
}

impl Members {
    /// Begins a password reset for a login id. `origin` is where the request came from, as a keyed hash: the message is charged
    /// to it. The steps are the same whether or not a member has the login id; who it is, the process runner finds out.
    pub async fn start_reset(
        &self,
        login_id: &LoginId,
        origin: Option<Uuid>,
        meta: Meta,
    ) -> Result<Receipt<ResetStarted>, MemberError> {
        let login = self.shared.vault.names().login(login_id.expose());
        let work = move |members: Self, claim| async move {
            let reset = members.shared.ids.fresh();
            let start = StartPasswordReset { reset: StreamId::new(reset), login };
            if let Some(receipt) = members.recall(&meta, &start).await? {
                return Ok(receipt);
            }
            members.shared.vault.note_reset(reset, origin).await.map_err(vault_failed)?;
            members.carry_out(&claim, (actor_of_reset(reset), meta), start).await
        };
        self.accept(meta, work).await
    }
}
