//! What operators did to the views, and why.

use sqlx::{PgConnection, types::Uuid};

/// An operator and the reason they gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
    /// As what and from where, if they came over HTTP.
    pub origin: Origin,
}

/// Which operator somebody is, and from where they asked. Whoever works on the command line has none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Their id.
    pub operator: Option<Uuid>,
    /// Their session; none with a token that was made with the signing key.
    pub session: Option<Uuid>,
    /// The address that they asked from.
    pub address: Option<String>,
    /// The key of the request: sent again under it, the request is the same one.
    pub key: Option<String>,
}

/// Something that an operator did under a key.
pub(crate) struct Earlier {
    pub(crate) what: String,
    pub(crate) view: Option<String>,
    pub(crate) generation: Option<i32>,
}

/// What the operator did under the key of this request before; none if they did nothing, or if it has no key.
pub(crate) async fn earlier(
    connection: &mut PgConnection,
    operator: &Operator,
) -> Result<Option<Earlier>, sqlx::Error> {
    let Some((id, key)) = operator.origin.operator.zip(operator.origin.key.as_deref()) else { return Ok(None) };
    sqlx::query_as!(
        Earlier,
        "select what, view, generation from registry.audit where operator_id = $1 and idempotency_key = $2
         order by id limit 1",
        id,
        key
    )
    .fetch_optional(connection)
    .await
}

/// Writes down what was done; in the transaction that does it, where there is one. `details` is a JSON object; its `before` and `after` say what the
/// act changed.
pub async fn audit(
    connection: &mut PgConnection,
    operator: &Operator,
    what: &str,
    view: &str,
    generation: Option<i32>,
    details: &str,
) -> Result<(), sqlx::Error> {
    let origin = &operator.origin;
    sqlx::query!(
        "insert into registry.audit
             (who, what, view, generation, reason, details, operator_id, session_id, address, idempotency_key)
         values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10)",
        operator.who,
        what,
        view,
        generation,
        operator.reason,
        details,
        origin.operator,
        origin.session,
        origin.address.as_deref(),
        origin.key.as_deref()
    )
    .execute(connection)
    .await
    .map(drop)
}
