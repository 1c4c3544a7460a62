//! What the use cases do with the vault: sealing, opening, comparing, and what its errors mean.

use std::error::Error;

use domain::member::Code;
use kernel::{Place, Sealed, StreamId};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use vault::{DataKey, Names, VaultError};

use super::MemberError;
use crate::ExecuteError;

/// A vault that is away may be back in a moment; anything else of it is a defect.
pub fn vault_failed(error: VaultError) -> MemberError {
    match error {
        VaultError::Unavailable(_) | VaultError::Kek(_) => {
            tracing::error!(
                error = &error as &dyn Error,
                "the vault cannot be reached; a member's command is turned away"
            );
            MemberError::VaultUnavailable(error)
        }
        defect => {
            tracing::error!(error = &defect as &dyn Error, "the vault met a defect");
            ExecuteError::Internal.into()
        }
    }
}

/// Seals a text for a place.
pub fn seal(key: &DataKey, place: Place, text: &str) -> Result<Sealed, MemberError> {
    key.seal(&place, &SecretString::from(text)).map_err(vault_failed)
}

/// Opens what stands at a place.
pub fn open(key: &DataKey, place: Place, sealed: &Sealed) -> Result<SecretString, MemberError> {
    key.open(&place, sealed).map_err(|error| {
        tracing::error!(error = &error as &dyn Error, stream.id = %place.stream, "a sealed text of the log does not open");
        ExecuteError::Internal.into()
    })
}

/// Opens what stands at one place and seals it for another.
pub fn reseal(key: &DataKey, from: Place, sealed: &Sealed, to: Place) -> Result<Sealed, MemberError> {
    seal(key, to, open(key, from, sealed)?.expose_secret())
}

/// Whether a code is the one with this serial on this stream. Takes the same time whatever is wrong about it.
pub fn is_right(names: &Names, stream: StreamId, serial: u32, code: &Code) -> bool {
    names.code(stream, serial).as_bytes().ct_eq(code.expose().as_bytes()).into()
}
