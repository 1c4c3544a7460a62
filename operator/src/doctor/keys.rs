//! The keys: whether the tokens made here are believed there.

use std::{path::Path, time::Duration};

use super::finding::Finding;
use crate::{
    config::Config,
    failure::Failure,
    http,
    keys::{Jwk, Jwks, KeyError, PrivateKey},
};

/// Looks at both files, and at the set that the command server shows.
pub async fn look(config: &Config) -> Vec<Finding> {
    let key_file = match config.signing_key() {
        Ok(file) => file,
        // Not every operator signs tokens, so without a key nothing is wrong yet.
        Err(failure) => return vec![unset("signing key", &failure)],
    };
    let public = match PrivateKey::read(key_file) {
        Ok(key) => key.public(),
        Err(error) => return vec![Finding::failed("signing key", &error.into())],
    };
    let mut findings = vec![mode(key_file, &public)];
    findings.push(match config.jwks() {
        Ok(file) => key_set(&public, Jwks::read(file), file),
        Err(failure) => unset("key set", &failure),
    });
    // A server that does not answer has a finding of its own.
    if let Some(shown) = shown(config).await {
        findings.push(if shown.contains(&public) {
            Finding::ok("keys of the command server", "the signing key is among them")
        } else {
            let to_do = "give the servers the key set of this signing key (JANGBU_JWKS_FILE) and restart them";
            Finding::fail(
                "keys of the command server",
                "the signing key is not among them: its tokens are refused",
                to_do,
            )
        });
    }
    findings
}

fn unset(what: &str, failure: &Failure) -> Finding {
    Finding::warn(what, failure.to_string(), failure.advice().unwrap_or_default())
}

fn key_set(public: &Jwk, set: Result<Jwks, KeyError>, file: &Path) -> Finding {
    match set {
        Ok(set) if set.contains(public) => Finding::ok("key set", format!("{} holds {}", file.display(), public.kid)),
        Ok(_) => {
            let error = KeyError::NotInSet { kid: public.kid.clone(), path: file.to_owned() };
            Finding::failed("key set", &error.into())
        }
        Err(error) => Finding::failed("key set", &error.into()),
    }
}

/// A private key that others can read is no longer private.
fn mode(file: &Path, public: &Jwk) -> Finding {
    let what = "signing key";
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file).map(|meta| meta.permissions().mode() & 0o077);
        if mode.is_ok_and(|others| others != 0) {
            let found = format!("{} can be read by others", file.display());
            return Finding::warn(what, found, format!("chmod 600 {}", file.display()));
        }
    }
    Finding::ok(what, format!("{} ({})", file.display(), public.kid))
}

async fn shown(config: &Config) -> Option<Jwks> {
    let client = http::client(Duration::from_secs(3)).ok()?;
    let response = client.get(config.command_url.join("/.well-known/jwks.json")).send().await.ok()?;
    response.json().await.ok()
}
