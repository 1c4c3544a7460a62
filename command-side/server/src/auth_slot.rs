//! The slot of the authentication service: there from the first moment, open once the vault was.

use std::{net::IpAddr, sync::OnceLock};

use application::{
    AuthError, AuthService, ErasureProof, MemberCommand, MemberOutcome, Meta, Receipt, Tokens, VaultError,
};
use async_trait::async_trait;
use command_api::AuthPort;
use kernel::{ConsistencyToken, MemberId};
use log::Fingerprint;
use secrecy::SecretString;
use uuid::Uuid;

/// Answers "not now" until the vault has been opened. Money moves all the same.
#[derive(Default)]
pub(crate) struct AuthSlot(OnceLock<AuthService>);

impl AuthSlot {
    pub(crate) fn open(&self, auth: AuthService) {
        // Once: the counts of tries are the authentication service's.
        let _ = self.0.set(auth);
    }

    /// Whether it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.0.get().is_some()
    }

    fn auth(&self) -> Result<&AuthService, AuthError> {
        let closed = || VaultError::Unavailable("the vault was not opened yet".into()).into();
        self.0.get().ok_or_else(closed)
    }
}

#[async_trait]
impl AuthPort for AuthSlot {
    fn fingerprint(&self, canonical: &[u8]) -> Result<Fingerprint, AuthError> {
        Ok(self.auth()?.fingerprint(canonical))
    }

    async fn execute(&self, command: MemberCommand, meta: Meta) -> Result<Receipt<MemberOutcome>, AuthError> {
        self.auth()?.execute(command, meta).await
    }

    async fn log_in(&self, from: IpAddr, login_id: SecretString, password: SecretString) -> Result<Tokens, AuthError> {
        self.auth()?.log_in(from, login_id, password).await
    }

    async fn refresh(&self, from: IpAddr, token: SecretString, key: Option<&[u8]>) -> Result<Tokens, AuthError> {
        self.auth()?.refresh(from, token, key).await
    }

    async fn log_out(&self, member: MemberId, session: Option<Uuid>) -> Result<Option<ConsistencyToken>, AuthError> {
        self.auth()?.log_out(member, session).await
    }

    async fn certificate(&self, erasure: Uuid) -> Result<Option<ErasureProof>, AuthError> {
        self.auth()?.certificate(erasure).await
    }
}
