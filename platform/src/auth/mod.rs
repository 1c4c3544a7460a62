//! Who asks: bearer tokens (JWT, EdDSA only), verified with public keys.

mod claims;
mod keys;
mod principal;
mod verifier;

pub use keys::KeysError;
pub use principal::Principal;
pub use verifier::{TokenError, Verifier};
