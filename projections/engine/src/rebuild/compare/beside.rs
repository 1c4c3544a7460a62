//! Two queries at once: one on the snapshot of the live generation, one on the new generation.

use sqlx::PgConnection;

use super::super::error::{RebuildError, doing};
use crate::limits::awake;

/// Asks the snapshot and the new generation at the same time. The snapshot outlasts the other, which may take far longer: its
/// tables are not in the cache yet.
pub(super) async fn beside<A, B>(
    snapshot: &mut PgConnection,
    query: impl AsyncFnOnce(&mut PgConnection) -> Result<A, RebuildError>,
    other: impl Future<Output = Result<B, RebuildError>>,
) -> Result<(A, B), RebuildError> {
    tokio::pin!(other);
    let mut early = None;
    let first = {
        let query = query(&mut *snapshot);
        tokio::pin!(query);
        loop {
            tokio::select! {
                done = &mut query => break done?,
                done = &mut other, if early.is_none() => early = Some(done?),
            }
        }
    };
    let second = match early {
        Some(second) => second,
        None => awake(snapshot, other).await.map_err(doing("keeping the snapshot of the live generation"))??,
    };
    Ok((first, second))
}
