//! The authentication service: where people come in, show who they are, and leave.
//!
//! Passwords, sessions and how often somebody may try are its business; what becomes of a member is that of
//! [`Members`]. **Nothing shows whether a login id exists:** one that nobody has, one that nobody could have, the
//! password of somebody else and the login of one who left all take the same steps and get the same answer.

mod asking;
mod departure;
mod devices;
mod error;
mod execute;
mod log_in;
mod log_in_notice;
mod operators;
mod origin;
mod partner;
mod password;
mod password_reset;
mod payment_code;
mod port;
mod refresh_token;
mod refuse;
mod sealing;
mod sign_up;
mod site;
mod throttle;
mod webhook;

use std::sync::Arc;

pub use asking::{AuthOptions, ErasureProof, MemberCommand, MemberOutcome, NewMember, ThrottleOptions, Tokens};
pub use error::AuthError;
use kernel::{Clock, Ids};
use log::Fingerprint;
pub use operators::{
    CodeGrant, Identity, IdentityError, IdentityProvider, OperatorLogIn, OperatorPassword, OperatorSecrets,
    OperatorTokens, ProviderFacts,
};
pub use partner::{PartnerSecret, PartnerToken};
pub use port::{RevokedTokens, SignTokens};
use vault::{Passwords, Vault};
pub use webhook::WebhookKeys;

use self::throttle::Throttles;
use crate::{MemberLog, Members};

/// What the authentication service works with.
pub struct AuthParts {
    /// Sign-ups, contacts and erasures.
    pub members: Members,
    /// Where refusals are found again.
    pub log: Arc<dyn MemberLog>,
    /// Passwords and sessions.
    pub vault: Arc<dyn Vault>,
    /// Hashes and verifies, a bounded number at a time.
    pub passwords: Passwords,
    /// Signs access tokens.
    pub signer: Arc<dyn SignTokens>,
    /// Whose access tokens this server refuses.
    pub revoked: Arc<dyn RevokedTokens>,
    /// By whom operators may be identified beside password and code.
    pub identities: Option<Arc<dyn IdentityProvider>>,
    /// The ids of sessions.
    pub ids: Arc<dyn Ids>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The authentication service. Cheap to clone.
#[derive(Clone)]
pub struct AuthService(Arc<Inner>);

struct Inner {
    parts: AuthParts,
    throttles: Throttles,
    options: AuthOptions,
}

impl AuthService {
    /// With these parts.
    pub fn new(parts: AuthParts, options: AuthOptions) -> Self {
        Self(Arc::new(Inner { parts, throttles: Throttles::new(&options.throttles), options }))
    }

    /// What a request asked for, as the log may keep it: keyed, for there may be a password in it.
    pub fn fingerprint(&self, canonical: &[u8]) -> Fingerprint {
        Fingerprint(self.vault().names().fingerprint(canonical))
    }

    fn members(&self) -> &Members {
        &self.0.parts.members
    }

    fn vault(&self) -> &dyn Vault {
        self.0.parts.vault.as_ref()
    }

    fn passwords(&self) -> &Passwords {
        &self.0.parts.passwords
    }

    fn revoked(&self) -> &dyn RevokedTokens {
        self.0.parts.revoked.as_ref()
    }
}
