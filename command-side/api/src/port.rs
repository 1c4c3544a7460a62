//! What the routes need of the bank.

use std::net::IpAddr;

pub use application::CommandPort;
use application::{
    AnsweredTransfer, Approval, AuthError, AuthService, CodeGrant, ErasureProof, ExecuteError, MemberCommand,
    MemberOutcome, Meta, OperatorLogIn, OperatorPassword, OperatorSecrets, OperatorSession, OperatorTokens,
    PartnerQuota, PartnerSecret, PartnerToken, ProviderFacts, Receipt, Tokens, WebhookKeys,
};
use async_trait::async_trait;
use domain::member::LoginId;
use kernel::{
    Actor, ApprovalId, CommandId, ConsistencyToken, MemberId, OperatorId, PartnerId, PartnerKeyId, PaymentCodeId,
    Place, Position, ProcessId, Scopes, Sealed, TransferId, Version, WebhookId,
};
use log::Fingerprint;
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::identity::CommandIds;

/// What the routes need of the process around them.
pub trait Services: Send + Sync + 'static {
    /// Which ids commands get in the log; an error until the log was asked.
    fn command_ids(&self) -> Result<CommandIds, ExecuteError>;

    /// The bank; an error until it has opened.
    fn bank(&self) -> Result<&dyn CommandPort, ExecuteError>;

    /// The authentication service; an error until it has opened.
    fn auth(&self) -> Result<&dyn AuthPort, AuthError>;
}

/// What the routes need for operators.
#[async_trait]
pub trait OperatorPort: Send + Sync + 'static {
    /// What an operator begins with whose credentials have this number.
    fn operator_secrets(&self, operator: OperatorId, name: &str, number: u32) -> Result<OperatorSecrets, AuthError>;

    /// What was asked for by an approval, and what has become of it; none if there is no such approval.
    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, AuthError>;

    /// What was answered to the command that a transfer came of; an error if there is no such transfer.
    async fn answered_transfer(&self, transfer: TransferId) -> Result<AnsweredTransfer, AuthError>;

    /// Ends the sessions from before something that happened to an operator.
    async fn operator_changed(&self, operator: OperatorId, version: Version) -> Result<(), AuthError>;

    /// Begins a session with password and one-time code.
    async fn operator_log_in(
        &self,
        from: IpAddr,
        agent: &str,
        asked: OperatorLogIn,
    ) -> Result<OperatorTokens, AuthError>;

    /// What a client has to know of the provider of identities; none if there is none.
    async fn identity_provider(&self) -> Result<Option<ProviderFacts>, AuthError>;

    /// Begins a session of an operator whom the provider of identities identifies.
    async fn operator_log_in_by_provider(
        &self,
        from: IpAddr,
        agent: &str,
        grant: CodeGrant,
    ) -> Result<OperatorTokens, AuthError>;

    /// The next access token of a session.
    async fn operator_refresh(
        &self,
        from: IpAddr,
        agent: &str,
        token: SecretString,
    ) -> Result<OperatorTokens, AuthError>;

    /// The sessions of an operator that have not ended.
    async fn operator_sessions(&self, operator: OperatorId) -> Result<Vec<OperatorSession>, AuthError>;

    /// Ends a session; returns where the log ended, if it can be asked.
    async fn end_operator_session(
        &self,
        operator: OperatorId,
        session: Uuid,
    ) -> Result<Option<ConsistencyToken>, AuthError>;

    /// Another password of an operator; all other sessions end.
    async fn change_operator_password(
        &self,
        operator: OperatorId,
        session: Uuid,
        change: OperatorPassword,
    ) -> Result<(), AuthError>;
}

/// Receives people: members, and those who want to become one; and operators.
#[async_trait]
pub trait AuthPort: OperatorPort {
    /// What a request asked for, as the log may keep it.
    fn fingerprint(&self, canonical: &[u8]) -> Result<Fingerprint, AuthError>;

    /// The payment code that a command issues.
    fn payment_code(&self, command: CommandId) -> Result<Zeroizing<String>, AuthError>;

    /// What the log knows a payment code by.
    fn payment_code_id(&self, code: &str) -> Result<PaymentCodeId, AuthError>;

    /// The process that tops an account up with a payment at a provider.
    fn top_up(&self, provider: &str, payment_key: &str) -> Result<ProcessId, AuthError>;

    /// Seals a text for a place, with the key of somebody who owns an account.
    async fn seal(&self, owner: MemberId, place: Place, text: &SecretString) -> Result<Sealed, AuthError>;

    /// Whether this principal may try a payment code with this command.
    async fn may_try_payment_code(&self, actor: Actor, command: CommandId) -> Result<(), AuthError>;

    /// Counts a payment code that was wrong.
    fn count_wrong_payment_code(&self, actor: Actor);

    /// The secret of a webhook with this number.
    async fn webhook_keys(&self, webhook: WebhookId, number: u32) -> Result<WebhookKeys, AuthError>;

    /// Answers when the outcome is durable.
    async fn execute(&self, command: MemberCommand, meta: Meta) -> Result<Receipt<MemberOutcome>, AuthError>;

    /// Begins a session.
    async fn log_in(&self, from: IpAddr, login_id: SecretString, password: SecretString) -> Result<Tokens, AuthError>;

    /// Exchanges a refresh token for the next tokens; the same request, recognized by its key, may come again.
    async fn refresh(&self, from: IpAddr, token: SecretString, key: Option<&[u8]>) -> Result<Tokens, AuthError>;

    /// The member who logs in with this; none if nobody does.
    async fn member_by_login_id(&self, login_id: &LoginId) -> Result<Option<MemberId>, AuthError>;

    /// Ends a session; returns where the log ended, if it can be asked.
    async fn log_out(&self, member: MemberId, session: Option<Uuid>) -> Result<Option<ConsistencyToken>, AuthError>;

    /// The same for a session that the member names.
    async fn end_session(&self, member: MemberId, session: Uuid) -> Result<Option<ConsistencyToken>, AuthError>;

    /// Proof that a member was erased, once they are; counted for the address that it was asked from, if there is one.
    async fn certificate(&self, from: Option<IpAddr>, erasure: Uuid) -> Result<Option<ErasureProof>, AuthError>;

    /// The secret of a key of a partner, with its digest for the log.
    fn partner_secret(&self, key: PartnerKeyId) -> Result<PartnerSecret, AuthError>;

    /// A token for whoever has a key and its secret.
    async fn partner_token(
        &self,
        from: IpAddr,
        client: (PartnerKeyId, SecretString),
        scopes: Option<Scopes>,
    ) -> Result<PartnerToken, AuthError>;

    /// Has every server refuse the tokens of a key that was revoked.
    async fn partner_key_revoked(&self, key: PartnerKeyId) -> Result<(), AuthError>;

    /// Has every server count by quotas that were set at this position of the log.
    async fn partner_quota_set(
        &self,
        partner: PartnerId,
        quota: PartnerQuota,
        position: Position,
    ) -> Result<(), AuthError>;
}

#[async_trait]
impl AuthPort for AuthService {
    fn fingerprint(&self, canonical: &[u8]) -> Result<Fingerprint, AuthError> {
        Ok(Self::fingerprint(self, canonical))
    }

    fn payment_code(&self, command: CommandId) -> Result<Zeroizing<String>, AuthError> {
        Ok(Self::payment_code(self, command))
    }

    fn payment_code_id(&self, code: &str) -> Result<PaymentCodeId, AuthError> {
        Ok(Self::payment_code_id(self, code))
    }

    fn top_up(&self, provider: &str, payment_key: &str) -> Result<ProcessId, AuthError> {
        Ok(Self::top_up(self, provider, payment_key))
    }

    async fn seal(&self, owner: MemberId, place: Place, text: &SecretString) -> Result<Sealed, AuthError> {
        Self::seal(self, owner, place, text).await
    }

    async fn may_try_payment_code(&self, actor: Actor, command: CommandId) -> Result<(), AuthError> {
        Self::may_try_payment_code(self, actor, command).await
    }

    fn count_wrong_payment_code(&self, actor: Actor) {
        Self::count_wrong_payment_code(self, actor);
    }

    async fn webhook_keys(&self, webhook: WebhookId, number: u32) -> Result<WebhookKeys, AuthError> {
        Self::webhook_keys(self, webhook, number).await
    }

    async fn execute(&self, command: MemberCommand, meta: Meta) -> Result<Receipt<MemberOutcome>, AuthError> {
        Self::execute(self, command, meta).await
    }

    async fn log_in(&self, from: IpAddr, login_id: SecretString, password: SecretString) -> Result<Tokens, AuthError> {
        Self::log_in(self, from, login_id, password).await
    }

    async fn refresh(&self, from: IpAddr, token: SecretString, key: Option<&[u8]>) -> Result<Tokens, AuthError> {
        Self::refresh(self, from, token, key).await
    }

    async fn member_by_login_id(&self, login_id: &LoginId) -> Result<Option<MemberId>, AuthError> {
        Self::member_by_login_id(self, login_id).await
    }

    async fn log_out(&self, member: MemberId, session: Option<Uuid>) -> Result<Option<ConsistencyToken>, AuthError> {
        Self::log_out(self, member, session).await
    }

    async fn end_session(&self, member: MemberId, session: Uuid) -> Result<Option<ConsistencyToken>, AuthError> {
        Self::end_session(self, member, session).await
    }

    async fn certificate(&self, from: Option<IpAddr>, erasure: Uuid) -> Result<Option<ErasureProof>, AuthError> {
        Self::certificate(self, from, erasure).await
    }

    fn partner_secret(&self, key: PartnerKeyId) -> Result<PartnerSecret, AuthError> {
        Ok(Self::partner_secret(self, key))
    }

    async fn partner_token(
        &self,
        from: IpAddr,
        client: (PartnerKeyId, SecretString),
        scopes: Option<Scopes>,
    ) -> Result<PartnerToken, AuthError> {
        Self::partner_token(self, from, client, scopes).await
    }

    async fn partner_key_revoked(&self, key: PartnerKeyId) -> Result<(), AuthError> {
        Self::partner_key_revoked(self, key).await
    }

    async fn partner_quota_set(
        &self,
        partner: PartnerId,
        quota: PartnerQuota,
        position: Position,
    ) -> Result<(), AuthError> {
        Self::partner_quota_set(self, partner, quota, position).await
    }
}

#[async_trait]
impl OperatorPort for AuthService {
    fn operator_secrets(&self, operator: OperatorId, name: &str, number: u32) -> Result<OperatorSecrets, AuthError> {
        Ok(Self::operator_secrets(self, operator, name, number))
    }

    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, AuthError> {
        Self::approval(self, id).await
    }

    async fn answered_transfer(&self, transfer: TransferId) -> Result<AnsweredTransfer, AuthError> {
        Self::answered_transfer(self, transfer).await
    }

    async fn operator_changed(&self, operator: OperatorId, version: Version) -> Result<(), AuthError> {
        Self::operator_changed(self, operator, version).await
    }

    async fn operator_log_in(
        &self,
        from: IpAddr,
        agent: &str,
        asked: OperatorLogIn,
    ) -> Result<OperatorTokens, AuthError> {
        Self::operator_log_in(self, from, agent, asked).await
    }

    async fn identity_provider(&self) -> Result<Option<ProviderFacts>, AuthError> {
        Self::identity_provider(self).await
    }

    async fn operator_log_in_by_provider(
        &self,
        from: IpAddr,
        agent: &str,
        grant: CodeGrant,
    ) -> Result<OperatorTokens, AuthError> {
        Self::operator_log_in_by_provider(self, from, agent, grant).await
    }

    async fn operator_refresh(
        &self,
        from: IpAddr,
        agent: &str,
        token: SecretString,
    ) -> Result<OperatorTokens, AuthError> {
        Self::operator_refresh(self, from, agent, token).await
    }

    async fn operator_sessions(&self, operator: OperatorId) -> Result<Vec<OperatorSession>, AuthError> {
        Self::operator_sessions(self, operator).await
    }

    async fn end_operator_session(
        &self,
        operator: OperatorId,
        session: Uuid,
    ) -> Result<Option<ConsistencyToken>, AuthError> {
        Self::end_operator_session(self, operator, session).await
    }

    async fn change_operator_password(
        &self,
        operator: OperatorId,
        session: Uuid,
        change: OperatorPassword,
    ) -> Result<(), AuthError> {
        Self::change_operator_password(self, operator, session, change).await
    }
}
