//! The people of `seed`, with a real vault: keys as the command server makes them, texts sealed as it seals them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use database::{Limits, Pool, PoolOptions};
use kernel::{Ids, MemberId, Place, RandomIds, Sealed, StreamId, Version};
use secrecy::SecretString;
use uuid::Uuid;
use vault::{FileKek, KeyFile, Keys, PostgresVault, Revocations};

use super::{ALICE, BOB, Database, id};

/// Someone who was a member once.
pub const GONE: u128 = 0x90e;

/// The vault of a test. Dropping it removes its key-encryption key.
pub struct People {
    pub vault: PostgresVault,
    kek: PathBuf,
}

impl People {
    pub async fn new(database: &Database) -> Self {
        let kek = std::env::temp_dir().join(format!("jangbu-query-it-{}.kek", RandomIds.fresh().simple()));
        KeyFile::ensure(&kek).expect("a key file");
        let opened = Arc::new(FileKek::open(&kek).expect("the key file"));
        let vault = PostgresVault::open(vault_pool(&database.pool), opened).await.expect("a vault");
        Self { vault, kek }
    }

    pub fn kek_file(&self) -> &Path {
        &self.kek
    }

    /// Two members who may be asked about, and one who was erased.
    pub async fn seed(&self, database: &Database) {
        self.join(database, ALICE, "alice_kim", "alice@example.org", "\u{ae40}\u{c568}\u{b9ac}\u{c2a4}").await;
        self.join(database, BOB, "bob_2", "bob@example.org", "Robert").await;
        database
            .run(&format!(
                "update members_g1.members set position = 14, channel = 'phone', contact_version = 4, contact = '{}'
                 where member_id = '{}';
                 insert into members_g1.members (member_id, status, joined_at, erased_at, position)
                 values ('{}', 'erased', '2026-11-21T08:00:00Z', '2026-11-21T09:00:00Z', 13);
                 insert into members_g1.member_counts values ('active', 2), ('erased', 1)",
                self.seal(BOB, 4, "contact", "+821012345678").await.as_str(),
                id(BOB),
                id(GONE),
            ))
            .await;
    }

    async fn join(&self, database: &Database, member: u128, login_id: &str, contact: &str, real_name: &str) {
        let sql = format!(
            "insert into members_g1.members (member_id, status, joined_at, position, channel, login_id,
                 login_id_version, contact, contact_version, real_name, real_name_version)
             values ('{}', 'active', '2026-11-21T08:30:00Z', 1, 'email', '{}', 1, '{}', 1, '{}', 1)",
            id(member),
            self.seal(member, 1, "login_id", login_id).await.as_str(),
            self.seal(member, 1, "contact", contact).await.as_str(),
            self.seal(member, 1, "real_name", real_name).await.as_str(),
        );
        database.run(&sql).await;
    }

    /// A text sealed for its place.
    pub async fn seal(&self, member: u128, version: i64, field: &'static str, text: &str) -> Sealed {
        let key = self.vault.make_key(MemberId::new(id(member))).await.expect("a key");
        let place = Place { stream: StreamId::new(id(member)), version: Version::new(version), field };
        key.seal(&place, &SecretString::from(text)).expect("sealed")
    }

    /// From now on no token of this member counts.
    pub async fn revoke_member(&self, member: u128) {
        self.vault.revoke_member(MemberId::new(id(member))).await.expect("revoked");
    }

    /// The same for anything: what only the vault itself does with sessions.
    pub async fn revoke(&self, database: &Database, subject: Uuid) {
        database.run(&format!("insert into vault.revocations (subject) values ('{subject}')")).await;
    }
}

impl Drop for People {
    fn drop(&mut self) {
        // Left behind they open nothing: the database they belong to is gone.
        let _ = std::fs::remove_file(&self.kek);
        let _ = std::fs::remove_file(self.kek.with_extension("lock"));
    }
}

fn vault_pool(pool: &sqlx::PgPool) -> Pool {
    let limits = Limits::whole(Duration::from_secs(10));
    let options = PoolOptions { max_connections: 4, acquire: Duration::from_secs(30), limits, settings: Vec::new() };
    Pool::new(pool.connect_options().as_ref().clone(), options)
}
