//! Opening what is sealed, and what the vault alone has: the port behind which it is.

use std::error::Error;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use kernel::MemberId;
use platform::problem::{Code, Problem};
use reads::SealedText;
use secrecy::SecretString;
use uuid::Uuid;

use crate::problem::OUTAGE;

/// Opens sealed texts. What was opened goes into the answer and nowhere else: neither texts nor keys are kept.
#[async_trait]
pub trait Opener: Send + Sync {
    /// Opens texts of one member, in their order; none if the member's data key was destroyed.
    async fn open(&self, member: MemberId, texts: &[&SealedText]) -> Result<Option<Vec<SecretString>>, OpenerError>;

    /// The devices of a member, in the order in which they were registered; none if the member's data key was destroyed.
    async fn devices(&self, member: MemberId) -> Result<Vec<OpenedDevice>, OpenerError>;

    /// The sessions of a member, those that end last first; a hundred at most.
    async fn sessions(&self, member: MemberId) -> Result<Vec<KeptSession>, OpenerError>;

    /// What a member wants to be told; none if they never said.
    async fn preferences(&self, member: MemberId) -> Result<Option<KeptPreferences>, OpenerError>;
}

/// A device of a member.
#[derive(Debug)]
pub struct OpenedDevice {
    /// Its id, which the app chose.
    pub device: Uuid,
    /// `android`, `ios` or `web`.
    pub platform: String,
    /// What is shown of its token.
    pub masked: SecretString,
    /// In which language it is told.
    pub locale: String,
    /// The name of its time zone.
    pub zone: String,
    /// When it was first registered.
    pub registered_at: DateTime<Utc>,
    /// When it was last registered.
    pub changed_at: DateTime<Utc>,
}

/// A session of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptSession {
    /// Its id.
    pub session: Uuid,
    /// When it ends if nobody refreshes it.
    pub expires_at: DateTime<Utc>,
    /// When it was ended before that.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What a member wants to be told.
#[derive(Clone, Debug)]
pub struct KeptPreferences {
    /// What is pushed.
    pub push: Vec<String>,
    /// What is mailed.
    pub email: Vec<String>,
    /// From when until when pushes wait.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
}

/// Why a text was not opened. It never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum OpenerError {
    /// The vault cannot be asked, or not in time.
    #[error("the vault cannot be asked now")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The key is there and does not open a text at its place: one of them was damaged or exchanged.
    #[error("a sealed text does not open at its place")]
    Refused,
}

/// The problem of a text that was not opened.
pub fn problem_of(error: OpenerError) -> Problem {
    match error {
        OpenerError::Unavailable(cause) => Problem::new(Code::VaultUnavailable)
            .detail("what is personal cannot be read now")
            .cause(cause)
            .retry_after(OUTAGE),
        OpenerError::Refused => Problem::internal(OpenerError::Refused),
    }
}

/// A name that is only a part of an answer: the rest is worth giving without it.
#[derive(Debug)]
pub enum Name {
    /// The name; none if there is nobody, or nobody any more.
    Known(Option<SecretString>),
    /// There is one, and it cannot be read now.
    Degraded,
}

/// Opens a name, if there is one.
pub async fn name(opener: &dyn Opener, name: Option<(MemberId, SealedText)>) -> Name {
    let Some((member, text)) = name else { return Name::Known(None) };
    match opener.open(member, &[&text]).await {
        Ok(opened) => Name::Known(opened.and_then(|texts| texts.into_iter().next())),
        // The opener writes to the log; the answer says that the name could not be read.
        Err(OpenerError::Unavailable(_) | OpenerError::Refused) => Name::Degraded,
    }
}
