//! What operators did to the views, and why.

use sqlx::PgConnection;

/// An operator and the reason they gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// Writes down what was done; in the transaction that does it, where there is one. `details` is a JSON object.
pub async fn audit(
    connection: &mut PgConnection,
    operator: &Operator,
    what: &str,
    view: &str,
    generation: Option<i32>,
    details: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into registry.audit (who, what, view, generation, reason, details)
         values ($1, $2, $3, $4, $5, $6::text::jsonb)",
        operator.who,
        what,
        view,
        generation,
        operator.reason,
        details
    )
    .execute(connection)
    .await
    .map(drop)
}
