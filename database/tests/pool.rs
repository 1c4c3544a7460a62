//! The pool against a real Postgres: what was given up is closed, what was begun is rolled back.

use std::{net::Ipv4Addr, time::Duration};

use database::{Limits, Pool, PoolOptions, is_no_answer};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::timeout,
};

const LIMIT: Duration = Duration::from_millis(300);
/// Long enough for a connection to be opened.
const OPENING: Duration = Duration::from_millis(300);

#[allow(clippy::disallowed_methods, reason = "the environment names the test server")]
fn pool() -> Pool {
    let url = std::env::var("JANGBU_TEST_POSTGRES_URL").expect("run `./justw test`, which brings a Postgres");
    let options = PoolOptions {
        max_connections: 1,
        acquire: Duration::from_secs(10),
        limits: Limits::whole(LIMIT),
        settings: vec![("application_name", "pool test".to_owned())],
    };
    Pool::new(url.parse().expect("a URL"), options)
}

async fn process(pool: &Pool) -> i32 {
    sqlx::query_scalar("select pg_backend_pid()").fetch_one(pool).await.expect("a process")
}

#[tokio::test]
async fn a_connection_without_an_answer_is_not_used_again() {
    let pool = pool();
    let first = process(&pool).await;
    assert_eq!(process(&pool).await, first, "a connection that answers is used again");
    let error = sqlx::query("select pg_sleep(60)").execute(&pool).await.expect_err("it takes too long");
    assert!(is_no_answer(&error), "{error}");
    assert_ne!(process(&pool).await, first);
    pool.close().await;
}

#[tokio::test]
async fn a_connection_whose_statement_was_given_up_by_the_caller_is_not_used_again() {
    let pool = pool();
    let first = process(&pool).await;
    let asked = timeout(Duration::from_millis(50), sqlx::query("select pg_sleep(60)").execute(&pool)).await;
    assert!(asked.is_err(), "the caller went away");
    assert_ne!(process(&pool).await, first);
    pool.close().await;
}

#[tokio::test]
async fn no_statement_starts_processes() {
    let pool = pool();
    for setting in ["parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0"] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("set {setting}"))).execute(&pool).await.expect(setting);
    }
    let plan = async || {
        let explain = "explain select count(*) from pg_attribute cross join pg_class";
        sqlx::query_scalar::<_, String>(explain).fetch_all(&pool).await.expect("a plan").join("\n")
    };
    let planned = plan().await;
    assert!(!planned.contains("Gather"), "{planned}");
    sqlx::raw_sql("set max_parallel_workers_per_gather = 2").execute(&pool).await.expect("set");
    let planned = plan().await;
    assert!(planned.contains("Gather"), "the planner would have: {planned}");
    pool.close().await;
}

/// What the pool asks of its first two connections is never answered on the second, as on a machine that is too busy.
#[tokio::test]
async fn a_check_without_an_answer_refuses_nobody() {
    let direct = pool().connect_options().clone();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = (direct.get_host().to_owned(), direct.get_port());
    let proxy = tokio::spawn(async move {
        for number in 0.. {
            let (mut near, _) = listener.accept().await.expect("a connection");
            let mut far = TcpStream::connect(&server).await.expect("the server");
            tokio::spawn(async move {
                let whole = if number == 1 { OPENING } else { Duration::MAX };
                let _ = timeout(whole, copy_bidirectional(&mut near, &mut far)).await;
                std::future::pending::<()>().await;
            });
        }
    });
    let limits = Limits::whole(Duration::from_secs(5));
    let options = PoolOptions { max_connections: 1, acquire: Duration::from_secs(10), limits, settings: Vec::new() };
    let pool = Pool::new(direct.host("127.0.0.1").port(port), options);
    let one: i32 = sqlx::query_scalar("select 1").fetch_one(&pool).await.expect("a connection");
    assert_eq!(one, 1);
    proxy.abort();
}

#[tokio::test]
async fn an_error_of_the_statement_costs_no_connection() {
    let pool = pool();
    let first = process(&pool).await;
    sqlx::query("select 1 / 0").execute(&pool).await.expect_err("it cannot be divided");
    assert_eq!(process(&pool).await, first);
    pool.close().await;
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_rolled_back_at_once() {
    let pool = pool();
    let first = process(&pool).await;
    let mut transaction = pool.begin().await.expect("begun");
    sqlx::query("create table never_there ()").execute(&mut *transaction).await.expect("made");
    let mut savepoint = transaction.begin().await.expect("a savepoint");
    sqlx::query("select 1").execute(&mut *savepoint).await.expect("one");
    drop(savepoint);
    drop(transaction);
    let there: bool =
        sqlx::query_scalar("select to_regclass('never_there') is not null").fetch_one(&pool).await.expect("answered");
    assert!(!there);
    assert_eq!(process(&pool).await, first, "a rollback costs no connection");
    pool.close().await;
}
