//! What the tables of processes must hold.

use std::collections::BTreeMap;

use events::recorded::{Event, ProcessDirection, ProcessEvent, ProcessFailure, ProcessPurpose, ProcessStarted};
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::or_dash;

struct Process {
    started: ProcessStarted,
    begun: Moment,
    state: &'static str,
    code: String,
    moment: Moment,
}

struct Step {
    begun: i64,
    state: &'static str,
    tries: u32,
    code: String,
    at: i64,
}

#[derive(Default)]
pub struct Processes {
    processes: BTreeMap<Uuid, Process>,
    steps: BTreeMap<(Uuid, &'static str), Step>,
}

impl Processes {
    pub fn event(&mut self, (stream, version): (Uuid, i64), moment: Moment, body: &Event) {
        let Event::Process(event) = body else { return };
        let (step, state, tries, error) = match event {
            ProcessEvent::Started(started) => {
                let started = started.clone();
                let is_held = started.hold.is_some();
                let process = Process { started, begun: moment, state: "running", code: "-".to_owned(), moment };
                self.processes.insert(stream, process);
                if !is_held {
                    return;
                }
                ("hold", "done", 1, None)
            }
            ProcessEvent::StepBegun(begun) => (begun.step.as_str(), "running", 0, None),
            ProcessEvent::StepTaken(taken) => (taken.step.as_str(), "done", taken.tries, None),
            ProcessEvent::StepFailed(failed) => {
                let state = match failed.failure {
                    _ if failed.leaves.as_str() == "stuck" => "stuck",
                    ProcessFailure::Refused => "refused",
                    ProcessFailure::Late => "failed",
                    _ => "waiting",
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
        let process = self.processes.get_mut(&stream).expect("started");
        process.moment = moment;
        process.state = match event {
            ProcessEvent::Started(_) => "running",
            ProcessEvent::StepBegun(begun) => begun.leaves.as_str(),
            ProcessEvent::StepTaken(taken) => taken.leaves.as_str(),
            ProcessEvent::StepFailed(failed) => failed.leaves.as_str(),
            ProcessEvent::Directed(directed) => directed.leaves.as_str(),
        };
        if let ProcessEvent::StepTaken(taken) = event
            && let Some(code) = &taken.code
        {
            process.code = format!("{}@{version}", code.as_str());
        }
        let first = Step { begun: moment.position, state, tries, code: "-".to_owned(), at: moment.at };
        let known = self.steps.entry((stream, step)).or_insert(first);
        (known.state, known.tries, known.at) = (state, tries, moment.at);
        if let Some(error) = error {
            known.code = error;
        }
    }

    pub fn tables(self) -> Vec<Table> {
        let processes = self.processes.iter().map(|(id, process)| {
            let Process { started, begun, state, code, moment } = process;
            let ProcessStarted { owner, account, money, hold, purpose, .. } = started;
            let (provider, product) = match purpose {
                ProcessPurpose::TopUp { provider, .. } => (provider.as_str(), "-"),
                ProcessPurpose::BankPayout { .. } => ("-", "-"),
                ProcessPurpose::GiftCard { product } => ("-", product.as_str()),
            };
            let (kind, hold) = (purpose.kind().as_str(), or_dash(hold));
            let ended = if ["done", "compensated"].contains(state) { moment.at.to_string() } else { "-".to_owned() };
            let said = format!("{owner}|{account}|{hold}|{}|{}|{kind}|{provider}|{product}", money.asset, money.amount);
            format!("{id}|{said}|{}|{}|{state}|{ended}|{code}|{}|{}", begun.position, begun.at, moment.end, moment.at)
        });
        let steps = self.steps.iter().map(|((id, name), step)| {
            let Step { begun, state, tries, code, at } = step;
            format!("{id}|{name}|{state}|{tries}|{code}|{at}|{begun}")
        });
        vec![Table::of("processes", SELECT_PROCESSES, processes), Table::of("process_steps", SELECT_STEPS, steps)]
    }
}

const SELECT_PROCESSES: &str = "select concat_ws('|', process_id, owner, account, coalesce(hold::text, '-'), asset, amount, kind,
    coalesce(provider, '-'), coalesce(product, '-'), started_position, (extract(epoch from started_at) * 1000000)::int8, state,
    coalesce((extract(epoch from ended_at) * 1000000)::int8::text, '-'), coalesce(code || '@' || code_version, '-'), position,
    (extract(epoch from recorded_at) * 1000000)::int8) from live.processes";
const SELECT_STEPS: &str = "select concat_ws('|', process_id, name, state, tries, coalesce(last_error_code, '-'),
    (extract(epoch from at) * 1000000)::int8, begun_position) from live.process_steps";
