//! Ending what is not live.

use std::time::Duration;

use tokio::time::sleep;

use super::{
    Rebuilder,
    error::{RebuildError, doing},
    session::{Generation, Session, connect},
};
use crate::{Operator, audit::audit, registry::run};

/// How long a rebuild that is cancelled may take to notice.
const LOOKS: u32 = 100;
const LOOK: Duration = Duration::from_millis(100);

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Drops a generation that is not live, with everything in it.
    pub async fn drop_generation(&self, generation: i32, operator: &Operator) -> Result<(), RebuildError> {
        let mut session = Session::open(&self.database, self.projection.name()).await?;
        let making = session.generation(generation).await?;
        self.drop_locked(&mut session, &making, operator).await
    }

    /// Cancels the rebuild that is under way or was interrupted: asks it to stop, waits until it has, drops what it made.
    /// The generation that was dropped; none if there is no such rebuild.
    pub async fn cancel(&self, operator: &Operator) -> Result<Option<i32>, RebuildError> {
        let view = self.projection.name();
        let mut connection = connect(&self.database).await?;
        let cancelled = sqlx::query_scalar!(
            "update registry.generations set state = 'failed', failure = 'cancelled by ' || $2
             where view = $1 and state in ('building', 'indexing', 'tailing', 'comparing') returning generation",
            view,
            operator.who
        )
        .fetch_optional(&mut connection)
        .await
        .map_err(doing("cancelling the rebuild"))?;
        let Some(generation) = cancelled else { return Ok(None) };
        for _ in 0..LOOKS {
            match self.drop_generation(generation, operator).await {
                Err(RebuildError::Busy(_)) => sleep(LOOK).await,
                done => return done.map(|()| Some(generation)),
            }
        }
        Err(RebuildError::Busy(view))
    }

    pub(super) async fn drop_locked(
        &self,
        session: &mut Session,
        making: &Generation,
        operator: &Operator,
    ) -> Result<(), RebuildError> {
        let generation = making.generation;
        let failed = || doing("dropping the generation");
        let view = session.view;
        let mut tx = session.begin().await?;
        let gone = sqlx::query!(
            "delete from registry.generations where view = $1 and generation = $2 and state <> 'live'",
            view,
            generation
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        if gone.rows_affected() != 1 {
            let advice = "readers see it; promote another one first";
            return Err(RebuildError::WrongState { generation, state: "live".to_owned(), advice });
        }
        run(&mut tx, format!("drop schema {} cascade", making.schema)).await.map_err(failed())?;
        let (state, position) = (&making.state, making.position);
        let change = format!(r#""before":{{"state":"{state}"}},"after":{{"state":"dropped"}}"#);
        let details = format!(r#"{{"state":"{state}","position":{position},{change}}}"#);
        audit(&mut tx, operator, "drop", view, Some(generation), &details).await.map_err(failed())?;
        tx.commit().await.map_err(failed())
    }
}
