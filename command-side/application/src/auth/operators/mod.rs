//! Operators: the secrets of their accounts, how they log in, and their sessions.
//!
//! The log says who they are and what they may do, and is asked at each log-in; the vault keeps passwords, used codes and sessions. **Nothing
//! shows whether a name exists**, nor which of name, password and code was wrong.

mod log_in;
mod password;
mod provider;
mod sessions;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Operator, OperatorList};
use kernel::{ConsistencyToken, OperatorId, OperatorRole, StreamId, Version};
pub use provider::{CodeGrant, Identity, IdentityError, IdentityProvider, ProviderFacts};
use secrecy::SecretString;
use uuid::Uuid;
use vault::SessionPlace;
use zeroize::Zeroizing;

use super::{AuthError, AuthService};
use crate::{
    MemberError,
    engine::{State, Stream, load, read_failed},
};

/// What authenticator apps show before the name.
const ISSUER: &str = "Jangbu";

/// What an operator begins with, and again after a reset. Shown once.
pub struct OperatorSecrets {
    /// The first password.
    pub password: Zeroizing<String>,
    /// The secret of one-time codes, in Base32.
    pub totp_secret: Zeroizing<String>,
    /// The same as an address that authenticator apps read.
    pub otpauth_url: Zeroizing<String>,
}

/// What an operator logs in with.
#[derive(Clone, Debug)]
pub struct OperatorLogIn {
    /// The name.
    pub name: SecretString,
    /// The password.
    pub password: SecretString,
    /// The one-time code of now.
    pub code: SecretString,
}

/// Another password of an operator.
#[derive(Clone, Debug)]
pub struct OperatorPassword {
    /// The one in force.
    pub current: SecretString,
    /// The one to come.
    pub new: SecretString,
    /// The one-time code of now.
    pub code: SecretString,
}

/// The tokens of a session of an operator.
#[derive(Clone, Debug)]
pub struct OperatorTokens {
    /// Whose.
    pub operator: OperatorId,
    /// What they log in with.
    pub name: String,
    /// What they may do.
    pub role: OperatorRole,
    /// The session.
    pub session: Uuid,
    /// For `Authorization: Bearer`, for some minutes.
    pub access: SecretString,
    /// How long the access token is good for.
    pub expires_in: TimeDelta,
    /// For the next access tokens, as long as the session lasts.
    pub refresh: SecretString,
    /// When the session ends in any case.
    pub ends_at: DateTime<Utc>,
    /// As fresh as the log was, if it could be asked.
    pub seen: Option<ConsistencyToken>,
}

/// An operator as the log has them now.
struct KnownOperator {
    id: OperatorId,
    version: Version,
    operator: Operator,
}

impl AuthService {
    /// What an operator begins with whose credentials have this number: the same whenever it is asked for.
    pub fn operator_secrets(&self, operator: OperatorId, name: &str, number: u32) -> OperatorSecrets {
        let names = self.vault().names();
        let totp_secret = names.operator_totp(operator, number).base32();
        // Names and Base32 need no encoding.
        let otpauth_url = Zeroizing::new(format!(
            "otpauth://totp/{ISSUER}:{name}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30",
            totp_secret.as_str()
        ));
        OperatorSecrets { password: names.operator_password(operator, number), totp_secret, otpauth_url }
    }

    /// Something happened to an operator, as this version of their stream: every session from before has ended, and its tokens are refused
    /// here at once, and by every server within a second, for which this waits.
    pub async fn operator_changed(&self, operator: OperatorId, version: Version) -> Result<(), AuthError> {
        let ended = self.vault().end_operator_sessions(operator, version).await?;
        ended.iter().for_each(|session| self.revoked().insert(*session));
        self.wait_until_refused_everywhere().await;
        Ok(())
    }

    /// Who has a name.
    async fn operator_named(&self, name: &str) -> Result<Option<KnownOperator>, AuthError> {
        let list = match self.folded(StreamId::OPERATORS).await? {
            Some(Stream { state: State::OperatorList(list), .. }) => list,
            Some(_) | None => OperatorList::default(),
        };
        match list.find(name) {
            Some(id) => self.known_operator(id).await,
            // The same steps for a name that nobody has.
            None => self.known_operator(OperatorId::new(Uuid::nil())).await,
        }
    }

    async fn known_operator(&self, id: OperatorId) -> Result<Option<KnownOperator>, AuthError> {
        Ok(match self.folded(id.into()).await? {
            Some(Stream { state: State::Operator(operator), version, .. }) => {
                Some(KnownOperator { id, version, operator })
            }
            Some(_) | None => None,
        })
    }

    /// A stream as the log has it now; none if it cannot be folded.
    async fn folded(&self, stream: StreamId) -> Result<Option<Stream>, AuthError> {
        let unread = |error: &log::ReadError| MemberError::Execute(read_failed(error));
        let loaded = load(self.0.parts.log.as_ref(), vec![(stream, Stream::EMPTY)]).await;
        match loaded.map_err(|error| unread(&error))?.pop() {
            Some(Ok(stream)) => Ok(Some(stream)),
            Some(Err(error)) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, stream.id = %stream, "a stream of operators cannot be read");
                Ok(None)
            }
            None => Ok(None),
        }
    }
}

/// From where somebody asks, as the vault keeps it. What a program says of itself is cut: it may be of any length.
fn session_place(from: std::net::IpAddr, agent: &str) -> SessionPlace {
    const LONGEST: usize = 200;
    let agent = agent.chars().filter(|character| !character.is_control()).take(LONGEST).collect();
    SessionPlace { address: from.to_string(), agent }
}
