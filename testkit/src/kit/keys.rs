//! Signing keys of a local bank, and tokens made with them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ed25519_dalek::{
    Signer, SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use kernel::{Actor, Clock, SystemClock};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{make_dir, random_secret, write_secret};

/// An Ed25519 key pair, the private half in a PKCS#8 PEM file, the public half in a JSON Web Key Set; and the file of the
/// vault's key-encryption key.
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
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let keys = Self { key, kid: thumbprint(&x), dir: dir.to_owned() };
        keys.publish(&x)?;
        keys.ensure_secret(&keys.kek_file())?;
        keys.ensure_secret(&keys.slice_key_file())?;
        keys.ensure_secret(&keys.internal_key_file())?;
        keys.ensure_secret(&keys.console_key_file())?;
        Ok(keys)
    }

    /// Makes a file with one secret key if there is none: the key-encryption key, without which every member's personal
    /// data are lost; the key that slices are sealed with; the key that command servers share; and the key that seals the
    /// cookies of the console.
    fn ensure_secret(&self, file: &Path) -> Result<()> {
        if file.exists() {
            return Ok(());
        }
        let (id, key) = (random_secret(), STANDARD.encode(rand::random::<[u8; 32]>()));
        write_secret(file, &format!("{:#}\n", json!({ "current": id, "keys": { &id: key } })))
    }

    /// Sees to it that the set holds the public half; other keys in it stay.
    fn publish(&self, x: &str) -> Result<()> {
        let file = self.jwks_file();
        let known = std::fs::read_to_string(&file).unwrap_or_default();
        let known: Value = serde_json::from_str(&known).unwrap_or_default();
        let mut keys = known["keys"].as_array().cloned().unwrap_or_default();
        let ours = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": x});
        if keys.contains(&ours) {
            return Ok(());
        }
        keys.retain(|key| key["x"] != ours["x"]);
        keys.push(ours);
        write_secret(&file, &format!("{:#}\n", json!({ "keys": keys })))
    }

    /// The file of the private key.
    pub fn signing_key_file(&self) -> PathBuf {
        self.dir.join("signing-key.pem")
    }

    /// The file of the public keys.
    pub fn jwks_file(&self) -> PathBuf {
        self.dir.join("jwks.json")
    }

    /// The file of the key-encryption key.
    pub fn kek_file(&self) -> PathBuf {
        self.dir.join("kek.json")
    }

    /// The file of the keys that slices are sealed with.
    pub fn slice_key_file(&self) -> PathBuf {
        self.dir.join("slice-keys.json")
    }

    /// The file of the key that command servers share.
    pub fn internal_key_file(&self) -> PathBuf {
        self.dir.join("internal-keys.json")
    }

    /// The file of the key that seals the cookies of the console.
    pub fn console_key_file(&self) -> PathBuf {
        self.dir.join("console-keys.json")
    }

    /// The variable by which programs find the key-encryption key.
    pub fn kek(&self) -> String {
        format!("file:{}", self.kek_file().display())
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
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The name of a key, by RFC 7638: the digest of its required members in the order of their names.
fn thumbprint(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_the_example_in_rfc_8037() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(thumbprint(x), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn keys_are_found_again_and_other_keys_of_the_set_stay() {
        let dir = std::env::temp_dir().join(format!("jangbu-keys-{}", std::process::id()));
        let first = Keys::open(&dir).expect("made");
        let other = json!({ "keys": [{"kty": "OKP", "x": "someone else's"}] });
        std::fs::write(first.jwks_file(), other.to_string()).expect("written");
        let second = Keys::open(&dir).expect("opened");
        let set: Value =
            serde_json::from_str(&std::fs::read_to_string(first.jwks_file()).expect("read")).expect("JSON");
        std::fs::remove_dir_all(&dir).expect("removed");
        assert_eq!(first.kid, second.kid);
        assert_eq!(set["keys"].as_array().map(Vec::len), Some(2));
        assert_eq!(set["keys"][1]["kid"], json!(second.kid));
    }
}
