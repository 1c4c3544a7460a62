//! A database with the tables of the log and of every view, made from the migrations and the views' own DDL.

use std::path::{Path, PathBuf};

use kernel::{Ids, LogId, Position, RandomIds};
use reads::View;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, postgres::PgPoolOptions};
use testkit::kit::{EditedLog, test_variable};
use uuid::Uuid;

pub struct Database {
    /// As its owner may do everything.
    pub pool: PgPool,
    server: String,
    name: String,
}

impl Database {
    pub async fn create() -> Self {
        let server = server();
        let name = format!("query_it_{}", RandomIds.fresh().simple());
        let mut connection = PgConnection::connect(&server).await.expect("Postgres at JANGBU_TEST_POSTGRES_URL");
        run(&mut connection, &format!("create database {name}")).await;
        let pool =
            PgPoolOptions::new().max_connections(4).connect(&url(&server, &name)).await.expect("the new database");
        let database = Self { pool, server, name };
        for history in ["migrations/event-store", "migrations/views", "migrations/vault"] {
            for file in sql_files(history) {
                database.run(&std::fs::read_to_string(file).expect("a migration")).await;
            }
        }
        for view in View::ALL.map(View::name) {
            database.make_generation(view, 1, "live").await;
            database.show_generation(view, 1).await;
        }
        database.run("grant select on all tables in schema live to jangbu_reader").await;
        database
    }

    /// The tables of a generation, empty.
    pub async fn make_generation(&self, view: &str, generation: i32, state: &str) {
        let schema = format!("{view}_g{generation}");
        let ddl = room(&format!("projections/views/src/{view}/schema.sql"));
        let ddl = std::fs::read_to_string(ddl).expect("the view's DDL");
        let sql = format!(
            "begin; create schema {schema}; set local search_path to {schema}; {ddl}; commit;
             insert into registry.views (view) values ('{view}') on conflict do nothing;
             insert into registry.generations (view, generation, version, schema_name, tables, state)
             values ('{view}', {generation}, 1, '{schema}', '{{}}', '{state}')"
        );
        self.run(&sql).await;
    }

    /// Shows every table of a generation to readers; those that a view keeps for itself too, which nobody reads.
    async fn show_generation(&self, view: &str, generation: i32) {
        let schema = format!("{view}_g{generation}");
        self.run(&format!(
            "do $$ declare t text; begin
                for t in select tablename from pg_tables where schemaname = '{schema}' loop
                    execute format('create view live.%I as select * from {schema}.%I', t, t);
                end loop;
             end $$"
        ))
        .await;
    }

    pub async fn run(&self, sql: &str) {
        let mut connection = self.pool.acquire().await.expect("a connection");
        run(&mut connection, sql).await;
    }

    /// As the query server connects: with the rights of its role, and none more.
    pub fn reader_url(&self) -> String {
        self.url_as("jangbu_reader")
    }

    /// The same for its role in the vault.
    pub fn vault_url(&self) -> String {
        self.url_as("jangbu_vault_reader")
    }

    fn url_as(&self, role: &str) -> String {
        format!("{}?options=-c%20role%3D{role}", url(&self.server, &self.name))
    }

    pub async fn log_id(&self) -> LogId {
        let id: Uuid = sqlx::query_scalar("select log_id from log_head").fetch_one(&self.pool).await.expect("a log");
        LogId::new(id)
    }

    /// One commit of that many events at the end of the log; its last position.
    pub async fn append(&self, events: i64) -> Position {
        let mut position = 0;
        self.edit_log(|log| position = log.append_without_events(events).last).await;
        Position::new(position)
    }

    /// Edits the log as if nobody guarded it.
    pub async fn edit_log(&self, edit: impl FnOnce(&mut EditedLog)) {
        EditedLog::edit(&url(&self.server, &self.name), edit).await.expect("an edited log");
    }

    /// Moves a view's checkpoint as the projector does; quietly: without the notification.
    pub async fn reach_quietly(&self, view: &str, position: Position) {
        self.checkpoint(view, position, false).await;
    }

    pub async fn reach(&self, view: &str, position: Position) {
        self.checkpoint(view, position, true).await;
    }

    pub async fn reach_all(&self, position: Position) {
        for view in View::ALL.map(View::name) {
            self.reach(view, position).await;
        }
    }

    async fn checkpoint(&self, view: &str, position: Position, notify: bool) {
        let mut transaction = self.pool.begin().await.expect("a transaction");
        let generation: i32 = sqlx::query_scalar(
            "update registry.generations
             set position = $2, log_id = (select log_id from log_head), updated_at = clock_timestamp(),
                 command_id = (select command_id from commits where last_position = $2),
                 recorded_at = coalesce((select recorded_at from commits where last_position = $2), recorded_at)
             where view = $1 and state = 'live' returning generation",
        )
        .bind(view)
        .bind(position.number())
        .fetch_one(&mut *transaction)
        .await
        .expect("a live generation");
        if notify {
            sqlx::query("select pg_notify('view_advanced', $1)")
                .bind(format!("{view}:{generation}:{position}"))
                .execute(&mut *transaction)
                .await
                .expect("notified");
        }
        transaction.commit().await.expect("committed");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Dropping cannot wait inside the runtime that is dropping it.
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await.expect("Postgres");
                run(&mut connection, &format!("drop database {name} with (force)")).await;
            });
        });
        // A test that failed has more to say than this.
        let _ = dropped.join();
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
}

fn server() -> String {
    test_variable("JANGBU_TEST_POSTGRES_URL").expect("a test run")
}

fn url(server: &str, database: &str) -> String {
    let (base, _) = server.rsplit_once('/').expect("a URL that ends in a database");
    format!("{base}/{database}")
}

fn room(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn sql_files(folder: &str) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(room(folder)).expect("a folder of migrations");
    let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "sql"));
    files.sort();
    files
}
