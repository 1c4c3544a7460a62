//! Where commits stand that are asked for by something else than their own keys. Positions, newest first.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables,
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

/// The first events of the commits under the id of a request. The `request_id` of a recorded refusal is the id of its command.
pub async fn request(
    config: &Config,
    connection: &mut PgConnection,
    id: Uuid,
    limit: i64,
) -> Result<Vec<i64>, Failure> {
    match log_tables::of_command_id(connection, id).await? {
        Some(position) => Ok(vec![position]),
        None => log_tables::by_correlation(config, connection, id, limit).await,
    }
}
