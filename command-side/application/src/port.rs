//! The bank, for those who only hand it commands.

use async_trait::async_trait;

use crate::{Answer, Bank, ExecuteError, Submission};

/// Carries out commands.
#[async_trait]
pub trait CommandPort: Send + Sync + 'static {
    /// Answers when the outcome is durable.
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError>;

    /// How much this server has taken from the queue of commands since it began: their number, and each row of a payout run for one.
    fn taken(&self) -> u64;
}

#[async_trait]
impl CommandPort for Bank {
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError> {
        Self::execute(self, submission).await
    }

    fn taken(&self) -> u64 {
        Self::taken(self)
    }
}
