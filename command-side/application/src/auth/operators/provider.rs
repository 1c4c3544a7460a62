//! Logging in through a provider of identities (OpenID Connect, the code flow with PKCE). What it says is looked at by the adapter behind the
//! port; whose account that is, is decided here.

use std::{error::Error, net::IpAddr, time::Instant};

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::time;
use vault::OperatorProof;

use super::{OperatorTokens, session_place};
use crate::auth::{AuthError, AuthService, departure::leave};

/// What the provider gave the browser, and what belongs to it (RFC 7636; OpenID Connect Core, 3.1).
#[derive(Clone, Debug)]
pub struct CodeGrant {
    /// The authorization code.
    pub code: SecretString,
    /// The verifier whose digest was sent with the request.
    pub code_verifier: SecretString,
    /// The nonce that was sent with the request.
    pub nonce: SecretString,
    /// Where the browser was sent back to.
    pub redirect_uri: String,
}

/// Somebody, as the provider knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who: never another person's at this provider.
    pub subject: String,
    /// The name of the operator that they are.
    pub name: String,
}

/// What a client has to know to send a browser to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderFacts {
    /// The provider.
    pub issuer: String,
    /// Where the browser is sent to.
    pub authorization_endpoint: String,
    /// Who asks.
    pub client_id: String,
}

/// Why nobody was identified.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The provider does not answer, or not as it should.
    #[error("the identity provider does not answer as it should")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It does not take the code, or its token is none that counts here.
    #[error("the identity provider's answer counts for nothing")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
}

/// A provider of identities.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// What a client has to know.
    async fn facts(&self) -> Result<ProviderFacts, IdentityError>;

    /// Who the browser came back with.
    async fn identify(&self, grant: CodeGrant) -> Result<Identity, IdentityError>;
}

impl AuthService {
    /// What a client has to know of the provider; none if there is none.
    pub async fn identity_provider(&self) -> Result<Option<ProviderFacts>, AuthError> {
        match &self.0.parts.identities {
            Some(provider) => provider.facts().await.map(Some).map_err(AuthError::from),
            None => Ok(None),
        }
    }

    /// Begins a session of an operator whom the provider identifies. The subject is bound to the account the first time.
    pub async fn operator_log_in_by_provider(
        &self,
        from: IpAddr,
        agent: &str,
        grant: CodeGrant,
    ) -> Result<OperatorTokens, AuthError> {
        let arrived = time::Instant::now();
        let failures = &self.0.throttles.failures;
        failures.begin(from, Instant::now())?;
        let outcome = self.session_by_provider(from, agent, grant).await;
        match &outcome {
            Err(AuthError::CredentialsWrong) => leave(arrived, self.0.options.refusals_leave_after).await,
            Ok(_) | Err(_) => failures.take_back(from),
        }
        outcome
    }

    async fn session_by_provider(
        &self,
        from: IpAddr,
        agent: &str,
        grant: CodeGrant,
    ) -> Result<OperatorTokens, AuthError> {
        let provider = self.0.parts.identities.as_ref().ok_or(AuthError::NoIdentityProvider)?;
        self.require_signing_key().await?;
        let identity = match provider.identify(grant).await {
            Ok(identity) => identity,
            Err(IdentityError::Refused(reason)) => {
                let error = reason.as_ref() as &dyn Error;
                tracing::warn!(error, "a log-in through the identity provider was refused");
                return Err(AuthError::CredentialsWrong);
            }
            Err(error) => return Err(error.into()),
        };
        let known = self.operator_named(&identity.name).await?;
        let known = known.filter(|known| known.operator.is_enabled).ok_or(AuthError::CredentialsWrong)?;
        let number = known.operator.credentials;
        if !self.vault().bind_operator_subject(known.id, number, &identity.subject).await? {
            tracing::warn!(operator.id = %known.id, "somebody else has the name of an operator at the identity provider");
            return Err(AuthError::CredentialsWrong);
        }
        let place = session_place(from, agent);
        let opened = self.open_operator_session(known, OperatorProof::Provider, &place).await?;
        opened.ok_or(AuthError::CredentialsWrong)
    }
}

impl From<IdentityError> for AuthError {
    fn from(error: IdentityError) -> Self {
        Self::IdentityProviderAway(Box::new(error))
    }
}
