//! What the use cases do with the vault: sealing, opening, comparing, and what its errors mean.

use std::error::Error;

use chrono::{DateTime, Utc};
use domain::member::Code;
use kernel::{Place, Sealed, StreamId};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use vault::{DataKey, Names, SentCode, VaultError};

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

/// The newest of the codes that were issued which was sent and has not expired. A code that was never sent is worth
/// nothing: nobody can have it, and whoever gives it has guessed. So a message that was held back takes nothing away from
/// the code of the message before it.
pub fn code_in_force(
    issued: impl Iterator<Item = (u32, DateTime<Utc>)>,
    now: DateTime<Utc>,
    sent: impl Fn(u32) -> Option<SentCode>,
) -> Option<SentCode> {
    let in_time = issued.filter(|(_, expires_at)| now < *expires_at);
    in_time.filter_map(|(serial, _)| sent(serial)).max_by_key(|code| code.serial)
}

/// Whether a code is the one in force on this stream; none is right if none is in force. The work is the same either way.
pub fn is_right(names: &Names, stream: StreamId, in_force: Option<SentCode>, code: &Code) -> bool {
    let SentCode { serial, contact } = in_force.unwrap_or(SentCode { serial: 1, contact: None });
    let expected = match contact {
        Some(contact) => names.code_to(contact, stream, serial),
        None => names.code(stream, serial),
    };
    let right: bool = expected.as_bytes().ct_eq(code.expose().as_bytes()).into();
    right && in_force.is_some()
}

/// How a code was sent; if all count as sent, as an earlier build would have.
pub fn sent_code(sent: &[SentCode], serial: u32, all_count: bool) -> Option<SentCode> {
    let found = sent.iter().find(|code| code.serial == serial).copied();
    found.or_else(|| all_count.then_some(SentCode { serial, contact: None }))
}
