//! Signing up: a wish, codes, and a member.

use chrono::{DateTime, Utc};
use contracts::recorded::{MemberJoined, MemberRecorded, SignUpStarted, StreamKind};
use domain::member::{Code, Deciding, LoginId, MemberEvent, MemberRefusal, PersonEvent, SignUpEvent, StateReader};
use kernel::{Actor, MemberId, Role, StreamId};
use uuid::Uuid;
use vault::{DataKey, Names, SentCode};

use super::{
    CodeSent, MemberError, Members, Meta, Receipt, SignUp,
    handler::{At, CommandHandler, PendingEvent, pick, told},
    translating::{record_channel, record_consents},
    unit_of_work::UnitOfWork,
    vaulting::{code_in_force, is_right, reseal, seal, sent_code, vault_failed},
};
use crate::ExecuteError;

/// A wish to become a member.
struct Begin<'a> {
    sign_up: StreamId,
    member: MemberId,
    login: StreamId,
    contact: StreamId,
    wish: &'a SignUp,
    /// None while it is only looked whether the wish can be granted.
    key: Option<&'a DataKey>,
}

impl CommandHandler for Begin<'_> {
    type Answer = CodeSent;

    fn actor(&self, _: &UnitOfWork) -> Actor {
        Actor { role: Role::Member, id: self.member }
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        deciding.begin(self.sign_up, self.member, self.login, self.contact)
    }

    fn record(&self, event: &MemberEvent, at: At, _: &UnitOfWork) -> Result<Option<MemberRecorded>, MemberError> {
        let MemberEvent::SignUp(_, SignUpEvent::Started(start)) = event else { return Ok(None) };
        let key = self.key.ok_or(ExecuteError::Internal)?;
        let SignUp { login_id, contact, real_name, consents, .. } = self.wish;
        let started = SignUpStarted {
            member: start.member,
            channel: record_channel(contact.channel()),
            login_id: seal(key, at.field("login_id"), login_id.expose())?,
            contact: seal(key, at.field("contact"), contact.expose())?,
            real_name: seal(key, at.field("real_name"), real_name.expose())?,
            consents: record_consents(consents),
            login_key: start.login,
            contact_key: start.contact,
            decoy: false,
            expires_at: start.expires_at,
            code_expires_at: start.code.expires_at,
            resend_after: start.code.resend_after,
        };
        Ok(Some(started.into()))
    }

    fn tell(&self, events: &[PendingEvent], _: &UnitOfWork) -> Result<CodeSent, MemberError> {
        told(events, code_sent(events))
    }
}

/// Another code for a sign-up.
struct Resend(StreamId);

impl CommandHandler for Resend {
    type Answer = CodeSent;

    fn actor(&self, unit: &UnitOfWork) -> Actor {
        of_sign_up(unit, self.0)
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        deciding.resend(self.0)
    }

    fn tell(&self, events: &[PendingEvent], _: &UnitOfWork) -> Result<CodeSent, MemberError> {
        told(events, code_sent(events))
    }
}

/// A code is given.
struct Verify<'a> {
    sign_up: StreamId,
    members: &'a Members,
    code: &'a Code,
    /// Another login id than the one the sign-up began with.
    login: Option<&'a LoginId>,
    /// Which codes were sent.
    sent: &'a [SentCode],
    /// Whether the sign-up may still be completed, as far as the vault knows.
    open: bool,
    /// None if the sign-up is over and its key destroyed.
    key: Option<&'a DataKey>,
}

impl Verify<'_> {
    fn names(&self) -> &Names {
        self.members.shared.vault.names()
    }

    /// Whether the code is the newest one that was sent and has not expired. A sign-up of an earlier build holds
    /// reservations, of which somebody else may have taken one; which of its codes were sent was not kept then.
    fn is_right(&self, deciding: &Deciding<'_, UnitOfWork>) -> bool {
        let unit = deciding.known;
        let issued = unit.member_events(self.sign_up).filter_map(|(_, event)| sign_up_code(event));
        let holds = |name| unit.name(name).is_of_sign_up(self.sign_up);
        let reserved = unit.sign_up(self.sign_up).is_some_and(|it| holds(it.start.login) || holds(it.start.contact));
        let in_force = code_in_force(issued, deciding.now, |serial| sent_code(self.sent, serial, reserved));
        is_right(self.names(), self.sign_up, in_force, self.code)
    }
}

impl CommandHandler for Verify<'_> {
    type Answer = MemberId;

    fn actor(&self, unit: &UnitOfWork) -> Actor {
        of_sign_up(unit, self.sign_up)
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        let right = self.is_right(&deciding);
        if right && !self.open {
            // It was completed, or its contact became a member's by another sign-up or a change.
            return Err(MemberRefusal::SignUpEnded);
        }
        deciding.verify(self.sign_up, right, self.login.map(|login| self.names().login(login.expose())))
    }

    fn record(&self, event: &MemberEvent, at: At, unit: &UnitOfWork) -> Result<Option<MemberRecorded>, MemberError> {
        let MemberEvent::Person(_, PersonEvent::Joined { login, contact }) = *event else { return Ok(None) };
        let (from, start) = unit.newest(self.sign_up, "", start_in).ok_or(ExecuteError::Internal)?;
        let key = self.key.ok_or(ExecuteError::Internal)?;
        let again = |field, sealed| reseal(key, kernel::Place { field, ..from }, sealed, at.field(field));
        let login_id = match self.login {
            Some(other) => seal(key, at.field("login_id"), other.expose())?,
            None => again("login_id", &start.login_id)?,
        };
        let joined = MemberJoined {
            sign_up: self.sign_up.uuid(),
            channel: start.channel,
            login_id,
            contact: again("contact", &start.contact)?,
            real_name: again("real_name", &start.real_name)?,
            consents: start.consents.clone(),
            login_key: login,
            contact_key: contact,
        };
        Ok(Some(joined.into()))
    }

    fn tell(&self, events: &[PendingEvent], _: &UnitOfWork) -> Result<MemberId, MemberError> {
        let completed = |_, event: &MemberRecorded| match event {
            MemberRecorded::SignUpCompleted(completed) => Some(completed.member),
            _ => None,
        };
        told(events, pick(events, completed))
    }
}

/// What the vault has of a sign-up.
struct Kept {
    key: Option<DataKey>,
    sent: Vec<SentCode>,
    open: bool,
}

/// The code of a sign-up that an event issued, and when it ends.
fn sign_up_code(event: &MemberRecorded) -> Option<(u32, DateTime<Utc>)> {
    match event {
        MemberRecorded::SignUpStarted(e) => Some((1, e.code_expires_at)),
        MemberRecorded::SignUpCodeIssued(e) => Some((e.serial, e.expires_at)),
        _ => None,
    }
}

fn start_in(event: &MemberRecorded) -> Option<&SignUpStarted> {
    match event {
        MemberRecorded::SignUpStarted(start) => Some(start),
        _ => None,
    }
}

/// Whoever asks for a sign-up is the member they will be.
fn of_sign_up(unit: &UnitOfWork, sign_up: StreamId) -> Actor {
    let id = unit.sign_up(sign_up).map_or(MemberId::new(Uuid::nil()), |sign_up| sign_up.start.member);
    Actor { role: Role::Member, id }
}

/// The code that these events issued.
pub(super) fn code_sent(events: &[PendingEvent]) -> Option<CodeSent> {
    pick(events, |at, event| {
        let (expires_at, resend_after) = match event {
            MemberRecorded::SignUpStarted(e) => (e.code_expires_at, e.resend_after),
            MemberRecorded::SignUpCodeIssued(e) => (e.expires_at, e.resend_after),
            MemberRecorded::ContactChangeStarted(e) => (e.expires_at, e.resend_after),
            _ => return None,
        };
        Some(CodeSent { id: at.stream.uuid(), expires_at, resend_after })
    })
}

impl Members {
    pub(super) async fn sign_up_now(&self, wish: SignUp, meta: Meta) -> Result<Receipt<CodeSent>, MemberError> {
        let names = self.shared.vault.names();
        let login = names.login(wish.login_id.expose());
        let contact = self.contact_name(&wish.contact);
        let (sign_up, member) = (self.shared.ids.fresh(), MemberId::new(self.shared.ids.fresh()));
        let looking = Begin { sign_up: StreamId::new(sign_up), member, login, contact, wish: &wish, key: None };
        if let Some(commit) = self.find(&meta).await? {
            return self.replay(&looking, &meta, &commit).await;
        }
        // A login id that is taken is told before the vault is troubled. Nothing else is told from here on: for a contact
        // that is free and for one that is a member's all is done alike.
        let (_, decided) = self.read_and_decide(&looking).await?;
        decided.map_err(|refusal| self.turned_away(refusal))?;
        let vault = &self.shared.vault;
        let key = vault.make_key(member).await.map_err(vault_failed)?;
        vault.keep_pending(sign_up, member, &wish.password_hash, wish.origin).await.map_err(vault_failed)?;
        let begin = Begin { key: Some(&key), ..looking };
        let told = self.carry_out(&begin, &meta, &[login]).await;
        if let Err(MemberError::LoginIdTaken) = told
            && let Err(error) = vault.discard(sign_up, member).await
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what a sign-up left in the vault is left to the sweep"
            );
        }
        told
    }

    pub(super) async fn resend_now(&self, sign_up: Uuid, meta: Meta) -> Result<Receipt<CodeSent>, MemberError> {
        let sign_up = StreamId::new(sign_up);
        self.require_kind(sign_up, StreamKind::SignUp, MemberError::SignUpUnknown).await?;
        self.carry_out(&Resend(sign_up), &meta, &[sign_up]).await
    }

    pub(super) async fn verify_now(
        &self,
        id: Uuid,
        code: Code,
        login: Option<LoginId>,
        meta: Meta,
    ) -> Result<Receipt<MemberId>, MemberError> {
        let sign_up = StreamId::new(id);
        self.require_kind(sign_up, StreamKind::SignUp, MemberError::SignUpUnknown).await?;
        let start = self.unit_of(sign_up).await?.sign_up(sign_up).ok_or(MemberError::SignUpUnknown)?.start;
        let Kept { key, sent, open } = self.kept_of(start.member, id).await?;
        let login = login.as_ref();
        let verify = Verify { sign_up, members: self, code: &code, login, sent: &sent, open, key: key.as_ref() };
        let wanted = login.map_or(start.login, |login| self.shared.vault.names().login(login.expose()));
        let told = self.carry_out(&verify, &meta, &[sign_up, wanted, start.contact]).await?;
        // Also the second time: the first may have ended before this.
        self.settle_at_once(id, told.answer).await;
        Ok(told)
    }

    /// Whether a code would make a member now, as far as the sign-up itself goes. Nothing is written.
    pub(super) async fn would_verify_now(&self, id: Uuid, code: &Code) -> Result<bool, MemberError> {
        let sign_up = StreamId::new(id);
        self.require_kind(sign_up, StreamKind::SignUp, MemberError::SignUpUnknown).await?;
        let start = self.unit_of(sign_up).await?.sign_up(sign_up).ok_or(MemberError::SignUpUnknown)?.start;
        let Kept { key, sent, open } = self.kept_of(start.member, id).await?;
        let verify = Verify { sign_up, members: self, code, login: None, sent: &sent, open, key: key.as_ref() };
        let (_, decided) = self.read_and_decide(&verify).await?;
        let completes = |event: &MemberEvent| matches!(event, MemberEvent::Person(_, PersonEvent::Joined { .. }));
        Ok(match decided {
            Ok(events) => events.iter().any(completes),
            Err(refusal) => refusal == MemberRefusal::LoginIdTaken,
        })
    }

    /// What the vault has of a sign-up: the same questions whatever comes of it.
    async fn kept_of(&self, member: MemberId, id: Uuid) -> Result<Kept, MemberError> {
        let vault = &self.shared.vault;
        let key = vault.key(member).await.map_err(vault_failed)?;
        let sent = vault.codes_sent(id).await.map_err(vault_failed)?;
        let pending = vault.pending(id).await.map_err(vault_failed)?;
        Ok(Kept { open: key.is_some() && pending.is_some_and(|pending| !pending.ended), key, sent })
    }

    /// The pending password becomes the new member's. What fails here is left to the process runner.
    async fn settle_at_once(&self, id: Uuid, member: MemberId) {
        let settled = async {
            let unit = self.unit_of(StreamId::new(member.uuid())).await?;
            let person = unit.person(member).ok_or(ExecuteError::Internal)?;
            self.shared.vault.settle(id, member, person.login).await.map_err(vault_failed)
        };
        if let Err(error) = settled.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a new member's password is left to the process runner"
            );
        }
    }
}
