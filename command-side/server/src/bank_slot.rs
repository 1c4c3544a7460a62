//! The slot of the bank: there from the first moment, open once the bank is.

use application::{Answer, Bank, ExecuteError, Submission};
use async_trait::async_trait;
use command_api::CommandPort;
use tokio::sync::SetOnce;

/// Answers "not now" until the bank has opened. So the process can say that it is not ready, and why, while the log is
/// away.
#[derive(Default)]
pub(crate) struct BankSlot(SetOnce<Bank>);

impl BankSlot {
    pub(crate) fn open(&self, bank: Bank) {
        // Once: a second bank would be a second executor.
        let _ = self.0.set(bank);
    }

    /// The bank, once it has opened.
    pub(crate) async fn opened(&self) -> Bank {
        self.0.wait().await.clone()
    }

    /// For the probe.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.0.get() {
            Some(bank) if bank.is_alive() => Ok(()),
            Some(_) => Err("the executor has ended".to_owned()),
            None => Err("the server has no name yet: the log's database was not reached".to_owned()),
        }
    }

    /// How many commands are waiting.
    pub(crate) fn waiting(&self) -> usize {
        self.0.get().map_or(0, Bank::waiting)
    }
}

#[async_trait]
impl CommandPort for BankSlot {
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError> {
        match self.0.get() {
            Some(bank) => bank.execute(submission).await,
            None => Err(ExecuteError::LogUnavailable),
        }
    }
}
