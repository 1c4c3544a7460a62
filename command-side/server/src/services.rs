//! The bank and the authentication service: there from the first moment, open once their databases were reached.

use std::{
    error::Error,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use application::{AuthError, AuthService, ExecuteError, VaultError};
use command_api::{AuthPort, CommandIds, CommandPort, Services};
use log::ReadError;
use tokio::sync::SetOnce;

use crate::router::Router;

/// What this process serves. Until it has opened, the routes answer "not now", and the probes say what is missing.
#[derive(Default)]
pub(crate) struct Opened {
    /// As the log has it; set again when the log was restored.
    command_ids: Mutex<Option<CommandIds>>,
    /// Whether it was logged that they cannot be learned: once for each time that the log goes away.
    are_ids_stale: AtomicBool,
    /// Set once: a second bank would be a second executor.
    pub(crate) bank: SetOnce<Router>,
    /// Set once: the counts of tries are the authentication service's. Money moves without it.
    pub(crate) auth: OnceLock<AuthService>,
    /// Whether the vault's database answers, and the vault does not open for want of its key-encryption key.
    kek_is_missing: AtomicBool,
}

impl Opened {
    /// What the log says of the ids of commands. What it said before counts while it cannot be asked.
    pub(crate) fn learn_command_ids(&self, learned: Result<CommandIds, ReadError>) {
        let was_stale = self.are_ids_stale.swap(learned.is_err(), Ordering::Relaxed);
        match learned {
            Ok(ids) => *self.command_ids.lock().unwrap_or_else(PoisonError::into_inner) = Some(ids),
            Err(error) if !was_stale => {
                let error = &error as &dyn Error;
                tracing::warn!(error, "the log does not tell which ids commands get; retrying");
            }
            Err(_) => {}
        }
    }

    /// Why the vault did not open when it was last tried.
    pub(crate) fn note_vault(&self, error: &VaultError) {
        let is_missing = matches!(error, VaultError::Kek(_) | VaultError::Unwrap);
        self.kek_is_missing.store(is_missing, Ordering::Relaxed);
    }

    fn closed_vault(&self) -> VaultError {
        let cause = "the vault was not opened yet".into();
        match self.kek_is_missing.load(Ordering::Relaxed) {
            true => VaultError::Kek(cause),
            false => VaultError::Unavailable(cause),
        }
    }

    /// For the probe of the lead.
    pub(crate) fn check_leader(&self) -> Result<(), String> {
        self.bank.get().map_or(Ok(()), Router::check_leader)
    }

    /// For the probe of the bank.
    pub(crate) fn check_bank(&self) -> Result<(), String> {
        match self.bank.get() {
            Some(bank) if bank.is_alive() => Ok(()),
            Some(_) => Err("the executor has ended".to_owned()),
            None => Err("the server has no name yet: the log's database was not reached".to_owned()),
        }
    }
}

impl Services for Opened {
    fn command_ids(&self) -> Result<CommandIds, ExecuteError> {
        let ids = *self.command_ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.ok_or(ExecuteError::LogUnavailable)
    }

    fn bank(&self) -> Result<&dyn CommandPort, ExecuteError> {
        self.bank.get().map(|bank| bank as &dyn CommandPort).ok_or(ExecuteError::LogUnavailable)
    }

    fn auth(&self) -> Result<&dyn AuthPort, AuthError> {
        self.auth.get().map(|auth| auth as &dyn AuthPort).ok_or_else(|| self.closed_vault().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_that_lacks_only_its_key_is_not_called_unreachable() {
        let services = Opened::default();
        assert!(matches!(services.closed_vault(), VaultError::Unavailable(_)));
        services.note_vault(&VaultError::Unwrap);
        assert!(matches!(services.closed_vault(), VaultError::Kek(_)));
        services.note_vault(&VaultError::Unavailable("refused".into()));
        assert!(matches!(services.closed_vault(), VaultError::Unavailable(_)));
    }
}
