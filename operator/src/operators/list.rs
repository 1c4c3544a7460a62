//! Every operator, as the query server has them.

use serde_json::Value;

use super::answer::field;
use crate::{
    call::Operator,
    config::Config,
    failure::Failure,
    output::{Output, Table},
};

/// Shows them.
pub async fn list(config: &Config, output: Output) -> Result<(), Failure> {
    let all = all(&Operator::new(config, None)?).await?;
    output.show(&all, |all| text(all))
}

/// All of them, those added last first.
pub async fn all(caller: &Operator<'_>) -> Result<Vec<Value>, Failure> {
    let (mut all, mut path) = (Vec::new(), "/v1/operators?limit=200".to_owned());
    loop {
        let mut page = caller.read(&path).await?;
        if let Value::Array(items) = page["items"].take() {
            all.extend(items);
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return Ok(all) };
        path = format!("/v1/operators?limit=200&cursor={cursor}");
    }
}

fn text(operators: &[Value]) -> String {
    if operators.is_empty() {
        return "no operator has an account: `jangbu operators add NAME --role admin` adds one".to_owned();
    }
    let columns = ["name", "role", "status", "added_at", "changed_at", "operator_id"];
    let mut table = Table::new(["name", "role", "status", "added", "changed", "id"]);
    operators.iter().for_each(|operator| table.row(columns.map(|column| field(operator, column).to_owned())));
    table.render()
}
