//! What the vault keeps of operators: the last port of [`FaultyVault`].

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{OperatorId, Version};
use uuid::Uuid;
use vault::{
    NewOperatorSession, OperatorCredentials, OperatorSession, Operators, PasswordHash, SessionPlace, TokenDigest,
    VaultError,
};

use super::faulty_vault::FaultyVault;

#[async_trait]
impl Operators for FaultyVault {
    async fn operator_credentials(&self, operator: OperatorId, number: u32) -> Result<OperatorCredentials, VaultError> {
        self.real.operator_credentials(operator, number).await
    }

    async fn use_operator_step(&self, operator: OperatorId, number: u32, step: i64) -> Result<bool, VaultError> {
        self.real.use_operator_step(operator, number, step).await
    }

    async fn replace_operator_password(
        &self,
        operator: OperatorId,
        number: u32,
        hash: &PasswordHash,
    ) -> Result<bool, VaultError> {
        self.real.replace_operator_password(operator, number, hash).await
    }

    async fn bind_operator_subject(
        &self,
        operator: OperatorId,
        number: u32,
        subject: &str,
    ) -> Result<bool, VaultError> {
        self.real.bind_operator_subject(operator, number, subject).await
    }

    async fn open_operator_session(&self, session: &NewOperatorSession) -> Result<bool, VaultError> {
        self.real.open_operator_session(session).await
    }

    async fn use_operator_session(
        &self,
        token: TokenDigest,
        place: &SessionPlace,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Option<OperatorSession>, VaultError> {
        self.real.use_operator_session(token, place, now, idle).await
    }

    async fn operator_sessions(
        &self,
        operator: OperatorId,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Vec<OperatorSession>, VaultError> {
        self.real.operator_sessions(operator, now, idle).await
    }

    async fn knows_operator_address(&self, operator: OperatorId, address: &str) -> Result<bool, VaultError> {
        self.real.knows_operator_address(operator, address).await
    }

    async fn end_operator_session(&self, session: Uuid, operator: OperatorId) -> Result<bool, VaultError> {
        self.real.end_operator_session(session, operator).await
    }

    async fn end_operator_sessions(&self, operator: OperatorId, before: Version) -> Result<Vec<Uuid>, VaultError> {
        self.through("end_operator_sessions", self.real.end_operator_sessions(operator, before)).await
    }

    async fn end_other_operator_sessions(&self, operator: OperatorId, but: Uuid) -> Result<Vec<Uuid>, VaultError> {
        self.real.end_other_operator_sessions(operator, but).await
    }

    async fn forget_operator_sessions(&self, before: DateTime<Utc>) -> Result<u64, VaultError> {
        self.real.forget_operator_sessions(before).await
    }
}
