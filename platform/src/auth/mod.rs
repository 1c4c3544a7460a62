//! Who asks: bearer tokens (JWT, EdDSA only), signed with a private key, verified with public ones, and revoked.

mod access;
mod allowed;
mod claims;
mod eddsa;
mod extract;
mod key_set;
mod keys;
mod look_schedule;
mod presented;
mod principal;
mod quotas;
mod refusal;
mod revocations;
mod signer;
mod stamp;
mod token_error;
mod verifier;

pub use access::Admitted;
pub use allowed::Allowed;
pub use extract::{FormerPrincipal, LastingPrincipal};
pub use keys::KeysError;
pub(crate) use presented::Presented;
pub use principal::Principal;
pub use quotas::{QuotaSource, Quotas, RequestQuota};
pub use refusal::refused;
pub use revocations::{RevocationSource, Revocations};
pub use signer::{Signer, SignerError, thumbprint};
pub use token_error::TokenError;
pub use verifier::Verifier;
