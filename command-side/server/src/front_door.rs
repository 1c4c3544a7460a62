//! The reception's door: there from the first moment, open once the vault was.

use std::{net::IpAddr, sync::OnceLock};

use application::{
    ErasureProof, MemberCommand, MemberOutcome, Meta, Reception, ReceptionError, Tokens, Told, VaultError,
};
use async_trait::async_trait;
use command_api::ReceptionPort;
use kernel::{ConsistencyToken, MemberId};
use log::Fingerprint;
use secrecy::SecretString;
use uuid::Uuid;

/// Answers "not now" until the vault has been opened. Money moves all the same.
#[derive(Default)]
pub(crate) struct FrontDoor(OnceLock<Reception>);

impl FrontDoor {
    pub(crate) fn open(&self, reception: Reception) {
        // Once: the counts of tries are the reception's.
        let _ = self.0.set(reception);
    }

    /// Whether it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.0.get().is_some()
    }

    fn reception(&self) -> Result<&Reception, ReceptionError> {
        let closed = || VaultError::Unavailable("the vault was not opened yet".into()).into();
        self.0.get().ok_or_else(closed)
    }
}

#[async_trait]
impl ReceptionPort for FrontDoor {
    fn fingerprint(&self, canonical: &[u8]) -> Result<Fingerprint, ReceptionError> {
        Ok(self.reception()?.fingerprint(canonical))
    }

    async fn execute(&self, command: MemberCommand, meta: Meta) -> Result<Told<MemberOutcome>, ReceptionError> {
        self.reception()?.execute(command, meta).await
    }

    async fn log_in(
        &self,
        from: IpAddr,
        login_id: SecretString,
        password: SecretString,
    ) -> Result<Tokens, ReceptionError> {
        self.reception()?.log_in(from, login_id, password).await
    }

    async fn refresh(&self, from: IpAddr, token: SecretString, key: Option<&[u8]>) -> Result<Tokens, ReceptionError> {
        self.reception()?.refresh(from, token, key).await
    }

    async fn log_out(
        &self,
        member: MemberId,
        session: Option<Uuid>,
    ) -> Result<Option<ConsistencyToken>, ReceptionError> {
        self.reception()?.log_out(member, session).await
    }

    async fn certificate(&self, erasure: Uuid) -> Result<Option<ErasureProof>, ReceptionError> {
        self.reception()?.certificate(erasure).await
    }
}
