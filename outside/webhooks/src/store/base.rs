//! The connections, and the transaction in which everything is written.

use database::{Pool, Transaction};
use kernel::{CommandId, CommitRef, Position};

/// Failed attempts after which a delivery does not hold up the later ones of its line any more.
pub(super) const HOLDS_UP: i32 = 4;

/// The tables of the sender.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) pool: Pool,
}

/// Why the tables cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer as it should.
    #[error("the database of the deliveries cannot be used")]
    Database(#[from] sqlx::Error),
    /// Another sender is active. Nothing was written.
    #[error("another sender is active")]
    Fenced,
    /// A row that no version of this code writes.
    #[error("the table webhooks.{0} holds what this build does not know")]
    Unknown(&'static str),
}

impl Store {
    /// Behind these connections. Nothing is asked before it is needed.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Begins a transaction that no sender of another epoch can write in, before or meanwhile.
    pub(super) async fn begin(&self, epoch: i64) -> Result<Transaction<'static>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let is_ours =
            sqlx::query_scalar!(r#"select true as "is_ours!" from webhooks.cursor where epoch = $1 for update"#, epoch)
                .fetch_optional(&mut *transaction)
                .await?;
        is_ours.map(|_| transaction).ok_or(StoreError::Fenced)
    }
}

/// A commit as it stands in three columns.
pub(super) fn commit(
    position: i64,
    command_id: Option<uuid::Uuid>,
    recorded_at: Option<chrono::DateTime<chrono::Utc>>,
) -> Option<CommitRef> {
    let (command_id, recorded_at) = command_id.zip(recorded_at)?;
    Some(CommitRef { position: Position::new(position), command_id: CommandId::new(command_id), recorded_at })
}
