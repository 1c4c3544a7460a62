//! What Postgres itself refuses.

use database::Pool;
use kernel::{StreamId, WebhookId};
use sqlx::AssertSqlSafe;
use vault::{Credentials, Keys, PostgresVault, RevocationReader, Revocations, VaultError, WebhookKeyReader, Webhooks};

use crate::fixture::{VaultFixture, id, member};

async fn code(pool: &Pool, sql: &str) -> Option<String> {
    let refused = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.err()?;
    Some(refused.as_database_error().unwrap().code().unwrap().into_owned())
}

/// insufficient_privilege
const NO: Option<&str> = Some("42501");

#[tokio::test]
async fn the_query_server_reads_keys_revocations_and_what_is_shown_of_devices_and_nothing_else() {
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
        "refresh_tokens",
        "refresh_answers",
        "messages",
        "contact_messages",
        "devices",
        "pushes",
        "device_commands",
        "notification_cursor",
        "message_cursor",
        "secret",
        "certificates",
        "key_epochs",
        "operator_credentials",
        "operator_sessions",
    ];
    for table in closed {
        assert_eq!(code(&pool, &format!("select * from vault.{table}")).await.as_deref(), NO, "{table}");
    }
    // When a session ends is shown to operators; nothing of it is changed.
    assert_eq!(code(&pool, "select * from vault.sessions").await, None);
    for sql in [
        "delete from vault.sessions",
        "update vault.sessions set ended_at = null",
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
async fn the_webhook_sender_reads_one_key_and_nothing_else() {
    let fixture = VaultFixture::new().await;
    fixture.joined().await;
    let pool = fixture.pool_of("jangbu_webhooks");
    let reader = WebhookKeyReader::new(pool.clone(), fixture.kek());
    assert!(reader.secrets().await.unwrap().is_none(), "nobody has asked for a webhook");
    let webhook = WebhookId::new(id());
    let made = fixture.vault.webhook_secrets().await.unwrap().secret(webhook, 1);
    // A sign-up that is given up takes its key with it; this one belongs to none.
    fixture.vault.sweep(crate::fixture::later(60)).await.unwrap();
    let another = fixture.another().await.webhook_secrets().await.unwrap().secret(webhook, 1);
    let read = reader.secrets().await.unwrap().unwrap().secret(webhook, 1);
    for same in [another, read] {
        assert_eq!((&*same.shown(), same.public_key()), (&*made.shown(), made.public_key()));
    }
    for table in ["data_keys", "secret", "credentials", "sessions", "messages", "revocations", "certificates"] {
        assert_eq!(code(&pool, &format!("select * from vault.{table}")).await.as_deref(), NO, "{table}");
    }
    for sql in ["delete from vault.webhook_key", "create table vault.mine (x int)"] {
        assert!(code(&pool, sql).await.is_some(), "{sql}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn the_projector_reads_revocations_and_nothing_else() {
    let fixture = VaultFixture::new().await;
    let (gone, _) = fixture.joined().await;
    fixture.vault.revoke_member(gone).await.unwrap();
    let pool = fixture.pool_of("jangbu_projector");
    let reader = RevocationReader::new(&pool);
    let revoked = reader.revoked_after(0).await.unwrap();
    assert_eq!(revoked.iter().map(|revocation| revocation.subject).collect::<Vec<_>>(), [gone.uuid()]);
    reader.applied().await.unwrap();
    for table in ["data_keys", "secret", "credentials", "sessions", "messages", "devices", "certificates"] {
        assert_eq!(code(&pool, &format!("select * from vault.{table}")).await.as_deref(), NO, "{table}");
    }
    for sql in ["delete from vault.revocations", "create table vault.mine (x int)"] {
        assert!(code(&pool, sql).await.is_some(), "{sql}");
    }
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
        "delete from vault.notification_cursor",
        "delete from vault.operator_credentials",
        "update vault.device_commands set refused = true",
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
        let known = ["jangbu_owner", "jangbu_projector", "jangbu_vault", "jangbu_vault_reader", "jangbu_webhooks"];
        let wanted = known.contains(&role.as_str());
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
