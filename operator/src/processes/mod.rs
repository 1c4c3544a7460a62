//! `jangbu processes`: what follows from events over time, and what is stuck.

mod text;

use event_store_postgres::{PoolOptions, PostgresProcesses};
use kernel::{Clock, SystemClock};
use log::{InstanceFilter, InstanceState, ProcessInstance, ProcessStore};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{config::Config, db::Database, failure::Failure, output::Output, views::Why};

/// `jangbu processes`
#[derive(Debug, clap::Subcommand)]
pub enum ProcessesCommand {
    /// Show the instances of the processes, the last changed first; exit code 1 if one of them is stuck
    List(ListArgs),
    /// Show one instance with all that is known of it
    Show {
        /// The instance, as `processes list` shows it
        instance: Uuid,
    },
    /// Have a stuck or waiting instance try its next step at once, after the cause was fixed
    Retry {
        /// The instance, as `processes list` shows it
        instance: Uuid,

        #[command(flatten)]
        why: Why,
    },
}

/// Which instances.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Of this process only
    #[arg(long, value_name = "NAME")]
    process: Option<String>,

    /// In this state only; without it all but those that are done
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<InstanceState>,

    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

impl ListArgs {
    /// What is said when there are none.
    fn none(&self) -> String {
        let state = self.state.map_or("running, waiting or stuck", InstanceState::as_str);
        let process = self.process.as_deref().map(|name| format!(" of the process {name}")).unwrap_or_default();
        format!("no instance{process} is {state}")
    }
}

fn state(text: &str) -> Result<InstanceState, String> {
    let names = || InstanceState::ALL.map(InstanceState::as_str).join(", ");
    InstanceState::named(text).ok_or_else(|| format!("there is no such state; there are: {}", names()))
}

/// Runs one of the commands; answers whether all is well.
pub async fn run(command: &ProcessesCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    let address = Database::Log.address(config)?;
    let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| {
        Failure::unreachable("log database", address, "JANGBU_LOG_DATABASE_URL", source)
    };
    let pool = event_store_postgres::connect(address.secret(), &PoolOptions::log("jangbu/processes", 2))
        .map_err(|error| unreachable(error.into()))?;
    let store = PostgresProcesses::new(pool.clone());
    let done = match command {
        ProcessesCommand::List(args) => list(&store, args, output).await,
        ProcessesCommand::Show { instance } => show(&store, *instance, output).await,
        ProcessesCommand::Retry { instance, why } => retry(&store, *instance, why, output).await,
    };
    pool.close().await;
    done
}

async fn list(store: &PostgresProcesses, args: &ListArgs, output: Output) -> Result<bool, Failure> {
    let limit = i64::from(args.limit);
    let process = args.process.as_deref();
    let states = match args.state {
        Some(state) => vec![state],
        None => vec![InstanceState::Stuck, InstanceState::Running, InstanceState::Waiting],
    };
    let mut found = Vec::new();
    for state in states {
        let filter = InstanceFilter { process, state: Some(state), data: None };
        found.extend(store.instances(&filter, limit).await.map_err(Failure::Processes)?);
    }
    found.truncate(args.limit as usize);
    let rows: Vec<Value> = found.iter().map(instance_json).collect();
    output.show(&rows, |_| if found.is_empty() { args.none() } else { text::list(&found) })?;
    Ok(found.iter().all(|instance| instance.state != InstanceState::Stuck))
}

async fn show(store: &PostgresProcesses, id: Uuid, output: Output) -> Result<bool, Failure> {
    let found = find(store, id).await?;
    output.show(&found.iter().map(instance_json).collect::<Vec<_>>(), |_| text::all(&found))?;
    Ok(true)
}

async fn retry(store: &PostgresProcesses, id: Uuid, why: &Why, output: Output) -> Result<bool, Failure> {
    let operator = why.operator()?;
    let note = format!("{} had it try again at {}: {}", operator.who, SystemClock.now().to_rfc3339(), operator.reason);
    let mut retried = Vec::new();
    let mut other = Vec::new();
    for instance in find(store, id).await? {
        match store.retry(&instance.process, id, &note).await.map_err(Failure::Processes)? {
            true => retried.push(instance.process),
            false => other.push(format!("{} is {}", instance.process, instance.state.as_str())),
        }
    }
    if retried.is_empty() {
        return Err(Failure::Absent(format!("nothing of {id} is stuck or waiting: {}", other.join(", "))));
    }
    output.show(&json!({ "instance": id, "retried": retried }), |_| {
        format!("{}: it is tried again at once; see `jangbu processes show {id}`", retried.join(", "))
    })?;
    Ok(true)
}

/// The instances of this id; two processes may see one thing through.
async fn find(store: &PostgresProcesses, id: Uuid) -> Result<Vec<ProcessInstance>, Failure> {
    let found = store.named(id).await.map_err(Failure::Processes)?;
    if found.is_empty() {
        return Err(Failure::Absent(format!(
            "no process has an instance {id}; what was done is forgotten after a month"
        )));
    }
    Ok(found)
}

fn instance_json(instance: &ProcessInstance) -> Value {
    let ProcessInstance { process, instance: id, due, data, tries, error, note, started_at, changed_at, .. } = instance;
    json!({
        "process": process, "instance": id, "state": instance.state.as_str(), "due": due, "data": data, "tries": tries,
        "error": error, "note": note, "started_at": started_at, "changed_at": changed_at,
    })
}
