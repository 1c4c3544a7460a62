//! What Postgres itself refuses.

use database::Pool;
use kernel::StreamId;
use sqlx::AssertSqlSafe;
use vault::{Credentials, Keys, PostgresVault, Revocations, VaultError};

use crate::fixture::{VaultFixture, id, member};

async fn code(pool: &Pool, sql: &str) -> Option<String> {
    let refused = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.err()?;
    Some(refused.as_database_error().unwrap().code().unwrap().into_owned())
}

/// insufficient_privilege
const NO: Option<&str> = Some("42501");

#[tokio::test]
async fn the_query_server_reads_keys_and_revocations_and_nothing_else() {
    let fixture = VaultFixture::new().await;
    let ((one, _), (two, _)) = (fixture.joined().await, fixture.joined().await);
    fixture.vault.revoke_member(two).await.unwrap();
    let reader = fixture.reader();
    let key = reader.key(one).await.unwrap().unwrap();
    assert_eq!(key.expose(), fixture.vault.key(one).await.unwrap().unwrap().expose());
    let keys = reader.keys(&[one, two, member()]).await.unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[&two].expose(), fixture.vault.key(two).await.unwrap().unwrap().expose());
    assert!(reader.key(member()).await.unwrap().is_none());
    assert_eq!(reader.revoked_after(0).await.unwrap().len(), 1);

    let pool = fixture.pool_of("jangbu_vault_reader");
    let closed = [
        "credentials",
        "pending_passwords",
        "password_resets",
        "known_networks",
        "sessions",
        "refresh_tokens",
        "refresh_answers",
        "messages",
        "contact_messages",
        "message_cursor",
        "secret",
        "certificates",
        "key_epochs",
    ];
    for table in closed {
        assert_eq!(code(&pool, &format!("select * from vault.{table}")).await.as_deref(), NO, "{table}");
    }
    for sql in [
        "delete from vault.data_keys",
        "update vault.data_keys set settled = false",
        "insert into vault.revocations (subject) values (gen_random_uuid())",
        "create table vault.mine (x int)",
    ] {
        assert_eq!(code(&pool, sql).await.as_deref(), NO, "{sql}");
    }
    let as_writer = PostgresVault::open(pool, fixture.kek()).await;
    assert!(
        matches!(as_writer, Err(VaultError::Unavailable(_))),
        "it cannot open the vault as the command server does"
    );
    fixture.end().await;
}

#[tokio::test]
async fn the_command_server_changes_neither_secret_nor_certificates() {
    let fixture = VaultFixture::new().await;
    let pool = fixture.pool_of("jangbu_vault");
    for sql in [
        "update vault.secret set wrapped = ''",
        "delete from vault.secret",
        "update vault.certificates set requested_by = 'nobody'",
        "delete from vault.certificates",
        "delete from vault.message_cursor",
        "update vault.revocations set until = now()",
        "truncate vault.data_keys",
        "create table vault.mine (x int)",
        "drop table vault.credentials",
    ] {
        assert_eq!(code(&pool, sql).await.as_deref(), NO, "{sql}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn nobody_else_may_connect() {
    let fixture = VaultFixture::new().await;
    let may: Vec<(String, bool)> = sqlx::query_as(
        "select rolname::text, has_database_privilege(oid, current_database(), 'connect') from pg_roles
         where rolname like 'jangbu\\_%' order by rolname",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap();
    for (role, may) in may {
        let wanted = ["jangbu_owner", "jangbu_vault", "jangbu_vault_reader"].contains(&role.as_str());
        assert_eq!(may, wanted, "{role}");
    }
    let settings: Vec<String> = sqlx::query_scalar(
        "select unnest(setconfig) from pg_db_role_setting s join pg_database d on d.oid = setdatabase
         where datname = current_database() and setrole = 'jangbu_vault_reader'::regrole",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap();
    for wanted in ["statement_timeout=3s", "lock_timeout=2s", "default_transaction_read_only=on"] {
        assert!(settings.iter().any(|setting| setting == wanted), "{settings:?}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn two_members_never_have_one_login() {
    let fixture = VaultFixture::new().await;
    let (_, login) = fixture.joined().await;
    let (sign_up, other) = (id(), member());
    fixture.vault.make_key(other).await.unwrap();
    fixture.vault.keep_pending(sign_up, other, &crate::fixture::hash("x"), None).await.unwrap();
    assert!(fixture.vault.settle(sign_up, other, login).await.is_err());
    fixture.vault.settle(sign_up, other, StreamId::new(id())).await.unwrap();
    fixture.end().await;
}
