//! A vault for each test: a database of its own, a key file of its own.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use database::migrations::Database;
use database::{Limits, Pool, PoolOptions};
use kernel::{Clock, ConsistencyToken, Ids, LogId, MemberId, Position, RandomIds, StreamId, SystemClock};
use sqlx::{AssertSqlSafe, postgres::PgConnectOptions};
use testkit::kit::TestDatabase;
use uuid::Uuid;
use vault::{Credentials, FileKek, KeyFile, Keys, PasswordHash, PostgresVault, TokenDigest, VaultReader};

/// A vault, dropped at the end of a test that passes.
pub struct VaultFixture {
    database: TestDatabase,
    folder: PathBuf,
    pub pool: Pool,
    pub vault: PostgresVault,
}

impl VaultFixture {
    /// An open vault with nothing in it.
    pub async fn new() -> Self {
        let database = TestDatabase::migrated("vault", Database::Vault).await.unwrap();
        let pool = pool_with(database.options());
        let folder = folder();
        KeyFile::ensure(&folder.join("kek.json")).unwrap();
        let kek = Arc::new(FileKek::open(&folder.join("kek.json")).unwrap());
        let vault = PostgresVault::open(as_role(&database, "jangbu_vault"), kek).await.unwrap();
        Self { database, folder, pool, vault }
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.join("kek.json")
    }

    /// The key file as another process has it open.
    pub fn kek(&self) -> Arc<FileKek> {
        Arc::new(FileKek::open(&self.key_file()).unwrap())
    }

    /// The same vault as another command server opens it.
    pub async fn another(&self) -> PostgresVault {
        PostgresVault::open(as_role(&self.database, "jangbu_vault"), self.kek()).await.unwrap()
    }

    /// The same vault as a query server has it.
    pub fn reader(&self) -> VaultReader {
        VaultReader::new(self.pool_of("jangbu_vault_reader"), self.kek())
    }

    /// Connections that may do what a role may.
    pub fn pool_of(&self, role: &str) -> Pool {
        as_role(&self.database, role)
    }

    /// Somebody who has signed up: the member, the login.
    pub async fn joined(&self) -> (MemberId, StreamId) {
        let (sign_up, member, login) = (RandomIds.fresh(), member(), StreamId::new(RandomIds.fresh()));
        self.vault.make_key(member).await.unwrap();
        self.vault.keep_pending(sign_up, member, &hash("first"), None).await.unwrap();
        self.vault.settle(sign_up, member, login).await.unwrap();
        (member, login)
    }

    pub async fn count(&self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("select count(*) from vault.{table}"));
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await.unwrap();
    }

    pub async fn end(self) {
        self.pool.close().await;
        self.database.drop().await.unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn as_role(database: &TestDatabase, role: &str) -> Pool {
    let options = database.options().options([("role", role)]);
    pool_with(options)
}

fn pool_with(options: PgConnectOptions) -> Pool {
    let limits = Limits::whole(Duration::from_secs(10));
    Pool::new(
        options,
        PoolOptions { max_connections: 24, acquire: Duration::from_secs(30), limits, settings: Vec::new() },
    )
}

/// A fresh folder.
pub fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("jangbu-vault-{}", RandomIds.fresh().simple()));
    std::fs::create_dir(&folder).unwrap();
    folder
}

pub fn member() -> MemberId {
    MemberId::new(RandomIds.fresh())
}

pub fn id() -> Uuid {
    RandomIds.fresh()
}

pub fn hash(text: &str) -> PasswordHash {
    PasswordHash(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ${text}").into())
}

/// A place in the log.
pub fn at(position: i64) -> ConsistencyToken {
    ConsistencyToken { log: LogId::new(Uuid::from_u128(1)), position: Position::new(position), tag: None }
}

pub fn token() -> TokenDigest {
    let halves = [RandomIds.fresh(), RandomIds.fresh()];
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(halves[0].as_bytes());
    digest[16..].copy_from_slice(halves[1].as_bytes());
    TokenDigest(digest)
}

/// Now, in whole microseconds as Postgres keeps it.
pub fn now() -> DateTime<Utc> {
    let now = SystemClock.now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap()
}

pub fn later(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}
