//! Whether an archive is of this log.

use sqlx::PgConnection;

use event_archive::{ArchiveError, Chain, Events};

use super::live;
use crate::{failure::Failure, log_tables};

/// Refuses an archive that is not the beginning of this log: the log is another one under the same id, or it was restored
/// to an earlier state and went on from there. Equal ids prove nothing; the commit at the archive's end proves all before it.
pub async fn same_log(chain: &Chain, log: &mut PgConnection) -> Result<(), Failure> {
    let Some(last) = chain.last_events() else { return Ok(()) };
    // Read after the chain: another run of `archive` at the same time archives only what the log holds by then.
    let head = live::head(log).await?.position;
    if last.last_position > head {
        let what = format!("the archive ends at {}, the log at {head}", last.last_position);
        return Err(ArchiveError::OtherLog(what).into());
    }
    require_held(last, log).await
}

/// Refuses a range of the archive that does not end with a commit of the log.
pub async fn require_held(range: &Events, log: &mut PgConnection) -> Result<(), Failure> {
    let end = range.last_position;
    if log_tables::ending_at(log, end).await? == Some((range.last_command_id, range.last_recorded_at)) {
        return Ok(());
    }
    // One that has left the database is known by its command.
    if log_tables::is_known_and_detached(log, range.last_command_id, end).await? {
        return Ok(());
    }
    let what = format!("the commit that ends at {end} is not the one in the archive");
    Err(ArchiveError::OtherLog(what).into())
}
