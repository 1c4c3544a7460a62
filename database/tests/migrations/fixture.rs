//! A database for each test.

#![allow(clippy::unwrap_used, reason = "test support")]

use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};
use testkit::kit::{TestDatabase, run_on_test_server};

/// A fresh, empty database, dropped at the end of a test that passes.
pub struct EmptyDatabase {
    database: TestDatabase,
    pub pool: PgPool,
}

impl EmptyDatabase {
    pub async fn new() -> Self {
        let database = TestDatabase::create("migrations").await.unwrap();
        let pool = PgPoolOptions::new().max_connections(4).connect_with(database.options()).await.unwrap();
        Self { database, pool }
    }

    /// The same database, as its owner sees it: a role that may do nothing beyond it.
    pub async fn as_owner(&self) -> PgPool {
        run_on_test_server(&format!("alter database {} owner to jangbu_owner", self.database.name)).await.unwrap();
        let options = self.database.options().options([("role", "jangbu_owner")]);
        PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap()
    }

    pub async fn end(self) {
        self.pool.close().await;
        self.database.drop().await.unwrap();
    }

    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await.unwrap();
    }

    pub async fn has_table(&self, name: &str) -> bool {
        sqlx::query_scalar("select to_regclass($1) is not null").bind(name).fetch_one(&self.pool).await.unwrap()
    }
}
