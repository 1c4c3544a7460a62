//! The bodies that people send: to sign up, to log in, to change what is theirs, to leave.

use application::{MemberCommand, NewMember};
use domain::member::{Channel, Code, Consent, Consents, Contact, LoginId, Password, RealName};
use kernel::MemberId;
use platform::{
    extract::{object, objects},
    problem::Problem,
};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Label, Secret, fields::Fields};

/// What a body asked for, in one spelling; there may be secrets in it.
pub(crate) type Canonical = Zeroizing<Vec<u8>>;

/// A body whose fingerprint is keyed, because there may be secrets in it.
pub(crate) trait Confidential: Send + Sync {
    /// Every field in its order, as a list. What goes in never changes: digests of it are kept for ever.
    fn canonical(&self) -> Canonical;
}

fn canonical(fields: &impl serde::Serialize) -> Canonical {
    // Large enough for nearly all of them at once: what a vector grows out of is not wiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    // Strings and numbers into memory: it cannot fail, and if it did, the digest would be one of less.
    let _ = serde_json::to_writer(&mut *bytes, fields);
    bytes
}

/// Somebody who wants to become a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUp)]
pub(crate) struct SignUpRequest {
    /// What you will log in with: unique.
    #[schema(value_type = String, pattern = "^[a-z0-9_]{4,32}$", examples("minji_kim"))]
    login_id: Secret,
    /// With a letter, a digit and a special character; without the login id; not a common one.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    password: Secret,
    /// By what you are reached; the code is sent there.
    #[serde(deserialize_with = "object")]
    contact: ContactDto,
    /// As it is written in your passport; shown as you give it.
    #[schema(value_type = String, min_length = 1, max_length = 100, examples("김민지"))]
    real_name: Secret,
    /// What you were asked to agree to, at least one of it agreed to.
    #[serde(deserialize_with = "objects")]
    #[schema(min_items = 1, max_items = 20)]
    consents: Vec<ConsentDto>,
}

/// By what a person is reached.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Contact)]
pub(crate) struct ContactDto {
    /// `email` or `phone`.
    #[schema(pattern = "^(email|phone)$", examples("email", "phone"))]
    channel: String,
    /// An e-mail address, or a telephone number in international form.
    #[schema(value_type = String, max_length = 254, examples("minji@example.com", "+821012345678"))]
    value: Secret,
}

/// A document, and whether you agree to it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Consent)]
pub(crate) struct ConsentDto {
    /// Its name.
    #[schema(min_length = 1, max_length = 64, examples("terms"))]
    document: String,
    /// Its version, as a string or a number.
    #[serde(deserialize_with = "version")]
    #[schema(value_type = String, min_length = 1, max_length = 32, examples("2026-11"))]
    version: String,
    /// Whether you agree.
    agreed: bool,
}

/// A number is kept as it was written: `1.10` is another version than `1.1`.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw.get()).map_err(D::Error::custom),
        Some(b'-' | b'0'..=b'9') => Ok(raw.get().to_owned()),
        _ => Err(D::Error::custom("expected a string or a number")),
    }
}

impl SignUpRequest {
    /// The wish, or everything that is wrong with it.
    pub(crate) fn wish(&self, required: &[String]) -> Result<NewMember, Problem> {
        let mut fields = Fields::default();
        let login_id = fields.read("login_id", self.login_id.expose().parse::<LoginId>());
        // Without a login id nobody can tell whether the password holds it.
        let password = login_id
            .as_ref()
            .and_then(|login_id| fields.read("password", Password::parse(self.password.inner(), login_id)));
        let contact = self.contact.read(&mut fields, "contact.");
        let real_name = fields.read("real_name", self.real_name.expose().parse::<RealName>());
        let mut consents = Vec::with_capacity(self.consents.len());
        for (index, consent) in self.consents.iter().enumerate() {
            let read = Consent::new(&consent.document, &consent.version, consent.agreed);
            consents.extend(fields.read(&format!("consents[{index}]"), read));
        }
        let consents = match consents.len() == self.consents.len() {
            true => fields.read("consents", Consents::new(consents, required)),
            false => None,
        };
        match (login_id, password, contact, real_name, consents) {
            (Some(login_id), Some(password), Some(contact), Some(real_name), Some(consents)) => {
                Ok(NewMember { login_id, password, contact, real_name, consents })
            }
            _ => Err(fields.problem()),
        }
    }
}

impl Confidential for SignUpRequest {
    fn canonical(&self) -> Canonical {
        let consents: Vec<_> = self.consents.iter().map(|c| (&c.document, &c.version, c.agreed)).collect();
        let contact = (&self.contact.channel, self.contact.value.expose());
        canonical(&(self.login_id.expose(), self.password.expose(), contact, self.real_name.expose(), consents))
    }
}

impl ContactDto {
    fn read(&self, fields: &mut Fields, prefix: &str) -> Option<Contact> {
        let channel = fields.read(&format!("{prefix}channel"), self.channel.parse::<Channel>())?;
        fields.read(&format!("{prefix}value"), Contact::parse(channel, self.value.expose()))
    }
}

/// A new contact: by itself, or in a field `contact` as in a sign-up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewContact)]
pub(crate) struct NewContactRequest {
    /// `email` or `phone`.
    #[serde(default)]
    #[schema(pattern = "^(email|phone)$", examples("phone"))]
    channel: Option<String>,
    /// An e-mail address, or a telephone number in international form.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254, examples("+821012345678"))]
    value: Option<Secret>,
    /// Both of them together; then they do not stand beside it.
    #[serde(default, deserialize_with = "some_object")]
    contact: Option<ContactDto>,
}

fn some_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ContactDto>, D::Error> {
    object(deserializer).map(Some)
}

impl NewContactRequest {
    pub(crate) fn contact(self) -> Result<Contact, Problem> {
        let mut fields = Fields::default();
        let read = match (self.contact, self.channel, self.value) {
            (Some(contact), None, None) => contact.read(&mut fields, "contact."),
            (None, Some(channel), Some(value)) => ContactDto { channel, value }.read(&mut fields, ""),
            (None, None, _) => return Err(Problem::invalid("channel", "missing field `channel`")),
            (None, Some(_), None) => return Err(Problem::invalid("value", "missing field `value`")),
            (Some(_), ..) => return Err(Problem::invalid("contact", "the contact is given twice")),
        };
        read.ok_or_else(|| fields.problem())
    }
}

impl Confidential for NewContactRequest {
    /// The same for both ways of writing it.
    fn canonical(&self) -> Canonical {
        let nested = self.contact.as_ref().map(|contact| (contact.channel.as_str(), contact.value.expose()));
        let plain = (self.channel.as_deref(), self.value.as_ref().map(Secret::expose));
        canonical(&nested.map_or(plain, |(channel, value)| (Some(channel), Some(value))))
    }
}

/// A code that was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Code)]
pub(crate) struct CodeRequest {
    /// The six digits of the newest message.
    #[schema(value_type = String, pattern = "^[0-9]{6}$", examples("123456"))]
    code: Secret,
}

impl CodeRequest {
    pub(crate) fn code(&self) -> Result<Code, Problem> {
        self.code
            .expose()
            .parse()
            .map_err(|error: domain::member::CodeError| Problem::invalid("code", error.to_string()))
    }
}

/// A code that was sent, to complete a sign-up with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Verification)]
pub(crate) struct VerifyRequest {
    /// The six digits of the newest message.
    #[schema(value_type = String, pattern = "^[0-9]{6}$", examples("123456"))]
    code: Secret,
    /// Another login id than the sign-up began with, if that was taken in the meantime.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9_]{4,32}$", examples("minji_kim2"))]
    login_id: Option<Secret>,
}

impl VerifyRequest {
    pub(crate) fn read(&self) -> Result<(Code, Option<LoginId>), Problem> {
        let mut fields = Fields::default();
        let code = fields.read("code", self.code.expose().parse::<Code>());
        let login_id = self.login_id.as_ref().map(|text| fields.read("login_id", text.expose().parse::<LoginId>()));
        match (code, login_id) {
            (Some(code), None) => Ok((code, None)),
            (Some(code), Some(Some(login_id))) => Ok((code, Some(login_id))),
            _ => Err(fields.problem()),
        }
    }
}

impl Confidential for VerifyRequest {
    /// Without a login id as it was before there could be one.
    fn canonical(&self) -> Canonical {
        match &self.login_id {
            Some(login_id) => canonical(&(self.code.expose(), login_id.expose())),
            None => canonical(&(self.code.expose(),)),
        }
    }
}

impl Confidential for CodeRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.code.expose(),))
    }
}

/// Who wants to log in. Whatever the texts are, the answer is that they are right or that they are not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LogIn)]
pub(crate) struct LogInRequest {
    /// Your login id.
    #[schema(value_type = String, examples("minji_kim"))]
    pub(crate) login_id: Secret,
    /// Your password.
    #[schema(value_type = String, format = Password)]
    pub(crate) password: Secret,
}

/// A refresh token, to be exchanged for the next ones.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh)]
pub(crate) struct RefreshRequest {
    /// The one of the last answer; good once.
    #[schema(value_type = String)]
    pub(crate) refresh_token: Secret,
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangePassword)]
pub(crate) struct PasswordRequest {
    /// The one in force.
    #[schema(value_type = String, format = Password)]
    pub(crate) current: Secret,
    /// With a letter, a digit and a special character; without the login id; not a common one.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    pub(crate) new: Secret,
}

impl Confidential for PasswordRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.current.expose(), self.new.expose()))
    }
}

/// A member leaves, for good.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Leave)]
pub(crate) struct LeaveRequest {
    /// Your password, once more.
    #[schema(value_type = String, format = Password)]
    pub(crate) password: Secret,
}

impl Confidential for LeaveRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.password.expose(),))
    }
}

/// Nothing but the wish: for another code.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Nothing)]
pub(crate) struct NothingRequest {}

impl Confidential for NothingRequest {
    fn canonical(&self) -> Canonical {
        Canonical::default()
    }
}

/// Why an operator does what only an operator may.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperatorsReason)]
pub(crate) struct OperatorsReasonRequest {
    /// In your own words; recorded for ever, so nothing personal.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    reason: Label,
}

impl OperatorsReasonRequest {
    pub(crate) fn erase(self, id: Uuid, actor: kernel::Actor) -> MemberCommand {
        MemberCommand::Erase { member: MemberId::new(id), actor, reason: self.reason.0 }
    }

    pub(crate) fn disclose(self, id: Uuid, actor: kernel::Actor) -> MemberCommand {
        MemberCommand::Disclose { member: MemberId::new(id), actor, reason: self.reason.0 }
    }
}

impl Confidential for OperatorsReasonRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(&self.reason.0,))
    }
}
