//! `jangbu leader`: which command server executes, and a hand-over to another one.

use std::time::Duration;

use database::Pool;
use event_store_postgres::{LeaderRecord, PoolOptions};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    config::Config,
    db::Database,
    failure::Failure,
    output::{Confirm, Output},
};

/// `jangbu leader`
#[derive(Debug, clap::Subcommand)]
pub enum LeaderCommand {
    /// Show which command server leads, since when, and where the others reach it
    Show,
    /// Have the server that leads hand over to another one; exit code 1 if no other one takes over
    StepDown(StepDownArgs),
}

/// How long to wait.
#[derive(Debug, clap::Args)]
pub struct StepDownArgs {
    /// How many seconds to wait for another server to take over
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    wait: u64,

    #[command(flatten)]
    confirm: Confirm,
}

/// How often it is looked whether another server leads.
const EVERY: Duration = Duration::from_millis(100);

/// Runs one of the commands; answers whether all is well.
pub async fn run(command: &LeaderCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    let address = Database::Log.address(config)?;
    let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| {
        Failure::unreachable("log database", address, "JANGBU_LOG_DATABASE_URL", source)
    };
    let pool = event_store_postgres::connect(address.secret(), &PoolOptions::log("jangbu/leader", 1))
        .map_err(|error| unreachable(error.into()))?;
    let done = match command {
        LeaderCommand::Show => show(&pool, output).await,
        LeaderCommand::StepDown(args) => step_down(&pool, args, output).await,
    };
    pool.close().await;
    done
}

async fn show(pool: &Pool, output: Output) -> Result<bool, Failure> {
    let leader = newest(pool).await?;
    print(&leader, output)?;
    Ok(true)
}

async fn step_down(pool: &Pool, args: &StepDownArgs, output: Output) -> Result<bool, Failure> {
    let leader = newest(pool).await?;
    args.confirm.ask(&format!("server {} hands the lead over to another one", leader.server))?;
    if !leader.ask_to_step_down(pool).await.map_err(Failure::Leader)? {
        return Err(Failure::Absent(format!("server {} leads no more; see `jangbu leader show`", leader.server)));
    }
    let deadline = Instant::now() + Duration::from_secs(args.wait);
    loop {
        sleep(EVERY).await;
        let now = newest(pool).await?;
        if now.epoch > leader.epoch {
            print(&now, output)?;
            return Ok(true);
        }
        if !now.is_asked_to_step_down {
            output.remark(format!("server {} goes on: no other command server is connected to it", leader.server));
            return Ok(false);
        }
        if Instant::now() >= deadline {
            output.remark(format!("no other server leads after {} s; see `jangbu doctor`", args.wait));
            return Ok(false);
        }
    }
}

async fn newest(pool: &Pool) -> Result<LeaderRecord, Failure> {
    let newest = LeaderRecord::read(pool).await.map_err(Failure::Leader)?;
    newest.ok_or_else(|| Failure::Absent("no command server has ever led this log".to_owned()))
}

fn print(leader: &LeaderRecord, output: Output) -> Result<(), Failure> {
    let LeaderRecord { epoch, server, address, since, .. } = leader;
    output.show(&json!({ "epoch": epoch, "server": server, "address": address, "since": since }), |_| {
        let address = address.as_deref().unwrap_or("none: it takes no commands of other servers");
        format!("server   {server}\nepoch    {epoch}\nsince    {}\naddress  {address}", since.to_rfc3339())
    })
}
