//! Tasks that panic, end, and keep failing; and no task that is started elsewhere.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, time::timeout};

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_runs_again() {
    let (starts, mut started) = mpsc::unbounded_channel();
    let mut count = 0;
    let task = tasks::endless("shaky", move || {
        count += 1;
        let (starts, count) = (starts.clone(), count);
        async move {
            starts.send(()).expect("somebody listens");
            assert!(count == 3, "it breaks twice");
            std::future::pending().await
        }
    });
    for _ in 0..3 {
        started.recv().await.expect("it starts again");
    }
    drop(task);
    tokio::task::yield_now().await;
    assert_eq!(tasks::check(), Ok(()), "a task that was stopped is not down");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_done_is_not_started_again() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let task = tasks::until_done("once", move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async {}
    });
    task.ended().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_keeps_failing_fails_the_process() {
    let _task = tasks::endless("hopeless", || async {});
    let failed = timeout(Duration::from_secs(120), tasks::failed()).await.expect("it is given up");
    assert_eq!((failed.task.as_str(), failed.why.as_str()), ("hopeless", "it ended"));
    assert!(tasks::check().is_err() && tasks::outcome().is_err());
}

#[tokio::test]
async fn a_vital_task_that_panics_fails_the_process() {
    let _task = tasks::vital("heart", async { panic!("no") });
    assert_eq!(tasks::failed().await.task, "heart");
}

#[test]
fn a_thread_that_panics_works_on() {
    let (jobs, queue) = std::sync::mpsc::channel::<u32>();
    let (done, answers) = std::sync::mpsc::channel();
    tasks::thread("worker", move || {
        while let Ok(job) = queue.recv() {
            assert!(job != 1, "a job that cannot be done");
            done.send(job).expect("somebody waits");
        }
    })
    .expect("a thread");
    jobs.send(1).expect("it works");
    jobs.send(2).expect("it works");
    assert_eq!(answers.recv(), Ok(2));
}

/// Where tasks and threads are started by hand, and why that is right there.
const EXCEPTIONS: [(&str, &str); 15] = [
    ("platform/src/auth/key_set", "each look at the file may hang; it is given up, counted and bounded"),
    ("platform/src/auth/signer.rs", "a look at the file may hang, on a thread that the supervised task waits for"),
    ("tasks/src", "the helper"),
    ("audit/src", "the reading of the log, which the audit waits for"),
    ("database/src/pool.rs", "a rollback on a connection that comes back, with a limit"),
    ("platform/src/http/serve.rs", "one connection of a client each"),
    ("platform/src/shutdown.rs", "the signals, before anything else runs"),
    ("command-side/application/src/delivery/run.rs", "one message each, in the task of the courier"),
    ("command-side/application/src/delivery/push_courier.rs", "one push each, in the task of the courier"),
    ("projections/engine/src/rebuild", "workers of one rebuild, which waits for them"),
    ("operator/src", "a command line: each task belongs to the command that waits for it"),
    ("testkit/", "tests and tools"),
    ("bench/", "measurements"),
    ("harness/", "providers on this machine, for tests"),
    ("projections/engine/src/testing", "tests"),
];

#[test]
fn nothing_else_starts_tasks_or_threads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut found = Vec::new();
    search(root, root, &mut found);
    assert!(found.is_empty(), "start these with `tasks`, or add the file to EXCEPTIONS with a reason: {found:#?}");
}

fn search(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let place = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !["target", "tests", "examples", "fuzz", "benches"].contains(&name.as_str()) {
                search(root, &path, found);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" && !EXCEPTIONS.iter().any(|(e, _)| place.starts_with(e)) {
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let raw = ["tokio::spawn", "task::spawn(", "JoinSet", "thread::spawn", "thread::Builder", ".spawn("];
            found.extend(raw.iter().filter(|word| code.contains(**word)).map(|word| format!("{place}: {word}")));
        }
    }
}
