//! `jangbu payouts`.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::json;

use crate::{bank::payout, databases::TestDatabases, run::command};

#[tokio::test]
async fn a_run_is_shown_and_watched_to_its_end() {
    let databases = TestDatabases::with_bank().await;
    let (first, cancelled, paused) = (payout(1).to_string(), payout(2).to_string(), payout(3).to_string());
    let shown = databases.run(&["payouts", "show", &first]).expect(0);
    for words in ["finished 3 of 3 rows, 1 refused", "payroll-1", "160 KRW in minor units", "150 KRW for 2 rows"] {
        assert!(shown.stdout.contains(words), "`{words}`: {}", shown.all());
    }
    let run = databases.run(&["--json", "payouts", "show", &paused]).expect(0).json();
    let fields = ["status", "rows", "posted", "paid"].map(|field| run[field].clone());
    assert_eq!(fields, [json!("paused"), json!(2), json!(1), json!("7")]);
    // What is over ends the watch at once: not all is well where rows were refused, or the rest was cancelled.
    for (run, words) in [(&first, "finished 3 of 3 rows, 1 refused"), (&cancelled, "cancelled 1 of 2 rows")] {
        let watched = databases.run(&["payouts", "watch", run]).expect(1);
        assert!(watched.stdout.contains(words) && watched.stderr.contains(words), "{}", watched.all());
    }
    // One that goes on is watched until it is over.
    let mut watch = command(&databases.variables(), &["payouts", "watch", &paused]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut line = String::new();
    let mut progress = BufReader::new(watch.stderr.take().expect("piped"));
    progress.read_line(&mut line).expect("a line");
    assert_eq!(line, "paused 1 of 2 rows\n");
    let finish =
        format!("update live.payout_runs set status = 'finished', posted = 2, paid = 15 where run_id = '{paused}'");
    databases.on_views(&finish).await;
    let ended = watch.wait_with_output().expect("it ends");
    let shown = String::from_utf8(ended.stdout).expect("text");
    assert!(ended.status.success() && shown.contains("finished 2 of 2 rows\n"), "{shown}");
    let absent = databases.run(&["payouts", "show", "9a700000-0000-7000-8000-0000000000ff"]).expect(1);
    assert!(absent.stderr.contains("there is no payout run 9a700000-0000-7000-8000-0000000000ff"), "{}", absent.all());
    databases.drop().await;
}
