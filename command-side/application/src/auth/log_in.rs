//! Sessions: begun with a password, kept up with refresh tokens, ended.

use std::{error::Error, net::IpAddr, time::Instant};

use chrono::{DateTime, Utc};
use domain::member::{LoginId, as_typed};
use kernel::{ConsistencyToken, MemberId};
use metrics::counter;
use secrecy::{ExposeSecret, SecretString};
use tokio::time;
use uuid::Uuid;
use vault::{PasswordHash, Rotation};

use super::{
    AuthError, AuthService, Tokens,
    departure::leave,
    refresh_token::{PresentedRefresh, RefreshToken},
    site::site,
};
use crate::{ExecuteError, MemberError};

/// Whose login and password were given.
struct VerifiedLogin {
    member: MemberId,
    /// The hash that the password was verified with.
    hash: PasswordHash,
    /// Whether it was made with less work than hashes are now.
    outdated: bool,
}

impl AuthService {
    /// Begins a session. A log-in that is refused leaves at a fixed time after it arrived, whoever it was for and whatever was
    /// computed: passwords that were hashed with less work are verified faster.
    pub async fn log_in(
        &self,
        from: IpAddr,
        login_id: SecretString,
        password: SecretString,
    ) -> Result<Tokens, AuthError> {
        let arrived = time::Instant::now();
        let failures = &self.0.throttles.failures;
        failures.begin(from, Instant::now())?;
        let outcome = self.log_in_from(from, login_id, password).await;
        match &outcome {
            Ok(_) => failures.take_back(from),
            Err(AuthError::CredentialsWrong | AuthError::TooMany { .. }) => {
                leave(arrived, self.0.options.refusals_leave_after).await;
            }
            // Else the queue for passwords could be filled for ever from one address.
            Err(AuthError::Member(MemberError::Execute(ExecuteError::Overloaded { .. }))) => {}
            Err(_) => failures.take_back(from),
        }
        outcome
    }

    /// Wrong passwords count against the login id where they came from. So a stranger elsewhere holds up nobody but those who
    /// come from the same network and never logged in from it: from where the member did, a right password always passes.
    async fn log_in_from(
        &self,
        from: IpAddr,
        login_id: SecretString,
        password: SecretString,
    ) -> Result<Tokens, AuthError> {
        let (passwords, logins) = (&self.0.throttles.passwords, &self.0.throttles.logins);
        let names = self.vault().names();
        let network = self.login_network(login_id.expose_secret(), from);
        let (here, everywhere) = (*network.as_bytes(), names.throttle("login", login_id.expose_secret()));
        let now = Instant::now();
        let counted_here = passwords.begin_leaving(here, now, self.0.options.refusals_leave_after);
        let is_counted_here = counted_here.is_ok();
        let attempt = counted_here.and_then(|()| logins.begin(everywhere, now));
        let is_counted = attempt.is_ok();
        let login = names.login(login_id.expose_secret());
        let refusal = match attempt {
            Ok(()) => AuthError::CredentialsWrong,
            Err(waits) => match self.vault().knows_network(login, network).await? {
                true => waits,
                false => return Err(waits),
            },
        };
        let take_back = || {
            if is_counted_here {
                passwords.take_back(here);
            }
            if is_counted {
                logins.take_back(&everywhere);
            }
        };
        match self.session_for(login_id, password).await {
            Ok(Some((member, tokens))) => {
                take_back();
                passwords.clear(here);
                self.note_log_in(member, network).await;
                Ok(tokens)
            }
            Ok(None) => {
                counter!("log_ins_total", "outcome" => "refused").increment(1);
                Err(refusal)
            }
            Err(error) => {
                take_back();
                Err(error)
            }
        }
    }

    /// The network that a log-in comes from, as a keyed hash with the login id: the networks of two members cannot be linked.
    pub(super) fn login_network(&self, login_id: &str, from: IpAddr) -> Uuid {
        let place = format!("{}/{login_id}", site(from));
        Uuid::from_bytes(self.vault().names().throttle("login from", &place))
    }

    /// The member came in from this network. The session does not depend on it.
    pub(super) async fn remember(&self, member: MemberId, network: Uuid) {
        if let Err(error) = self.vault().remember_network(member, network).await {
            tracing::warn!(error = &error as &dyn Error, "the network of a log-in cannot be remembered");
        }
    }

    /// A session for whoever has this login and password, and who it is; none if nobody has.
    async fn session_for(
        &self,
        login_id: SecretString,
        password: SecretString,
    ) -> Result<Option<(MemberId, Tokens)>, AuthError> {
        self.require_signing_key().await?;
        let password = as_typed(&password);
        // The password in force may change while one is verified: by the member, or because another log-in hashed the same
        // one with more work. Then it is verified once more.
        for _ in 0..2 {
            let Some(known) = self.who_is(&login_id, &password).await? else { return Ok(None) };
            let hash = match known.outdated {
                true => self.rehash(known.member, known.hash, &password).await,
                false => known.hash,
            };
            if let Some(tokens) = self.open_session(known.member, &hash).await? {
                return Ok(Some((known.member, tokens)));
            }
        }
        Ok(None)
    }

    /// The member who logs in with this; none if nobody does. Somebody who is leaving has a login id until they have left.
    pub async fn member_by_login_id(&self, login_id: &LoginId) -> Result<Option<MemberId>, AuthError> {
        let login = self.vault().names().login(login_id.expose());
        Ok(self.vault().by_login(login).await?.map(|(member, _)| member))
    }

    /// Whose login and password these are. The steps are the same whoever it is: one look into the vault, one password
    /// verified. What cannot be a login id is one that nobody has.
    async fn who_is(
        &self,
        login_id: &SecretString,
        password: &SecretString,
    ) -> Result<Option<VerifiedLogin>, AuthError> {
        let login = self.vault().names().login(login_id.expose_secret());
        let (member, hash) = self.vault().by_login(login).await?.unzip();
        let verified = self.passwords().verify(password.clone(), hash.clone()).await?;
        // One who is leaving has a password still, but no token of theirs would hold.
        let member = member.filter(|member| verified.matches && !self.revoked().contains(member.uuid()));
        Ok(member.zip(hash).map(|(member, hash)| VerifiedLogin { member, hash, outdated: verified.outdated }))
    }

    /// Hashes a password again, with as much work as hashes have now; the hash in force. The log-in does not depend on it:
    /// the next one tries again.
    async fn rehash(&self, member: MemberId, outdated: PasswordHash, password: &SecretString) -> PasswordHash {
        let Ok(hash) = self.passwords().hash(password.clone()).await else { return outdated };
        // A password that was changed in the meantime is not changed back.
        match self.vault().rehash(member, &outdated, &hash).await {
            Ok(true) => {
                counter!("passwords_rehashed_total").increment(1);
                hash
            }
            Ok(false) | Err(_) => outdated,
        }
    }

    /// A session, if the password that was verified is still in force.
    async fn open_session(&self, member: MemberId, verified: &PasswordHash) -> Result<Option<Tokens>, AuthError> {
        let (session, refresh) = (self.0.parts.ids.fresh(), RefreshToken::fresh()?);
        let now = self.0.parts.clock.now();
        let expires_at = now + self.0.options.refresh_lives;
        if !self.vault().open_session(session, member, verified, refresh.digest, expires_at).await? {
            return Ok(None);
        }
        counter!("log_ins_total", "outcome" => "opened").increment(1);
        tracing::debug!(session.id = %session, member.id = %member, "a session began");
        self.tokens(member, session, refresh.text, now).await.map(Some)
    }

    /// Exchanges a refresh token for the next tokens. A token that comes a second time ends its session: somebody has a
    /// copy, and nobody knows who of the two is the member. The one exception is the same request sent again, with the same
    /// idempotency key and soon: its answer may have been lost, and it gets the same tokens again.
    pub async fn refresh(&self, from: IpAddr, token: SecretString, key: Option<&[u8]>) -> Result<Tokens, AuthError> {
        let failures = &self.0.throttles.failures;
        failures.begin(from, Instant::now())?;
        // Before the refresh token is used up.
        self.require_signing_key().await.inspect_err(|_| failures.take_back(from))?;
        let presented = PresentedRefresh::read(&token).ok_or(AuthError::SessionEnded)?;
        let (next, now) = (RefreshToken::fresh()?, self.0.parts.clock.now());
        let expires_at = now + self.0.options.refresh_lives;
        let retry = match key {
            Some(key) => Some(presented.retry(key, &next, self.0.options.refresh_grace)?),
            None => None,
        };
        let rotated = self.vault().rotate(presented.digest, next.digest, retry.as_ref(), now, expires_at).await;
        match rotated.inspect_err(|_| failures.take_back(from))? {
            Rotation::Rotated { session, member } if !self.revoked().contains(member.uuid()) => {
                failures.take_back(from);
                self.tokens(member, session, next.text, now).await
            }
            Rotation::Repeated { session, member, answer, at } if !self.revoked().contains(member.uuid()) => {
                failures.take_back(from);
                counter!("refresh_answers_repeated_total").increment(1);
                let refresh = presented.open(key.unwrap_or_default(), &answer)?;
                Ok(Tokens { replayed: true, ..self.tokens(member, session, refresh, at).await? })
            }
            Rotation::Reused { session, member } => {
                self.revoked().insert(session);
                counter!("refresh_tokens_reused_total").increment(1);
                tracing::warn!(
                    session.id = %session, member.id = %member, "a refresh token came twice; its session was ended"
                );
                Err(AuthError::SessionEnded)
            }
            Rotation::Rotated { .. } | Rotation::Repeated { .. } | Rotation::Unknown => Err(AuthError::SessionEnded),
        }
    }

    /// Ends a session: its access tokens are refused here at once, and by every server when this answers. Tells where the log
    /// ended, if it can be asked.
    pub async fn log_out(
        &self,
        member: MemberId,
        session: Option<Uuid>,
    ) -> Result<Option<ConsistencyToken>, AuthError> {
        let session = session.ok_or(AuthError::NoSession)?;
        self.vault().end_session(session, member).await?;
        self.revoked().insert(session);
        self.wait_until_refused_everywhere().await;
        Ok(self.seen().await)
    }

    /// The same for one of the member's sessions that they name.
    pub async fn end_session(&self, member: MemberId, session: Uuid) -> Result<Option<ConsistencyToken>, AuthError> {
        if !self.vault().end_own_session(session, member).await? {
            return Err(AuthError::NoSession);
        }
        self.revoked().insert(session);
        self.wait_until_refused_everywhere().await;
        Ok(self.seen().await)
    }

    /// Where the log ends. Sessions are not in it, but every command answers with a token.
    pub(super) async fn seen(&self) -> Option<ConsistencyToken> {
        let head = self.0.parts.log.head().await.ok()?;
        Some(ConsistencyToken::of(head.log, head.commit))
    }

    pub(super) async fn require_signing_key(&self) -> Result<(), AuthError> {
        self.0.parts.signer.is_ready().await.then_some(()).ok_or(AuthError::NoSigningKey)
    }

    /// The tokens of a session; the access token is the same for the same time.
    async fn tokens(
        &self,
        member: MemberId,
        session: Uuid,
        refresh: SecretString,
        from: DateTime<Utc>,
    ) -> Result<Tokens, AuthError> {
        let expires_in = self.0.options.access_lives;
        let signed = self.0.parts.signer.sign(member, session, from, from + expires_in);
        let access = signed.map_err(AuthError::Token)?;
        Ok(Tokens { access, refresh, expires_in, seen: self.seen().await, replayed: false })
    }
}
