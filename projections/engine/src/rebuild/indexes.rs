//! Making the indexes and constraints that were put off.

use super::{
    Phase, Reporter,
    error::{RebuildError, doing},
    session::Session,
};
use crate::registry::run;

impl Session {
    /// Makes what is still missing, each in a transaction that also strikes it off the list.
    pub(super) async fn make_indexes(
        &mut self,
        generation: i32,
        schema: &str,
        reporter: &Reporter,
    ) -> Result<(), RebuildError> {
        let failed = || doing("making the indexes");
        // The memory is the server's, and only while an index is made.
        run(&mut self.connection, "set maintenance_work_mem = '256MB'".to_owned()).await.map_err(failed())?;
        let missing = self.deferred(generation).await?;
        reporter.phase(Phase::Indexing, 0, missing.len() as i64);
        for statement in missing {
            let view = self.view;
            let mut tx = self.begin().await?;
            run(&mut tx, statement).await.map_err(failed())?;
            sqlx::query!(
                "update registry.generations set deferred = deferred[2:], heartbeat_at = clock_timestamp()
                 where view = $1 and generation = $2",
                view,
                generation
            )
            .execute(&mut *tx)
            .await
            .map_err(failed())?;
            tx.commit().await.map_err(failed())?;
            reporter.add(1);
            tasks::kill_point("indexing");
        }
        self.analyze(schema).await
    }

    async fn deferred(&mut self, generation: i32) -> Result<Vec<String>, RebuildError> {
        sqlx::query_scalar!(
            "select deferred from registry.generations where view = $1 and generation = $2",
            self.view,
            generation
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(doing("reading which indexes are missing"))
    }

    /// Without statistics the planner would take the tables for small.
    pub(super) async fn analyze(&mut self, schema: &str) -> Result<(), RebuildError> {
        let failed = || doing("analyzing the tables");
        let tables = sqlx::query_scalar!(
            r#"select format('%I.%I', schemaname, tablename) as "table!" from pg_tables where schemaname = $1"#,
            schema
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed())?;
        for table in tables {
            run(&mut self.connection, format!("analyze {table}")).await.map_err(failed())?;
        }
        Ok(())
    }
}
