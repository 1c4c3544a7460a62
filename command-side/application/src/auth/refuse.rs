//! Refusals: recorded, so each has a position, and a retry is marked as one.

use kernel::ConsistencyToken;

use super::{AuthError, AuthService};
use crate::{ExecuteError, MemberError, Meta, Receipt};

impl AuthService {
    /// Carries out a command of a member, unless it was refused before.
    pub(super) async fn recorded<T>(
        &self,
        meta: Meta,
        command: impl Future<Output = Result<Receipt<T>, MemberError>>,
    ) -> Result<Receipt<T>, AuthError> {
        self.not_refused(meta).await?;
        match command.await {
            Ok(receipt) => Ok(receipt),
            Err(error) => Err(self.refusal(error, meta, false).await),
        }
    }

    /// Tells a refusal again if there was one; what came of the command if it was carried out before.
    pub(super) async fn not_refused(&self, meta: Meta) -> Result<Option<Receipt<()>>, AuthError> {
        match self.members().answered_before(&meta).await {
            Ok(receipt) => Ok(receipt),
            Err(error) => Err(self.refusal(error, meta, true).await),
        }
    }

    /// A refusal with what belongs to it; any other error as it is.
    pub(super) async fn refusal(&self, error: MemberError, meta: Meta, replayed: bool) -> AuthError {
        let MemberError::Refused { code, tries_left } = error else { return error.into() };
        match self.token_of(meta).await {
            Some(token) => AuthError::Refused { code, tries_left, replayed, token },
            // It is in the log, but the log cannot be asked any more: a retry with the same key gets the answer.
            None => MemberError::Execute(ExecuteError::OutcomeUnknown).into(),
        }
    }

    async fn token_of(&self, meta: Meta) -> Option<ConsistencyToken> {
        let log = &self.0.parts.log;
        let found = log.find_commits(&[meta.command_id]).await.ok()?;
        let commit = found.first()?.reference();
        Some(ConsistencyToken::of(log.head().await.ok()?.log, Some(commit)))
    }
}
