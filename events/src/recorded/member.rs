//! Events on the streams of sign-ups, of reserved names and of members.
//!
//! Personal data stand here as [`Sealed`] only. Codes and passwords never stand here, in whatever form.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use kernel::{MemberId, Sealed, StreamId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event_type::event_types;

event_types! {
    /// An event of a sign-up. Personal data in it are [`kernel::Sealed`].
    SignUp(SignUpEvent) {
        /// A person began to sign up. First on the sign-up's stream.
        Started(SignUpStarted) = 1, opens;
        /// Another verification code was issued for a sign-up.
        CodeIssued(SignUpCodeIssued) = 1, on;
        /// A wrong code was given for a sign-up.
        CodeRefused(SignUpCodeRefused) = 1, on;
        /// The contact was verified and the person became a member. Last on the sign-up's stream.
        Completed(SignUpCompleted) = 1, on;
        /// A sign-up came to nothing. Last on the sign-up's stream.
        Ended(SignUpEnded) = 1, on;
    }
}

event_types! {
    /// An event of a name that only one may bear: a login id or a contact.
    Reservation(ReservationEvent) {
        /// A login id or a contact was taken.
        Reserved(NameReserved) = 1, on;
        /// A login id or a contact became free.
        Released(NameReleased) = 1, on;
    }
}

event_types! {
    /// An event of a member. Personal data in it are [`kernel::Sealed`].
    Member(MemberEvent) {
        /// A person became a member. First on the member's stream.
        Joined(MemberJoined) = 1, opens;
        /// A member asked to be reached elsewhere.
        ContactChangeStarted(ContactChangeStarted) = 1, on;
        /// A wrong code was given for a new contact.
        ContactCodeRefused(ContactCodeRefused) = 1, on;
        /// A member is reached elsewhere from now on.
        ContactChanged(ContactChanged) = 1, on;
        /// A member has another password.
        PasswordChanged(PasswordChanged) = 1, on;
        /// An operator was shown a member's personal data.
        PersonalDataDisclosed(PersonalDataDisclosed) = 1, on;
        /// A member is to be erased: nothing is done for it any more.
        ErasureRequested(ErasureRequested) = 1, on;
        /// Nothing personal of the member can be read any more. Last on the member's stream.
        Erased(MemberErased) = 1, on;
    }
}

/// By what a person is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// Text messages to a telephone.
    Phone,
}

/// Not the name of a [`Channel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `email` or `phone`")]
pub struct UnknownChannel;

impl Channel {
    /// The channel as it stands in requests, hashes, answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        [Self::Email, Self::Phone].into_iter().find(|channel| channel.as_str() == text).ok_or(UnknownChannel)
    }
}

/// What a person agreed to, or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Which document.
    pub document: String,
    /// Which version of it.
    pub version: String,
    /// Whether they agreed.
    pub agreed: bool,
}

/// A person began to sign up. The consents were given at the time of the commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUpStarted {
    /// Who the person will be; the data key is theirs from now on.
    pub member: MemberId,
    /// By what the person is reached.
    pub channel: Channel,
    /// Field `login_id`.
    pub login_id: Sealed,
    /// Field `contact`.
    pub contact: Sealed,
    /// Field `real_name`.
    pub real_name: Sealed,
    /// What they agreed to.
    pub consents: Vec<Consent>,
    /// The reservation of the login id.
    pub login_key: StreamId,
    /// The reservation of the contact. It is not made before the code was right.
    pub contact_key: StreamId,
    /// No code will ever be right, because the contact was a member's. Written by earlier builds only: now it is not
    /// recorded whose the contact is, so that the event looks the same either way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decoy: bool,
    /// When the sign-up ends if it is not completed.
    pub expires_at: DateTime<Utc>,
    /// When the first code ends.
    pub code_expires_at: DateTime<Utc>,
    /// When another code may be asked for.
    pub resend_after: DateTime<Utc>,
}

/// Another code was issued; the ones before it are worth nothing. The code itself is derived where it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUpCodeIssued {
    /// Which code, counted from 1 for the one of [`SignUpStarted`].
    pub serial: u32,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When another may be asked for.
    pub resend_after: DateTime<Utc>,
}

/// A wrong code was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUpCodeRefused {
    /// Which code was in force.
    pub serial: u32,
    /// How many wrong ones are still allowed for it.
    pub tries_left: u32,
}

/// The contact was verified and the person became a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUpCompleted {
    /// Who they are.
    pub member: MemberId,
}

/// Why a sign-up came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUpEnd {
    /// Its time ran out.
    Expired,
    /// A newer sign-up of the same contact took its place. Written by earlier builds only.
    Superseded,
}

/// A sign-up came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUpEnded {
    /// Why.
    pub why: SignUpEnd,
}

/// What only one person may bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// A login id.
    LoginId,
    /// A contact.
    Contact,
}

/// Who bears a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NameHolder {
    /// A sign-up that is under way, until its time runs out. Written by earlier builds only: it keeps nobody out.
    SignUp {
        /// Its id, and stream.
        sign_up: Uuid,
        /// When the name is free again if nothing came of it.
        until: DateTime<Utc>,
    },
    /// A member's change of contact that is under way. Written by earlier builds only: it keeps nobody out.
    Change {
        /// Whose.
        member: MemberId,
        /// When the name is free again if nothing came of it.
        until: DateTime<Utc>,
    },
    /// A member.
    Member {
        /// Who.
        member: MemberId,
    },
}

/// A name was taken, from nobody, from one whose time ran out, or from one who gives it up in the same commit. The
/// stream's id is a keyed hash of kind and name; the key is in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameReserved {
    /// What kind of name.
    pub name: NameKind,
    /// Who bears it now.
    pub holder: NameHolder,
}

/// A name became free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameReleased {}

/// A person became a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberJoined {
    /// The sign-up, and its stream.
    pub sign_up: Uuid,
    /// By what the member is reached.
    pub channel: Channel,
    /// Field `login_id`.
    pub login_id: Sealed,
    /// Field `contact`.
    pub contact: Sealed,
    /// Field `real_name`.
    pub real_name: Sealed,
    /// What they agreed to.
    pub consents: Vec<Consent>,
    /// The reservation of the login id.
    pub login_key: StreamId,
    /// The reservation of the contact.
    pub contact_key: StreamId,
}

/// A member asked to be reached elsewhere. A change that was under way is worth nothing from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactChangeStarted {
    /// By what the member wants to be reached.
    pub channel: Channel,
    /// Field `contact`.
    pub contact: Sealed,
    /// The reservation of the new contact.
    pub contact_key: StreamId,
    /// No code will ever be right, because the contact was another member's. Written by earlier builds only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decoy: bool,
    /// Which code: counted on over all changes of the member.
    pub serial: u32,
    /// When the code, and the change with it, ends.
    pub expires_at: DateTime<Utc>,
    /// When another change may be asked for.
    pub resend_after: DateTime<Utc>,
}

/// A wrong code was given for a new contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCodeRefused {
    /// Which code was in force.
    pub serial: u32,
    /// How many wrong ones are still allowed for it.
    pub tries_left: u32,
}

/// A member is reached elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactChanged {
    /// By what the member is reached from now on.
    pub channel: Channel,
    /// Field `contact`.
    pub contact: Sealed,
    /// Its reservation.
    pub contact_key: StreamId,
    /// By what the member was reached: notified of the change.
    pub old_channel: Channel,
    /// Field `old_contact`.
    pub old_contact: Sealed,
}

/// A member has another password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChanged {}

/// An operator was shown a member's personal data; who, is the commit's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalDataDisclosed {
    /// Why, in the operator's words.
    pub reason: String,
}

/// A member is to be erased; by whom, is the commit's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRequested {
    /// The erasure, and its certificate.
    pub erasure: Uuid,
    /// Why, in the operator's words, if one asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Nothing personal of the member can be read any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberErased {
    /// The erasure, and its certificate.
    pub erasure: Uuid,
    /// SHA-256 of the certificate, in hexadecimal digits.
    pub digest: String,
}
