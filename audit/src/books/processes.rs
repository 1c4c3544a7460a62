//! View `processes`: one row for each process with the outside world, and for each step that it came to.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
};

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, ProcessDirection, ProcessEvent, ProcessFailure, ProcessPurpose, ProcessStarted, ProcessState,
};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::{self, Commit},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "processes",
    tables: &[
        Table {
            name: "processes",
            columns: &[
                "started_position",
                "position",
                "code_version",
                "started_at",
                "recorded_at",
                "ended_at",
                "process_id",
                "owner",
                "account",
                "hold",
                "amount",
                "kind",
                "state",
                "asset",
                "provider",
                "product",
                "code",
            ],
        },
        Table {
            name: "process_steps",
            columns: &["begun_position", "at", "process_id", "tries", "name", "state", "last_error_code"],
        },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [processes, steps] = sinks.try_into().ok()?;
    Some(Box::new(Processes { open: HashMap::new(), cells: Cells::default(), processes, steps }))
}

/// A process as it stands.
struct Process {
    started: ProcessStarted,
    started_position: i64,
    started_at: DateTime<Utc>,
    state: ProcessState,
    /// The code of a gift card, and the version of the event that it stands in.
    code: Option<(String, i64)>,
    position: i64,
    recorded_at: DateTime<Utc>,
    steps: BTreeMap<&'static str, StepState>,
}

/// A step as it stands.
struct StepState {
    begun_position: i64,
    at: DateTime<Utc>,
    tries: i64,
    state: &'static str,
    error: Option<String>,
}

/// A process that is over is given away, so that memory grows with those that go on.
struct Processes<S> {
    open: HashMap<Uuid, Process>,
    cells: Cells,
    processes: S,
    steps: S,
}

/// A row of `processes`.
struct Row<'a> {
    started_position: i64,
    position: i64,
    code_version: Option<i64>,
    started_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    owner: Uuid,
    account: Uuid,
    hold: Option<Uuid>,
    amount: &'a dyn Display,
    kind: &'a str,
    state: &'a str,
    asset: &'a str,
    provider: Option<&'a str>,
    product: Option<&'a str>,
    code: Option<&'a str>,
}

impl Row<'_> {
    fn give(&self, id: Uuid, cells: &mut Cells, processes: &mut dyn Sink) {
        cells.clear().put("started_position", self.started_position).put("position", self.position);
        cells.maybe("code_version", self.code_version).put("started_at", time(self.started_at));
        cells.put("recorded_at", time(self.recorded_at)).maybe("ended_at", self.ended_at.map(time));
        cells.put("owner", self.owner).put("account", self.account).maybe("hold", self.hold);
        cells.put("amount", self.amount).put("kind", self.kind).put("state", self.state).put("asset", self.asset);
        cells.maybe("provider", self.provider).maybe("product", self.product);
        processes.row(&id.to_string(), cells.maybe("code", self.code));
    }
}

/// A row of `process_steps`.
struct StepRow<'a> {
    begun_position: i64,
    at: DateTime<Utc>,
    tries: i64,
    state: &'a str,
    last_error_code: Option<&'a str>,
}

impl StepRow<'_> {
    fn give(&self, (process, name): (Uuid, &str), cells: &mut Cells, steps: &mut dyn Sink) {
        cells.clear().put("begun_position", self.begun_position).put("at", time(self.at)).put("tries", self.tries);
        cells.put("state", self.state).maybe("last_error_code", self.last_error_code);
        steps.row(&format!("step {name} of process {process}"), cells);
    }
}

impl Process {
    fn give<S: Sink>(&self, id: Uuid, cells: &mut Cells, processes: &mut S, steps: &mut S) {
        let started = &self.started;
        let (provider, product) = match &started.purpose {
            ProcessPurpose::TopUp { provider, .. } => (Some(provider.as_str()), None),
            ProcessPurpose::BankPayout { .. } => (None, None),
            ProcessPurpose::GiftCard { product } => (None, Some(product.as_str())),
        };
        let row = Row {
            started_position: self.started_position,
            position: self.position,
            code_version: self.code.as_ref().map(|(_, version)| *version),
            started_at: self.started_at,
            recorded_at: self.recorded_at,
            ended_at: is_over(self.state).then_some(self.recorded_at),
            owner: started.owner.uuid(),
            account: started.account.uuid(),
            hold: started.hold.map(|hold| hold.uuid()),
            amount: &started.money.amount,
            kind: started.purpose.kind().as_str(),
            state: self.state.as_str(),
            asset: started.money.asset.as_str(),
            provider,
            product,
            code: self.code.as_ref().map(|(code, _)| code.as_str()),
        };
        row.give(id, cells, processes);
        for (name, step) in &self.steps {
            let StepState { begun_position, at, tries, state, error } = step;
            let last_error_code = error.as_deref();
            let row = StepRow { begun_position: *begun_position, at: *at, tries: *tries, state, last_error_code };
            row.give((id, *name), cells, steps);
        }
    }

    /// Puts an event on the step that it is about.
    fn step(&mut self, event: &ProcessEvent, position: i64, at: DateTime<Utc>) {
        let (name, state, tries, error) = match event {
            ProcessEvent::Started(started) => match started.hold {
                Some(_) => ("hold", "done", 1, None),
                None => return,
            },
            ProcessEvent::StepBegun(begun) => (begun.step.as_str(), "running", 0, None),
            ProcessEvent::StepTaken(taken) => (taken.step.as_str(), "done", taken.tries, None),
            ProcessEvent::StepFailed(failed) => {
                let state = match failed.failure {
                    _ if failed.leaves == ProcessState::Stuck => "stuck",
                    ProcessFailure::Refused => "refused",
                    ProcessFailure::Late => "failed",
                    ProcessFailure::NotDone | ProcessFailure::Unknown | ProcessFailure::Contradiction => "waiting",
                };
                (failed.step.as_str(), state, failed.tries, Some(failed.code.clone()))
            }
            ProcessEvent::Directed(directed) => {
                let state = match directed.direction {
                    ProcessDirection::Retry => "running",
                    ProcessDirection::Skip => "skipped",
                    ProcessDirection::Compensate => "failed",
                };
                (directed.step.as_str(), state, directed.tries, None)
            }
        };
        let first = || StepState { begun_position: position, at, tries: 0, state, error: None };
        let known = self.steps.entry(name).or_insert_with(first);
        (known.at, known.tries, known.state) = (at, tries.into(), state);
        if error.is_some() {
            known.error = error;
        }
    }
}

fn is_over(state: ProcessState) -> bool {
    matches!(state, ProcessState::Done | ProcessState::Compensated)
}

impl<S: Sink> Processes<S> {
    fn event(&mut self, event: &assemble::Event, of_process: &ProcessEvent, commit: &Commit) {
        let (id, at) = (event.stream, commit.recorded_at);
        if let ProcessEvent::Started(started) = of_process {
            let process = Process {
                started: started.clone(),
                started_position: event.position,
                started_at: at,
                state: ProcessState::Running,
                code: None,
                position: commit.last,
                recorded_at: at,
                steps: BTreeMap::new(),
            };
            self.open.insert(id, process);
        }
        let Some(process) = self.open.get_mut(&id) else { return };
        process.step(of_process, event.position, at);
        (process.position, process.recorded_at) = (commit.last, at);
        match of_process {
            ProcessEvent::Started(_) => {}
            ProcessEvent::StepBegun(begun) => process.state = begun.leaves,
            ProcessEvent::StepTaken(taken) => {
                process.state = taken.leaves;
                let code = taken.code.as_ref().map(|code| (code.as_str().to_owned(), event.version));
                process.code = code.or(process.code.take());
            }
            ProcessEvent::StepFailed(failed) => process.state = failed.leaves,
            ProcessEvent::Directed(directed) => process.state = directed.leaves,
        }
        if is_over(process.state)
            && let Some(process) = self.open.remove(&id)
        {
            process.give(id, &mut self.cells, &mut self.processes, &mut self.steps);
        }
    }
}

impl<S: Sink> Book<S> for Processes<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            if let Event::Process(of_process) = &event.recorded {
                self.event(event, of_process, commit);
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        for (id, process) in &self.open {
            process.give(*id, &mut self.cells, &mut self.processes, &mut self.steps);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.processes, self.steps]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [processes, steps] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select started_position as "started_position!", position as "position!", code_version,
                  started_at as "started_at!", recorded_at as "recorded_at!", ended_at, process_id as "process_id!",
                  owner as "owner!", account as "account!", hold, amount::text as "amount!", kind as "kind!",
                  state as "state!", asset as "asset!", provider, product, code
           from live.processes"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            started_position: row.started_position,
            position: row.position,
            code_version: row.code_version,
            started_at: row.started_at,
            recorded_at: row.recorded_at,
            ended_at: row.ended_at,
            owner: row.owner,
            account: row.account,
            hold: row.hold,
            amount: &row.amount,
            kind: &row.kind,
            state: &row.state,
            asset: &row.asset,
            provider: row.provider.as_deref(),
            product: row.product.as_deref(),
            code: row.code.as_deref(),
        };
        found.give(row.process_id, &mut cells, processes);
    }
    drop(rows);
    let mut rows = sqlx::query!(
        r#"select begun_position as "begun_position!", at as "at!", process_id as "process_id!", tries as "tries!",
                  name as "name!", state as "state!", last_error_code
           from live.process_steps"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let last_error_code = row.last_error_code.as_deref();
        let (begun_position, at, tries, state) = (row.begun_position, row.at, row.tries, row.state.as_str());
        StepRow { begun_position, at, tries, state, last_error_code }.give(
            (row.process_id, &row.name),
            &mut cells,
            steps,
        );
    }
    Ok(())
}
