//! Logging in with password and one-time code.

use std::{net::IpAddr, time::Instant};

use domain::member::as_typed;
use metrics::counter;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::time;
use vault::{NewOperatorSession, OperatorProof, SessionPlace};

use super::{KnownOperator, OperatorLogIn, OperatorTokens, session_place};
use crate::{
    ExecuteError, MemberError,
    auth::{AuthError, AuthService, departure::leave, refresh_token::RefreshToken, site::site},
};

/// What was given fits.
pub(super) struct Proved {
    pub(super) known: KnownOperator,
    pub(super) proof: OperatorProof,
}

impl AuthService {
    /// Begins a session of an operator. One that is refused leaves at a fixed time after it arrived, whoever it was for and whatever was wrong.
    pub async fn operator_log_in(
        &self,
        from: IpAddr,
        agent: &str,
        asked: OperatorLogIn,
    ) -> Result<OperatorTokens, AuthError> {
        let arrived = time::Instant::now();
        let failures = &self.0.throttles.failures;
        failures.begin(from, Instant::now())?;
        let outcome = self.operator_log_in_from(from, agent, asked).await;
        match &outcome {
            Err(AuthError::CredentialsWrong | AuthError::TooMany { .. }) => {
                leave(arrived, self.0.options.refusals_leave_after).await;
            }
            // Else the queue for passwords could be filled for ever from one address.
            Err(AuthError::Member(MemberError::Execute(ExecuteError::Overloaded { .. }))) => {}
            Ok(_) | Err(_) => failures.take_back(from),
        }
        outcome
    }

    /// As with members, failures count against the name where they came from, and then from everywhere; a right log-in always passes from
    /// an address that the operator logged in from before.
    async fn operator_log_in_from(
        &self,
        from: IpAddr,
        agent: &str,
        asked: OperatorLogIn,
    ) -> Result<OperatorTokens, AuthError> {
        let (passwords, logins) = (&self.0.throttles.passwords, &self.0.throttles.logins);
        let name = asked.name.expose_secret();
        let names = self.vault().names();
        let here = names.throttle("operator log-in from", &format!("{}/{name}", site(from)));
        let everywhere = names.throttle("operator log-in", name);
        let now = Instant::now();
        let counted_here = passwords.begin_leaving(here, now, self.0.options.refusals_leave_after);
        let is_counted_here = counted_here.is_ok();
        let attempt = counted_here.and_then(|()| logins.begin(everywhere, now));
        let is_counted = attempt.is_ok();
        let take_back = || {
            if is_counted_here {
                passwords.take_back(here);
            }
            if is_counted {
                logins.take_back(&everywhere);
            }
        };
        let known = self.operator_named(name).await.inspect_err(|_| take_back())?;
        let place = session_place(from, agent);
        let refusal = match attempt {
            Ok(()) => AuthError::CredentialsWrong,
            Err(waits) => match self.knows_place(known.as_ref(), &place).await? {
                true => waits,
                false => return Err(waits),
            },
        };
        match self.operator_session_for(known, &asked, &place).await {
            Ok(Some(tokens)) => {
                take_back();
                passwords.clear(here);
                Ok(tokens)
            }
            Ok(None) => {
                counter!("operator_log_ins_total", "outcome" => "refused").increment(1);
                Err(refusal)
            }
            Err(error) => {
                take_back();
                Err(error)
            }
        }
    }

    async fn knows_place(&self, known: Option<&KnownOperator>, place: &SessionPlace) -> Result<bool, AuthError> {
        match known {
            Some(known) => Ok(self.vault().knows_operator_address(known.id, &place.address).await?),
            None => Ok(false),
        }
    }

    /// A session, if password and code are right and the operator may log in.
    async fn operator_session_for(
        &self,
        known: Option<KnownOperator>,
        asked: &OperatorLogIn,
        place: &SessionPlace,
    ) -> Result<Option<OperatorTokens>, AuthError> {
        self.require_signing_key().await?;
        let proved = self.prove_operator(known, &asked.password, &asked.code).await?;
        match proved {
            Some(Proved { known, proof }) if known.operator.is_enabled => {
                self.open_operator_session(known, proof, place).await
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Whether these are the password and the one-time code of an operator. The steps are the same for nobody. The code is used up only by
    /// who has the password.
    pub(super) async fn prove_operator(
        &self,
        known: Option<KnownOperator>,
        password: &SecretString,
        code: &SecretString,
    ) -> Result<Option<Proved>, AuthError> {
        let typed = as_typed(password);
        let kept = match &known {
            Some(known) => self.vault().operator_credentials(known.id, known.operator.credentials).await?,
            None => vault::OperatorCredentials::default(),
        };
        let verified = self.passwords().verify(typed.clone(), kept.hash.clone()).await?;
        let Some(known) = known else { return Ok(None) };
        let (names, number) = (self.vault().names(), known.operator.credentials);
        let matches = match kept.hash {
            Some(_) => verified.matches,
            // 100 bits need no slow hash.
            None => {
                let first = names.operator_password(known.id, number);
                first.as_bytes().ct_eq(typed.expose_secret().as_bytes()).into()
            }
        };
        let step = names.operator_totp(known.id, number).step_of(code.expose_secret(), self.0.parts.clock.now());
        let Some(step) = step.filter(|_| matches) else { return Ok(None) };
        let is_fresh = self.vault().use_operator_step(known.id, number, step).await?;
        Ok(is_fresh.then_some(Proved { known, proof: OperatorProof::Password(kept.hash) }))
    }

    /// Opens a session for an operator who proved who they are; none if they were disabled meanwhile, or the like.
    pub(super) async fn open_operator_session(
        &self,
        known: KnownOperator,
        proof: OperatorProof,
        place: &SessionPlace,
    ) -> Result<Option<OperatorTokens>, AuthError> {
        let (refresh, now) = (RefreshToken::fresh()?, self.0.parts.clock.now());
        let new = NewOperatorSession {
            session: self.0.parts.ids.fresh(),
            operator: known.id,
            version: known.version,
            number: known.operator.credentials,
            proof,
            name: known.operator.name,
            role: known.operator.role,
            token: refresh.digest,
            place: place.clone(),
            began_at: now,
            ends_at: now + self.0.options.operator_session_lives,
        };
        if !self.vault().open_operator_session(&new).await? {
            return Ok(None);
        }
        counter!("operator_log_ins_total", "outcome" => "opened").increment(1);
        tracing::info!(session.id = %new.session, operator.id = %new.operator, "an operator logged in");
        let NewOperatorSession { session, operator, name, role, ends_at, .. } = new;
        let tokens = self.operator_tokens((operator, session), (name, role), refresh.text, (now, ends_at));
        tokens.await.map(Some)
    }
}
