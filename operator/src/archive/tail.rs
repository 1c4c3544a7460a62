//! Whether the end of an archive is still there: the log remembers where each archive ended.

use sqlx::PgConnection;

use event_archive::Chain;

use super::live;
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
};

/// What is known of the end of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// It is as it was written.
    Whole,
    /// It ended later than it does now, or otherwise.
    Lost(String),
    /// It cannot be known, and why.
    Unknown(String),
}

/// The last manifest, as it was remembered.
struct Remembered {
    manifest: i64,
    sha256: String,
    position: i64,
}

/// Looks into the log's database, if there is one here that holds this log.
pub async fn look(chain: &Chain, config: &Config) -> Result<Tail, Failure> {
    if config.log_database().is_err() {
        return Ok(Tail::Unknown("JANGBU_LOG_DATABASE_URL is not set".to_owned()));
    }
    let Ok(mut log) = Database::Log.connect(config).await else {
        return Ok(Tail::Unknown("the log's database does not answer".to_owned()));
    };
    of(chain, &mut log).await
}

/// What the log in this database remembers of the archive.
pub async fn of(chain: &Chain, log: &mut PgConnection) -> Result<Tail, Failure> {
    // A database of an earlier build, or one that is empty, remembers nothing.
    let Ok(head) = live::head(log).await else {
        return Ok(Tail::Unknown("the database holds no log".to_owned()));
    };
    if head.log_id != chain.log_id() {
        return Ok(Tail::Unknown(format!("the database holds log {}", head.log_id)));
    }
    let Some(remembered) = remembered(chain, log).await? else {
        return Ok(Tail::Unknown(
            "the log does not remember it: `jangbu archive run` notes it from now on, for this place".to_owned(),
        ));
    };
    Ok(judged(chain, &remembered))
}

fn judged(chain: &Chain, remembered: &Remembered) -> Tail {
    let Remembered { manifest, sha256, position } = remembered;
    match chain.digest(manifest.unsigned_abs()) {
        Some(digest) if digest.to_string() == *sha256 => Tail::Whole,
        Some(_) => Tail::Lost(format!("manifest {manifest} is not the one that was written: the end was replaced")),
        None => Tail::Lost(format!(
            "the archive ended with manifest {manifest} at position {position}, and now ends with manifest {} at position \
             {}: its end is lost",
            chain.manifests().len(),
            chain.end()
        )),
    }
}

async fn remembered(chain: &Chain, log: &mut PgConnection) -> Result<Option<Remembered>, Failure> {
    let known = sqlx::query_scalar!(r#"select to_regclass('public.log_archives') is not null as "known!""#)
        .fetch_one(&mut *log)
        .await
        .map_err(failed("looking where archives ended"))?;
    if !known {
        return Ok(None);
    }
    sqlx::query_as!(
        Remembered,
        "select manifest, sha256, position from log_archives where log_id = $1 and place = $2",
        chain.log_id(),
        chain.place()
    )
    .fetch_optional(log)
    .await
    .map_err(failed("reading where the archive ended"))
}

/// Has the log remember where the archive ends. One that another archiver has made longer meanwhile stays, unless what it
/// remembers is known to be lost.
pub async fn remember(chain: &Chain, is_lost: bool, log: &mut PgConnection) -> Result<(), Failure> {
    let Some((number, digest)) = chain.last() else { return Ok(()) };
    sqlx::query!(
        "insert into log_archives as known (log_id, place, manifest, sha256, position) values ($1, $2, $3, $4, $5)
         on conflict (log_id, place) do update set manifest = excluded.manifest, sha256 = excluded.sha256,
             position = excluded.position, written_at = clock_timestamp()
         where known.manifest < excluded.manifest or $6",
        chain.log_id(),
        chain.place(),
        number.cast_signed(),
        digest.to_string(),
        chain.end(),
        is_lost
    )
    .execute(log)
    .await
    .map(drop)
    .map_err(failed("noting where the archive ends"))
}
