//! Background tasks that panic: each is started again and counted, or the process says that it is not ready and ends.

use std::{fs, path::PathBuf};

use kernel::{Ids, RandomIds};
use reqwest::Method;
use serde_json::json;
use testkit::chaos::Part;

use crate::support::{
    ALL, TestApp, eventually,
    people::{By, Newcomer},
};

/// Every process, with the auditor.
const PARTS: [Part; 5] = [ALL[0], ALL[1], ALL[2], ALL[3], Part::Auditor];

/// Tasks that are started again, with the process that is looked at.
const RESTARTED: [(Part, &str); 28] = [
    (Part::Command(0), "metrics"),
    (Part::Command(0), "keys"),
    (Part::Command(0), "signing-key"),
    (Part::Command(0), "revocations"),
    (Part::Command(0), "quotas"),
    (Part::Command(0), "courier"),
    (Part::Command(0), "push-courier"),
    (Part::Command(0), "processes"),
    (Part::Command(0), "member-engine"),
    (Part::Command(0), "shutdown"),
    (Part::Command(0), "key-rotation"),
    (Part::Command(0), "leader"),
    (Part::Command(0), "leader-listener"),
    (Part::Command(0), "forwarder"),
    (Part::Command(0), "internal"),
    (Part::Query, "views-registry"),
    (Part::Query, "views-history"),
    (Part::Query, "views-listener"),
    (Part::Query, "log-head"),
    (Part::Query, "audited-position"),
    (Part::Query, "live-events"),
    (Part::Query, "live-tokens"),
    (Part::Query, "keys"),
    (Part::Query, "pending-approvals"),
    (Part::Relay, "relay"),
    (Part::Projector, "log-listener"),
    (Part::Projector, "view-changes"),
    (Part::Auditor, "audit"),
];

/// Tasks without which the process ends.
const VITAL: [(Part, &str); 7] = [
    (Part::Command(0), "executor"),
    (Part::Command(0), "bank"),
    (Part::Command(0), "members"),
    (Part::Relay, "http"),
    (Part::Projector, "horizon"),
    (Part::Projector, "slices"),
    (Part::Projector, "view-accounts"),
];

/// Tasks that end with their work, soon after the start.
const SHORT: [&str; 2] = ["sessions", "first-generations"];

struct Faults(PathBuf);

impl Faults {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("jangbu-faults-{}", RandomIds.fresh().simple()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn setting(&self) -> (String, String) {
        ("JANGBU_FAULT_TASKS".to_owned(), self.0.display().to_string())
    }

    fn break_task(&self, name: &str, how: &str) {
        let draft = self.0.join(".draft");
        fs::write(&draft, how).unwrap();
        fs::rename(draft, self.0.join(name)).unwrap();
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn get(app: &mut TestApp, part: Part, path: &str) -> Result<(u16, String), String> {
    let stranger = app.stranger();
    let url = format!("http://{}{path}", app.bank.address(part).unwrap());
    let answer = stranger.send(Method::GET, &url, &[], None).await.map_err(|error| error.to_string())?;
    Ok((answer.status, answer.body.as_str().map_or_else(|| answer.body.to_string(), str::to_owned)))
}

/// How often a task of that name was started again, in all processes.
async fn restarts(app: &mut TestApp, task: &str) -> u64 {
    let mut sum = 0;
    for part in PARTS {
        let metrics = get(app, part, "/metrics").await.unwrap().1;
        let wanted = format!("task_restarts_total{{task=\"{task}\"}} ");
        sum += metrics.lines().filter_map(|line| line.strip_prefix(&wanted)?.parse::<u64>().ok()).sum::<u64>();
    }
    sum
}

/// The tasks of a process; each has a metric from its start.
async fn tasks_of(app: &mut TestApp, part: Part) -> Vec<String> {
    let metrics = get(app, part, "/metrics").await.unwrap().1;
    let name = |line: &str| Some(line.strip_prefix("task_restarts_total{task=\"")?.split('"').next()?.to_owned());
    let tasks: Vec<_> = metrics.lines().filter_map(name).collect();
    assert!(tasks.len() > 1, "{} has no tasks:\n{metrics}", part.name());
    tasks
}

async fn ready(app: &mut TestApp, part: Part) {
    eventually("the process is ready again", async || match get(app, part, "/readyz").await? {
        (200, _) => Ok(()),
        (status, body) => Err(format!("{status}: {body}")),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_task_that_panics_runs_again_and_is_counted() {
    let faults = Faults::new();
    let (name, value) = faults.setting();
    let mut app = TestApp::start_with(&PARTS, &[(&name, &value)]).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    for (part, task) in RESTARTED {
        let before = restarts(&mut app, task).await;
        faults.break_task(task, "once");
        eventually(task, async || match restarts(&mut app, task).await {
            after if after > before => Ok(()),
            after => Err(format!("{after} restarts")),
        })
        .await;
        ready(&mut app, part).await;
        let answer = payer.transfer(from, to, 1).await.expect(201);
        payer.balance_at(from, answer.token()).await;
    }
    for part in PARTS {
        for task in tasks_of(&mut app, part).await {
            let mut broken = RESTARTED.iter().chain(&VITAL).map(|(_, name)| *name).chain(SHORT);
            let is_broken = task == "passwords" || task.starts_with("view/") || broken.any(|name| name == task);
            assert!(is_broken, "no test breaks the task {task} of {}", part.name());
        }
    }
    // The thread that hashes passwords: one request pays, the next is served.
    faults.break_task("passwords", "once");
    let (anonymous, newcomer) = (app.stranger(), Newcomer::new(By::Email));
    let request = json!({"login_id": newcomer.login_id, "password": newcomer.password});
    anonymous.post("/v1/sessions", request).await.expect(503);
    // The client has its answer before the thread is started again.
    eventually("passwords", async || match restarts(&mut app, "passwords").await {
        1 => Ok(()),
        other => Err(format!("{other} restarts")),
    })
    .await;
    newcomer.join(&anonymous, &app.catcher).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_keeps_failing_shows_in_readiness_and_ends_the_process() {
    let faults = Faults::new();
    let (name, value) = faults.setting();
    let mut app = TestApp::start_with(&PARTS, &[(&name, &value), ("JANGBU_SHUTDOWN_DELAY", "3")]).await;
    faults.break_task("views-registry", "always");
    eventually("the query server is not ready", async || match get(&mut app, Part::Query, "/readyz").await? {
        (503, body) if body.contains("tasks") => Ok(()),
        (status, body) => Err(format!("{status}: {body}")),
    })
    .await;
    ends(&mut app, Part::Query).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_a_vital_task_ends() {
    for (part, task) in VITAL {
        let faults = Faults::new();
        let (name, value) = faults.setting();
        let mut app = TestApp::start_with(&PARTS, &[(&name, &value)]).await;
        if task == "executor" {
            app.member().open("KRW").await;
        }
        // Several processes have tasks of this name: the one that is looked at is to find it first.
        for other in PARTS {
            if other != part && task == "http" {
                app.bank.end(other, std::time::Duration::from_secs(30)).await.unwrap();
            }
        }
        faults.break_task(task, "once");
        ends(&mut app, part).await;
        app.close().await;
    }
}

/// Waits until the process has ended by itself, with an error.
async fn ends(app: &mut TestApp, part: Part) {
    let error = eventually("the process ends", async || match app.bank.check() {
        Ok(()) => Err("all run".to_owned()),
        Err(error) => Ok(format!("{error:#}")),
    })
    .await;
    assert!(error.contains(&part.name()) && error.contains("exit status: 1"), "{error}");
    app.bank.kill(part).unwrap_or_default();
}
