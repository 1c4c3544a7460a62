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

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// The checks of a process. Clones share them.
#[derive(Clone, Default)]
pub struct Probes(Arc<Inner>);

#[derive(Default)]
struct Inner {
    checks: Mutex<Vec<(&'static str, Check)>>,
    draining: AtomicBool,
    last: tokio::sync::Mutex<Option<(Instant, Report)>>,
}

impl Probes {
    /// No checks yet: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check. Its error text goes to the log; the public is told the name and that it fails.
    pub fn register<F, R>(&self, name: &'static str, check: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        self.0.checks.lock().unwrap_or_else(PoisonError::into_inner).push((name, check));
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
        let asked = checks.iter().map(|(name, check)| async move { (*name, timeout(LIMIT, check()).await) });
        let mut results = BTreeMap::new();
        for (name, outcome) in join_all(asked).await {
            let (word, cause) = match outcome {
                Ok(Ok(())) => ("ok", None),
                Ok(Err(cause)) => ("failing", Some(cause)),
                Err(_) => ("timeout", Some(format!("no answer within {LIMIT:?}"))),
            };
            // One line when it breaks and one when it heals, not one for each time somebody asks.
            let was = before.and_then(|before| before.get(name)).copied().unwrap_or("ok");
            match cause {
                Some(cause) if was == "ok" => tracing::warn!(check = name, cause, "not ready"),
                None if was != "ok" => tracing::info!(check = name, "ready again"),
                _ => {}
            }
            results.insert(name, word);
        }
        Report { ready: results.values().all(|word| *word == "ok"), draining: false, checks: results }
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
        let status = match (self.ready, self.draining) {
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
