//! The table in which a database keeps what was applied to it. Each history has its own, so that several may share one
//! database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection, Row, migrate::Migration};

use super::MigrateError;

/// What was written down of one migration.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub description: String,
    pub checksum: Vec<u8>,
    pub applied_at: DateTime<Utc>,
}

/// The record of one history. Its name is a constant of this crate, never input: that is why it may stand in SQL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    name: &'static str,
}

impl Record {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    fn sql(&self, template: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(template.replace("$record", &format!("migrations.{}", self.name)))
    }

    /// Makes the table if it is not there.
    pub(crate) async fn create(&self, connection: &mut PgConnection) -> Result<(), MigrateError> {
        let sql = self.sql(
            "create schema if not exists migrations;
             create table if not exists $record (
                 version bigint primary key,
                 description text not null,
                 checksum bytea not null,
                 applied_at timestamptz not null default clock_timestamp()
             );",
        );
        sqlx::raw_sql(sql).execute(connection).await.map_err(MigrateError::Record)?;
        Ok(())
    }

    /// What was applied; nothing, if there is no table yet.
    pub(crate) async fn read(&self, connection: &mut PgConnection) -> Result<BTreeMap<i64, Recorded>, MigrateError> {
        let there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
            .bind(format!("migrations.{}", self.name))
            .fetch_one(&mut *connection)
            .await
            .map_err(MigrateError::Record)?;
        if !there {
            return Ok(BTreeMap::new());
        }
        let rows = sqlx::query(self.sql("select version, description, checksum, applied_at from $record"))
            .fetch_all(connection)
            .await
            .map_err(MigrateError::Record)?;
        rows.iter()
            .map(|row| {
                let recorded = Recorded {
                    description: row.try_get("description")?,
                    checksum: row.try_get("checksum")?,
                    applied_at: row.try_get("applied_at")?,
                };
                Ok((row.try_get("version")?, recorded))
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(MigrateError::Record)
    }

    /// Writes down that a migration is applied.
    pub(crate) async fn insert(
        &self,
        connection: &mut PgConnection,
        migration: &Migration,
    ) -> Result<DateTime<Utc>, MigrateError> {
        let sql =
            self.sql("insert into $record (version, description, checksum) values ($1, $2, $3) returning applied_at");
        sqlx::query_scalar(sql)
            .bind(migration.version)
            .bind(migration.description.as_ref())
            .bind(migration.checksum.as_ref())
            .fetch_one(connection)
            .await
            .map_err(MigrateError::Record)
    }

    /// Writes the text of a migration down again.
    pub(crate) async fn update(
        &self,
        connection: &mut PgConnection,
        migration: &Migration,
    ) -> Result<(), MigrateError> {
        sqlx::query(self.sql("update $record set description = $2, checksum = $3 where version = $1"))
            .bind(migration.version)
            .bind(migration.description.as_ref())
            .bind(migration.checksum.as_ref())
            .execute(connection)
            .await
            .map_err(MigrateError::Record)?;
        Ok(())
    }

    /// Forgets a migration.
    pub(crate) async fn delete(&self, connection: &mut PgConnection, version: i64) -> Result<(), MigrateError> {
        sqlx::query(self.sql("delete from $record where version = $1"))
            .bind(version)
            .execute(connection)
            .await
            .map_err(MigrateError::Record)?;
        Ok(())
    }
}
