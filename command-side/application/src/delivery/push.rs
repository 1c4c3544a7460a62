//! What the provider of pushes is: an adapter that takes one push to one device.

use std::{borrow::Cow, fmt};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use uuid::Uuid;

/// A push to one device. A lock screen shows it to whoever looks: it names nobody.
#[derive(Clone)]
pub struct Push {
    /// The same whenever this push is tried again: a device shows it once.
    pub id: Uuid,
    /// Where to.
    pub token: SecretString,
    /// What of, for the app.
    pub kind: &'static str,
    /// A heading.
    pub title: &'static str,
    /// Plain text.
    pub body: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// After this it is not to be shown any more.
    pub until: DateTime<Utc>,
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Push({}, {})", self.id, self.kind)
    }
}

/// Why a push was not taken. The reason is logged: it tells nothing of the person, nor what a server answered in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// It may go well later.
    #[error("not now: {reason}")]
    Transient {
        /// What happened.
        reason: Cow<'static, str>,
    },
    /// This push will never go well.
    #[error("never: {reason}")]
    Permanent {
        /// What happened.
        reason: Cow<'static, str>,
    },
    /// The app is not on the device any more: no push to this token will ever go well.
    #[error("the token is registered no more")]
    Unregistered,
}

/// The provider of pushes.
#[async_trait]
pub trait PushChannel: Send + Sync {
    /// Hands a push over. `Ok` means that the provider answers for it from now on.
    async fn push(&self, push: &Push) -> Result<(), PushError>;
}
