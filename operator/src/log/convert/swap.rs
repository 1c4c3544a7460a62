//! The stop: writers wait, the rest is copied and proven, and the new tables are taken over, all in one transaction.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{before, copy, error::ConvertError, progress, prove};
use crate::{db::failed, failure::Failure};

/// What it was like for the writers.
pub struct Stopped {
    pub position: i64,
    /// How many positions were copied while they waited.
    pub rest: i64,
    pub stood: Duration,
}

/// How often the tables are asked for, and what is between. While one waits for a table, writers wait behind.
const ATTEMPTS: u32 = 40;
const BETWEEN: Duration = Duration::from_millis(100);

/// Stops the writers and takes over. Nothing is changed if it fails.
pub async fn take_over(connection: &mut PgConnection, page: i64) -> Result<Stopped, Failure> {
    for _ in 1..ATTEMPTS {
        match attempt(connection, page).await {
            Err(Failure::Convert(ConvertError::InUse)) => tokio::time::sleep(BETWEEN).await,
            ended => return ended,
        }
    }
    attempt(connection, page).await
}

async fn attempt(connection: &mut PgConnection, page: i64) -> Result<Stopped, Failure> {
    let mut transaction = connection.begin().await.map_err(failed("beginning the stop"))?;
    let since = Instant::now();
    // An append locks `commits` first and `events` last, and waits for the head with all of them: so in this order, and at once in the
    // strongest mode, for a lock that is made stronger later would wait for those who wait for it. Others read in another order: the limit
    // is shorter than the second after which Postgres ends one of two that wait for each other.
    sqlx::raw_sql("set local lock_timeout = '500ms'; lock table commits, events, snapshots in access exclusive mode")
        .execute(&mut *transaction)
        .await
        .map_err(in_use)?;
    sqlx::query!("select position from log_head for update").fetch_one(&mut *transaction).await.map_err(in_use)?;
    let (log_id, position) = before::head(&mut transaction).await?;
    let mut copied = progress::begin(&mut transaction, log_id).await?;
    let rest = position - copied.position;
    while copied.position < position {
        copy::page(&mut transaction, &mut copied, position, page).await?;
    }
    while copied.proven_position < position {
        prove::page(&mut transaction, &mut copied, page).await?;
    }
    prove_rest(&mut transaction, position - rest).await?;
    tasks::kill_point("convert: stopped");
    sqlx::query!("update log_head set digest = $1", &copied.digest as &[u8])
        .execute(&mut *transaction)
        .await
        .map_err(failed("setting the digest of the log"))?;
    sqlx::query!("select take_over()::text").fetch_one(&mut *transaction).await.map_err(in_use)?;
    sqlx::query!("update log_conversion set taken_over_at = clock_timestamp()")
        .execute(&mut *transaction)
        .await
        .map_err(failed("writing down that the log was taken over"))?;
    tasks::kill_point("convert: taken over");
    transaction.commit().await.map_err(failed("taking over the log"))?;
    Ok(Stopped { position, rest, stood: since.elapsed() })
}

/// The streams that were added to since the last proof of all of them stand where the log before says.
async fn prove_rest(connection: &mut PgConnection, after: i64) -> Result<(), Failure> {
    let other: Option<Uuid> = sqlx::query_scalar!(
        r#"select old.stream_id as "stream_id!"
           from (select stream_id, max(version) as version from events where position > $1 group by stream_id) as old
           left join log_streams as s on s.stream_id = old.stream_id
           where s.version is distinct from old.version
               and (s.version is not null or old.version <> 1 or not exists (
                   select from log_commands as k where k.command_id = old.stream_id
               ))
           limit 1"#,
        after
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("comparing where the streams stand"))?;
    match other {
        Some(stream) => {
            let what = format!("stream {stream} stands elsewhere in the copy");
            Err(ConvertError::Differs { position: after, what }.into())
        }
        None => Ok(()),
    }
}

/// A lock that is not given in time.
fn in_use(source: sqlx::Error) -> Failure {
    match source.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("55P03" | "40P01") => ConvertError::InUse.into(),
        _ => failed("stopping the writers")(source),
    }
}
