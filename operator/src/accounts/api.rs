//! Changing an account through the command API, as everybody has to.

use serde_json::{Value, json};

use super::ChangeArgs;
use crate::{call::Operator, config::Config, failure::Failure, output::Output};

/// Freezes or unfreezes.
pub async fn change(verb: &str, args: &ChangeArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let operator = Operator::new(config, args.subject)?;
    let path = format!("/v1/accounts/{}/{verb}", args.account);
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
