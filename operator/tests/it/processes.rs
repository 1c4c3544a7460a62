//! `jangbu processes`.

use crate::{databases::TestDatabases, run::Run};

const STUCK: &str = "0197f3c0-0000-7000-8000-000000000001";
const WAITING: &str = "0197f3c0-0000-7000-8000-000000000002";
const DONE: &str = "0197f3c0-0000-7000-8000-000000000003";

/// One instance in each of three states.
async fn with_instances() -> TestDatabases {
    let databases = TestDatabases::migrated().await;
    databases
        .on_log(&format!(
            "insert into process_instances (process, instance, state, due, data, tries, error, started_at, changed_at) values
             ('erasure', '{STUCK}', 'stuck', null, '{{\"n\": 1}}', 5, 'a stream cannot be folded', now(), now()),
             ('sign-up', '{WAITING}', 'waiting', now() + interval '1 hour', '{{}}', 0, null, now(), now()),
             ('sign-up', '{DONE}', 'done', null, '{{}}', 0, null, now(), now())"
        ))
        .await;
    databases
}

#[track_caller]
fn says(run: Run, text: &str) {
    assert!(run.stderr.contains(text), "{}", run.all());
}

#[tokio::test]
async fn a_stuck_instance_is_listed_shown_and_tried_again() {
    let databases = with_instances().await;
    let listed = databases.run(&["processes", "list", "--json"]).expect(1).json();
    let states = |listed: &serde_json::Value| -> Vec<(String, String)> {
        let text = |row: &serde_json::Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
        listed.as_array().expect("a list").iter().map(|row| (text(row, "instance"), text(row, "state"))).collect()
    };
    let row = |id: &str, state: &str| (id.to_owned(), state.to_owned());
    assert_eq!(states(&listed), [row(STUCK, "stuck"), row(WAITING, "waiting")], "not what is done");
    let done = databases.run(&["processes", "list", "--state", "done", "--json"]).expect(0).json();
    assert_eq!(states(&done), [row(DONE, "done")]);
    let other = databases.run(&["processes", "list", "--process", "sign-up", "--json"]).expect(0).json();
    assert_eq!(states(&other), [row(WAITING, "waiting")]);
    let text = databases.run(&["processes", "show", STUCK]).expect(0).stdout;
    assert!(text.contains("error     a stream cannot be folded") && text.contains("tries     5"), "{text}");

    let doctor = databases.run(&["doctor", "--json"]).json();
    let findings = doctor["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["what"] == "processes").expect("one of the processes");
    assert_eq!(finding["verdict"], "warn", "{finding}");

    says(databases.run(&["processes", "retry", DONE, "--reason", "to see"]).expect(1), "nothing of");
    let reason = ["--operator", "kim", "--reason", "the backup was restored"];
    databases.run(&[&["processes", "retry", STUCK][..], &reason[..]].concat()).expect(0);
    let shown = databases.run(&["processes", "show", STUCK, "--json"]).expect(0).json();
    assert_eq!((&shown[0]["state"], &shown[0]["tries"]), (&"running".into(), &0.into()));
    let note = shown[0]["note"].as_str().expect("a note");
    assert!(note.starts_with("kim had it try again at ") && note.ends_with(": the backup was restored"), "{note}");
    databases.run(&["processes", "list"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let databases = TestDatabases::migrated().await;
    for (filter, said) in [
        (&[][..], "no instance is running, waiting or stuck\n"),
        (&["--state", "done"], "no instance is done\n"),
        (&["--process", "erasure"], "no instance of the process erasure is running, waiting or stuck\n"),
    ] {
        assert_eq!(databases.run(&[&["processes", "list"], filter].concat()).expect(0).stdout, said);
    }
    assert_eq!(databases.run(&["processes", "list", "--json"]).expect(0).json(), serde_json::json!([]));
    let empty = databases.run(&["log", "tail"]).expect(0);
    assert_eq!((empty.stdout.as_str(), empty.stderr.as_str()), ("", "the log is empty\n"));
    assert_eq!(databases.run(&["views", "parked", "list"]).expect(0).stdout, "nothing is parked\n");
    says(databases.run(&["processes", "show", STUCK]).expect(1), "no process has an instance");
    says(databases.run(&["processes", "list", "--state", "asleep"]).expect(2), "there is no such state");
    says(databases.run(&["processes", "retry", STUCK, "--reason", " "]).expect(2), "--reason must say why");
    databases.drop().await;
}
