//! Every table at a terminal of 80 columns, and in a pipe.

use std::{
    fs::File,
    io::Read,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Stdio,
};

use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    databases::TestDatabases,
    run::{Folder, command, jangbu},
};

const COLUMNS: u16 = 80;
const MEMBER: &str = "0197f3c0-0000-7000-8000-000000000001";

/// The files that make tables, and a command that shows each of these.
const TABLES: [(&str, &[&str]); 11] = [
    ("views/mod.rs", &["views", "list"]),
    ("views/parked.rs", &["views", "parked", "list"]),
    ("views/comparison.rs", &["views", "compare", "accounts", "--operator", "o", "--reason", "r"]),
    ("views/query.rs", &["views", "query", "accounts", "--generation", "1", "select * from accounts", "--reason", "r"]),
    ("migrate.rs", &["migrate", "status"]),
    ("migrate.rs", &["migrate", "repair", "--yes"]),
    ("processes/text.rs", &["processes", "list"]),
    ("vault/status.rs", &["vault", "status"]),
    ("verify/text.rs", &["log", "verify"]),
    ("archive/verify.rs", &["archive", "verify"]),
    ("audit/text.rs", &["audit", "show"]),
];
/// What they show comes from a query server, and there is none here. Their columns are ids, times and names of bounded length.
const OF_A_SERVER: [&str; 2] = ["approvals/list.rs", "operators/list.rs"];

#[tokio::test]
async fn every_table_fits_the_terminal_and_a_pipe_gets_whole_lines() {
    let databases = TestDatabases::with_bank().await;
    let folder = Folder::new();
    let mut variables = databases.variables();
    variables.push(("JANGBU_ARCHIVE_URL", format!("file://{}", folder.path().display())));
    variables.push(("JANGBU_KEK", format!("file:{}", folder.join("kek.json"))));
    let own = ["--operator", "o", "--reason", "a reason that is long enough to need more room than its column has"];
    for arguments in [&["vault", "init"][..], &["archive", "run"]] {
        jangbu(&variables, arguments).expect(0);
    }
    jangbu(&variables, &[&["views", "rebuild", "accounts", "--no-promote"], &own[..]].concat()).expect(0);
    let key =
        jangbu(&variables, &["log", "tail", "--after", "0", "-n", "1", "--json"]).json()["events"][0]["stream_id"]
            .as_str()
            .expect("a stream")
            .to_owned();
    jangbu(&variables, &[&["views", "parked", "add", "accounts", "--key", &key], &own[..]].concat()).expect(0);
    let error = "계좌의 잔액이 기록과 다르다: the balance of the account is not what the log says it is, 잔액 부족";
    databases
        .on_views(&format!(
            "update registry.generations set stuck_since = now(), error = '{error}', error_position = 22
             where view = 'transactions'"
        ))
        .await;
    databases
        .on_log(&format!(
            "insert into process_instances (process, instance, state, due, data, tries, error, started_at, changed_at)
             values ('sign-up-expiry', '{MEMBER}', 'stuck', null, '{{}}', 5, '{error}', now(), now());
             insert into audit_progress (auditor, log_id, position, audited_at, invariants)
             select 'auditor-0', log_id, position, now(), '[{{\"rule\": \"{error}\", \"checked\": 1234567, \"found\": 0}}]'
             from log_head"
        ))
        .await;
    for (file, arguments) in TABLES {
        if arguments == ["migrate", "repair", "--yes"] {
            databases.on_views("update migrations.views set checksum = 'another'").await;
        }
        let shown = at_a_terminal(&variables, arguments);
        let lines = || shown.lines().filter(|line| !is_heading(line));
        assert!(lines().count() > 1, "{file}: {shown}");
        let long: Vec<&str> = lines().filter(|line| line.width() > usize::from(COLUMNS)).collect();
        assert!(long.is_empty(), "{file}, {arguments:?}: {long:#?} of\n{shown}");
        let piped = jangbu(&variables, arguments).stdout;
        assert!(!piped.contains('\u{1b}') && !piped.contains("\n    error:"), "{file}: {piped}");
    }
    let listed = at_a_terminal(&variables, &["processes", "list"]);
    assert!(listed.contains(MEMBER) && listed.contains("\n    last error: 계좌의"), "{listed}");
    let piped = jangbu(&variables, &["views", "list"]).stdout;
    assert!(
        piped.lines().any(|line| line.contains("transactions") && line.ends_with("잔액 부족 at position 22")),
        "{piped}"
    );
    databases.drop().await;
}

/// What stands above the tables of a proof: one line, to be copied.
fn is_heading(line: &str) -> bool {
    line.starts_with("log ") || line.starts_with("digest ")
}

/// A table that is missing above would be tried at no terminal.
#[test]
fn no_table_is_forgotten() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = sources(&source);
    files.retain(|file| {
        let text = std::fs::read_to_string(file).expect("a source");
        ["Table::new(", "Table::titled("].iter().any(|call| text.contains(call)) && !text.contains("struct Table")
    });
    let mut made: Vec<String> =
        files.iter().map(|file| file.strip_prefix(&source).expect("below").display().to_string()).collect();
    made.sort();
    let mut tried: Vec<&str> = TABLES.iter().map(|(file, _)| *file).chain(OF_A_SERVER).collect();
    tried.sort_unstable();
    tried.dedup();
    assert_eq!(made, tried, "name a command that shows the table in TABLES");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Standard output of the binary at a terminal of its own.
fn at_a_terminal(variables: &[(&str, String)], arguments: &[&str]) -> String {
    let (master, slave) = terminal();
    let mut prepared = command(variables, arguments);
    prepared.stdout(Stdio::from(slave)).stderr(Stdio::null());
    let mut child = prepared.spawn().expect("the binary runs");
    // The parent's copy of the terminal would keep it open.
    drop(prepared);
    let (mut bytes, mut part, mut master) = (Vec::new(), [0; 4096], File::from(master));
    // The end of a terminal is an error.
    while let Ok(read @ 1..) = master.read(&mut part) {
        bytes.extend_from_slice(&part[..read]);
    }
    child.wait().expect("it ends");
    String::from_utf8(bytes).expect("text").replace("\r\n", "\n")
}

fn terminal() -> (OwnedFd, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("unlocked");
    let name = ptsname(&master, Vec::new()).expect("a name");
    let slave = open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("opened");
    tcsetwinsize(&slave, Winsize { ws_row: 24, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 }).expect("sized");
    (master, slave)
}
