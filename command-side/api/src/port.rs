//! What the routes need of the bank.

use application::{Answer, Bank, ExecuteError, Submission};
use async_trait::async_trait;

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
