//! An empty database of one test.

use anyhow::{Context, Result};
use database::migrations;
use kernel::{Ids, RandomIds};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use url::Url;

use super::{connection::run, databases::test_variable, schema};

/// A database on the server that `./justw test` started for this run. A test that passes drops it.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    /// Its name.
    pub name: String,
    /// Its URL for the server's superuser.
    pub url: String,
}

impl TestDatabase {
    /// An empty one, named `test_<kind>_<random>`.
    pub async fn create(kind: &str) -> Result<Self> {
        let name = format!("test_{kind}_{}", RandomIds.fresh().simple());
        run_on_test_server(&format!("create database {name}")).await?;
        let mut url =
            Url::parse(&test_variable("JANGBU_TEST_POSTGRES_URL")?).context("the Postgres URL cannot be read")?;
        url.set_path(&name);
        Ok(Self { name, url: url.into() })
    }

    /// One at the end of this history.
    pub async fn migrated(kind: &str, history: migrations::Database) -> Result<Self> {
        let database = Self::create(kind).await?;
        database.migrate(history).await?;
        Ok(database)
    }

    /// Brings it to the end of this history.
    pub async fn migrate(&self, history: migrations::Database) -> Result<()> {
        schema::migrate(history, &self.url).await
    }

    /// What a superuser connects with.
    pub fn options(&self) -> PgConnectOptions {
        self.url.parse().expect("a URL that was made from one")
    }

    /// Drops it, even with clients connected.
    pub async fn drop(self) -> Result<()> {
        run_on_test_server(&format!("drop database if exists {} with (force)", self.name)).await
    }
}

/// Runs SQL on the server of this test run, as its superuser.
pub async fn run_on_test_server(sql: &str) -> Result<()> {
    let options: PgConnectOptions =
        test_variable("JANGBU_TEST_POSTGRES_URL")?.parse().context("the Postgres URL cannot be read")?;
    let mut connection: PgConnection = options.connect().await.context("cannot connect to Postgres")?;
    run(&mut connection, sql).await
}
