//! Changing an account through the command API, as everybody has to.

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

/// Freezes or unfreezes.
pub async fn change(verb: &str, args: &ChangeArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let operator = Operator::new(config, args.subject)?;
    let path = format!("/v1/accounts/{}/{verb}", args.account.id(config).await?);
    let body = json!({ "reason": args.reason });
    let account = operator.post(&path, body, args.idempotency_key.as_deref(), output).await?;
    output.show(&account, text)
}

fn text(account: &Value) -> String {
    let field = |name: &str| match &account[name] {
        Value::String(text) => text.clone(),
        Value::Null => "-".into(),
        other => other.to_string(),
    };
    format!("account {} ({}) is now {}", field("account_id"), field("account_number"), field("status"))
}
