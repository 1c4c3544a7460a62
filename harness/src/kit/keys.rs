//! Signing keys of a local bank, and tokens made with them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    Signer, SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use kernel::{Actor, Clock, SystemClock};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{make_dir, write_secret};

/// An Ed25519 key pair: the private half in a PKCS#8 PEM file, the public half in a JSON Web Key Set.
#[derive(Debug)]
pub struct Keys {
    key: SigningKey,
    kid: String,
    dir: PathBuf,
}

impl Keys {
    /// The keys in this folder; made if there are none.
    pub fn open(dir: &Path) -> Result<Self> {
        make_dir(dir, 0o700)?;
        let file = dir.join("signing-key.pem");
        let key = if file.exists() {
            let pem = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            SigningKey::from_pkcs8_pem(&pem)
                .with_context(|| format!("{} holds no Ed25519 key; remove it to have one made", file.display()))?
        } else {
            let key = SigningKey::from_bytes(&rand::random());
            let pem = key.to_pkcs8_pem(LineEnding::LF).context("a key that cannot be written")?;
            write_secret(&file, &pem)?;
            key
        };
        let public = key.verifying_key();
        // RFC 7638 would hash the JWK; a name is all that is asked of it here.
        let kid = URL_SAFE_NO_PAD.encode(&Sha256::digest(public.as_bytes())[..12]);
        let keys = Self { key, kid, dir: dir.to_owned() };
        write_secret(&keys.jwks_file(), &keys.jwks())?;
        Ok(keys)
    }

    /// The file of the private key.
    pub fn signing_key_file(&self) -> PathBuf {
        self.dir.join("signing-key.pem")
    }

    /// The file of the public keys.
    pub fn jwks_file(&self) -> PathBuf {
        self.dir.join("jwks.json")
    }

    fn jwks(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        let key = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": x});
        format!("{:#}\n", json!({ "keys": [key] }))
    }

    /// A token for this actor, good for `hours` from now.
    pub fn token(&self, actor: Actor, hours: i64) -> String {
        let now = SystemClock.now().timestamp();
        let claims = json!({
            "sub": actor.id.uuid(),
            "role": actor.role.as_str(),
            "iat": now,
            "exp": now + hours * 3600,
        });
        self.sign(&json!({"alg": "EdDSA", "typ": "JWT", "kid": self.kid}), &claims)
    }

    /// A token with any header and claims, rightly signed; for tests of what must be refused.
    pub fn sign(&self, header: &serde_json::Value, claims: &serde_json::Value) -> String {
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
