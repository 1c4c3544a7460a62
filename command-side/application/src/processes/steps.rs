//! Taking the steps that are due, and what becomes of an instance whose step fails.

use std::time::Duration;

use log::{InstanceState, ProcessInstance};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    process::{Next, Process, ProcessError},
    runner::{Lead, ProcessRunner, RoundError},
};

/// So many instances of a process are looked at in one round.
const PAGE: i64 = 256;
/// A step that failed so often is not tried again before an operator asks for it.
const TRIES: u32 = 5;
/// The pause after the first failure of a step; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A pause of this length or more is kept beside the log; a shorter one in memory.
const LONG_PAUSE: Duration = Duration::from_secs(5);
/// Where the data of an instance say what it waits for.
const WAITS_FOR: &str = "waits_for";

impl ProcessRunner {
    /// Takes every step that is due. An error of one instance holds up no other.
    pub(super) async fn take_steps(&self, lead: &mut Lead) -> Result<(), RoundError> {
        let now = self.members.shared.clock.now();
        for process in &self.processes {
            let due = self.store.due(process.name(), now, PAGE).await.map_err(ProcessError::Log)?;
            for instance in due {
                self.take_step(lead, process.as_ref(), instance).await?;
            }
        }
        Ok(())
    }

    async fn take_step(
        &self,
        lead: &mut Lead,
        process: &dyn Process,
        instance: ProcessInstance,
    ) -> Result<(), RoundError> {
        let key = (process.name(), instance.instance);
        let is_early = lead.not_before.get(&key).is_some_and(|then| Instant::now() < *then);
        // An operator who asks for a retry does not wait.
        if is_early && instance.state != InstanceState::Running {
            return Ok(());
        }
        if !lead.leadership.is_held() {
            return Err(RoundError::Deposed);
        }
        let outcome = process.step(&instance).await;
        let result = match &outcome {
            Ok(Next::Done) => "done",
            Ok(Next::Again { .. }) => "again",
            Ok(Next::Stuck { .. }) => "stuck",
            Err(_) => "failed",
        };
        metrics::counter!("process_steps_total", "process" => process.name(), "outcome" => result).increment(1);
        let changed = match outcome {
            Ok(Next::Done) => {
                lead.not_before.remove(&key);
                ProcessInstance { state: InstanceState::Done, due: None, error: None, ..instance.clone() }
            }
            Ok(Next::Again { after, waits_for }) => {
                lead.not_before.insert(key, Instant::now() + after);
                let (state, data) = (InstanceState::Waiting, waiting_for(&instance.data, waits_for));
                let due = if after < LONG_PAUSE { instance.due } else { Some(self.members.shared.clock.now() + after) };
                ProcessInstance { state, due, data, tries: 0, error: None, ..instance.clone() }
            }
            Ok(Next::Stuck { why }) => {
                lead.not_before.remove(&key);
                ProcessInstance { state: InstanceState::Stuck, due: None, error: Some(why), ..instance.clone() }
            }
            Err(error) if error.is_outage() => return Err(error.into()),
            Err(error) => {
                let (failed, pause) = failed(&instance, &error);
                lead.not_before.insert(key, Instant::now() + pause);
                failed
            }
        };
        if changed == instance {
            return Ok(());
        }
        let changed = ProcessInstance { changed_at: self.members.shared.clock.now(), ..changed };
        if !self.store.keep(lead.leadership.epoch(), &[], &[changed]).await.map_err(ProcessError::Log)? {
            return Err(RoundError::Deposed);
        }
        Ok(())
    }
}

/// The instance after a failure of its step, and how long it is left alone.
fn failed(instance: &ProcessInstance, error: &ProcessError) -> (ProcessInstance, Duration) {
    let tries = instance.tries.saturating_add(1);
    let is_stuck = tries >= TRIES;
    metrics::counter!("processes_failures_total").increment(1);
    tracing::error!(
        error = error as &dyn std::error::Error,
        process = instance.process, instance.id = %instance.instance, tries, is_stuck,
        "a step of a process failed; see `jangbu processes show`"
    );
    let (state, due) = match is_stuck {
        true => (InstanceState::Stuck, None),
        false => (InstanceState::Waiting, instance.due),
    };
    let failed = ProcessInstance { state, due, tries, error: Some(error.with_causes()), ..instance.clone() };
    (failed, FIRST_PAUSE * 2_u32.saturating_pow(tries.min(8)))
}

fn waiting_for(data: &Value, what: &str) -> Value {
    let mut data = data.clone();
    if let Some(fields) = data.as_object_mut() {
        fields.insert(WAITS_FOR.to_owned(), what.into());
    }
    data
}
