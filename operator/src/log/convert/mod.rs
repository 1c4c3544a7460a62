//! `jangbu log convert`: a log of the format before becomes one in which a commit is one row.

mod before;
mod copy;
pub mod error;
mod progress;
mod prove;
mod swap;

use std::time::Instant;

use serde::Serialize;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use self::{error::ConvertError, progress::Progress, swap::Stopped};
use crate::{
    archive::progress_bar,
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables::{Format, add_partitions, format},
    output::{Confirm, Output, thousands},
};

/// The advisory lock that one conversion holds.
const LOCK: &str = "jangbu/log-convert";

/// So many positions may be left when the writers are stopped.
const SHORT: i64 = 5_000;

/// What is done.
#[derive(Debug, clap::Args)]
pub struct ConvertArgs {
    /// Copy and prove while servers write, and stop there: the log is not taken over
    #[arg(long, conflicts_with_all = ["discard", "drop_old"])]
    prepare: bool,

    /// Throw the copy away: the way back, until the log is taken over
    #[arg(long, conflicts_with = "drop_old")]
    discard: bool,

    /// Remove the tables of the format before, after the log was taken over
    #[arg(long)]
    drop_old: bool,

    /// About how many positions a transaction copies: commits stay whole
    #[arg(long, value_name = "POSITIONS", default_value_t = 20_000)]
    #[arg(value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    page: i64,

    #[command(flatten)]
    confirm: Confirm,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    log_id: Uuid,
    /// Up to where the log is copied and proven.
    position: i64,
    seconds: f64,
    taken_over: bool,
    /// How long writers waited, and for how many positions.
    stopped_ms: Option<u64>,
    copied_while_stopped: Option<i64>,
}

impl Report {
    fn text(&self) -> String {
        let (position, seconds) = (thousands(self.position), self.seconds);
        let copied = format!(
            "log {} is copied up to position {position}, and each commit was read back and found equal, in {seconds:.1} s",
            self.log_id
        );
        match self.stopped_ms.zip(self.copied_while_stopped) {
            Some((ms, rest)) => format!(
                "{copied}\nwriters stood for {ms} ms, while the last {} positions were copied and proven; the new tables are taken \
                 over\nstart servers of this build; then `jangbu log verify`, and `jangbu log convert --drop-old` when you are sure",
                thousands(rest)
            ),
            None => format!(
                "{copied}\n`jangbu log convert` stops the writers and takes over, `--discard` throws the copy away"
            ),
        }
    }
}

/// Converts a log, or does the part of it that is asked for.
pub async fn convert(args: &ConvertArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    lock(&mut connection).await?;
    let kept = progress::old_tables_are_kept(&mut connection).await?;
    match (format(&mut connection).await?, args) {
        (Format::Before, ConvertArgs { drop_old: true, .. }) => {
            Err(ConvertError::NothingTo("the log was not taken over yet: nothing is to be dropped").into())
        }
        (Format::Before, ConvertArgs { discard: true, .. }) => discard(args, &mut connection, output).await,
        (Format::Before, _) => copy_and_take_over(args, &mut connection, output).await,
        (Format::CommitRows, ConvertArgs { drop_old: true, .. }) if kept => {
            drop_old(args, &mut connection, output).await
        }
        (Format::CommitRows, ConvertArgs { drop_old: true, .. }) => {
            Err(ConvertError::NothingTo("the tables of the format before are gone already").into())
        }
        (Format::CommitRows, _) if kept => Err(ConvertError::Converted.into()),
        (Format::CommitRows, _) => {
            output.remark("the log stands in the tables of this build: nothing is to be converted");
            Ok(())
        }
    }
}

/// One conversion at a time; the lock ends with the connection.
async fn lock(connection: &mut PgConnection) -> Result<(), Failure> {
    const LOOKING: &str = "looking whether another conversion runs";
    // One that was killed is gone a moment later.
    sqlx::query!("set lock_timeout = '3s'").execute(&mut *connection).await.map_err(failed(LOOKING))?;
    let locked = sqlx::query!("select pg_advisory_lock(hashtext($1))::text", LOCK).fetch_one(&mut *connection).await;
    match locked {
        Err(error) if error.as_database_error().and_then(|error| error.code()).as_deref() == Some("55P03") => {
            Err(ConvertError::Running.into())
        }
        Err(error) => Err(failed(LOOKING)(error)),
        Ok(_) => sqlx::query!("reset lock_timeout").execute(connection).await.map_err(failed(LOOKING)).map(drop),
    }
}

async fn copy_and_take_over(args: &ConvertArgs, connection: &mut PgConnection, output: Output) -> Result<(), Failure> {
    let began = Instant::now();
    let (log_id, _) = before::head(connection).await?;
    let mut copied = progress::begin(connection, log_id).await?;
    add_partitions(connection).await?;
    progress::require_same_history(connection, &copied).await?;
    copy_all(connection, &mut copied, args.page).await?;
    prove_all(connection, &mut copied, args.page).await?;
    prove::totals(connection, copied.position).await?;
    copy::states(connection).await?;
    let mut report = Report {
        log_id,
        position: copied.position,
        seconds: began.elapsed().as_secs_f64(),
        taken_over: false,
        stopped_ms: None,
        copied_while_stopped: None,
    };
    if args.prepare {
        return output.show(&report, Report::text);
    }
    args.confirm.ask("servers of the build before can write no more once the log is taken over")?;
    // What came meanwhile: the stop copies little.
    copy_all(connection, &mut copied, args.page).await?;
    prove_all(connection, &mut copied, args.page).await?;
    let Stopped { position, rest, stood } = swap::take_over(connection, args.page).await?;
    report.position = position;
    report.seconds = began.elapsed().as_secs_f64();
    report.taken_over = true;
    report.stopped_ms = Some(u64::try_from(stood.as_millis()).unwrap_or(u64::MAX));
    report.copied_while_stopped = Some(rest);
    output.show(&report, Report::text)
}

/// Copies page by page until little is left; servers write meanwhile.
async fn copy_all(connection: &mut PgConnection, copied: &mut Progress, page: i64) -> Result<(), Failure> {
    let (_, mut head) = before::head(connection).await?;
    let bar = progress_bar(head, "copying");
    while copied.position < head {
        let mut transaction = connection.begin().await.map_err(failed("beginning a page"))?;
        // A page that is lost in a crash of Postgres is copied again: how far the copy is is lost with it.
        sqlx::query!("set local synchronous_commit = off")
            .execute(&mut *transaction)
            .await
            .map_err(failed("beginning a page"))?;
        copy::page(&mut transaction, copied, head, page).await?;
        tasks::kill_point("convert: page copied");
        transaction.commit().await.map_err(failed("ending a page"))?;
        tasks::kill_point("convert: page kept");
        bar.set_position(copied.position.unsigned_abs());
        if copied.position == head {
            (_, head) = before::head(connection).await?;
            // Whoever writes is faster than nothing: the stop takes what is left.
            if head - copied.position < SHORT {
                break;
            }
            bar.set_length(head.unsigned_abs());
        }
    }
    bar.finish_and_clear();
    Ok(())
}

async fn prove_all(connection: &mut PgConnection, copied: &mut Progress, page: i64) -> Result<(), Failure> {
    let bar = progress_bar(copied.position, "reading back");
    while copied.proven_position < copied.position {
        prove::page(connection, copied, page).await?;
        tasks::kill_point("convert: page proven");
        bar.set_position(copied.proven_position.unsigned_abs());
    }
    bar.finish_and_clear();
    Ok(())
}

/// What a command did that only removes.
#[derive(Debug, Serialize)]
struct Removed {
    removed: &'static str,
}

async fn discard(args: &ConvertArgs, connection: &mut PgConnection, output: Output) -> Result<(), Failure> {
    if progress::read(connection).await?.is_none() {
        return Err(ConvertError::NothingTo("no conversion was begun: nothing is to be thrown away").into());
    }
    args.confirm.ask("the copy of the log is thrown away")?;
    sqlx::query!("select discard_copy()::text")
        .fetch_one(connection)
        .await
        .map_err(failed("throwing the copy away"))?;
    output.show(&Removed { removed: "copy" }, |_| "the copy is thrown away; the log is as it was".to_owned())
}

async fn drop_old(args: &ConvertArgs, connection: &mut PgConnection, output: Output) -> Result<(), Failure> {
    args.confirm.ask("the tables of the format before are removed")?;
    sqlx::raw_sql("drop table events_before, commits_before, snapshots_before")
        .execute(connection)
        .await
        .map_err(failed("removing the tables of the format before"))?;
    output.show(&Removed { removed: "tables of the format before" }, |_| {
        "the tables of the format before are removed".to_owned()
    })
}
