//! A database for each test.

#![allow(clippy::unwrap_used, reason = "test support")]

use sqlx::{
    AssertSqlSafe, ConnectOptions, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

#[allow(clippy::disallowed_methods, reason = "a test is told where its server is by the environment")]
fn server() -> PgConnectOptions {
    std::env::var("JANGBU_TEST_POSTGRES_URL")
        .expect("JANGBU_TEST_POSTGRES_URL is not set: run `./justw test`, which brings a Postgres")
        .parse()
        .expect("JANGBU_TEST_POSTGRES_URL is a URL")
}

/// A fresh, empty database, dropped at the end of a test that passes.
pub struct World {
    name: String,
    pub pool: PgPool,
}

impl World {
    #[allow(clippy::disallowed_methods, reason = "the name only has to be fresh")]
    pub async fn new() -> Self {
        let name = format!("test_migrations_{}", Uuid::new_v4().simple());
        run(&format!("create database {name}")).await;
        let pool = PgPoolOptions::new().max_connections(4).connect_with(server().database(&name)).await.unwrap();
        Self { name, pool }
    }

    /// The same database, as its owner sees it: a role that may do nothing beyond it.
    pub async fn as_owner(&self) -> PgPool {
        run(&format!("alter database {} owner to jangbu_owner", self.name)).await;
        let options = server().database(&self.name).options([("role", "jangbu_owner")]);
        PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap()
    }

    pub async fn end(self) {
        self.pool.close().await;
        run(&format!("drop database {} with (force)", self.name)).await;
    }

    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await.unwrap();
    }

    pub async fn has_table(&self, name: &str) -> bool {
        sqlx::query_scalar("select to_regclass($1) is not null").bind(name).fetch_one(&self.pool).await.unwrap()
    }
}

async fn run(sql: &str) {
    let mut connection = server().connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}
