//! Changing an account through the command API, as everybody has to.

use events::recorded::FreezeScope;
use serde_json::{Value, json};
use uuid::Uuid;

use super::named::NamedAccount;
use crate::{call::Operator, config::Config, failure::Failure, output::Output};

/// What is to be done to which account, and why.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs {
    /// The account's id or its number; a number is looked up in the log, and spaces and dashes may stand in it
    #[arg(value_name = "ID|NUMBER")]
    account: NamedAccount,

    /// Why; kept in the log for ever
    #[arg(long)]
    reason: String,

    /// Who does it; the operator of `jangbu token --role operator` if not given
    #[arg(long, value_name = "UUID")]
    subject: Option<Uuid>,

    /// Retry an earlier call: the same key does it once and reports the result
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// The same, and what a freeze stops.
#[derive(Debug, clap::Args)]
pub struct FreezeArgs {
    #[command(flatten)]
    change: ChangeArgs,

    /// What it stops; everything if not given. A frozen account can be given another scope
    #[arg(long, value_enum)]
    scope: Option<Scope>,
}

/// What a freeze stops.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Scope {
    /// Nothing goes in or out
    All,
    /// Nothing goes out
    Debits,
}

impl Scope {
    fn of_contract(self) -> FreezeScope {
        match self {
            Self::All => FreezeScope::All,
            Self::Debits => FreezeScope::Debits,
        }
    }
}

/// Freezes.
pub async fn freeze(args: &FreezeArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let FreezeArgs { change, scope } = args;
    let mut body = json!({ "reason": change.reason });
    if let Some(scope) = scope {
        body["scope"] = scope.of_contract().as_str().into();
    }
    ask("freeze", change, body, config, output).await
}

/// Unfreezes.
pub async fn unfreeze(args: &ChangeArgs, config: &Config, output: Output) -> Result<(), Failure> {
    ask("unfreeze", args, json!({ "reason": args.reason }), config, output).await
}

async fn ask(verb: &str, args: &ChangeArgs, body: Value, config: &Config, output: Output) -> Result<(), Failure> {
    let operator = Operator::new(config, args.subject)?;
    let path = format!("/v1/accounts/{}/{verb}", args.account.id(config).await?);
    let account = operator.post(&path, body, args.idempotency_key.as_deref(), output).await?;
    output.show(&account, text)
}

fn text(account: &Value) -> String {
    let field = |name: &str| match &account[name] {
        Value::String(text) => text.clone(),
        Value::Null => "-".into(),
        other => other.to_string(),
    };
    let scope = if account["freeze"] == FreezeScope::Debits.as_str() { ", for debits only" } else { "" };
    format!("account {} ({}) is now {}{scope}", field("account_id"), field("account_number"), field("status"))
}
