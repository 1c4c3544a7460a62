//! A program that finds its port taken.

use std::{net::TcpListener, process::Command};

use testkit::chaos::built_for_tests;

/// What each program needs to be set before it listens; none of it is connected to.
const NEEDED: [(&str, &str); 17] = [
    ("JANGBU_LOG_WRITER_URL", "postgres://nobody@127.0.0.1:1/log"),
    ("JANGBU_LOG_READER_URL", "postgres://nobody@127.0.0.1:1/log"),
    ("JANGBU_LOG_RELAY_URL", "postgres://nobody@127.0.0.1:1/log"),
    ("JANGBU_LOG_PROJECTOR_URL", "postgres://nobody@127.0.0.1:1/log"),
    ("JANGBU_LOG_AUDITOR_URL", "postgres://nobody@127.0.0.1:1/log"),
    ("JANGBU_AUDITOR_DIR", "/nowhere/auditor"),
    ("JANGBU_LOG_PUBLISHER_URL", "postgres://nobody@127.0.0.1:1/log"),
    ("JANGBU_VIEWS_READER_URL", "postgres://nobody@127.0.0.1:1/views"),
    ("JANGBU_VIEWS_PROJECTOR_URL", "postgres://nobody@127.0.0.1:1/views"),
    ("JANGBU_VAULT_WRITER_URL", "postgres://nobody@127.0.0.1:1/vault"),
    ("JANGBU_VAULT_READER_URL", "postgres://nobody@127.0.0.1:1/vault"),
    ("JANGBU_NATS_URL", "nats://127.0.0.1:1"),
    ("JANGBU_KEK", "file:/nowhere/kek.json"),
    ("JANGBU_JWKS_FILE", "/nowhere/jwks.json"),
    ("JANGBU_SIGNING_KEY_FILE", "/nowhere/key.pem"),
    ("JANGBU_SLICE_KEY_FILE", "/nowhere/slices.json"),
    ("JANGBU_MAIL_SMTP_ADDR", "127.0.0.1:0"),
];

#[test]
fn the_error_of_every_program_names_the_address_and_its_variable() {
    let binaries = built_for_tests().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (program, variable) in [
        ("command-server", "JANGBU_COMMAND_ADDR"),
        ("query-server", "JANGBU_QUERY_ADDR"),
        ("outbox-relay", "JANGBU_RELAY_ADDR"),
        ("projector", "JANGBU_PROJECTOR_ADDR"),
        ("auditor", "JANGBU_AUDITOR_ADDR"),
        ("event-publisher", "JANGBU_PUBLISHER_ADDR"),
        ("mail", "JANGBU_MAIL_ADDR"),
    ] {
        let mut command = Command::new(binaries.join(program));
        command.env_clear().envs(NEEDED).env(variable, &address);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{program}");
        assert!(said.contains(&format!("cannot listen on {address}, which {variable} sets")), "{program}: {said}");
    }
}
