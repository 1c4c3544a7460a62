//! What was lost of schema and grants is found, and the grants come back.

use std::{process::Command, str::FromStr};

use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, postgres::PgConnectOptions};
use url::Url;

use crate::{databases::TestDatabases, run::Run};

const DOCTOR: [&str; 4] = ["doctor", "--json", "--watch-ms", "1"];
const DATABASES: [&str; 3] = ["log", "views", "vault"];

/// What was said about something: verdict, what was found, what to do.
fn about(run: &Run, what: &str) -> Vec<(String, String, String)> {
    let report: Value = run.json();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("a list").iter().filter(|finding| finding["what"] == what);
    findings.map(|f| (text(f, "verdict"), text(f, "found"), text(f, "to_do"))).collect()
}

#[track_caller]
fn assert_sound(databases: &TestDatabases) {
    let run = databases.run(&DOCTOR);
    for database in DATABASES {
        for part in ["schema", "roles"] {
            let found = about(&run, &format!("{part} of the {database} database"));
            assert!(matches!(&found[..], [(verdict, ..)] if verdict == "ok"), "{database}: {found:?}");
        }
        assert_eq!(about(&run, &format!("other roles of the {database} database")), []);
    }
}

async fn execute(url: &Url, sql: &str) {
    let mut connection = PgConnectOptions::from_str(url.as_str()).expect("options").connect().await.expect("connect");
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn url_of<'a>(databases: &'a TestDatabases, database: &str) -> &'a Url {
    match database {
        "log" => &databases.log,
        "views" => &databases.views,
        _ => &databases.vault,
    }
}

/// A fault: in which database, how it is made, what is said of it, and the statement that is advised.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    (
        "log",
        "drop index log_streams_owned",
        "index log_streams_owned is missing",
        "CREATE INDEX CONCURRENTLY log_streams_owned ON",
    ),
    (
        "log",
        "alter table log_commands drop constraint log_commands_pkey",
        "constraint log_commands.log_commands_pkey is missing",
        "alter table public.log_commands add constraint log_commands_pkey PRIMARY KEY (command_id)",
    ),
    (
        "log",
        "alter table log_streams set unlogged",
        "table log_streams is unlogged, not permanent",
        "alter table public.log_streams set logged",
    ),
    (
        "log",
        "drop trigger never_deleted on log_head",
        "trigger log_head.never_deleted is missing",
        "CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.log_head",
    ),
    (
        "log",
        "alter table log_commits disable trigger append_only",
        "trigger log_commits.append_only is disabled",
        "alter table public.log_commits enable trigger append_only",
    ),
    (
        "log",
        "alter table log_streams alter kind drop not null",
        "column log_streams.kind is text, not text not null",
        "alter table public.log_streams alter kind set not null",
    ),
    (
        "log",
        "alter table log_commands enable row level security",
        "table log_commands has row security on",
        "alter table public.log_commands disable row level security",
    ),
    ("log", "create table mine (a int primary key)", "table mine is not of this build", ""),
    (
        "log",
        "create rule lost as on insert to log_commands do instead nothing",
        "rule log_commands.lost is not of this build",
        "",
    ),
    ("vault", "drop table vault.refresh_answers", "table vault.refresh_answers is missing", ""),
    (
        "vault",
        "alter table vault.sessions drop constraint sessions_member_id_fkey",
        "constraint vault.sessions.sessions_member_id_fkey is missing",
        "FOREIGN KEY (member_id) REFERENCES vault.data_keys(member_id) ON DELETE CASCADE",
    ),
    (
        "views",
        "create or replace function registry.refuse_ungated() returns trigger language plpgsql as 'begin return new; end'",
        "function registry.refuse_ungated() has another definition",
        "",
    ),
    (
        "views",
        "drop index accounts_g1.accounts_by_owner",
        "index accounts_g1.accounts_by_owner is missing",
        "CREATE INDEX CONCURRENTLY accounts_by_owner ON accounts_g1.accounts",
    ),
    (
        "views",
        "alter table transfers_g1.transfers drop constraint transfers_pkey",
        "constraint transfers_g1.transfers.transfers_pkey is missing",
        "alter table transfers_g1.transfers add constraint transfers_pkey PRIMARY KEY (transfer_id)",
    ),
    (
        "views",
        "alter table accounts_g1.accounts set unlogged",
        "table accounts_g1.accounts is unlogged",
        "alter table accounts_g1.accounts set logged",
    ),
    ("views", "drop view live.entries", "view live.entries is missing", ""),
];

#[tokio::test]
async fn each_fault_of_the_schema_is_found_and_the_advised_statement_mends_it() {
    let databases = TestDatabases::migrated().await;
    assert_sound(&databases);
    let none = databases.run(&["repair", "grants"]).expect(0);
    assert!(none.stdout.contains("all roles have what they need"), "{none:?}");
    for (database, fault, ..) in FAULTS {
        execute(url_of(&databases, database), fault).await;
    }
    let run = databases.run(&DOCTOR).expect(1);
    for (database, fault, sentence, advice) in FAULTS {
        let found = about(&run, &format!("schema of the {database} database"));
        let said = found.iter().find(|(_, said, _)| said.contains(sentence));
        let (verdict, _, to_do) = said.unwrap_or_else(|| panic!("{fault}: {found:?}"));
        assert_eq!(verdict, if sentence.contains("not of this build") { "warn" } else { "fail" }, "{fault}");
        assert!(to_do.contains(advice) && to_do.contains("docs/runbooks/schema.md"), "{fault}: {to_do}");
        if !advice.is_empty() {
            let statement = to_do.split('`').nth(1).expect("a statement");
            execute(url_of(&databases, database), statement).await;
        }
    }
    // What no single statement mends is left, and nothing else.
    let run = databases.run(&DOCTOR);
    for database in DATABASES {
        let found = about(&run, &format!("schema of the {database} database"));
        let left = FAULTS.iter().filter(|(of, _, _, advice)| *of == database && advice.is_empty());
        assert_eq!(found.len(), left.count(), "{database}: {found:?}");
    }
    databases.drop().await;
}

#[tokio::test]
async fn a_reader_who_lost_a_view_gets_it_back() {
    let databases = TestDatabases::with_bank().await;
    execute(
        &databases.views,
        "revoke select on live.accounts from jangbu_reader;
         alter default privileges for role jangbu_projector in schema live revoke select on tables from jangbu_reader;
         revoke usage on schema registry from jangbu_projector",
    )
    .await;
    let found = about(&databases.run(&DOCTOR).expect(1), "roles of the views database");
    let [(verdict, said, to_do)] = &found[..] else { panic!("{found:?}") };
    assert!(verdict == "fail" && to_do.contains("`jangbu repair grants`"), "{found:?}");
    for lost in [
        "jangbu_reader may not select live.accounts",
        "jangbu_reader may not select new tables of jangbu_projector in schema live",
        "jangbu_projector may not use schema registry",
    ] {
        assert!(said.contains(lost), "{lost}: {said}");
    }
    let planned = databases.run(&["repair", "grants", "--dry-run"]).expect(1);
    assert!(planned.stdout.contains("to do: grant select on table live.accounts to jangbu_reader"), "{planned:?}");
    assert_eq!(about(&databases.run(&DOCTOR), "roles of the views database")[0].0, "fail", "nothing was done");
    let done = databases.run(&["repair", "grants", "--database", "views"]).expect(0);
    assert!(done.stdout.contains("views: done: grant select on table live.accounts to jangbu_reader"), "{done:?}");
    assert_sound(&databases);
    let again = databases.run(&["repair", "grants", "--json"]).expect(0).json();
    assert_eq!(again, serde_json::json!([]));
    execute(&databases.views, "set role jangbu_reader; select count(*) from live.accounts").await;
    databases.drop().await;
}

#[tokio::test]
async fn what_is_too_much_is_reported_and_taken_away_only_when_asked() {
    let databases = TestDatabases::migrated().await;
    execute(&databases.log, "grant select, delete on log_commands to public").await;
    let found = about(&databases.run(&DOCTOR).expect(1), "roles of the log database");
    let said = &found[0].1;
    assert!(
        said.contains("public may delete log_commands") && said.contains("public may select log_commands"),
        "{found:?}"
    );
    let left = databases.run(&["repair", "grants"]).expect(1);
    assert!(left.stdout.contains("log: left: revoke delete on table public.log_commands from public"), "{left:?}");
    assert_eq!(about(&databases.run(&DOCTOR), "roles of the log database")[0].0, "fail", "nothing was revoked");
    databases.run(&["repair", "grants", "--revoke"]).expect(0);
    assert_sound(&databases);
    databases.drop().await;
}

/// Restores a database from a dump of another without owners' grants: as `pg_restore --no-privileges` does it.
fn dump_and_restore(from: &Url, to: &Url) {
    let program = |name: &str, arguments: &[&str]| {
        let run = Command::new(name).args(arguments).output().expect("Postgres's programs are installed");
        assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
    };
    let file = std::env::temp_dir().join(format!("jangbu-{}.dump", to.path().trim_start_matches('/')));
    let path = file.to_str().expect("text");
    program("pg_dump", &["--format", "custom", "--file", path, from.as_str()]);
    program("pg_restore", &["--no-privileges", "--exit-on-error", "--dbname", to.as_str(), path]);
    std::fs::remove_file(file).expect("removed");
}

#[tokio::test]
async fn a_dump_that_was_restored_without_privileges_is_mended() {
    let bank = TestDatabases::with_bank().await;
    let restored = TestDatabases::empty().await;
    for database in DATABASES {
        dump_and_restore(url_of(&bank, database), url_of(&restored, database));
    }
    let run = restored.run(&DOCTOR).expect(1);
    for database in DATABASES {
        let schema = about(&run, &format!("schema of the {database} database"));
        assert!(matches!(&schema[..], [(verdict, ..)] if verdict == "ok"), "{database}: {schema:?}");
        assert_eq!(about(&run, &format!("roles of the {database} database"))[0].0, "fail");
    }
    // What everybody may in a new database is too much for a vault: that goes only when it is asked for.
    let left = restored.run(&["repair", "grants"]).expect(1);
    assert!(left.stdout.contains("log: done: grant select on table public.log_commits to jangbu_writer"), "{left:?}");
    assert!(left.stdout.contains("vault: left: revoke connect on database"), "{left:?}");
    execute(&restored.views, "set role jangbu_reader; select count(*) from live.accounts").await;
    restored.run(&["repair", "grants", "--revoke"]).expect(0);
    assert_sound(&restored);
    restored.drop().await;
    bank.drop().await;
}

#[tokio::test]
async fn a_rebuilt_view_is_as_sound_as_the_first() {
    let databases = TestDatabases::with_bank().await;
    databases.run(&["views", "rebuild", "--all", "--reason", "the drill", "--operator", "tests"]).expect(0);
    assert_sound(&databases);
    databases.drop().await;
}
