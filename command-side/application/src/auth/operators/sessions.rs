//! Sessions of operators: kept up, looked at, ended.

use std::{net::IpAddr, time::Instant};

use chrono::{DateTime, Utc};
use kernel::{ConsistencyToken, OperatorId, OperatorRole};
use secrecy::SecretString;
use uuid::Uuid;
use vault::OperatorSession;

use super::{OperatorTokens, session_place};
use crate::auth::{AuthError, AuthService, refresh_token::PresentedRefresh};

impl AuthService {
    /// The next access token of a session. The refresh token stays the same: a server holds it, not a browser.
    pub async fn operator_refresh(
        &self,
        from: IpAddr,
        agent: &str,
        token: SecretString,
    ) -> Result<OperatorTokens, AuthError> {
        let failures = &self.0.throttles.failures;
        failures.begin(from, Instant::now())?;
        self.require_signing_key().await.inspect_err(|_| failures.take_back(from))?;
        let presented = PresentedRefresh::read(&token).ok_or(AuthError::SessionEnded)?;
        let (now, place) = (self.0.parts.clock.now(), session_place(from, agent));
        let used = self.vault().use_operator_session(presented.digest, &place, now, self.0.options.operator_idle).await;
        let used = used.inspect_err(|_| failures.take_back(from))?;
        let session = used.filter(|used| !self.revoked().contains(used.session)).ok_or(AuthError::SessionEnded)?;
        failures.take_back(from);
        let OperatorSession { session, operator, name, role, ends_at, .. } = session;
        self.operator_tokens((operator, session), (name, role), token, (now, ends_at)).await
    }

    /// The sessions of an operator that have not ended, the newest first.
    pub async fn operator_sessions(&self, operator: OperatorId) -> Result<Vec<OperatorSession>, AuthError> {
        let (now, idle) = (self.0.parts.clock.now(), self.0.options.operator_idle);
        Ok(self.vault().operator_sessions(operator, now, idle).await?)
    }

    /// Ends a session of an operator: its access tokens are refused here at once, and by every server when this answers. Tells where the log
    /// ended, if it can be asked.
    pub async fn end_operator_session(
        &self,
        operator: OperatorId,
        session: Uuid,
    ) -> Result<Option<ConsistencyToken>, AuthError> {
        if !self.vault().end_operator_session(session, operator).await? {
            return Err(AuthError::NoSession);
        }
        self.revoked().insert(session);
        self.wait_until_refused_everywhere().await;
        Ok(self.seen().await)
    }

    /// The tokens of a session. The access token ends with it, at the latest.
    pub(super) async fn operator_tokens(
        &self,
        (operator, session): (OperatorId, Uuid),
        (name, role): (String, OperatorRole),
        refresh: SecretString,
        (now, ends_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<OperatorTokens, AuthError> {
        let options = &self.0.options;
        let expires_in = options.operator_access_lives.min(options.operator_idle).min(ends_at - now);
        let signed = self.0.parts.signer.sign_operator(operator, session, role, now, now + expires_in);
        let access = signed.map_err(AuthError::Token)?;
        let seen = self.seen().await;
        Ok(OperatorTokens { operator, name, role, session, access, expires_in, refresh, ends_at, seen })
    }
}
