//! The bank, for those who only hand it commands.

use async_trait::async_trait;

use crate::{Answer, Bank, ExecuteError, Submission};

/// Carries out commands.
#[async_trait]
pub trait CommandPort: Send + Sync + 'static {
    /// Answers when the outcome is durable.
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError>;
}

#[async_trait]
impl CommandPort for Bank {
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError> {
        Self::execute(self, submission).await
    }
}
