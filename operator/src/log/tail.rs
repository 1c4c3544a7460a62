//! `jangbu log tail`.

use std::time::Duration;

use sqlx::{
    PgConnection,
    postgres::{PgListener, PgPoolOptions},
};

use super::text;
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables::{self, CommitView},
    output::Output,
};

/// How many commits are read at a time.
const PAGE: i64 = 500;

/// Which commits.
#[derive(Debug, clap::Args)]
pub struct TailArgs {
    /// Follow the log: show what is appended, until interrupted
    #[arg(short, long)]
    follow: bool,

    /// Begin after this position instead of near the end
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(0..))]
    after: Option<i64>,

    /// How many commits, before following; 10 if neither this nor --after is given
    #[arg(short = 'n', long = "commits", value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    count: Option<i64>,
}

/// Shows commits, oldest first; JSON is one document a line.
pub async fn tail(args: &TailArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    // Heard from before the first reading, so that nothing appended in between is waited for.
    let listener = if args.follow { Some(listen(config).await?) } else { None };
    let shown = match args.after {
        Some(position) => after(config, &mut connection, position, args.count, output).await?,
        None => {
            let commits = log_tables::newest(&mut connection, args.count.unwrap_or(10)).await?;
            let end = match commits.last() {
                Some(last) => last.last_position,
                None => head(&mut connection).await?,
            };
            if end == 0 {
                output.remark("the log is empty");
            }
            print(&commits, output)?;
            end
        }
    };
    match listener {
        Some(listener) => follow(config, &mut connection, listener, shown, output).await,
        None => Ok(()),
    }
}

/// Shows what comes after a position, at most so many; answers the last position shown.
async fn after(
    config: &Config,
    connection: &mut PgConnection,
    mut position: i64,
    count: Option<i64>,
    output: Output,
) -> Result<i64, Failure> {
    let mut left = count.unwrap_or(i64::MAX);
    while left > 0 {
        let commits = log_tables::after(config, connection, position, left.min(PAGE)).await?;
        let Some(last) = commits.last() else { break };
        position = last.last_position;
        left -= commits.len() as i64;
        print(&commits, output)?;
    }
    Ok(position)
}

async fn follow(
    config: &Config,
    connection: &mut PgConnection,
    mut listener: PgListener,
    mut position: i64,
    output: Output,
) -> Result<(), Failure> {
    loop {
        position = after(config, connection, position, None, output).await?;
        // A notification is a hint; the wait ends by itself in case one is lost.
        let heard = tokio::time::timeout(Duration::from_secs(1), listener.recv()).await;
        heard.map_or(Ok(()), |notified| notified.map(drop)).map_err(failed("listening to the log"))?;
    }
}

async fn listen(config: &Config) -> Result<PgListener, Failure> {
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(Database::Log.options(config)?);
    let listening = async {
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen("log_appended").await.map(|()| listener)
    };
    Database::Log.within(config, listening).await
}

async fn head(connection: &mut PgConnection) -> Result<i64, Failure> {
    let head = sqlx::query_scalar!("select position from log_head").fetch_optional(connection).await;
    Ok(head.map_err(failed("reading the head of the log"))?.unwrap_or(0))
}

fn print(commits: &[CommitView], output: Output) -> Result<(), Failure> {
    for commit in commits {
        match output.json {
            true => output.record(commit)?,
            false => output.line(text::brief(commit).trim_end())?,
        }
    }
    Ok(())
}
