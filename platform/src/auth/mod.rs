//! Who asks: bearer tokens (JWT, EdDSA only), signed with a private key, verified with public ones, and revoked.

mod claims;
mod keys;
mod principal;
mod revocations;
mod signer;
mod stamp;
mod verifier;

pub use keys::KeysError;
pub use principal::Principal;
pub use revocations::{RevocationSource, Revocations};
pub use signer::{Signer, SignerError};
pub use verifier::{TokenError, Verifier};
