//! `jangbu payouts`: how far a payout run is, as the view has it.

mod run;
mod watch;

use uuid::Uuid;

use self::run::Run;
use crate::{config::Config, db::Database, failure::Failure, output::Output};

/// `jangbu payouts`
#[derive(Debug, clap::Subcommand)]
pub enum PayoutsCommand {
    /// Show what a run adds up to, and how far it is
    Show(PayoutRun),
    /// Follow a run until it is over; exit code 1 if it was cancelled, or rows of it were refused
    Watch(PayoutRun),
}

/// Which run.
#[derive(Debug, clap::Args)]
pub struct PayoutRun {
    /// The run, as it was answered when it was opened
    run: Uuid,
}

/// Runs one of the commands; answers whether all is well.
pub async fn run(command: &PayoutsCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    let mut views = Database::Views.connect(config).await?;
    match command {
        PayoutsCommand::Show(PayoutRun { run }) => {
            let found = Run::read(&mut views, *run).await?;
            output.show(&found, Run::text)?;
            Ok(true)
        }
        PayoutsCommand::Watch(PayoutRun { run }) => {
            let ended = watch::until_over(&mut views, *run, output).await?;
            output.show(&ended, Run::text)?;
            Ok(ended.is_well())
        }
    }
}
