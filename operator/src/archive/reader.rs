//! The archive of the log that stands in a database.

use std::sync::Arc;

use event_archive::{ArchiveRanges, Chain, Place};
use sqlx::PgConnection;

use super::{live, same_log::same_log};
use crate::failure::Failure;

/// Opens the archive of a log for reading. One that holds anything else than the beginning of this log is refused: what is
/// read from the archive is continued with what the log holds after it.
pub async fn reader(place: &Place, log: &mut PgConnection) -> Result<ArchiveRanges, Failure> {
    let log_id = live::head(log).await?.log_id;
    let chain = Chain::of(place.open(false)?, Some(log_id)).await?;
    same_log(&chain, log).await?;
    Ok(ArchiveRanges::new(Arc::new(chain)))
}
