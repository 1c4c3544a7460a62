//! The platform's tokens, as the authentication service knows them; and the revoked ones, read from the vault.

use std::{error::Error, time::Duration};

use application::{RevokedTokens, SignTokens};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{Actor, MemberId, OperatorId, OperatorRole, PartnerId, PartnerKeyId, Role, Scopes};
use platform::auth::{Principal, QuotaSource, RequestQuota, RevocationSource, Revocations, Signer, Verifier};
use secrecy::SecretString;
use tokio::sync::watch;
use uuid::Uuid;
use vault::{RevocationReader, VaultReader};

/// How long a log-in waits for a look at the file of the signing key.
const LOOK_LIMIT: Duration = Duration::from_millis(500);

/// Signs with the key in the file, as long as the servers take its tokens.
#[derive(Clone)]
pub(crate) struct FileSigner {
    signer: Signer,
    verifier: Verifier,
}

impl FileSigner {
    pub(crate) fn new(signer: Signer, verifier: Verifier) -> Self {
        Self { signer, verifier }
    }

    /// Keeps the key as it is in the file, for ever.
    pub(crate) async fn follow(self) {
        self.signer.follow().await;
    }

    /// An error if tokens would be of no use.
    pub(crate) fn check(&self) -> Result<(), String> {
        let id = self.signer.key_id();
        self.verifier.accepts_key(&id).then_some(()).ok_or_else(|| {
            format!(
                "the signing key {id} is not in the key set: put a key of the set into JANGBU_SIGNING_KEY_FILE, or its \
                 public key into the set"
            )
        })
    }
}

#[async_trait]
impl SignTokens for FileSigner {
    async fn is_ready(&self) -> bool {
        self.signer.look_again(LOOK_LIMIT).await;
        self.verifier.accepts_new_key(&self.signer.key_id()).await
            || self.check().inspect_err(|error| tracing::error!(error, "no token can be made")).is_ok()
    }

    fn sign(
        &self,
        member: MemberId,
        session: Uuid,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<SecretString, Box<dyn Error + Send + Sync>> {
        let actor = Actor { role: Role::Member, id: member };
        let principal = Principal { actor, session: Some(session), scopes: Scopes::NONE, operator: None };
        Ok(self.signer.sign(&principal, from.timestamp(), until.timestamp())?)
    }

    fn sign_partner(
        &self,
        partner: PartnerId,
        key: PartnerKeyId,
        scopes: Scopes,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<SecretString, Box<dyn Error + Send + Sync>> {
        let actor = Actor { role: Role::Partner, id: partner.principal() };
        let principal = Principal { actor, session: Some(key.uuid()), scopes, operator: None };
        Ok(self.signer.sign(&principal, from.timestamp(), until.timestamp())?)
    }

    fn sign_operator(
        &self,
        operator: OperatorId,
        session: Uuid,
        role: OperatorRole,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<SecretString, Box<dyn Error + Send + Sync>> {
        let actor = Actor { role: Role::Operator, id: operator.principal() };
        let principal = Principal { actor, session: Some(session), scopes: Scopes::NONE, operator: Some(role) };
        Ok(self.signer.sign(&principal, from.timestamp(), until.timestamp())?)
    }
}

/// The set that every request of this server is held against.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Revocations);

impl RevokedTokens for Refused {
    fn insert(&self, id: Uuid) {
        self.0.insert(id);
    }

    fn contains(&self, id: Uuid) -> bool {
        self.0.contains(id)
    }

    fn are_outdated(&self) -> bool {
        self.0.are_outdated()
    }
}

/// The vault's list, and whether it was ever read.
pub(crate) struct Listed {
    reader: RevocationReader,
    read: watch::Sender<bool>,
}

impl Listed {
    pub(crate) fn new(reader: RevocationReader) -> Self {
        Self { reader, read: watch::Sender::new(false) }
    }

    pub(crate) fn read(&self) -> watch::Receiver<bool> {
        self.read.subscribe()
    }
}

#[async_trait]
impl RevocationSource for Listed {
    async fn after(&self, serial: i64) -> Result<Vec<(i64, Uuid)>, Box<dyn Error + Send + Sync>> {
        let found = self.reader.revoked_after(serial).await?;
        self.read.send_if_modified(|read| !std::mem::replace(read, true));
        Ok(found.into_iter().map(|revocation| (revocation.serial, revocation.subject)).collect())
    }

    async fn applied(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.reader.applied().await?)
    }
}

/// The quotas of partners, as the vault has them.
pub(crate) struct Quoted(pub(crate) VaultReader);

#[async_trait]
impl QuotaSource for Quoted {
    async fn quotas(&self) -> Result<Vec<(Uuid, RequestQuota)>, Box<dyn Error + Send + Sync>> {
        let quotas = self.0.quotas().await?.into_iter();
        Ok(quotas.map(|(id, quota)| (id.uuid(), RequestQuota::of(quota.requests_per_second, quota.burst))).collect())
    }
}
