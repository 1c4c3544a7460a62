//! What a channel is: an adapter that takes one message to one person.

use std::{borrow::Cow, fmt, sync::Arc};

use async_trait::async_trait;
use secrecy::SecretString;

/// What is said to a person. It may hold a code, so that it is not shown by accident.
#[derive(Clone)]
pub struct Text {
    /// The same whenever this message is tried again, and no other's: for channels that can recognise repetitions.
    pub key: String,
    /// A heading, for channels that have one. Never made from what somebody typed.
    pub subject: &'static str,
    /// Plain text.
    pub body: SecretString,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({}, {})", self.key, self.subject)
    }
}

/// Why a message was not taken. The reason is logged: it tells nothing of the person, nor what a server answered in
/// words, because servers repeat the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// It may go well later.
    #[error("not now: {reason}")]
    Transient {
        /// What happened.
        reason: Cow<'static, str>,
    },
    /// It will never go well: the address does not exist, say.
    #[error("never: {reason}")]
    Permanent {
        /// What happened.
        reason: Cow<'static, str>,
    },
}

impl DeliverError {
    /// Worth trying again.
    pub fn transient(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Transient { reason: reason.into() }
    }

    /// Not worth trying again.
    pub fn permanent(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Permanent { reason: reason.into() }
    }
}

/// A way to reach people.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Hands a message over. `Ok` means that somebody else answers for it from now on.
    async fn deliver(&self, to: &SecretString, message: &Text) -> Result<(), DeliverError>;
}

/// The channels of this server; messages of one that is not there wait.
#[derive(Clone, Default)]
pub struct Channels {
    /// E-mail.
    pub email: Option<Arc<dyn Channel>>,
    /// Text messages.
    pub phone: Option<Arc<dyn Channel>>,
}

impl Channels {
    /// By the name that messages carry.
    pub(super) fn of(&self, name: &str) -> Option<&Arc<dyn Channel>> {
        match name {
            "email" => self.email.as_ref(),
            "phone" => self.phone.as_ref(),
            _ => None,
        }
    }
}
