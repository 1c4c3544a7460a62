//! What is asked of the authentication service, and what it answers.

use std::{net::IpAddr, time::Duration};

use chrono::TimeDelta;
use domain::member::{Code, Consents, Contact, LoginId, Password, RealName};
use kernel::{Actor, ApprovalId, ConsistencyToken, MemberId};
use secrecy::SecretString;
use uuid::Uuid;
use vault::{Certificate, Copies, KeySchedule};

use crate::{
    ApprovalAnswer, CodeSent, DeviceRegistration, NotificationPreferences, OperatorAct, PersonalData, ResetStarted,
};

/// Everything that can be asked for about members and is answered the same for ever under the same command id.
#[derive(Clone, Debug)]
pub enum MemberCommand {
    /// Begin a sign-up and have a code sent to the contact.
    SignUp {
        /// Where the request came from.
        from: IpAddr,
        /// Who it is.
        new_member: Box<NewMember>,
    },
    /// Have another code sent for a sign-up.
    Resend {
        /// Where the request came from.
        from: IpAddr,
        /// Which.
        sign_up: Uuid,
    },
    /// Complete a sign-up with the code that was sent.
    Verify {
        /// Where the request came from.
        from: IpAddr,
        /// Which.
        sign_up: Uuid,
        /// The code.
        code: Code,
        /// Another login id than the sign-up began with.
        login_id: Option<LoginId>,
    },
    /// Begin a password reset and have a code sent to the contact of the member who has the login id, if one does.
    StartReset {
        /// Where the request came from.
        from: IpAddr,
        /// Whose password.
        login_id: LoginId,
    },
    /// Complete a password reset with the code that was sent; all sessions end.
    CompleteReset {
        /// Where the request came from.
        from: IpAddr,
        /// Which.
        reset: Uuid,
        /// The code.
        code: Code,
        /// The password to come.
        new: Password,
    },
    /// Begin a change of contact and have a code sent to the new one.
    ChangeContact {
        /// Whose.
        member: MemberId,
        /// The new one.
        contact: Contact,
    },
    /// Complete a change of contact with the code that was sent.
    VerifyContact {
        /// Whose.
        member: MemberId,
        /// The code.
        code: Code,
    },
    /// Another password; all other sessions end.
    ChangePassword {
        /// The member.
        actor: Actor,
        /// The session that goes on.
        session: Option<Uuid>,
        /// The password in force.
        current: SecretString,
        /// The one to come.
        new: SecretString,
    },
    /// A device of a member is registered, or what changed of it.
    KeepDevice {
        /// Whose.
        member: MemberId,
        /// Which.
        device: Uuid,
        /// What is known of it.
        registration: Box<DeviceRegistration>,
    },
    /// A device of a member is forgotten.
    RemoveDevice {
        /// Whose.
        member: MemberId,
        /// Which.
        device: Uuid,
    },
    /// What a member wants to be told.
    SetNotifications {
        /// Who.
        member: MemberId,
        /// What.
        preferences: NotificationPreferences,
    },
    /// A member leaves and is erased.
    Leave {
        /// The member.
        actor: Actor,
        /// The password in force.
        password: SecretString,
    },
    /// The answer of a member's [`MemberCommand::Leave`] is asked for again, with a token that holds no more.
    LeftBefore {
        /// The member.
        member: MemberId,
    },
    /// An operator has a member erased.
    Erase {
        /// Whom.
        member: MemberId,
        /// The operator.
        actor: Actor,
        /// Why.
        reason: String,
        /// What is recorded of an operator who logged in.
        act: Option<OperatorAct>,
    },
    /// An operator approves that a member is erased, which another one asked for.
    ApproveErasure {
        /// Which approval.
        approval: ApprovalId,
        /// Who is erased.
        member: MemberId,
        /// The operator.
        actor: Actor,
        /// What is recorded of an operator who logged in.
        act: Option<OperatorAct>,
    },
    /// An operator is shown a member's personal data.
    Disclose {
        /// Whose.
        member: MemberId,
        /// The operator.
        actor: Actor,
        /// Why.
        reason: String,
        /// What is recorded of an operator who logged in.
        act: Option<OperatorAct>,
    },
}

/// What came of a [`MemberCommand`].
#[derive(Clone, Debug)]
pub enum MemberOutcome {
    /// A code for a sign-up is on its way.
    SignUpCode(CodeSent),
    /// A password reset began.
    ResetStarted(ResetStarted),
    /// A code for a new contact is on its way.
    ContactCode(CodeSent),
    /// The sign-up is completed.
    Joined(MemberId),
    /// It was done; there is no body.
    Done,
    /// What the member is told from now on.
    Notifications(NotificationPreferences),
    /// The erasure is under way.
    Erasing(Uuid),
    /// The erasure waits for a second operator.
    ErasureAsked(ApprovalAnswer),
    /// It was approved.
    ErasureApproved(ApprovalAnswer),
    /// Whose data, and what they are.
    Disclosed(MemberId, PersonalData),
}

/// Proof that a member was erased, and the digest that the log holds of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureProof {
    /// What, when, by whom.
    pub certificate: Certificate,
    /// SHA-256, in hexadecimal digits.
    pub digest: String,
    /// Whether old copies of the data key can still be opened. It changes, so it is no part of the certificate.
    pub copies: Copies,
}

/// Somebody who wants to become a member.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// What they will log in with.
    pub login_id: LoginId,
    /// Their password.
    pub password: Password,
    /// By what they are reached.
    pub contact: Contact,
    /// Their name.
    pub real_name: RealName,
    /// What they agree to.
    pub consents: Consents,
}

/// The tokens of a session.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// For `Authorization: Bearer`, for some minutes.
    pub access: SecretString,
    /// For the next pair of tokens, once.
    pub refresh: SecretString,
    /// How long the access token is good for.
    pub expires_in: TimeDelta,
    /// As fresh as the log was: what the member did before, on whatever device, is seen by who shows it. None while the
    /// log is away, which keeps nobody out.
    pub seen: Option<ConsistencyToken>,
    /// Whether the same request got these tokens before.
    pub replayed: bool,
}

/// How the authentication service is set.
#[derive(Clone, Debug)]
pub struct AuthOptions {
    /// How long an access token is good for.
    pub access_lives: TimeDelta,
    /// How long a token of a partner is good for.
    pub partner_access_lives: TimeDelta,
    /// How long a token of an operator is good for.
    pub operator_access_lives: TimeDelta,
    /// How long a session of an operator lasts that is not refreshed.
    pub operator_idle: TimeDelta,
    /// How long it lasts in any case.
    pub operator_session_lives: TimeDelta,
    /// How long a refresh token is good for; a session that is not refreshed in that time has ended.
    pub refresh_lives: TimeDelta,
    /// How long the same refresh may be sent again, for a client that lost the answer.
    pub refresh_grace: TimeDelta,
    /// How long after it arrived a wrong log-in is answered, whatever was computed; longer than a password takes to be verified.
    pub refusals_leave_after: Duration,
    /// How often somebody may try.
    pub throttles: ThrottleOptions,
    /// When key-encryption keys are replaced and destroyed: what a certificate promises.
    pub key_schedule: KeySchedule,
}

/// How often somebody may try. Counted by each server for itself, in memory.
#[derive(Clone, Debug)]
pub struct ThrottleOptions {
    /// Wrong passwords for one login id from one network until the next try from there has to wait.
    pub free_failures: u32,
    /// How long it has to wait then; twice as long after each further one.
    pub first_delay: Duration,
    /// The longest wait.
    pub longest_delay: Duration,
    /// Wrong passwords for one login id from all networks in an hour. After that the login id is open to networks only from
    /// which its member logged in before.
    pub failures_per_login: u32,
    /// Log-ins from one address that may fail in a minute.
    pub failures_per_address: u32,
    /// Sign-ups that one address may begin in a minute.
    pub sign_ups_per_address: u32,
    /// Password resets that one address may begin in a minute.
    pub resets_per_address: u32,
    /// Wrong codes of password resets that one address may give in an hour.
    pub wrong_codes_per_address: u32,
    /// Codes for sign-ups that one address may ask for or give in a minute.
    pub codes_per_address: u32,
    /// Taken login ids that one sign-up may be tried to be completed with in a minute.
    pub login_ids_per_sign_up: u32,
    /// Wrong payment codes that one principal may try in a minute.
    pub wrong_payment_codes: u32,
}

impl Default for AuthOptions {
    fn default() -> Self {
        Self {
            access_lives: TimeDelta::minutes(10),
            partner_access_lives: TimeDelta::minutes(5),
            operator_access_lives: TimeDelta::minutes(5),
            operator_idle: TimeDelta::minutes(30),
            operator_session_lives: TimeDelta::hours(12),
            refresh_lives: TimeDelta::days(30),
            refresh_grace: TimeDelta::seconds(60),
            refusals_leave_after: Duration::from_millis(500),
            throttles: ThrottleOptions::default(),
            key_schedule: KeySchedule::default(),
        }
    }
}

impl Default for ThrottleOptions {
    fn default() -> Self {
        Self {
            free_failures: 5,
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(300),
            failures_per_login: 100,
            failures_per_address: 300,
            sign_ups_per_address: 300,
            resets_per_address: 300,
            wrong_codes_per_address: 100,
            codes_per_address: 3000,
            login_ids_per_sign_up: 30,
            wrong_payment_codes: 10,
        }
    }
}
