//! A views database of a test's own.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, Connection, PgConnection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};

/// A database with the migrations of the views applied, on the server at `JANGBU_TEST_POSTGRES_URL`.
#[derive(Debug)]
pub struct Scratch {
    name: String,
    server: PgConnectOptions,
    /// How to connect to it as a superuser.
    pub database: PgConnectOptions,
    /// Connections to look into it.
    pub pool: PgPool,
}

impl Scratch {
    /// Makes a database. A test that cannot have one fails.
    #[expect(clippy::disallowed_methods, reason = "the test runner names the server in the environment")]
    pub async fn new() -> Self {
        let url = std::env::var("JANGBU_TEST_POSTGRES_URL").expect(
            "JANGBU_TEST_POSTGRES_URL is not set: run the tests by `./justw test`, which brings a server of their own",
        );
        let server: PgConnectOptions = url.parse().expect("JANGBU_TEST_POSTGRES_URL is a Postgres URL");
        let name = format!("views_test_{:032x}", uuid_bits());
        let mut admin = PgConnection::connect_with(&server).await.expect("connect to the test server");
        run(&mut admin, format!("create database {name} template template0")).await;
        // Roles belong to the whole server: tests that start together would make them at once.
        run(&mut admin, "select pg_advisory_lock(8147001)".into()).await;
        let database = server.clone().database(&name);
        let pool = PgPoolOptions::new().max_connections(4).connect_with(database.clone()).await.expect("connect");
        for migration in migrations() {
            sqlx::raw_sql(AssertSqlSafe(migration)).execute(&pool).await.expect("apply a migration of the views");
        }
        admin.close().await.expect("close");
        Self { name, server, database, pool }
    }

    /// Drops the database. A test that failed leaves it, to be looked at.
    pub async fn close(self) {
        self.pool.close().await;
        let mut admin = PgConnection::connect_with(&self.server).await.expect("connect to the test server");
        run(&mut admin, format!("drop database {} with (force)", self.name)).await;
    }

    /// Breaks every connection that a projector has to this database.
    pub async fn cut_connections(&self) {
        sqlx::raw_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name like 'projector/%'",
        )
        .execute(&self.pool)
        .await
        .expect("terminate connections");
    }

    /// The rows of a query that gives one text column.
    pub async fn lines(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&self.pool).await.expect("read a table")
    }
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/views");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("migrations/views")
        .map(|entry| entry.expect("migrations/views").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).expect("a migration")).collect()
}

fn uuid_bits() -> u128 {
    use kernel::Ids;
    kernel::RandomIds.fresh().as_u128()
}
