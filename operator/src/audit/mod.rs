//! `jangbu audit`: how far the books are proven, and the alarms that stop all commands.

mod text;

use event_store_postgres::{PoolOptions, PostgresLog};
use log::{Alarm, AuditState, AuditStore, Head, ReadHead};
use serde_json::{Value, json};

use crate::{
    config::Config,
    db::Database,
    failure::Failure,
    output::{Confirm, Output},
    views::Why,
};

/// `jangbu audit`
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// Show how far the books are proven, and the alarms; exit code 1 if one of them stops all commands
    Show,
    /// Acknowledge an alarm; commands go on when no other one is open
    Resume(ResumeArgs),
}

/// Which alarm, and why commands may go on.
#[derive(Debug, clap::Args)]
pub struct ResumeArgs {
    /// The alarm, as `audit show` shows it
    #[arg(long, value_name = "ID")]
    alarm: i64,

    #[command(flatten)]
    why: Why,

    #[command(flatten)]
    confirm: Confirm,
}

/// Runs one of the commands; answers whether all is well.
pub async fn run(command: &AuditCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    let store = open(config)?;
    let done = match command {
        AuditCommand::Show => show(&store, output).await,
        AuditCommand::Resume(args) => resume(&store, args, output).await,
    };
    store.pool().close().await;
    done
}

/// What is known of the audit, and the end of the log.
pub async fn read(config: &Config) -> Result<(AuditState, Head), Failure> {
    let store = open(config)?;
    let state = state(&store).await;
    store.pool().close().await;
    state
}

fn open(config: &Config) -> Result<PostgresLog, Failure> {
    let address = Database::Log.address(config)?;
    let pool = event_store_postgres::connect(address.secret(), &PoolOptions::log("jangbu/audit", 2));
    pool.map(PostgresLog::new)
        .map_err(|error| Failure::unreachable("log database", address, "JANGBU_LOG_DATABASE_URL", error))
}

async fn state(store: &PostgresLog) -> Result<(AuditState, Head), Failure> {
    let state = store.audit().await.map_err(Failure::Audit)?;
    Ok((state, store.head().await.map_err(Failure::Audit)?))
}

async fn show(store: &PostgresLog, output: Output) -> Result<bool, Failure> {
    let (state, head) = state(store).await?;
    output.show(&state_json(&state, &head), |_| text::all(&state, &head))?;
    Ok(state.stopped_by.is_none())
}

async fn resume(store: &PostgresLog, args: &ResumeArgs, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    if !args.why.was_given() {
        return Err(Failure::Usage("--reason must say why commands may go on: it is kept with the alarm".into()));
    }
    let (before, _) = state(store).await?;
    let Some(alarm) = before.alarms.iter().find(|alarm| alarm.id == args.alarm && alarm.acknowledged.is_none()) else {
        return Err(Failure::Absent(format!("no alarm {} is open", args.alarm)));
    };
    let rule = &alarm.alarm.rule;
    args.confirm.ask(&format!("commands go on over a log that breaks the rule: {rule}"))?;
    let acknowledged = store.acknowledge(args.alarm, &operator.who, &operator.reason).await.map_err(Failure::Audit)?;
    let Some(alarm) = acknowledged else {
        return Err(Failure::Absent(format!("alarm {} is not open any more", args.alarm)));
    };
    let stopped_by = store.stopped_by().await.map_err(Failure::Audit)?;
    output.show(&json!({ "alarm": alarm_json(&alarm), "stopped_by": stopped_by }), |_| match stopped_by {
        None => format!("alarm {} is acknowledged: commands go on", alarm.id),
        Some(next) => format!("alarm {} is acknowledged; alarm {next} still stops all commands", alarm.id),
    })?;
    Ok(true)
}

fn state_json(state: &AuditState, head: &Head) -> Value {
    let progress = state.progress.as_ref();
    let rechecked = progress.and_then(|progress| progress.rechecked);
    json!({
        "log_id": head.log,
        "audited_position": state.proven(),
        "head": head.position,
        "auditor": progress.map(|progress| &progress.auditor),
        "audited_at": progress.map(|progress| progress.audited_at),
        "rechecked_position": rechecked.map(|(position, _)| position),
        "rechecked_at": rechecked.map(|(_, at)| at),
        "stopped_by": state.stopped_by,
        "invariants": progress.map(|progress| &progress.invariants),
        "alarms": state.alarms.iter().map(alarm_json).collect::<Vec<_>>(),
    })
}

fn alarm_json(alarm: &Alarm) -> Value {
    let answer = alarm.acknowledged.as_ref();
    json!({
        "id": alarm.id, "log_id": alarm.log, "position": alarm.alarm.position, "rule": alarm.alarm.rule,
        "what": alarm.alarm.what, "raised_by": alarm.raised_by, "raised_at": alarm.raised_at,
        "acknowledged_at": answer.map(|answer| answer.at), "acknowledged_by": answer.map(|answer| &answer.by),
        "reason": answer.map(|answer| &answer.reason),
    })
}
