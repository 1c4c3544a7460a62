//! The transaction in which a range of the log is loaded.

use sqlx::{Connection, PgConnection, Postgres, Transaction};

use super::error::{RebuildError, doing};
use crate::limits::awake;

/// The transaction of one range. It begins with the first rows: until then the log may be read for as long as it takes.
pub(super) struct Writing<'c> {
    idle: Option<&'c mut PgConnection>,
    begun: Option<Transaction<'c, Postgres>>,
}

impl<'c> Writing<'c> {
    pub(super) fn on(connection: &'c mut PgConnection) -> Self {
        Self { idle: Some(connection), begun: None }
    }

    /// The transaction, begun now if it was not before.
    pub(super) async fn begun(&mut self) -> Result<&mut PgConnection, RebuildError> {
        if let Some(connection) = self.idle.take() {
            self.begun = Some(connection.begin().await.map_err(doing("beginning a range"))?);
        }
        self.begun.as_deref_mut().ok_or_else(|| RebuildError::Interrupted("a range could not be begun".to_owned()))
    }

    /// Waits for what is to be written next.
    pub(super) async fn awake<T>(&mut self, work: impl Future<Output = T>) -> Result<T, RebuildError> {
        match &mut self.begun {
            Some(transaction) => awake(transaction, work).await.map_err(doing("waiting for the log")),
            None => Ok(work.await),
        }
    }

    pub(super) async fn commit(self) -> Result<(), RebuildError> {
        let Some(transaction) = self.begun else { return Ok(()) };
        transaction.commit().await.map_err(doing("ending a range"))
    }
}
