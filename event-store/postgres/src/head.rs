//! The end of the log.

use async_trait::async_trait;
use kernel::{LogId, Position};
use log::{Head, ReadError, ReadHead};

use crate::{classify::read_error, store::PostgresLog};

#[async_trait]
impl ReadHead for PostgresLog {
    async fn head(&self) -> Result<Head, ReadError> {
        let row = sqlx::query!("select log_id, position, recorded_at from log_head")
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?
            .ok_or(ReadError::NoLog)?;
        Ok(Head { log: LogId::new(row.log_id), position: Position::new(row.position), recorded_at: row.recorded_at })
    }
}
