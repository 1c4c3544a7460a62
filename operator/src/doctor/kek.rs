//! The key-encryption key: whether it opens what the vault holds.

use vault::KekFault;

use super::finding::Finding;
use crate::{
    config::Config,
    failure::Failure,
    vault::{failed, open},
};

/// What to do about a key that is not the vault's.
pub const PUT_BACK: &str = "put back the key-encryption key that JANGBU_KEK names, from its copy, then restart the servers that \
                            have another one; make no new one: it would open nothing (docs/runbooks/vault-down.md)";

const WHAT: &str = "key-encryption key";

/// Tries one key of each key-encryption key in use.
pub async fn look(config: &Config) -> Vec<Finding> {
    if matches!(config.kek(), Err(Failure::Unset { .. })) {
        let to_do = "set JANGBU_KEK (and JANGBU_KEK_TOKEN_FILE for transit) as the servers have it";
        return vec![Finding::unknown(WHAT, "JANGBU_KEK is not set here", to_do)];
    }
    match tried(config).await {
        Ok(findings) => findings,
        Err(failure @ Failure::Kek(_)) => {
            vec![Finding { to_do: Some(PUT_BACK.to_owned()), ..Finding::failed(WHAT, &failure) }]
        }
        // Another check reports that the database does not answer.
        Err(Failure::Unreachable { .. } | Failure::Unset { .. } | Failure::NoUrl { .. }) => Vec::new(),
        Err(failure) => vec![Finding::failed(WHAT, &failure)],
    }
}

async fn tried(config: &Config) -> Result<Vec<Finding>, Failure> {
    let (_, keyring) = open(config).await?;
    let checked = keyring.check().await.map_err(failed("trying the wrapped keys"))?;
    if checked.is_empty() {
        return Ok(vec![Finding::ok(WHAT, "nothing is wrapped yet")]);
    }
    let findings = checked.into_iter().map(|(count, opened)| match opened {
        Ok(()) => Finding::ok(WHAT, format!("{} opens what it wrapped: {} keys", count.kek, count.wrapped)),
        Err(fault) => {
            let away = matches!(fault, KekFault::Away(_));
            let cause = std::error::Error::source(&fault).map(|cause| format!(": {cause}")).unwrap_or_default();
            let found = format!("{} keys are wrapped with {}: {fault}{cause}", count.wrapped, count.kek);
            Finding::fail(WHAT, found, if away { "see that the transit engine answers" } else { PUT_BACK })
        }
    });
    Ok(findings.collect())
}
