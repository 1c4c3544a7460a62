//! The frame: help, configuration, exit codes, standard output and error.

use std::io::{BufRead, BufReader};

use crate::{
    databases::TestDatabases,
    run::{Folder, command, finish, jangbu, settings},
};

#[test]
fn help_shows_every_command_and_variable() {
    let snapshot = |name: &str, arguments: &[&str]| {
        let run = jangbu(&[], arguments).expect(0);
        insta::assert_snapshot!(name, run.stdout);
    };
    settings().bind(|| {
        snapshot("help", &["--help"]);
        snapshot("help_short", &["-h"]);
        for name in ["token", "keys", "doctor"] {
            snapshot(&format!("help_{name}"), &[name, "-h"]);
        }
        for (name, sub) in [("migrate", "up"), ("migrate", "baseline"), ("views", "list"), ("log", "tail")] {
            snapshot(&format!("help_{name}_{sub}"), &[name, sub, "-h"]);
        }
        for (name, sub) in
            [("log", "show"), ("log", "verify"), ("accounts", "freeze"), ("accounts", "show"), ("members", "erase")]
        {
            snapshot(&format!("help_{name}_{sub}"), &[name, sub, "-h"]);
        }
    });
}

#[test]
fn help_shows_no_secret() {
    let secret = [("JANGBU_LOG_DATABASE_URL", "postgres://me:hunter2@h/db".to_owned())];
    let run = jangbu(&secret, &["--help"]).expect(0);
    assert!(!run.all().contains("hunter2"));
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    for (variable, arguments) in [
        ("JANGBU_LOG_DATABASE_URL", &["log", "tail"][..]),
        ("JANGBU_KEK", &["vault", "init"]),
        ("JANGBU_ARCHIVE_URL", &["archive", "verify"]),
        ("JANGBU_SIGNING_KEY_FILE", &["token", "--role", "operator"]),
        ("JANGBU_SLICE_KEY_FILE", &["slice-keys", "show"]),
    ] {
        for variables in [vec![], vec![(variable, String::new())]] {
            let run = jangbu(&variables, arguments).expect(2);
            assert!(run.stderr.contains(&format!("{variable} is not set")), "{arguments:?}: {}", run.all());
            let json = jangbu(&variables, &[arguments, &["--json"]].concat()).expect(2);
            let error: serde_json::Value =
                serde_json::from_str(&json.stderr).unwrap_or_else(|e| panic!("{e}: {json:?}"));
            assert!(error["error"].as_str().is_some_and(|text| text.contains("is not set")), "{error}");
        }
    }
}

#[test]
fn wrong_use_is_2() {
    for arguments in [
        &["nonsense"][..],
        &[],
        &["token"],
        &["token", "--role", "king"],
        &["token", "--role", "operator", "--member", "0190a1b2-0000-7000-8000-000000000001"],
        &["log", "show"],
        &["log", "show", "0"],
        &["log", "show", "abc"],
        &["log", "tail", "-n", "-1"],
        &["accounts", "show", "123456789012"],
        &["accounts", "freeze", "0190a1b2-0000-7000-8000-000000000001"],
        &["log", "tail", "--log-database-url", "postgres//me:hunter2@h/db"],
    ] {
        let run = jangbu(&[], arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.all());
        assert_eq!(run.stdout, "", "{arguments:?}");
        assert_ne!(run.stderr, "", "{arguments:?}");
        assert!(!run.stderr.contains("hunter2"), "{arguments:?}: {}", run.all());
    }
}

#[test]
fn an_unset_variable_is_named_and_is_2() {
    for (arguments, variable) in [
        (&["log", "tail"][..], "JANGBU_LOG_DATABASE_URL"),
        (&["log", "verify"], "JANGBU_VIEWS_DATABASE_URL"),
        (&["views", "list"], "JANGBU_VIEWS_DATABASE_URL"),
        (&["migrate", "status"], "JANGBU_LOG_DATABASE_URL"),
        (&["token", "--role", "operator"], "JANGBU_SIGNING_KEY_FILE"),
        (&["keys", "init"], "JANGBU_SIGNING_KEY_FILE"),
    ] {
        let run = jangbu(&[], arguments).expect(2);
        assert!(run.stderr.contains(&format!("{variable} is not set")), "{arguments:?}: {}", run.all());
    }
}

#[test]
fn a_database_that_does_not_answer_is_reported_without_its_password() {
    let away = "postgres://jangbu_owner:hunter2@127.0.0.1:1/jangbu_log";
    let variables = [("JANGBU_LOG_DATABASE_URL", away.to_owned()), ("JANGBU_VIEWS_DATABASE_URL", away.to_owned())];
    for arguments in [&["log", "tail"][..], &["log", "verify"], &["views", "list"], &["migrate", "up"]] {
        let run = jangbu(&variables, arguments).expect(1);
        assert!(run.stderr.contains("postgres://jangbu_owner@127.0.0.1:1/jangbu_log"), "{}", run.all());
        assert!(run.stderr.contains("./justw status"), "{}", run.all());
        assert!(!run.all().contains("hunter2"), "{}", run.all());
    }
    let run = jangbu(&variables, &["--json", "log", "tail"]).expect(1);
    let error: serde_json::Value = serde_json::from_str(&run.stderr).expect("JSON");
    assert!(error["advice"].as_str().is_some_and(|a| a.contains("JANGBU_LOG_DATABASE_URL")), "{error}");
}

#[test]
fn the_env_file_stands_behind_the_environment_and_may_be_left_out() {
    let folder = Folder::new();
    let inner = folder.path().join("a/b");
    std::fs::create_dir_all(folder.path().join(".jangbu")).expect("create");
    std::fs::create_dir_all(&inner).expect("create");
    let line = "JANGBU_LOG_DATABASE_URL=postgres://from_file:hunter2@127.0.0.1:1/db\n";
    std::fs::write(folder.path().join(".jangbu/env"), line).expect("write");
    let run =
        |variables: &[(&str, String)], arguments: &[&str]| finish(command(variables, arguments).current_dir(&inner));
    let tail = run(&[], &["log", "tail"]).expect(1);
    assert!(tail.stderr.contains("from_file@"), "{tail:?}");
    let set = [("JANGBU_LOG_DATABASE_URL", "postgres://from_env@127.0.0.1:1/db".to_owned())];
    assert!(run(&set, &["log", "tail"]).expect(1).stderr.contains("from_env@"));
    let flag = ["log", "tail", "--log-database-url", "postgres://from_flag@127.0.0.1:1/db"];
    assert!(run(&set, &flag).expect(1).stderr.contains("from_flag@"));
    run(&[], &["log", "tail", "--no-env-file"]).expect(2);
    assert!(!run(&[], &["log", "tail", "--help"]).expect(0).stdout.contains("hunter2"));
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let databases = TestDatabases::with_bank().await;
    let mut child = command(&databases.variables(), &["log", "tail", "--after", "0", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("a line");
    drop(lines);
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), stderr.as_ref()), (Some(0), ""));
    assert!(serde_json::from_str::<serde_json::Value>(&line).expect("JSON")["events"].is_array());
    databases.drop().await;
}
