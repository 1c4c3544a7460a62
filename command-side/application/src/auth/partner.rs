//! Partners: the secrets of their keys, the tokens that they get for them, and what every server is told of them.
//!
//! A secret has 256 bits that are derived here and kept nowhere; the log has its digest. Whether a key is not there, belongs to another
//! secret, has expired or was revoked takes the same steps, and is answered alike and after the same time.

use std::{net::IpAddr, time::Instant};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use domain::PartnerKey;
use kernel::{PartnerId, PartnerKeyId, Position, Scopes};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::time;
use vault::PartnerQuota;
use zeroize::Zeroizing;

use super::{AuthError, AuthService, departure::leave};
use crate::{
    MemberError,
    engine::{State, Stream, load, read_failed},
};

/// What a secret begins with: whoever finds one in a file sees whose it is.
const PREFIX: &str = "jbk_";

/// The secret of a key that is issued, and its digest for the log.
pub struct PartnerSecret {
    /// For the partner; shown once.
    pub text: SecretString,
    /// In hexadecimal digits.
    pub digest: String,
}

/// A token of a partner.
pub struct PartnerToken {
    /// For `Authorization: Bearer`.
    pub access: SecretString,
    /// How long it is good for.
    pub expires_in: TimeDelta,
    /// What it allows.
    pub scopes: Scopes,
}

impl AuthService {
    /// The secret of a key: the same whenever it is asked for.
    pub fn partner_secret(&self, key: PartnerKeyId) -> PartnerSecret {
        let bytes = self.vault().names().partner_secret(key);
        let text = Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes.as_ref())));
        PartnerSecret { digest: digest(&text), text: SecretString::from(text.as_str()) }
    }

    /// A token for whoever has a key and its secret, with all of its scopes or those that are asked for. Wrong ones are counted by the
    /// address that they come from.
    pub async fn partner_token(
        &self,
        from: IpAddr,
        (key, secret): (PartnerKeyId, SecretString),
        scopes: Option<Scopes>,
    ) -> Result<PartnerToken, AuthError> {
        let arrived = time::Instant::now();
        let failures = &self.0.throttles.failures;
        failures.begin(from, Instant::now())?;
        let issued = self.token_for(key, &secret, scopes).await;
        match issued {
            Err(AuthError::ClientUnknown) => leave(arrived, self.0.options.refusals_leave_after).await,
            Ok(_) | Err(_) => failures.take_back(from),
        }
        issued
    }

    async fn token_for(
        &self,
        key: PartnerKeyId,
        secret: &SecretString,
        asked: Option<Scopes>,
    ) -> Result<PartnerToken, AuthError> {
        let given = digest(secret.expose_secret());
        let known = self.partner_key(key).await?;
        let now = self.0.parts.clock.now();
        // A digest is compared with one in any case: that of a key that is not there fits nothing.
        let held = known.as_ref().map_or_else(|| digest(""), |key| key.issued.digest.clone());
        let is_its = same(&given, &held);
        let known = known.filter(|key| is_its && key.holds(now)).ok_or(AuthError::ClientUnknown)?;
        let scopes = known.scopes(asked).filter(|scopes| !scopes.is_empty()).ok_or(AuthError::ScopeNotGranted)?;
        self.require_signing_key().await?;
        let mut until = now + self.0.options.partner_access_lives;
        if let Some(expires_at) = known.issued.expires_at {
            until = until.min(expires_at);
        }
        // A token says in whole seconds when it ends: one that ends in this second would be no token.
        if until.timestamp() <= now.timestamp() {
            return Err(AuthError::ClientUnknown);
        }
        let signed = self.0.parts.signer.sign_partner(known.partner(), key, scopes, now, until);
        metrics::counter!("partner_tokens_total").increment(1);
        tracing::debug!(partner.id = %known.partner(), key.id = %key, "a partner was given a token");
        Ok(PartnerToken { access: signed.map_err(AuthError::Token)?, expires_in: until - now, scopes })
    }

    /// The key as the log has it now.
    async fn partner_key(&self, key: PartnerKeyId) -> Result<Option<PartnerKey>, AuthError> {
        let unread = |error: &log::ReadError| MemberError::Execute(read_failed(error));
        let loaded = load(self.0.parts.log.as_ref(), vec![(key.into(), Stream::EMPTY)]).await;
        let stream = loaded.map_err(|error| unread(&error))?.pop();
        Ok(match stream {
            Some(Ok(Stream { state: State::PartnerKey(key), .. })) => Some(key),
            Some(Ok(_)) | None => None,
            Some(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a key of a partner cannot be read");
                None
            }
        })
    }

    /// A key was revoked: its tokens are refused here at once, and by every server within a second, for which this waits.
    pub async fn partner_key_revoked(&self, key: PartnerKeyId) -> Result<(), AuthError> {
        self.revoked().insert(key.uuid());
        self.vault().revoke_key(key).await?;
        self.wait_until_refused_everywhere().await;
        Ok(())
    }

    /// Quotas were set at this position of the log: every server counts by them within a second.
    pub async fn partner_quota_set(
        &self,
        partner: PartnerId,
        quota: PartnerQuota,
        position: Position,
    ) -> Result<(), AuthError> {
        Ok(self.vault().keep_quota(partner, quota, position).await?)
    }
}

/// A plain digest is enough: there is nothing to guess that would be shorter than the secret itself.
fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Compares two digests in a time that does not show where they differ.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_sha_256() {
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(same(&digest("a"), &digest("a")) && !same(&digest("a"), &digest("b")) && !same("", &digest("")));
    }
}
