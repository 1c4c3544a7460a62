//! Settling what the ranges of a bulk load could not know alone.

use super::{
    error::{RebuildError, doing},
    session::{Generation, Session},
};
use crate::{Bulk, registry::run};

/// Completes the tables; from here on the generation has a position.
pub(super) async fn merge<E: Send + Sync + 'static>(
    session: &mut Session,
    making: &Generation,
    bulk: &dyn Bulk<E>,
) -> Result<(), RebuildError> {
    let failed = || doing("merging the ranges");
    let (recorded_at, command) = session.last_commit(making.generation).await?;
    // Nobody has counted the staging tables yet, and what the planner takes for small it joins row by row. How many rows
    // there are is all it needs: the statistics come after the indexes.
    run(&mut session.connection, "set default_statistics_target to 5".to_owned()).await.map_err(failed())?;
    session.analyze(&making.schema).await?;
    run(&mut session.connection, "reset default_statistics_target".to_owned()).await.map_err(failed())?;
    let view = session.view;
    let mut tx = session.begin().await?;
    run(&mut tx, "set local enable_nestloop to off".to_owned()).await.map_err(failed())?;
    run(&mut tx, format!("set local search_path to {}", making.schema)).await.map_err(failed())?;
    // Sorting and hashing all keys once is worth some memory of the server.
    run(&mut tx, "set local work_mem = '128MB'".to_owned()).await.map_err(failed())?;
    for statement in bulk.merge() {
        run(&mut tx, (*statement).to_owned()).await.map_err(failed())?;
    }
    let moved = sqlx::query!(
        "update registry.generations
         set state = 'indexing', position = $3, recorded_at = $4, command_id = $5, updated_at = clock_timestamp(),
            heartbeat_at = clock_timestamp()
         where view = $1 and generation = $2 and state = 'building'",
        view,
        making.generation,
        making.fence.number(),
        recorded_at,
        command
    )
    .execute(&mut *tx)
    .await
    .map_err(failed())?;
    if moved.rows_affected() != 1 {
        return Err(RebuildError::Lost(making.generation));
    }
    tx.commit().await.map_err(failed())
}
