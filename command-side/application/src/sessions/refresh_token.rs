//! Refresh tokens: 32 random bytes that only the client keeps.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::TryRngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use vault::TokenDigest;
use zeroize::Zeroizing;

use super::ReceptionError;

/// A refresh token on its way to the client.
pub(super) struct RefreshToken {
    pub(super) text: SecretString,
    pub(super) digest: TokenDigest,
}

impl RefreshToken {
    /// From the machine's random source: nobody guesses 256 bits.
    pub(super) fn fresh() -> Result<Self, ReceptionError> {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::rngs::OsRng.try_fill_bytes(bytes.as_mut()).map_err(|error| ReceptionError::Token(Box::new(error)))?;
        let text = SecretString::from(URL_SAFE_NO_PAD.encode(bytes.as_ref()));
        Ok(Self { text, digest: digest(bytes.as_ref()) })
    }
}

/// The digest of a token as a client sends it; none for what cannot be one of ours.
pub(super) fn digest_of(text: &SecretString) -> Option<TokenDigest> {
    let text = text.expose_secret();
    // Before any work: a longer text is none.
    if text.len() != 43 {
        return None;
    }
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    (bytes.len() == 32).then(|| digest(&bytes))
}

/// A plain digest is enough: there is nothing to guess that would be shorter than the token itself.
fn digest(bytes: &[u8]) -> TokenDigest {
    TokenDigest(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_reads_back_and_no_two_are_alike() {
        let (one, two) = (RefreshToken::fresh().expect("random"), RefreshToken::fresh().expect("random"));
        assert_eq!(digest_of(&one.text), Some(one.digest));
        assert_ne!(one.digest, two.digest);
        let text = one.text.expose_secret();
        for changed in [&text[1..], &format!("{text}="), &text.replace(&text[..1], "+"), &text.to_owned().repeat(2)] {
            assert_eq!(digest_of(&SecretString::from(changed)), None, "cut, padded, of another alphabet, doubled");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_panic(text in ".{0,60}") {
            prop_assert_eq!(digest_of(&SecretString::from(text.as_str())).is_some(), URL_SAFE_NO_PAD.decode(&text).is_ok_and(|b| b.len() == 32));
        }
    }
}
