//! `jangbu approvals`: what operators asked for that a second one has to approve; through the servers' APIs, which keep who did it and why.

mod list;

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use self::list::ListArgs;
use crate::{call::Operator, config::Config, failure::Failure, output::Output};

/// Decides what waits for a second operator.
#[derive(Debug, Subcommand)]
pub enum ApprovalsCommand {
    /// Show what operators asked for, the last first
    List(ListArgs),
    /// Approve what another operator asked for: it is done
    Approve(DecideArgs),
    /// Reject what another operator asked for: it is not done
    Reject(DecideArgs),
}

/// Which, by whom, and why.
#[derive(Debug, clap::Args)]
pub struct DecideArgs {
    /// The approval
    #[arg(value_name = "ID")]
    approval: Uuid,

    /// Why; kept in the log for ever
    #[arg(long)]
    reason: String,

    /// A file with the access token of whoever decides: an operator with an account, who logged in
    #[arg(long, env = "JANGBU_OPERATOR_TOKEN_FILE", value_name = "FILE")]
    token_file: PathBuf,

    /// Retry an earlier call: the same key does it once and reports the result
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// Runs one of the commands.
pub async fn run(command: &ApprovalsCommand, config: &Config, output: Output) -> Result<(), Failure> {
    match command {
        ApprovalsCommand::List(args) => list::list(args, config, output).await,
        ApprovalsCommand::Approve(args) => decide(args, "approve", config, output).await,
        ApprovalsCommand::Reject(args) => decide(args, "reject", config, output).await,
    }
}

async fn decide(args: &DecideArgs, verb: &str, config: &Config, output: Output) -> Result<(), Failure> {
    let file = &args.token_file;
    let token = std::fs::read_to_string(file)
        .map_err(|error| Failure::Usage(format!("{} cannot be read: {error}", file.display())))?;
    let caller = Operator::with_token(config, token.trim())?;
    let path = format!("/v1/approvals/{}/{verb}", args.approval);
    let body = json!({ "reason": args.reason });
    let decided = caller.post(&path, body, args.idempotency_key.as_deref(), output).await?;
    output.show(&decided, text)
}

fn text(approval: &Value) -> String {
    let field = |name: &str| approval[name].as_str().unwrap_or("-");
    let [id, action, name, status] = ["approval_id", "action", "requested_by_name", "status"].map(field);
    match approval["refusal"].as_str() {
        Some(code) => format!("{action}, which {name} asked for, was approved and refused by a rule: {code} ({id})"),
        None => format!("{action}, which {name} asked for, is {status} ({id})"),
    }
}
