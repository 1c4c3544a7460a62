//! The secrets of webhooks, derived when they are needed and stored nowhere: whoever creates a webhook is told them again by a retry, and
//! the sender derives the same.
//!
//! Signatures are those of Standard Webhooks: `v1` is HMAC-SHA256, `v1a` is Ed25519.
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use kernel::WebhookId;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::VaultError;

/// What the vault keeps for webhooks: one key, from which every secret is derived.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// The key behind the secrets; made when it is asked for the first time.
    async fn webhook_secrets(&self) -> Result<WebhookSecrets, VaultError>;
}

/// Derives the secrets of webhooks from one key of the vault. Wiped from memory when dropped.
#[derive(Clone)]
pub struct WebhookSecrets(Zeroizing<[u8; 32]>);

impl WebhookSecrets {
    /// With the vault's key for webhooks.
    pub fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self(key)
    }

    /// The secret of a webhook with this number; the first is 1. See `events::recorded::WebhookSecretRotated`.
    pub fn secret(&self, webhook: WebhookId, number: u32) -> WebhookSecret {
        WebhookSecret {
            hmac: self.derive(b"webhook hmac", webhook, number),
            signing: SigningKey::from_bytes(&self.derive(b"webhook ed25519", webhook, number)),
        }
    }

    /// The purpose with its length before it, then two parts of fixed length: no two derivations share their input.
    fn derive(&self, purpose: &[u8], webhook: WebhookId, number: u32) -> Zeroizing<[u8; 32]> {
        let purpose_length = (purpose.len() as u64).to_be_bytes();
        Zeroizing::new(mac(&self.0, &[&purpose_length, purpose, webhook.uuid().as_bytes(), &number.to_be_bytes()]))
    }
}

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecrets(..)")
    }
}

/// One secret of a webhook: the key of the symmetric signature, and the key pair of the asymmetric one.
pub struct WebhookSecret {
    hmac: Zeroizing<[u8; 32]>,
    signing: SigningKey,
}

impl WebhookSecret {
    /// The symmetric secret as its owner is told it: `whsec_` and Base64 of 32 bytes.
    pub fn shown(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(STANDARD.encode(self.hmac.as_slice()));
        Zeroizing::new(format!("whsec_{}", *encoded))
    }

    /// The public key of the asymmetric signature: `whpk_` and Base64 of 32 bytes. No secret.
    pub fn public_key(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.signing.verifying_key().as_bytes()))
    }

    /// Both signatures of `content`, as they stand in the header `webhook-signature`: `v1,<Base64> v1a,<Base64>`. `content` is the id of
    /// the message, a dot, the seconds of `webhook-timestamp`, a dot, and the body.
    pub fn signatures(&self, content: &[u8]) -> String {
        let symmetric = STANDARD.encode(mac(&self.hmac, &[content]));
        let asymmetric = STANDARD.encode(self.signing.sign(content).to_bytes());
        format!("v1,{symmetric} v1a,{asymmetric}")
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ed25519_dalek::{Signature, Verifier, VerifyingKey};
    use uuid::Uuid;

    use super::*;

    fn secrets(key: u8) -> WebhookSecrets {
        WebhookSecrets::new(Zeroizing::new([key; 32]))
    }

    fn webhook(number: u128) -> WebhookId {
        WebhookId::new(Uuid::from_u128(number))
    }

    fn bytes(text: &str, prefix: &str) -> Vec<u8> {
        STANDARD.decode(text.strip_prefix(prefix).expect("the prefix")).expect("Base64")
    }

    #[test]
    fn each_key_webhook_and_number_has_a_secret_of_its_own_and_keeps_it() {
        let mut all = HashSet::new();
        for (key, id, number) in [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)] {
            let secret = secrets(key).secret(webhook(id), number);
            let again = secrets(key).secret(webhook(id), number);
            assert_eq!(*secret.shown(), *again.shown());
            assert_eq!(secret.public_key(), again.public_key());
            assert_ne!(*secret.hmac, secret.signing.to_bytes(), "one tells nothing of the other");
            all.extend([secret.shown().to_string(), secret.public_key()]);
        }
        assert_eq!(all.len(), 8);
    }

    #[test]
    fn secrets_have_the_form_of_standard_webhooks() {
        let secret = secrets(7).secret(webhook(1), 1);
        assert_eq!(bytes(&secret.shown(), "whsec_").len(), 32);
        assert_eq!(bytes(&secret.public_key(), "whpk_").len(), 32);
        assert!(!format!("{secret:?}").contains("whsec"), "no debug output shows it");
    }

    #[test]
    fn both_signatures_verify_and_cover_every_byte() {
        let secret = secrets(7).secret(webhook(1), 1);
        let content: &[u8] = b"msg.1614265330.{}";
        let both = secret.signatures(content);
        let (symmetric, asymmetric) = both.split_once(' ').expect("two signatures");
        let (symmetric, asymmetric) = (bytes(symmetric, "v1,"), bytes(asymmetric, "v1a,"));
        let key = bytes(&secret.shown(), "whsec_");
        let verifies = |content: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
            mac.update(content);
            mac.verify_slice(&symmetric).is_ok()
        };
        assert!(verifies(content) && !verifies(b"msg.1614265331.{}"));
        let public: [u8; 32] = bytes(&secret.public_key(), "whpk_").try_into().expect("32 bytes");
        let public = VerifyingKey::from_bytes(&public).expect("a key");
        let signature = Signature::from_slice(&asymmetric).expect("64 bytes");
        assert!(public.verify(content, &signature).is_ok());
        assert!(public.verify(b"msg.1614265331.{}", &signature).is_err());
    }
}
