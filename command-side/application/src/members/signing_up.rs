//! Signing up: a wish, codes, and a member.

use contracts::recorded::{MemberJoined, MemberRecorded, SignUpStarted};
use domain::member::{Code, ContactNames, Deciding, Happening, Known, MemberRefusal, PersonEvent, SignUpEvent};
use kernel::{Actor, MemberId, Role, StreamId};
use uuid::Uuid;
use vault::DataKey;

use super::{
    CodeSent, MemberError, Members, Meta, SignUp, Told,
    deed::{At, Deed, Draft, pick, told},
    desk::Desk,
    translating::{record_channel, record_consents},
    vaulting::{is_right, reseal, seal, vault_failed},
};
use crate::ExecuteError;

/// A wish to become a member.
struct Begin<'a> {
    sign_up: StreamId,
    member: MemberId,
    login: StreamId,
    contact: ContactNames,
    wish: &'a SignUp,
    /// None while it is only looked whether the wish can be granted.
    key: Option<&'a DataKey>,
}

impl Deed for Begin<'_> {
    type Answer = CodeSent;

    fn actor(&self, _: &Desk) -> Actor {
        Actor { role: Role::Member, id: self.member }
    }

    fn decide(&self, deciding: Deciding<'_, Desk>) -> Result<Vec<Happening>, MemberRefusal> {
        deciding.begin(self.sign_up, self.member, self.login, self.contact)
    }

    fn record(&self, happening: &Happening, at: At, _: &Desk) -> Result<Option<MemberRecorded>, MemberError> {
        let Happening::SignUp(_, SignUpEvent::Started(start)) = happening else { return Ok(None) };
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
            decoy: start.decoy,
            expires_at: start.expires_at,
            code_expires_at: start.code.expires_at,
            resend_after: start.code.resend_after,
        };
        Ok(Some(started.into()))
    }

    fn tell(&self, events: &[Draft], _: &Desk) -> Result<CodeSent, MemberError> {
        told(events, code_sent(events))
    }
}

/// Another code for a sign-up.
struct Resend(StreamId);

impl Deed for Resend {
    type Answer = CodeSent;

    fn actor(&self, desk: &Desk) -> Actor {
        of_sign_up(desk, self.0)
    }

    fn decide(&self, deciding: Deciding<'_, Desk>) -> Result<Vec<Happening>, MemberRefusal> {
        deciding.resend(self.0)
    }

    fn tell(&self, events: &[Draft], _: &Desk) -> Result<CodeSent, MemberError> {
        told(events, code_sent(events))
    }
}

/// A code is given.
struct Verify<'a> {
    sign_up: StreamId,
    members: &'a Members,
    code: &'a Code,
    /// None if the sign-up is over and its key destroyed.
    key: Option<&'a DataKey>,
}

impl Deed for Verify<'_> {
    type Answer = MemberId;

    fn actor(&self, desk: &Desk) -> Actor {
        of_sign_up(desk, self.sign_up)
    }

    fn decide(&self, deciding: Deciding<'_, Desk>) -> Result<Vec<Happening>, MemberRefusal> {
        let serial = deciding.known.sign_up(self.sign_up).map_or(1, |sign_up| sign_up.code.serial);
        let right = is_right(self.members.shared.vault.names(), self.sign_up, serial, self.code);
        deciding.verify(self.sign_up, right)
    }

    fn record(&self, happening: &Happening, at: At, desk: &Desk) -> Result<Option<MemberRecorded>, MemberError> {
        let Happening::Person(_, PersonEvent::Joined { login, contact }) = *happening else { return Ok(None) };
        let (from, start) = desk.newest(self.sign_up, "", start_in).ok_or(ExecuteError::Internal)?;
        let key = self.key.ok_or(ExecuteError::Internal)?;
        let again = |field, sealed| reseal(key, kernel::Place { field, ..from }, sealed, at.field(field));
        let joined = MemberJoined {
            sign_up: self.sign_up.uuid(),
            channel: start.channel,
            login_id: again("login_id", &start.login_id)?,
            contact: again("contact", &start.contact)?,
            real_name: again("real_name", &start.real_name)?,
            consents: start.consents.clone(),
            login_key: login,
            contact_key: contact,
        };
        Ok(Some(joined.into()))
    }

    fn tell(&self, events: &[Draft], _: &Desk) -> Result<MemberId, MemberError> {
        let completed = |_, event: &MemberRecorded| match event {
            MemberRecorded::SignUpCompleted(completed) => Some(completed.member),
            _ => None,
        };
        told(events, pick(events, completed))
    }
}

fn start_in(event: &MemberRecorded) -> Option<&SignUpStarted> {
    match event {
        MemberRecorded::SignUpStarted(start) => Some(start),
        _ => None,
    }
}

/// Whoever asks for a sign-up is the member they will be.
fn of_sign_up(desk: &Desk, sign_up: StreamId) -> Actor {
    let id = desk.sign_up(sign_up).map_or(MemberId::new(Uuid::nil()), |sign_up| sign_up.start.member);
    Actor { role: Role::Member, id }
}

/// The code that these events issued.
pub(super) fn code_sent(events: &[Draft]) -> Option<CodeSent> {
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
    pub(super) async fn sign_up_now(&self, wish: SignUp, meta: Meta) -> Result<Told<CodeSent>, MemberError> {
        let names = self.shared.vault.names();
        let login = names.login(wish.login_id.expose());
        let contact = self.contact_names(&wish.contact);
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
        vault.keep_pending(sign_up, member, &wish.password_hash).await.map_err(vault_failed)?;
        let begin = Begin { key: Some(&key), ..looking };
        let told = self.carry_out(&begin, &meta, &[login, contact.own, contact.decoys]).await;
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

    pub(super) async fn resend_now(&self, sign_up: Uuid, meta: Meta) -> Result<Told<CodeSent>, MemberError> {
        let sign_up = StreamId::new(sign_up);
        self.carry_out(&Resend(sign_up), &meta, &[sign_up]).await
    }

    pub(super) async fn verify_now(&self, id: Uuid, code: Code, meta: Meta) -> Result<Told<MemberId>, MemberError> {
        let sign_up = StreamId::new(id);
        let desk = self.desk_of(sign_up).await?;
        let start = desk.sign_up(sign_up).ok_or(MemberError::SignUpUnknown)?.start;
        let key = self.shared.vault.key(start.member).await.map_err(vault_failed)?;
        let verify = Verify { sign_up, members: self, code: &code, key: key.as_ref() };
        let told = self.carry_out(&verify, &meta, &[sign_up, start.login, start.contact]).await?;
        // Also the second time: the first may have ended before this.
        if let Err(error) = self.shared.vault.settle(id, told.answer, start.login).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a new member's password is left to the back office"
            );
        }
        Ok(told)
    }
}
