//! Refresh tokens: 32 random bytes that only the client keeps.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use kernel::{Place, Sealed, StreamId, Version};
use rand::TryRng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use vault::{DataKey, RefreshRetry, TokenDigest};
use zeroize::Zeroizing;

use super::AuthError;

/// A refresh token on its way to the client.
pub(super) struct RefreshToken {
    pub(super) text: SecretString,
    pub(super) digest: TokenDigest,
}

impl RefreshToken {
    /// From the machine's random source: nobody guesses 256 bits.
    pub(super) fn fresh() -> Result<Self, AuthError> {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::rngs::SysRng.try_fill_bytes(bytes.as_mut()).map_err(|error| AuthError::Token(Box::new(error)))?;
        let text = SecretString::from(URL_SAFE_NO_PAD.encode(bytes.as_ref()));
        Ok(Self { text, digest: digest(bytes.as_ref()) })
    }
}

/// A refresh token as a client sends it.
pub(super) struct PresentedRefresh {
    pub(super) digest: TokenDigest,
    bytes: Zeroizing<[u8; 32]>,
}

impl PresentedRefresh {
    /// The token in a text; none for what cannot be one of ours.
    pub(super) fn read(text: &SecretString) -> Option<Self> {
        let text = text.expose_secret();
        // Before any work: a longer text is none.
        if text.len() != 43 {
            return None;
        }
        let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        let mut bytes = Zeroizing::new([0; 32]);
        if decoded.len() != bytes.len() {
            return None;
        }
        bytes.copy_from_slice(&decoded);
        Some(Self { digest: digest(bytes.as_ref()), bytes })
    }

    /// What the vault keeps so that this request, under this idempotency key, can be answered again for a time.
    pub(super) fn retry(&self, key: &[u8], next: &RefreshToken, grace: TimeDelta) -> Result<RefreshRetry, AuthError> {
        let answer = self.data_key(key).seal(&self.place(), &next.text)?;
        Ok(RefreshRetry { key: *self.derived(b"jangbu/refresh/key\0", key), answer, grace })
    }

    /// The next token, from what was kept.
    pub(super) fn open(&self, key: &[u8], answer: &Sealed) -> Result<SecretString, AuthError> {
        self.data_key(key).open(&self.place(), answer).map_err(|error| AuthError::Token(Box::new(error)))
    }

    /// Only who has both the token and the idempotency key can make it; neither is stored anywhere.
    fn data_key(&self, key: &[u8]) -> DataKey {
        DataKey::from_bytes(self.derived(b"jangbu/refresh/answer\0", key))
    }

    fn place(&self) -> Place {
        let mut stream = [0; 16];
        stream.copy_from_slice(&self.digest.0[..16]);
        Place { stream: StreamId::new(Uuid::from_bytes(stream)), version: Version::ZERO, field: "refresh_token" }
    }

    /// The token comes first and has a fixed length, so no two pairs are the same bytes. It is random enough to be a key.
    fn derived(&self, purpose: &[u8], key: &[u8]) -> Zeroizing<[u8; 32]> {
        let digest = Sha256::new().chain_update(purpose).chain_update(self.bytes.as_ref()).chain_update(key);
        Zeroizing::new(digest.finalize().into())
    }
}

/// A plain digest is enough: there is nothing to guess that would be shorter than the token itself.
fn digest(bytes: &[u8]) -> TokenDigest {
    TokenDigest(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest_of(text: &SecretString) -> Option<TokenDigest> {
        PresentedRefresh::read(text).map(|presented| presented.digest)
    }

    #[test]
    fn an_answer_opens_with_the_token_and_the_key_and_nothing_else() {
        let (token, next) = (RefreshToken::fresh().expect("random"), RefreshToken::fresh().expect("random"));
        let presented = PresentedRefresh::read(&token.text).expect("one of ours");
        let kept = presented.retry(b"key-1", &next, TimeDelta::seconds(60)).expect("sealed");
        let again = presented.retry(b"key-1", &next, TimeDelta::seconds(60)).expect("sealed");
        assert_eq!(kept.key, again.key, "the same request is recognised");
        assert_ne!(kept.key, presented.retry(b"key-2", &next, TimeDelta::seconds(60)).expect("sealed").key);
        let opened = presented.open(b"key-1", &kept.answer).expect("opens");
        assert_eq!(opened.expose_secret(), next.text.expose_secret());
        assert!(presented.open(b"key-2", &kept.answer).is_err());
        let other = PresentedRefresh::read(&next.text).expect("one of ours");
        assert!(other.open(b"key-1", &kept.answer).is_err());
        assert!(!format!("{kept:?}").contains(next.text.expose_secret()));
    }

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
