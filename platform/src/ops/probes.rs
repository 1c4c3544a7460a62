//! Whether the process can do its work now.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

/// A check that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(2);
/// Answers this young are given again: nobody can load the stores by asking how they are.
const FRESH: Duration = Duration::from_millis(250);

/// The word for a check that fails and is needed for a part of the work only.
const DEGRADED: &str = "degraded";

fn consequence(word: &str) -> &'static str {
    if word == DEGRADED { "ready for a part of the work only" } else { "not ready" }
}

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What a failing check means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    /// The process cannot do its work.
    Always,
    /// It can do a part of it, and that is better than none.
    ForAPart,
}

/// The checks of a process. Clones share them.
#[derive(Clone, Default)]
pub struct Probes(Arc<Inner>);

#[derive(Default)]
struct Inner {
    checks: Mutex<Vec<(&'static str, Needed, Check)>>,
    draining: AtomicBool,
    last: tokio::sync::Mutex<Option<(Instant, Report)>>,
}

impl Probes {
    /// No checks yet: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// The checks of a process: not ready while one of its background tasks is down.
    pub fn of_process() -> Self {
        let probes = Self::new();
        probes.register("tasks", || std::future::ready(tasks::check()));
        probes
    }

    /// Adds a check. Its error text goes to the log; a probe's answer holds its name and that it fails, no more.
    pub fn register<F, R>(&self, name: &'static str, check: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.add(name, Needed::Always, Arc::new(move || Box::pin(check())));
    }

    /// Adds a check of something without which the process still does a part of its work: while it fails, the process is
    /// ready and says `degraded`.
    pub fn register_optional<F, R>(&self, name: &'static str, check: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.add(name, Needed::ForAPart, Arc::new(move || Box::pin(check())));
    }

    /// Adds the checks of a key-encryption key. One that is missing or another one opens nothing, and what it wraps nobody else
    /// opens: the process is not ready, another server may have the right one. A holder that is away for a moment keeps nobody
    /// from the rest of the work.
    pub fn register_kek<F, G, R, S>(&self, is_right: F, holder_answers: G)
    where
        F: Fn() -> R + Send + Sync + 'static,
        G: Fn() -> S + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
        S: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.register("key-encryption key", is_right);
        self.register_optional("key holder", holder_answers);
    }

    fn add(&self, name: &'static str, needed: Needed, check: Check) {
        self.0.checks.lock().unwrap_or_else(PoisonError::into_inner).push((name, needed, check));
    }

    /// From now on the process is not ready, whatever the checks say: it finishes what it has and takes no more.
    pub fn set_draining(&self) {
        self.0.draining.store(true, Ordering::SeqCst);
    }

    /// Asks every check, all at once.
    pub(super) async fn ask(&self) -> Report {
        let mut last = self.0.last.lock().await;
        let report = match &*last {
            Some((at, report)) if at.elapsed() < FRESH => report.clone(),
            before => {
                let before = before.as_ref().map(|(_, report)| &report.checks);
                let report = self.ask_now(before).await;
                *last = Some((Instant::now(), report.clone()));
                report
            }
        };
        match self.0.draining.load(Ordering::SeqCst) {
            true => Report { ready: false, draining: true, ..report },
            false => report,
        }
    }

    async fn ask_now(&self, before: Option<&BTreeMap<&'static str, &'static str>>) -> Report {
        let checks = self.0.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let asked = checks.iter().map(|(name, needed, check)| async move {
            let outcome = timeout(LIMIT, check()).await;
            (*name, *needed, outcome)
        });
        let mut results = BTreeMap::new();
        for (name, needed, outcome) in join_all(asked).await {
            let (word, cause) = match outcome {
                Ok(Ok(())) => ("ok", None),
                Ok(Err(cause)) if needed == Needed::ForAPart => (DEGRADED, Some(cause)),
                Err(_) if needed == Needed::ForAPart => (DEGRADED, Some(format!("no answer within {LIMIT:?}"))),
                Ok(Err(cause)) => ("failing", Some(cause)),
                Err(_) => ("timeout", Some(format!("no answer within {LIMIT:?}"))),
            };
            // One line when it breaks and one when it heals, not one for each time somebody asks.
            let was = before.and_then(|before| before.get(name)).copied().unwrap_or("ok");
            match cause {
                Some(cause) if was == "ok" => tracing::warn!(check = name, cause, "{}", consequence(word)),
                None if was != "ok" => tracing::info!(check = name, "ready again"),
                _ => {}
            }
            results.insert(name, word);
        }
        let ready = results.values().all(|word| matches!(*word, "ok" | DEGRADED));
        Report { ready, draining: false, checks: results }
    }
}

/// What the checks said.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) ready: bool,
    draining: bool,
    checks: BTreeMap<&'static str, &'static str>,
}

impl Report {
    pub(super) fn to_json(&self) -> Value {
        let degraded = self.checks.values().any(|word| *word == DEGRADED);
        let status = match (self.ready, self.draining) {
            (true, _) if degraded => DEGRADED,
            (true, _) => "ready",
            (false, true) => "draining",
            (false, false) => "not ready",
        };
        json!({ "status": status, "checks": self.checks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_check_is_named_and_one_failure_is_enough() {
        let probes = Probes::new();
        assert!(probes.ask().await.ready, "nothing to check");
        tokio::time::advance(FRESH).await;
        probes.register("log", || async { Ok(()) });
        probes.register("slow", std::future::pending);
        probes.register("broken", || async { Err("a secret of the store".to_owned()) });
        let report = probes.ask().await.to_json();
        assert_eq!(
            report,
            json!({"status": "not ready", "checks": {"log": "ok", "slow": "timeout", "broken": "failing"}})
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_needed_for_a_part_only_degrades() {
        let probes = Probes::new();
        probes.register("log", || async { Ok(()) });
        probes.register_optional("vault", || async { Err("away".to_owned()) });
        let report = probes.ask().await;
        assert!(report.ready);
        assert_eq!(report.to_json(), json!({"status": "degraded", "checks": {"log": "ok", "vault": "degraded"}}));
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_heals_is_believed_and_draining_overrules_all() {
        let probes = Probes::new();
        let well = Arc::new(AtomicBool::new(false));
        let asked = well.clone();
        probes.register("log", move || {
            let well = asked.load(Ordering::SeqCst);
            async move { well.then_some(()).ok_or_else(|| "away".to_owned()) }
        });
        assert!(!probes.ask().await.ready);
        well.store(true, Ordering::SeqCst);
        tokio::time::advance(FRESH).await;
        assert!(probes.ask().await.ready);
        probes.set_draining();
        let report = probes.ask().await;
        assert!(!report.ready);
        assert_eq!(report.to_json()["status"], "draining");
    }
}
