//! `jangbu views parked`: keys that are parked.

use kernel::Position;
use projection_engine::{ParkWhat, ParkedKey, Retried};
use serde_json::{Value, json};

use super::context::{From, RebuildContext, Why};
use crate::{
    accounts::NamedAccount,
    config::Config,
    failure::Failure,
    output::{Output, Table, thousands},
};

/// Parks events that cannot be applied, and applies them later.
#[derive(Debug, clap::Subcommand)]
pub enum ParkedCommand {
    /// Show what is parked and why; exit code 1 if something is
    List {
        /// The view; all of them if not given
        name: Option<String>,
    },
    /// Park the key of an event: later events of the key wait, and the view continues without them
    Add(AddArgs),
    /// Apply the parked events in order, after the cause was fixed; exit code 1 if something stays parked
    Retry(RetryArgs),
}

/// What to park.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// The view
    name: String,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    why: Why,
}

/// An event, a commit or a key.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The key of the event at this position
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    position: Option<i64>,

    /// The keys of all events of the commit that holds this position
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    commit: Option<i64>,

    /// This key, as `views parked list` would show it; of an account also its number
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

/// What to apply.
#[derive(Debug, clap::Args)]
pub struct RetryArgs {
    /// The view
    name: String,

    /// This key only; of an account also its number
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    #[command(flatten)]
    why: Why,
}

impl What {
    async fn wanted(&self, config: &Config) -> Result<ParkWhat, Failure> {
        Ok(match (self.position, self.commit, &self.key) {
            (Some(position), ..) => ParkWhat::Event(Position::new(position)),
            (_, Some(position), _) => ParkWhat::Commit(Position::new(position)),
            (.., key) => ParkWhat::Key(key_of(key.as_deref().unwrap_or_default(), config).await?),
        })
    }
}

/// A key as it was given; of an account's number the account's id, which is its key.
async fn key_of(key: &str, config: &Config) -> Result<String, Failure> {
    match key.parse() {
        Ok(account @ NamedAccount::Number(_)) => Ok(account.id(config).await?.to_string()),
        _ => Ok(key.to_owned()),
    }
}

/// Runs one of the commands; answers whether all is well.
pub async fn run(command: &ParkedCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    match command {
        ParkedCommand::List { name } => list(name.as_deref(), config, output).await,
        ParkedCommand::Add(args) => add(args, config, output).await,
        ParkedCommand::Retry(args) => retry(args, config, output).await,
    }
}

async fn list(name: Option<&str>, config: &Config, output: Output) -> Result<bool, Failure> {
    // Whichever view opens the database: all of them are parked in one registry.
    let context = RebuildContext::open(&[name.unwrap_or("accounts")], config, From::Log, Default::default()).await?;
    let parked = context.rebuilder().parked().await;
    context.close().await;
    let mut parked = parked?;
    parked.retain(|key| name.is_none_or(|name| name == key.view));
    let rows: Vec<Value> = parked.iter().map(key_json).collect();
    output.show(&rows, |_| text(&parked))?;
    Ok(parked.is_empty())
}

fn key_json(parked: &ParkedKey) -> Value {
    json!({
        "view": parked.view, "generation": parked.generation, "key": parked.key, "position": parked.position,
        "events": parked.events, "reason": parked.reason, "parked_by": parked.parked_by,
        "parked_at": parked.parked_at, "error": parked.error,
    })
}

fn text(parked: &[ParkedKey]) -> String {
    if parked.is_empty() {
        return "nothing is parked".into();
    }
    let mut table = Table::new(["view", "generation", "key", "since", "events", "by", "reason", "last error"]);
    for key in parked {
        table.row([
            key.view.clone(),
            key.generation.to_string(),
            key.key.clone(),
            thousands(key.position.number()),
            thousands(key.events),
            key.parked_by.clone(),
            key.reason.clone(),
            key.error.clone().unwrap_or_default(),
        ]);
    }
    table.render()
}

async fn add(args: &AddArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    let what = args.what.wanted(config).await?;
    let context = RebuildContext::open(&[&args.name], config, From::Log, Default::default()).await?;
    let parked = context.rebuilder().park(&what, &operator).await;
    context.close().await;
    let parked = parked?;
    output.show(&json!({ "view": args.name, "parked": parked }), |_| match parked.as_slice() {
        [] => "it was parked before".into(),
        keys => format!("parked in {}: {}", args.name, keys.join(", ")),
    })?;
    Ok(true)
}

async fn retry(args: &RetryArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    let key = match &args.key {
        Some(key) => Some(key_of(key, config).await?),
        None => None,
    };
    let context = RebuildContext::open(&[&args.name], config, From::Log, Default::default()).await?;
    let retried_keys = context.rebuilder().retry_parked(key.as_deref(), &operator).await;
    context.close().await;
    let retried_keys = retried_keys?;
    let rows: Vec<Value> = retried_keys
        .iter()
        .map(|key| json!({ "key": key.key, "applied": key.applied, "lifted": key.error.is_none(), "error": key.error }))
        .collect();
    output.show(&rows, |_| match retried_keys.is_empty() {
        true => "nothing is parked".into(),
        false => retried_keys.iter().map(retried).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(retried_keys.iter().all(|key| key.error.is_none()))
}

fn retried(key: &Retried) -> String {
    let applied = thousands(i128::from(key.applied));
    match &key.error {
        None => format!("{}: {applied} events applied, no longer parked", key.key),
        Some(error) => format!("{}: {applied} events applied, still parked: {error}", key.key),
    }
}
