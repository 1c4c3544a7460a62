//! An operator's own password.

use std::time::Instant;

use domain::member::Password;
use kernel::OperatorId;
use uuid::Uuid;

use super::OperatorPassword;
use crate::auth::{AuthError, AuthService};

impl AuthService {
    /// Another password. All other sessions of the operator end.
    pub async fn change_operator_password(
        &self,
        operator: OperatorId,
        session: Uuid,
        change: OperatorPassword,
    ) -> Result<(), AuthError> {
        let passwords = &self.0.throttles.passwords;
        let key = self.vault().names().throttle("operator", &operator.to_string());
        passwords.begin(key, Instant::now())?;
        let known = self.known_operator(operator).await.inspect_err(|_| passwords.take_back(key))?;
        let name = known.as_ref().map(|known| known.operator.name.clone()).unwrap_or_default();
        let new = Password::parse_for(&change.new, &name).map_err(AuthError::NewPassword);
        let new = new.inspect_err(|_| passwords.take_back(key))?;
        let proved = self.prove_operator(known, &change.current, &change.code).await;
        let proved = proved.inspect_err(|_| passwords.take_back(key))?.ok_or(AuthError::CredentialsWrong)?;
        passwords.clear(key);
        let hash = self.passwords().hash(new.expose().clone()).await?;
        let number = proved.known.operator.credentials;
        if !self.vault().replace_operator_password(operator, number, &hash).await? {
            return Err(AuthError::CredentialsWrong);
        }
        let ended = self.vault().end_other_operator_sessions(operator, session).await?;
        ended.iter().for_each(|session| self.revoked().insert(*session));
        if !ended.is_empty() {
            self.wait_until_refused_everywhere().await;
        }
        tracing::info!(operator.id = %operator, "an operator changed the password");
        Ok(())
    }
}
