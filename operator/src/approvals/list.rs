//! What operators asked for, as the query server has it.

use kernel::ApprovalKind;
use serde_json::Value;

use crate::{
    call::Operator,
    config::Config,
    failure::Failure,
    output::{Output, Table},
};

/// Which are shown.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// With this status: pending, approved, refused, rejected, withdrawn or expired; every one if not given
    #[arg(long, value_parser = ["pending", "approved", "refused", "rejected", "withdrawn", "expired"])]
    status: Option<String>,

    /// For this only: reversal, freeze-many, erasure, limits, rates, partner-keys or promotion
    #[arg(long)]
    action: Option<ApprovalKind>,
}

/// Shows them.
pub async fn list(args: &ListArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let caller = Operator::new(config, None)?;
    let mut query = "/v1/approvals?limit=200".to_owned();
    if let Some(status) = &args.status {
        query = format!("{query}&status={status}");
    }
    if let Some(action) = args.action {
        query = format!("{query}&action={action}");
    }
    let (mut all, mut path) = (Vec::new(), query.clone());
    loop {
        let mut page = caller.read(&path).await?;
        if let Value::Array(items) = page["items"].take() {
            all.extend(items);
        }
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{query}&cursor={cursor}");
    }
    output.show(&all, |all| text(all))
}

fn text(approvals: &[Value]) -> String {
    if approvals.is_empty() {
        return "no operator asked for anything like that".to_owned();
    }
    let columns = ["requested_at", "action", "status", "requested_by_name", "decided_by_name", "reason", "approval_id"];
    let mut table = Table::new(["asked at", "action", "status", "asked by", "decided by", "reason", "id"]);
    for approval in approvals {
        table.row(columns.map(|column| approval[column].as_str().unwrap_or("-").to_owned()));
    }
    table.render()
}
