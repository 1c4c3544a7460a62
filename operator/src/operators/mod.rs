//! `jangbu operators`: who runs the bank with an account, and what they may do; through the servers' APIs, which keep who did it and why.

mod answer;
mod list;
mod named;

use clap::Subcommand;
use kernel::OperatorRole;
use serde_json::{Value, json};
use uuid::Uuid;

use self::{answer::field, named::NamedOperator};
use crate::{call::Operator, config::Config, failure::Failure, output::Output};

/// Looks after the operators.
#[derive(Debug, Subcommand)]
pub enum OperatorsCommand {
    /// Add an operator, and show what they log in with: it is shown this once
    Add(AddArgs),
    /// Show every operator, those added last first
    List,
    /// Take away an operator's log-in; their sessions end
    Disable(ChangeArgs),
    /// Give an operator the log-in back, as it was
    Enable(ChangeArgs),
    /// Give an operator another role; their sessions end
    Role(RoleArgs),
    /// Give an operator a new first password and a new secret of one-time codes; their sessions end
    Reset(ChangeArgs),
}

/// Who does it, and why.
#[derive(Debug, clap::Args)]
struct Who {
    /// Why; kept in the log for ever
    #[arg(long)]
    reason: Option<String>,

    /// Who does it; the operator of `jangbu token --role operator` if not given
    #[arg(long, value_name = "UUID")]
    subject: Option<Uuid>,

    /// Retry an earlier call: the same key does it once and reports the result
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// Who is added, and as what.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// What they are to log in with: 3 to 32 of a-z, 0-9, `.`, `_` and `-`
    name: String,

    /// What they may do: viewer, support, operator or admin
    #[arg(long)]
    role: OperatorRole,

    #[command(flatten)]
    who: Who,
}

/// Which operator.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs {
    /// The operator's id or name
    #[arg(value_name = "ID|NAME")]
    operator: NamedOperator,

    #[command(flatten)]
    who: Who,
}

/// Which operator, and which role.
#[derive(Debug, clap::Args)]
pub struct RoleArgs {
    /// The operator's id or name
    #[arg(value_name = "ID|NAME")]
    operator: NamedOperator,

    /// What they may do from now on: viewer, support, operator or admin
    role: OperatorRole,

    #[command(flatten)]
    who: Who,
}

/// Runs one of the commands.
pub async fn run(command: &OperatorsCommand, config: &Config, output: Output) -> Result<(), Failure> {
    match command {
        OperatorsCommand::Add(AddArgs { name, role, who }) => {
            let caller = Operator::new(config, who.subject)?;
            let body = json!({ "name": name, "role": role.as_str() });
            let added = ask(&caller, "/v1/operators", body, who, output).await?;
            output.show(&added, secrets)
        }
        OperatorsCommand::List => list::list(config, output).await,
        OperatorsCommand::Disable(args) => change(args, "disable", config, output).await,
        OperatorsCommand::Enable(args) => change(args, "enable", config, output).await,
        OperatorsCommand::Role(RoleArgs { operator, role, who }) => {
            let caller = Operator::new(config, who.subject)?;
            let path = format!("/v1/operators/{}/role", operator.id(&caller).await?);
            let changed = ask(&caller, &path, json!({ "role": role.as_str() }), who, output).await?;
            output.show(&changed, state)
        }
        OperatorsCommand::Reset(ChangeArgs { operator, who }) => {
            let caller = Operator::new(config, who.subject)?;
            let path = format!("/v1/operators/{}/reset", operator.id(&caller).await?);
            let reset = ask(&caller, &path, json!({}), who, output).await?;
            output.show(&reset, secrets)
        }
    }
}

async fn change(args: &ChangeArgs, verb: &str, config: &Config, output: Output) -> Result<(), Failure> {
    let caller = Operator::new(config, args.who.subject)?;
    let path = format!("/v1/operators/{}/{verb}", args.operator.id(&caller).await?);
    let changed = ask(&caller, &path, json!({}), &args.who, output).await?;
    output.show(&changed, state)
}

async fn ask(caller: &Operator<'_>, path: &str, mut body: Value, who: &Who, output: Output) -> Result<Value, Failure> {
    if let Some(reason) = &who.reason {
        body["reason"] = reason.as_str().into();
    }
    caller.post(path, body, who.idempotency_key.as_deref(), output).await
}

fn state(operator: &Value) -> String {
    let [name, id, status, role] = ["name", "operator_id", "status", "role"].map(|name| field(operator, name));
    format!("operator {name} ({id}) is {status}, with the role {role}")
}

/// What an operator logs in with the first time.
fn secrets(operator: &Value) -> String {
    let lines = [
        ("id", "operator_id"),
        ("role", "role"),
        ("password", "password"),
        ("secret of codes", "totp_secret"),
        ("for an app", "otpauth_url"),
    ];
    let lines = lines.map(|(word, name)| format!("  {word:<15}  {}\n", field(operator, name)));
    format!("operator {}\n{}", field(operator, "name"), lines.concat())
}
