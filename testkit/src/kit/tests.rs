//! The kit against real servers: what a crash leaves, and what a test's databases are like.

use std::{future::IntoFuture, path::PathBuf, time::Duration};

use sqlx::Connection;

use super::{
    Databases, Life, Nats, NatsAccess, NatsOptions, NatsRole, Postgres, PostgresOptions, Role, Signal, connect_nats,
    connection::connect, free_port, nats_options,
};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(PathBuf::from(format!("/var/tmp/jangbu-throwaway-{}-{name}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("the test's folder was there");
    }
}

fn postgres_in(folder: &Folder, port: u16) -> PostgresOptions {
    PostgresOptions {
        dir: folder.0.join("postgres"),
        port,
        log: folder.0.join("postgres.log"),
        life: Life::WithStarter,
        shared_buffers: "16MB".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_comes_back_after_a_crash_with_what_it_had_even_if_its_pid_is_a_strangers() {
    let folder = Folder::new("postgres");
    let port = free_port().expect("port");
    super::make_dir(&folder.0, 0o711).expect("folder");
    let first = Postgres::start(postgres_in(&folder, port)).await.expect("starts");
    let url = first.url("postgres");
    let mut connection = connect(&url).await.expect("connects");
    sqlx::raw_sql("create table kept as select 7 as seven").execute(&mut connection).await.expect("writes");
    assert!(Postgres::running_on(&folder.0.join("postgres")).is_some());

    first.identity().stop(Signal::KILL, Duration::from_secs(5)).await.expect("killed");
    assert!(Postgres::running_on(&folder.0.join("postgres")).is_none());
    let pid_file = folder.0.join("postgres/cluster/postmaster.pid");
    let left = std::fs::read_to_string(&pid_file).expect("a crash leaves the file");
    let rest = left.split_once('\n').expect("lines").1;
    std::fs::write(&pid_file, format!("{}\n{rest}", std::process::id())).expect("the pid is now a stranger's");

    let again = Postgres::start(postgres_in(&folder, port)).await.expect("starts again");
    let mut connection = connect(&again.url("postgres")).await.expect("connects with the same password");
    let seven: i32 = sqlx::query_scalar("select seven from kept").fetch_one(&mut connection).await.expect("reads");
    let fsync: String = sqlx::query_scalar("show fsync").fetch_one(&mut connection).await.expect("reads");
    assert_eq!((seven, fsync.as_str(), again.url("postgres")), (7, "on", url));
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_comes_back_after_a_crash_and_takes_messages_of_eight_megabytes() {
    let folder = Folder::new("nats");
    super::make_dir(&folder.0, 0o711).expect("folder");
    let options = NatsOptions {
        dir: folder.0.join("nats"),
        port: free_port().expect("port"),
        log: folder.0.join("nats.log"),
        life: Life::WithStarter,
        access: NatsAccess::throw_away("secret"),
    };
    let first = Nats::start(options.clone()).await.expect("starts");
    first.identity().stop(Signal::KILL, Duration::from_secs(5)).await.expect("killed");
    drop(first);
    let again = Nats::start(options).await.expect("starts again");
    let client = connect_nats(&again.url(NatsRole::Operator)).await.expect("connects");
    assert_eq!(client.server_info().max_payload, 8 * 1024 * 1024);
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_lets_nobody_in_without_a_login_and_nobody_publish_but_the_relay() {
    let folder = Folder::new("nats-logins");
    super::make_dir(&folder.0, 0o711).expect("folder");
    let access = NatsAccess::open(&folder.0.join("passwords"), "JANGBU_LOG", "JANGBU_PUBLIC").expect("passwords");
    let port = free_port().expect("port");
    let (dir, log) = (folder.0.join("nats"), folder.0.join("nats.log"));
    let options = NatsOptions { dir, port, log, life: Life::WithStarter, access };
    let nats = Nats::start(options.clone()).await.expect("starts");
    assert!(connect_nats(&format!("nats://127.0.0.1:{port}")).await.is_err(), "no login, no entrance");
    assert!(connect_nats(&nats.url(NatsRole::Tester)).await.is_err(), "that login is for tests only");
    let stream = async_nats::jetstream::stream::Config {
        name: "JANGBU_LOG".to_owned(),
        subjects: vec!["jangbu.log.slices".to_owned()],
        ..Default::default()
    };
    let prefixes =
        [(NatsRole::Relay, "_INBOX.relay"), (NatsRole::Projector, "_INBOX.projector"), (NatsRole::Operator, "_INBOX")];
    for (role, prefix) in prefixes {
        let options = nats_options(&nats.url(role)).expect("options").custom_inbox_prefix(prefix);
        let client =
            options.request_timeout(Some(Duration::from_secs(1))).connect(nats.url(role)).await.expect("connects");
        let context = async_nats::jetstream::new(client);
        let is_relay = role == NatsRole::Relay;
        assert_eq!(context.get_or_create_stream(stream.clone()).await.is_ok() && is_relay, is_relay, "{role:?}");
        let published = context.publish("jangbu.log.slices", "a slice".into()).await.expect("sent");
        let published = tokio::time::timeout(Duration::from_millis(700), published.into_future()).await;
        assert_eq!(published.is_ok_and(|ack| ack.is_ok()), is_relay, "{role:?} publishes");
        assert!(context.get_stream("JANGBU_LOG").await.is_ok(), "{role:?} looks at the stream");
    }
    let found = async_nats::jetstream::new(connect_nats(&nats.url(NatsRole::Operator)).await.expect("connects"));
    let state = found.get_stream("JANGBU_LOG").await.expect("there").cached_info().state.clone();
    assert_eq!(state.messages, 1, "the relay's");
    // A server of the build before is open; its configuration is replaced while it runs.
    assert!(!Nats::reconfigure(&options, nats.identity()).await.expect("the same"));
    let other = NatsOptions { access: NatsAccess::throw_away("another"), ..options };
    assert!(Nats::reconfigure(&other, nats.identity()).await.expect("reloaded"));
    assert!(connect_nats(&nats.url(NatsRole::Operator)).await.is_err(), "the old password");
}

#[tokio::test]
async fn every_test_has_a_log_of_its_own_and_the_roles_keep_to_their_rights() {
    let databases = Databases::of_this_test_run().expect("run through `dev servers`");
    let one = databases.fresh_pair().await.expect("a pair");
    let two = databases.fresh_pair().await.expect("another pair");
    let mut ids = Vec::new();
    for pair in [&one, &two] {
        let mut log = connect(&pair.log.url(Role::Reader).expect("URL")).await.expect("connects");
        let id: uuid::Uuid =
            sqlx::query_scalar("select log_id from log_head").fetch_one(&mut log).await.expect("reads");
        ids.push(id);
        log.close().await.expect("closes");
    }
    assert_ne!(ids[0], ids[1]);

    let mut views = connect(&one.views.url(Role::Reader).expect("URL")).await.expect("connects");
    let live: i64 =
        sqlx::query_scalar("select count(*) from registry.live_positions").fetch_one(&mut views).await.expect("reads");
    assert_eq!(live, views::names().len() as i64, "the first generation of every view is there");
    let read_only: String =
        sqlx::query_scalar("show default_transaction_read_only").fetch_one(&mut views).await.expect("reads");
    assert_eq!(read_only, "on", "the settings of roles came with the copy");
    let refused = sqlx::raw_sql("set transaction read write; delete from registry.views").execute(&mut views).await;
    assert!(refused.is_err(), "a reader may not write, whatever it sets");
    views.close().await.expect("closes");

    let mut vault = connect(&one.vault.url(Role::VaultReader).expect("URL")).await.expect("connects");
    let keys: i64 =
        sqlx::query_scalar("select count(*) from vault.data_keys").fetch_one(&mut vault).await.expect("reads");
    assert_eq!(keys, 0);
    assert!(sqlx::raw_sql("select from vault.credentials").execute(&mut vault).await.is_err());
    vault.close().await.expect("closes");
    let stranger = connect(&one.vault.url(Role::Reader).expect("URL")).await;
    assert!(stranger.is_err(), "who may connect came with the copy");
    databases.drop_pair(&one).await.expect("dropped");
}
