//! Where commits stand that are asked for by something else than their own keys. Positions, newest first.

use sqlx::{Acquire, PgConnection};
use uuid::Uuid;

use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
};

/// The last events of the transfers with this reference, as the view has them: the log has no index of references.
pub async fn reference(config: &Config, reference: &str, limit: i64) -> Result<Vec<i64>, Failure> {
    let mut views = Database::Views.connect(config).await?;
    sqlx::query_scalar!(
        r#"select position as "position!" from live.transfers where reference = $1 order by position desc limit $2"#,
        reference,
        limit
    )
    .fetch_all(&mut views)
    .await
    .map_err(failed("looking for the reference in the view `transfers`"))
}

/// The first events of the commits under this correlation id.
///
/// The index tells in which parts of the table the id may be; Postgres estimates what that saves by the order of the ids, of
/// which clients choose some, so it is told not to read the whole table.
pub async fn correlation(connection: &mut PgConnection, id: Uuid, limit: i64) -> Result<Vec<i64>, Failure> {
    const LOOKING: &str = "looking for the correlation id";
    let mut transaction = connection.begin().await.map_err(failed(LOOKING))?;
    sqlx::query!(
        "select set_config(plan, 'off', true) from unnest(array['enable_seqscan', 'enable_indexscan']) as plan"
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed(LOOKING))?;
    let found = sqlx::query_scalar!(
        "select first_position from commits where correlation = $1 order by first_position desc limit $2",
        id,
        limit
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed(LOOKING))?;
    transaction.rollback().await.map_err(failed(LOOKING))?;
    Ok(found)
}

/// The same for the id of a request. The `request_id` of a recorded refusal is the id of its command.
pub async fn request(connection: &mut PgConnection, id: Uuid, limit: i64) -> Result<Vec<i64>, Failure> {
    let of_command = sqlx::query_scalar!("select first_position from commits where command_id = $1", id)
        .fetch_optional(&mut *connection)
        .await
        .map_err(failed("looking for the command"))?;
    match of_command {
        Some(position) => Ok(vec![position]),
        None => correlation(connection, id, limit).await,
    }
}
