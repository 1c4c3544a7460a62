//! What a run of commits does to processes with the outside world, each once, and to their steps.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, ProcessDirection, ProcessEvent, ProcessFailure, ProcessStarted, ProcessState, ProcessStep,
};
use kernel::{Position, ProcessId, Sealed, Version};
use projection_engine::{Commit, Fault};

use crate::fault::fault;

/// The types whose events change something here.
pub(super) const USED: &[&str] = ProcessEvent::NAMES;

/// How processes came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) processes: BTreeMap<ProcessId, Change>,
    pub(super) steps: BTreeMap<(ProcessId, &'static str), Step>,
}

/// How a process came out of them.
#[derive(Debug)]
pub(super) struct Change {
    /// How it began, if these commits hold that.
    pub(super) started: Option<Started>,
    pub(super) state: ProcessState,
    /// The code of a gift card, if these commits hold it, with the version of its event.
    pub(super) code: Option<(Sealed, Version)>,
    /// The end of the last commit that changed it: the position that the command was answered with.
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

/// How a process began.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) process: ProcessStarted,
    pub(super) position: Position,
    pub(super) at: DateTime<Utc>,
}

/// How a step came out of them.
#[derive(Debug)]
pub(super) struct Step {
    /// Of the first of these events.
    pub(super) begun_position: Position,
    pub(super) state: &'static str,
    pub(super) tries: i64,
    /// Why a try failed, if one of these did.
    pub(super) code: Option<String>,
    pub(super) at: DateTime<Utc>,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Result<Changes, Fault> {
    let mut changes = Changes::default();
    for commit in commits {
        for (position, event) in commit.positioned() {
            let Some(body) = &event.body else { continue };
            if let Event::Process(process) = body {
                let id = ProcessId::new(event.stream.uuid());
                changes.event(commit, (position, event.version), id, process, body)?;
            }
        }
    }
    Ok(changes)
}

impl Changes {
    fn event(
        &mut self,
        commit: &Commit<Event>,
        (position, version): (Position, Version),
        id: ProcessId,
        event: &ProcessEvent,
        body: &Event,
    ) -> Result<(), Fault> {
        let at = commit.recorded_at;
        let before = self.processes.remove(&id);
        if before.as_ref().is_some_and(|before| before.state.is_over()) {
            return Err(fault(position, body, "the process is over"));
        }
        let is_known = before.is_some();
        let (mut started, mut code) = before.map_or((None, None), |before| (before.started, before.code));
        match event {
            ProcessEvent::Started(_) if is_known => {
                return Err(fault(position, body, "the process has events before it was started"));
            }
            ProcessEvent::Started(process) => started = Some(Started { process: process.clone(), position, at }),
            ProcessEvent::StepTaken(taken) => {
                if let Some(sealed) = &taken.code {
                    code = Some((sealed.clone(), version));
                }
            }
            ProcessEvent::StepBegun(_) | ProcessEvent::StepFailed(_) | ProcessEvent::Directed(_) => {}
        }
        if let Some((name, step)) = step(event, position, at) {
            let before = self.steps.remove(&(id, name));
            let (begun_position, code) = match before {
                Some(before) => (before.begun_position, step.code.or(before.code)),
                None => (step.begun_position, step.code),
            };
            self.steps.insert((id, name), Step { begun_position, code, ..step });
        }
        let change = Change { started, state: state(event), code, position: commit.last(), recorded_at: at };
        self.processes.insert(id, change);
        Ok(())
    }
}

/// What an event leaves of its process.
fn state(event: &ProcessEvent) -> ProcessState {
    match event {
        ProcessEvent::Started(_) => ProcessState::Running,
        ProcessEvent::StepBegun(begun) => begun.leaves,
        ProcessEvent::StepTaken(taken) => taken.leaves,
        ProcessEvent::StepFailed(failed) => failed.leaves,
        ProcessEvent::Directed(directed) => directed.leaves,
    }
}

/// What an event leaves of its step.
fn step(event: &ProcessEvent, begun_position: Position, at: DateTime<Utc>) -> Option<(&'static str, Step)> {
    let (step, state, tries, code): (ProcessStep, _, u32, Option<&String>) = match event {
        ProcessEvent::Started(started) => {
            started.hold?;
            (ProcessStep::Hold, "done", 1, None)
        }
        ProcessEvent::StepBegun(begun) => (begun.step, "running", 0, None),
        ProcessEvent::StepTaken(taken) => (taken.step, "done", taken.tries, None),
        ProcessEvent::StepFailed(failed) => {
            let state = match (failed.leaves, failed.failure) {
                (ProcessState::Stuck, _) => "stuck",
                (_, ProcessFailure::Refused) => "refused",
                (_, ProcessFailure::Late) => "failed",
                (_, ProcessFailure::NotDone | ProcessFailure::Unknown | ProcessFailure::Contradiction) => "waiting",
            };
            (failed.step, state, failed.tries, Some(&failed.code))
        }
        ProcessEvent::Directed(directed) => {
            let state = match directed.direction {
                ProcessDirection::Retry => "running",
                ProcessDirection::Skip => "skipped",
                ProcessDirection::Compensate => "failed",
            };
            (directed.step, state, directed.tries, None)
        }
    };
    Some((step.as_str(), Step { begun_position, state, tries: tries.into(), code: code.cloned(), at }))
}
