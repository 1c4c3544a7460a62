//! The adapter to a provider of identities: OpenID Connect, the code flow with PKCE. The provider's keys and addresses come from its discovery
//! document; its token counts only if its signature, and all that it says, fits.

mod failed;
mod fetch;
mod id_token;
mod keys;

#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc, time::Duration};

use application::{CodeGrant, Identity, IdentityError, IdentityProvider, ProviderFacts};
use async_trait::async_trait;
use kernel::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use url::{Host, Url};

use self::{
    failed::{refused, unavailable},
    fetch::Fetcher,
    id_token::{Expected, IdToken, Wrong},
    keys::ProviderKeys,
};

/// How the provider is set.
#[derive(Clone, Debug)]
pub(crate) struct OidcSettings {
    /// The issuer, as the provider writes it.
    pub(crate) issuer: String,
    /// Who asks.
    pub(crate) client_id: String,
    /// The file with the secret of a client that has one; read again for each log-in.
    pub(crate) secret_file: Option<PathBuf>,
    /// The claim that names an operator.
    pub(crate) name_claim: String,
}

/// What is known of the provider is asked for again after this time.
const FRESH_FOR: Duration = Duration::from_secs(600);
/// A key that is not known is looked for this often, at most.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// The provider.
pub(crate) struct OidcProvider {
    settings: OidcSettings,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<Known>>,
}

/// What the provider says of itself.
#[derive(Clone)]
struct Known {
    at: Instant,
    document: Arc<Document>,
    keys: Arc<ProviderKeys>,
}

/// What is needed of the discovery document (OpenID Connect Discovery, section 3).
#[derive(Debug, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// What is needed of the token endpoint's answer.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// Why the provider cannot be used as it is set, or as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    #[error("{0} is no https:// address (http:// is for this machine only)")]
    Address(String),
    #[error("the discovery document is of another issuer: {0}")]
    Issuer(String),
    #[error("an HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
    #[error("the secret of the client cannot be read from {path}")]
    Secret {
        path: String,
        #[source]
        source: std::io::Error,
    },
}

impl OidcProvider {
    pub(crate) fn new(settings: OidcSettings, clock: Arc<dyn Clock>) -> Result<Self, OidcError> {
        check_address(&settings.issuer)?;
        let fetcher = Fetcher::new().map_err(OidcError::Client)?;
        Ok(Self { settings, fetcher, clock, known: Mutex::new(None) })
    }

    /// What the provider says of itself, not older than this.
    async fn known(&self, oldest: Duration) -> Result<Known, IdentityError> {
        // Those who ask meanwhile wait for the first answer.
        let mut kept = self.known.lock().await;
        if let Some(known) = kept.as_ref().filter(|known| known.at.elapsed() < oldest) {
            return Ok(known.clone());
        }
        let base = self.settings.issuer.trim_end_matches('/');
        let document: Document = self.fetcher.get(&format!("{base}/.well-known/openid-configuration")).await?;
        if document.issuer != self.settings.issuer {
            return Err(unavailable(OidcError::Issuer(document.issuer)));
        }
        for address in [&document.authorization_endpoint, &document.token_endpoint, &document.jwks_uri] {
            check_address(address).map_err(unavailable)?;
        }
        let keys: ProviderKeys = self.fetcher.get(&document.jwks_uri).await?;
        let known = Known { at: Instant::now(), document: Arc::new(document), keys: Arc::new(keys) };
        *kept = Some(known.clone());
        Ok(known)
    }

    /// The secret of the client, if it has one.
    async fn secret(&self) -> Result<Option<SecretString>, IdentityError> {
        let Some(file) = &self.settings.secret_file else { return Ok(None) };
        match tokio::fs::read_to_string(file).await {
            Ok(secret) => Ok(Some(SecretString::from(secret.trim()))),
            Err(source) => Err(unavailable(OidcError::Secret { path: file.display().to_string(), source })),
        }
    }

    /// Exchanges the code for a token of the provider.
    async fn exchange(&self, token_endpoint: &str, grant: &CodeGrant) -> Result<String, IdentityError> {
        let secret = self.secret().await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", grant.code.expose_secret()),
            ("redirect_uri", grant.redirect_uri.as_str()),
            ("client_id", self.settings.client_id.as_str()),
            ("code_verifier", grant.code_verifier.expose_secret()),
        ];
        let client = secret.as_ref().map(|secret| (self.settings.client_id.as_str(), secret));
        let tokens: Tokens = self.fetcher.post_form(token_endpoint, client, &form).await?;
        Ok(tokens.id_token)
    }
}

#[async_trait]
impl IdentityProvider for OidcProvider {
    async fn facts(&self) -> Result<ProviderFacts, IdentityError> {
        let known = self.known(FRESH_FOR).await?;
        Ok(ProviderFacts {
            issuer: self.settings.issuer.clone(),
            authorization_endpoint: known.document.authorization_endpoint.clone(),
            client_id: self.settings.client_id.clone(),
        })
    }

    async fn identify(&self, grant: CodeGrant) -> Result<Identity, IdentityError> {
        let known = self.known(FRESH_FOR).await?;
        let text = self.exchange(&known.document.token_endpoint, &grant).await?;
        let token = IdToken::read(&text).map_err(refused)?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce: grant.nonce.expose_secret(),
            name_claim: &self.settings.name_claim,
            now: self.clock.now().timestamp(),
        };
        let identity = match token.identity(&known.keys, &expected) {
            // The provider may have a new key.
            Err(Wrong::Key) => token.identity(&self.known(ASK_AGAIN).await?.keys, &expected),
            identity => identity,
        };
        identity.map_err(refused)
    }
}

/// The provider's answers decide who comes in: they come over TLS, or from this machine.
fn check_address(address: &str) -> Result<(), OidcError> {
    let is_local = |url: &Url| match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match Url::parse(address) {
        Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_local(&url)) => Ok(()),
        Ok(_) | Err(_) => Err(OidcError::Address(address.to_owned())),
    }
}
