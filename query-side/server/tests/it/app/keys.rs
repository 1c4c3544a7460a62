//! A signing key and the tokens made with it.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use kernel::{Actor, Clock, Ids, RandomIds, SystemClock};
use serde_json::{Value, json};

pub struct Keys {
    key: SigningKey,
    file: PathBuf,
}

impl Keys {
    pub fn make() -> Self {
        let fresh = RandomIds.fresh();
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(fresh.as_bytes());
        let key = SigningKey::from_bytes(&seed);
        let file = std::env::temp_dir().join(format!("jangbu-query-it-{}.json", fresh.simple()));
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": x }] });
        std::fs::write(&file, jwks.to_string()).expect("a temporary file");
        Self { key, file }
    }

    pub fn jwks_file(&self) -> &Path {
        &self.file
    }

    pub fn token(&self, actor: Actor) -> String {
        let exp = SystemClock.now().timestamp() + 3600;
        let claims = json!({ "sub": actor.id.uuid(), "role": actor.role.as_str(), "exp": exp });
        self.sign(&json!({ "alg": "EdDSA", "typ": "JWT" }), &claims)
    }

    /// Any header and claims, rightly signed.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // Left behind it does no harm.
        let _ = std::fs::remove_file(&self.file);
    }
}
